"""Faults planted in the files of a synthetic corpus, for tests of readers and checks.

A plant is a function that injects one kind of fault. It changes files of a corpus that are not excluded, and returns
their paths, sorted. Plants that need a WAV file replace ``x.flac`` by ``x.wav``.
"""

import io
import zlib
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from featser.errors import UnknownNameError, UsageError
from featser.synthetic import containers
from featser.synthetic.naming import labels
from featser.synthetic.speakers import generator

Samples = NDArray[np.int16]

PLANT_KEY = 4
"""First word of the seeds of plants; `speakers` defines the others."""

LFS_POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 103568\n"
)

SHORTCUT_SECONDS = 0.6
"""Silence appended by the plant ``shortcut``, longer than the durations of other utterances differ."""


class Plant(Protocol):
    """Signature of the functions in `PLANTS`."""

    def __call__(self, root: Path, rng: np.random.Generator, excluded: Collection[Path] = ()) -> list[Path]:
        """Inject the fault into files chosen by ``rng``, none of them in ``excluded``; return their paths, sorted."""


def plant_faults(root: Path, names: Iterable[str], seed: int = 0) -> dict[str, list[Path]]:
    """Inject faults into a synthetic corpus, each into files without another fault.

    Parameters
    ----------
    root : Path
        folder of the corpus
    names : iterable of str
        names in `PLANTS`
    seed : int
        0 or more

    Returns
    -------
    dict of str to list of Path
        files concerned by each fault

    Raises
    ------
    UnknownNameError
        unknown fault
    UsageError
        the corpus has too few utterances
    """
    names = list(names)
    check_plants(names)
    changed: dict[str, list[Path]] = {}
    excluded: set[Path] = set()
    for name in names:
        rng = generator(PLANT_KEY, seed, zlib.crc32(name.encode()))
        changed[name] = PLANTS[name](root, rng, excluded)
        excluded.update(changed[name])
    return changed


def check_plants(names: Iterable[str]) -> None:
    """Raise `UnknownNameError` for names that are not in `PLANTS`."""
    for name in names:
        if name not in PLANTS:
            raise UnknownNameError("plant", name, PLANTS)


def candidates(root: Path, excluded: Collection[Path]) -> list[Path]:
    """Return the utterances of a corpus that are not excluded, sorted."""
    found = (path for path in root.rglob("*") if path.suffix in {".wav", ".flac"} and path not in excluded)
    return sorted(path for path in found if labels(path))


def random_utterance(root: Path, rng: np.random.Generator, excluded: Collection[Path]) -> Path:
    """Choose one utterance that is not excluded; raise `UsageError` if there is none."""
    paths = candidates(root, excluded)
    if not paths:
        raise UsageError(f"No utterance is left under {root} to plant a fault in. Write a larger corpus.")
    return paths[int(rng.integers(len(paths)))]


def read_samples(path: Path) -> tuple[Samples, int]:
    """Return the samples and the sample rate of an utterance."""
    samples, sample_rate = soundfile.read(path, dtype="int16")
    return samples, int(sample_rate)


def write_samples(path: Path, samples: Samples, sample_rate: int) -> None:
    """Write samples of shape ``(n_samples,)`` or ``(n_samples, n_channels)`` in the format of the suffix."""
    soundfile.write(path, samples, sample_rate, subtype="PCM_16")


def replace_file(path: Path, content: bytes, suffix: str) -> list[Path]:
    """Replace a file by bytes under the same name with another suffix; return the new path."""
    path.unlink()
    renamed = path.with_suffix(suffix)
    renamed.write_bytes(content)
    return [renamed]


def change_samples(
    change: Callable[[Samples, int], tuple[Samples, int]],
    root: Path,
    rng: np.random.Generator,
    excluded: Collection[Path] = (),
) -> list[Path]:
    """Apply a function of samples and sample rate to one utterance, in its own format."""
    path = random_utterance(root, rng, excluded)
    write_samples(path, *change(*read_samples(path)))
    return [path]


def change_bytes(
    change: Callable[[Samples, int], bytes],
    root: Path,
    rng: np.random.Generator,
    excluded: Collection[Path] = (),
) -> list[Path]:
    """Replace one utterance by a ``.wav`` file with the bytes that a function of its samples returns."""
    path = random_utterance(root, rng, excluded)
    return replace_file(path, change(*read_samples(path)), ".wav")


def silent(samples: Samples, sample_rate: int) -> tuple[Samples, int]:
    """Return digital silence of the same length."""
    return np.zeros(len(samples), dtype=np.int16), sample_rate


def short(samples: Samples, sample_rate: int) -> tuple[Samples, int]:
    """Return 10 ms from the middle."""
    start = len(samples) // 2
    return samples[start : start + sample_rate // 100], sample_rate


def stereo(samples: Samples, sample_rate: int) -> tuple[Samples, int]:
    """Return two equal channels."""
    return np.stack([samples, samples], axis=1), sample_rate


def at_96_khz(samples: Samples, sample_rate: int) -> tuple[Samples, int]:
    """Resample to 96 kHz by linear interpolation."""
    times = np.arange(len(samples) * 96000 // sample_rate) / 96000
    known = np.arange(len(samples)) / sample_rate
    return np.round(np.interp(times, known, samples)).astype(np.int16), 96000


def empty_wav(_samples: Samples, sample_rate: int) -> bytes:
    """Return a WAV file without samples."""
    return containers.wav(np.zeros(0, dtype=np.int16), sample_rate)


def nan_wav(samples: Samples, sample_rate: int) -> bytes:
    """Return a WAV file of floats with 10 ms of NaN in the middle."""
    floats = (samples / 32768).astype(np.float32)
    start = len(floats) // 2
    floats[start : start + sample_rate // 100] = np.nan
    return containers.wav(floats, sample_rate)


def text_wav(_samples: Samples, _sample_rate: int) -> bytes:
    """Return plain text in place of audio."""
    return b"404 Not Found: the file you asked for has moved.\n"


def truncated_wav(samples: Samples, sample_rate: int) -> bytes:
    """Return a WAV file with half of the data that its header claims, as after an interrupted download."""
    return containers.wav(samples, sample_rate)[: 44 + len(samples) // 2 * 2]


def aiff_wav(samples: Samples, sample_rate: int) -> bytes:
    """Return an AIFF file, to be stored with the suffix ``.wav`` as in TESS."""
    content = io.BytesIO()
    soundfile.write(content, samples, sample_rate, format="AIFF", subtype="PCM_16")
    return content.getvalue()


def chunky_wav(samples: Samples, sample_rate: int) -> bytes:
    """Return a valid WAV file with a FLLR chunk of 4 kB before and a LIST chunk after the data, as in RAVDESS."""
    return containers.riff(
        [
            containers.format_chunk(samples.dtype, sample_rate),
            (b"FLLR", bytes(4044)),
            (b"data", samples.tobytes()),
            (b"LIST", b"INFOISFT" + bytes([10, 0, 0, 0]) + b"synthetic\0"),
        ]
    )


def lfs_pointer(root: Path, rng: np.random.Generator, excluded: Collection[Path] = ()) -> list[Path]:
    """Replace one utterance by a git-lfs pointer, as in a clone without git-lfs."""
    path = random_utterance(root, rng, excluded)
    return replace_file(path, LFS_POINTER.encode(), path.suffix)


def huge_header(root: Path, rng: np.random.Generator, excluded: Collection[Path] = ()) -> list[Path]:
    """Replace two utterances by a FLAC file that claims 2^36 - 1 samples and a WAV file that claims 1 TB."""
    first = random_utterance(root, rng, excluded)
    second = random_utterance(root, rng, {*excluded, first})
    content = io.BytesIO()
    soundfile.write(content, *read_samples(first), format="FLAC", subtype="PCM_16")
    flac = containers.flac_with_count(content.getvalue(), containers.FLAC_MAX_SAMPLES)
    rf64 = containers.rf64_of_a_terabyte(*read_samples(second))
    return sorted(replace_file(first, flac, ".flac") + replace_file(second, rf64, ".wav"))


def duplicate(root: Path, rng: np.random.Generator, excluded: Collection[Path] = ()) -> list[Path]:
    """Overwrite one utterance with another one of the same speaker and emotion; return both."""
    return copy_utterance(root, rng, excluded, same_speaker=True)


def cross_speaker_duplicate(root: Path, rng: np.random.Generator, excluded: Collection[Path] = ()) -> list[Path]:
    """Overwrite one utterance with one of another speaker in the same emotion, which is a leak; return both."""
    return copy_utterance(root, rng, excluded, same_speaker=False)


def copy_utterance(
    root: Path, rng: np.random.Generator, excluded: Collection[Path], *, same_speaker: bool
) -> list[Path]:
    """Overwrite one utterance with another one of the same emotion; return both."""
    paths = candidates(root, excluded)
    known = {path: labels(path) or ("", "") for path in paths}
    for number in rng.permutation(len(paths)):
        speaker, emotion = known[one := paths[number]]
        partners = [
            path
            for path in paths
            if path != one
            and known[path][1] == emotion
            and (known[path][0] == speaker) is same_speaker
            and path.suffix == one.suffix
        ]
        if partners:
            other = partners[int(rng.integers(len(partners)))]
            other.write_bytes(one.read_bytes())
            return sorted([one, other])
    raise UsageError(f"No two utterances under {root} can be made duplicates. Write a larger corpus.")


def shortcut(root: Path, rng: np.random.Generator, excluded: Collection[Path] = ()) -> list[Path]:
    """Append silence to every utterance of one emotion, so that the duration identifies it."""
    paths = candidates(root, excluded)
    emotions = sorted({found[1] for path in paths if (found := labels(path))})
    chosen = emotions[int(rng.integers(len(emotions)))]
    changed = [path for path in paths if (found := labels(path)) and found[1] == chosen]
    for path in changed:
        samples, sample_rate = read_samples(path)
        tail = np.zeros(round(SHORTCUT_SECONDS * sample_rate), dtype=np.int16)
        write_samples(path, np.concatenate([samples, tail]), sample_rate)
    return changed


PLANTS: dict[str, Plant] = {
    "aiff-in-wav": partial(change_bytes, aiff_wav),
    "cross-speaker-duplicate": cross_speaker_duplicate,
    "duplicate": duplicate,
    "empty": partial(change_bytes, empty_wav),
    "extra-chunks": partial(change_bytes, chunky_wav),
    "huge-header": huge_header,
    "lfs-pointer": lfs_pointer,
    "nan": partial(change_bytes, nan_wav),
    "rate-96k": partial(change_samples, at_96_khz),
    "short": partial(change_samples, short),
    "shortcut": shortcut,
    "silent": partial(change_samples, silent),
    "stereo": partial(change_samples, stereo),
    "text": partial(change_bytes, text_wav),
    "truncated": partial(change_bytes, truncated_wav),
}
