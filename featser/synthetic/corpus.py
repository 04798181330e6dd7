"""Write a synthetic corpus: audio in the names of a real corpus, the same bytes for the same seed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from featser.corpora import SYNTHETIC_MARK
from featser.errors import UsageError
from featser.synthetic import cast
from featser.synthetic.naming import Utterance, find_scheme
from featser.synthetic.plants import check_plants, plant_faults
from featser.synthetic.voice import speak

SUFFIXES = (".wav", ".flac")

_MARK = "Synthetic voices made by featser; nobody spoke this. featser names the corpus 'synthetic-...'.\n"

MAX_SYLLABLES = 6
"""Syllables of the sentences in `cast.SENTENCES`."""


@dataclass(frozen=True)
class Recording:
    """How utterances are written.

    Attributes
    ----------
    sample_rate
        Hz, 8000 to 48000
    suffix
        ``.wav`` or ``.flac``; both hold 16 bit
    n_syllables
        of each sentence, 1 to 6; 6 last about 1.5 s
    bits
        of the 16 that carry sound; the rest are 0, which FLAC packs well

    """

    sample_rate: int = 16000
    suffix: str = ".wav"
    n_syllables: int = MAX_SYLLABLES
    bits: int = 16


def write_corpus(
    root: Path,
    scheme: str,
    n_speakers: int,
    emotions: Sequence[str],
    n_per_emotion: int,
    seed: int = 0,
    sample_rate: int = 16000,
    suffix: str = ".wav",
    plants: Sequence[str] = (),
) -> list[Path]:
    """Write a synthetic corpus, and plant faults in it if asked.

    An utterance depends on the seed, its speaker, emotion, sentence and take, and on nothing else: a larger
    corpus holds the same utterances as a smaller one. Two corpora of one seed share their speakers, so give
    them two seeds.

    Parameters
    ----------
    root : Path
        made if missing; files of the same names are replaced
    scheme : str
        ``emodb`` (10 speakers) or ``ravdess`` (24)
    emotions : sequence of str
        featser's names, those that the scheme has a code for
    n_speakers : int
        1 or more
    n_per_emotion : int
        per speaker: up to 60 in emodb; 8 in ravdess, and 4 if neutral is among them
    seed : int
        0 or more
    sample_rate : int
        Hz, 8000 to 48000
    suffix : str
        ``.wav`` or ``.flac``
    plants : sequence of str
        names in `plants.PLANTS`, planted in this order, each on files that no other one touched

    Returns
    -------
    list of Path
        every recording written, sorted

    Raises
    ------
    UnknownNameError
        for a scheme, emotion or plant that is not known
    UsageError
        for a request that the scheme cannot name

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     paths = write_corpus(Path(folder), "emodb", 2, ["anger", "sadness"], 1)
    ...     [path.name for path in paths]
    ['03a01Ta.wav', '03a01Wa.wav', '08a01Ta.wav', '08a01Wa.wav']

    """
    check_plants(plants)
    utterances = find_scheme(scheme).utterances(n_speakers, tuple(emotions), n_per_emotion)
    written = record(root, scheme, utterances, seed, Recording(sample_rate, suffix))
    touched = [path for paths in plant_faults(root, plants, seed).values() for path in paths]
    return sorted(path for path in {*written, *touched} if path.exists())


def record(root: Path, scheme: str, utterances: Iterable[Utterance], seed: int, recording: Recording) -> list[Path]:
    """Write utterances under the names of a scheme, and the mark that says they are synthetic; return the paths."""
    check_recording(recording)
    root.mkdir(parents=True, exist_ok=True)
    (root / SYNTHETIC_MARK).write_text(_MARK, encoding="utf-8", newline="\n")
    paths = []
    for utterance in utterances:
        path = root / find_scheme(scheme).path(utterance, recording.suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        signal = spoken(utterance, seed, recording)
        soundfile.write(
            path, quantised(signal, recording.bits), recording.sample_rate, subtype="PCM_16", **packing(path)
        )
        paths.append(path)
    return sorted(paths)


def spoken(utterance: Utterance, seed: int, recording: Recording) -> NDArray[np.float32]:
    """Signal of one utterance, in [-1, 1]."""
    speaker, emotion = utterance.speaker, utterance.emotion
    rng = cast.take_generator(seed, speaker, emotion, utterance.sentence, utterance.take)
    style = cast.varied(cast.speaker_style(seed, speaker, emotion), cast.TAKE_SPREAD, rng)
    syllables = cast.SENTENCES[utterance.sentence].split()[: recording.n_syllables]
    return speak(cast.speaker_voice(seed, speaker), style, " ".join(syllables), rng, recording.sample_rate)


def quantised(signal: NDArray[np.float32], bits: int) -> NDArray[np.int16]:
    """16-bit samples of which only the upper ``bits`` are used.

    >>> quantised(np.array([0.5, -0.001], dtype=np.float32), 11).tolist()
    [16384, -32]
    """
    steps = np.round(signal * 2.0 ** (bits - 1)).clip(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    samples: NDArray[np.int16] = (steps * 2 ** (16 - bits)).astype(np.int16)
    return samples


def packing(path: Path) -> dict[str, float]:
    """Options of the encoder: FLAC as small as it gets."""
    return {"compression_level": 1.0} if path.suffix == ".flac" else {}


def check_recording(recording: Recording) -> None:
    """Raise `UsageError` for a rate or suffix that cannot be written."""
    if recording.suffix not in SUFFIXES:
        raise UsageError(f"A synthetic corpus is written as .wav or .flac, not '{recording.suffix}'.")
    if not 8000 <= recording.sample_rate <= 48000:
        raise UsageError(f"A synthetic voice is written at 8000 to 48000 Hz, not {recording.sample_rate}.")
