"""Faults planted in a synthetic corpus, so that a test can ask whether they are found.

A plant takes the root of a written corpus, a generator of its chance, and the files it must spare. It
replaces files under the root and returns the paths it wrote, sorted. Plants that need a WAV file put
``x.wav`` in the place of ``x.flac``.
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
from featser.synthetic.cast import generator
from featser.synthetic.naming import labels

Samples = NDArray[np.int16]

PLANT_KEY = 4
"""First word of a plant's seed; `cast` has the others."""

LFS_POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 103568\n"
)

SHORTCUT_SECONDS = 0.6
"""Silence that the shortcut adds: more than lengths differ by otherwise."""


class Plant(Protocol):
    """What every function in `PLANTS` looks like."""

    def __call__(self, root: Path, rng: np.random.Generator, spared: Collection[Path] = ()) -> list[Path]:
        """Plant the fault, and return the paths written."""


def plant_faults(root: Path, names: Iterable[str], seed: int = 0) -> dict[str, list[Path]]:
    """Plant faults one after the other, each on files that none before it touched.

    Returns
    -------
    dict of str to list of Path
        what each plant touched

    """
    names = list(names)
    check_plants(names)
    touched: dict[str, list[Path]] = {}
    spared: set[Path] = set()
    for name in names:
        rng = generator(PLANT_KEY, seed, zlib.crc32(name.encode()))
        touched[name] = PLANTS[name](root, rng, spared)
        spared.update(touched[name])
    return touched


def check_plants(names: Iterable[str]) -> None:
    """Raise `UnknownNameError` for a plant that is not in `PLANTS`."""
    for name in names:
        if name not in PLANTS:
            raise UnknownNameError("plant", name, PLANTS)


def candidates(root: Path, spared: Collection[Path]) -> list[Path]:
    """Utterances of a corpus that a plant may touch, sorted."""
    found = (path for path in root.rglob("*") if path.suffix in {".wav", ".flac"} and path not in spared)
    return sorted(path for path in found if labels(path))


def victim(root: Path, rng: np.random.Generator, spared: Collection[Path]) -> Path:
    """One utterance, by chance."""
    paths = candidates(root, spared)
    if not paths:
        raise UsageError(f"No utterance is left under {root} to plant a fault in. Write a larger corpus.")
    return paths[int(rng.integers(len(paths)))]


def samples_of(path: Path) -> tuple[Samples, int]:
    """Stored samples and sample rate of a sound utterance."""
    samples, sample_rate = soundfile.read(path, dtype="int16")
    return samples, int(sample_rate)


def store(path: Path, samples: Samples, sample_rate: int) -> None:
    """Write samples in the format that the suffix names; mono, or one column per channel."""
    soundfile.write(path, samples, sample_rate, subtype="PCM_16")


def replaced(path: Path, content: bytes, suffix: str) -> list[Path]:
    """Put bytes in place of a file, under its name with another suffix."""
    path.unlink()
    renamed = path.with_suffix(suffix)
    renamed.write_bytes(content)
    return [renamed]


def with_samples(
    change: Callable[[Samples, int], tuple[Samples, int]],
    root: Path,
    rng: np.random.Generator,
    spared: Collection[Path] = (),
) -> list[Path]:
    """Replace one utterance by a changed version of itself, in its own format."""
    path = victim(root, rng, spared)
    store(path, *change(*samples_of(path)))
    return [path]


def with_bytes(
    change: Callable[[Samples, int], bytes],
    root: Path,
    rng: np.random.Generator,
    spared: Collection[Path] = (),
) -> list[Path]:
    """Replace one utterance by the bytes of a ``.wav`` file."""
    path = victim(root, rng, spared)
    return replaced(path, change(*samples_of(path)), ".wav")


def silent(samples: Samples, sample_rate: int) -> tuple[Samples, int]:
    """Every sample 0."""
    return np.zeros(len(samples), dtype=np.int16), sample_rate


def short(samples: Samples, sample_rate: int) -> tuple[Samples, int]:
    """Ten milliseconds from the middle."""
    start = len(samples) // 2
    return samples[start : start + sample_rate // 100], sample_rate


def stereo(samples: Samples, sample_rate: int) -> tuple[Samples, int]:
    """Two channels that are the same."""
    return np.stack([samples, samples], axis=1), sample_rate


def at_96_khz(samples: Samples, sample_rate: int) -> tuple[Samples, int]:
    """Same sound at 96 kHz, by straight lines between the samples."""
    times = np.arange(len(samples) * 96000 // sample_rate) / 96000
    known = np.arange(len(samples)) / sample_rate
    return np.round(np.interp(times, known, samples)).astype(np.int16), 96000


def empty_wav(_samples: Samples, sample_rate: int) -> bytes:
    """A header and no sample."""
    return containers.wav(np.zeros(0, dtype=np.int16), sample_rate)


def nan_wav(samples: Samples, sample_rate: int) -> bytes:
    """Floats, of which 10 ms in the middle are not a number."""
    floats = (samples / 32768).astype(np.float32)
    start = len(floats) // 2
    floats[start : start + sample_rate // 100] = np.nan
    return containers.wav(floats, sample_rate)


def text_wav(_samples: Samples, _sample_rate: int) -> bytes:
    """Words instead of sound."""
    return b"404 Not Found: the file you asked for has moved.\n"


def truncated_wav(samples: Samples, sample_rate: int) -> bytes:
    """A whole header and half of the data, as after a broken download."""
    return containers.wav(samples, sample_rate)[: 44 + len(samples) // 2 * 2]


def aiff_wav(samples: Samples, sample_rate: int) -> bytes:
    """An AIFF file under the name of a WAV file, as in TESS."""
    content = io.BytesIO()
    soundfile.write(content, samples, sample_rate, format="AIFF", subtype="PCM_16")
    return content.getvalue()


def chunky_wav(samples: Samples, sample_rate: int) -> bytes:
    """A 4 kB FLLR chunk before the data and a LIST chunk after it, as in RAVDESS; the sound is whole."""
    return containers.riff(
        [
            containers.format_chunk(samples.dtype, sample_rate),
            (b"FLLR", bytes(4044)),
            (b"data", samples.tobytes()),
            (b"LIST", b"INFOISFT" + bytes([10, 0, 0, 0]) + b"synthetic\0"),
        ]
    )


def lfs_pointer(root: Path, rng: np.random.Generator, spared: Collection[Path] = ()) -> list[Path]:
    """Replace one utterance by the pointer that git-lfs leaves where it was not installed."""
    path = victim(root, rng, spared)
    return replaced(path, LFS_POINTER.encode(), path.suffix)


def huge_header(root: Path, rng: np.random.Generator, spared: Collection[Path] = ()) -> list[Path]:
    """Replace two utterances: a ``.flac`` that claims 2^36 - 1 samples, a ``.wav`` that claims a terabyte."""
    first = victim(root, rng, spared)
    second = victim(root, rng, {*spared, first})
    content = io.BytesIO()
    soundfile.write(content, *samples_of(first), format="FLAC", subtype="PCM_16")
    flac = containers.flac_with_count(content.getvalue(), containers.FLAC_MAX_SAMPLES)
    rf64 = containers.rf64_of_a_terabyte(*samples_of(second))
    return sorted(replaced(first, flac, ".flac") + replaced(second, rf64, ".wav"))


def duplicate(root: Path, rng: np.random.Generator, spared: Collection[Path] = ()) -> list[Path]:
    """Copy one utterance over another one of the same speaker and emotion; return both."""
    return copied(root, rng, spared, same_speaker=True)


def cross_speaker_duplicate(root: Path, rng: np.random.Generator, spared: Collection[Path] = ()) -> list[Path]:
    """Copy one utterance over one of another speaker in the same emotion, which is a leak; return both."""
    return copied(root, rng, spared, same_speaker=False)


def copied(root: Path, rng: np.random.Generator, spared: Collection[Path], *, same_speaker: bool) -> list[Path]:
    """Copy the bytes of one utterance over those of another one of its emotion."""
    paths = candidates(root, spared)
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


def shortcut(root: Path, rng: np.random.Generator, spared: Collection[Path] = ()) -> list[Path]:
    """Add silence to the end of every utterance of one emotion, so that length alone tells it."""
    paths = candidates(root, spared)
    emotions = sorted({found[1] for path in paths if (found := labels(path))})
    chosen = emotions[int(rng.integers(len(emotions)))]
    touched = [path for path in paths if (found := labels(path)) and found[1] == chosen]
    for path in touched:
        samples, sample_rate = samples_of(path)
        tail = np.zeros(round(SHORTCUT_SECONDS * sample_rate), dtype=np.int16)
        store(path, np.concatenate([samples, tail]), sample_rate)
    return touched


PLANTS: dict[str, Plant] = {
    "aiff-in-wav": partial(with_bytes, aiff_wav),
    "cross-speaker-duplicate": cross_speaker_duplicate,
    "duplicate": duplicate,
    "empty": partial(with_bytes, empty_wav),
    "extra-chunks": partial(with_bytes, chunky_wav),
    "huge-header": huge_header,
    "lfs-pointer": lfs_pointer,
    "nan": partial(with_bytes, nan_wav),
    "rate-96k": partial(with_samples, at_96_khz),
    "short": partial(with_samples, short),
    "shortcut": shortcut,
    "silent": partial(with_samples, silent),
    "stereo": partial(with_samples, stereo),
    "text": partial(with_bytes, text_wav),
    "truncated": partial(with_bytes, truncated_wav),
}
