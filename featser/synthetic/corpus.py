"""Write a synthetic corpus with the file names of a real one. The same seed gives the same bytes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from featser.corpora import SYNTHETIC_MARK
from featser.errors import UsageError
from featser.synthetic import speakers
from featser.synthetic.naming import Utterance, find_scheme
from featser.synthetic.plants import check_plants, plant_faults
from featser.synthetic.voice import speak

SUFFIXES = (".wav", ".flac")

_MARK = "Synthetic speech made by featser, not recordings of people. featser names the corpus 'synthetic-...'.\n"

MAX_SYLLABLES = 6
"""Number of syllables of the sentences in `speakers.SENTENCES`."""


@dataclass(frozen=True)
class Recording:
    """Audio format and length of synthetic utterances.

    Attributes
    ----------
    sample_rate : int
        Hz, 8000 to 48000
    suffix : str
        ``.wav`` or ``.flac``, both with 16 bits per sample
    n_syllables : int
        syllables per sentence, 1 to 6; 6 last about 1.5 s
    bits : int
        number of significant bits per sample; the others are 0, which FLAC compresses well
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
    """Write a synthetic corpus, optionally with faults.

    An utterance depends on the seed, its speaker, emotion, sentence and take only, so a larger corpus contains the
    utterances of a smaller one. Corpora of one seed have the same speakers.

    Parameters
    ----------
    root : Path
        folder of the corpus, created if missing; existing files of the same names are replaced
    scheme : str
        naming scheme, ``emodb`` (10 speakers) or ``ravdess`` (24 speakers)
    n_speakers : int
        1 or more
    emotions : sequence of str
        emotions for which the scheme has a code
    n_per_emotion : int
        utterances of each speaker and emotion: up to 60 in emodb, 8 in ravdess, 4 for neutral in ravdess
    seed : int
        0 or more
    sample_rate : int
        Hz, 8000 to 48000
    suffix : str
        ``.wav`` or ``.flac``
    plants : sequence of str
        names of faults in `featser.synthetic.PLANTS`, injected in this order into different files

    Returns
    -------
    list of Path
        recordings, sorted

    Raises
    ------
    UnknownNameError
        unknown scheme, emotion or fault
    UsageError
        the scheme has too few names, or the format is not supported

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
    written = write_utterances(root, scheme, utterances, seed, Recording(sample_rate, suffix))
    changed = [path for paths in plant_faults(root, plants, seed).values() for path in paths]
    return sorted(path for path in {*written, *changed} if path.exists())


def write_utterances(
    root: Path, scheme: str, utterances: Iterable[Utterance], seed: int, recording: Recording
) -> list[Path]:
    """Write utterances under the names of a scheme, and the file that marks the corpus as synthetic.

    Parameters
    ----------
    root : Path
        folder of the corpus, created if missing
    scheme : str
        naming scheme
    utterances : iterable of Utterance
    seed : int
        0 or more
    recording : Recording
        audio format

    Returns
    -------
    list of Path
        recordings, sorted

    Raises
    ------
    UnknownNameError
        unknown scheme
    UsageError
        the format is not supported
    """
    check_recording(recording)
    root.mkdir(parents=True, exist_ok=True)
    (root / SYNTHETIC_MARK).write_text(_MARK, encoding="utf-8", newline="\n")
    paths = []
    for utterance in utterances:
        path = root / find_scheme(scheme).path(utterance, recording.suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = quantise(synthesise(utterance, seed, recording), recording.bits)
        soundfile.write(path, samples, recording.sample_rate, subtype="PCM_16", **encoder_options(path))
        paths.append(path)
    return sorted(paths)


def synthesise(utterance: Utterance, seed: int, recording: Recording) -> NDArray[np.float32]:
    """Synthesise one utterance.

    Parameters
    ----------
    utterance : Utterance
    seed : int
        seed of the corpus
    recording : Recording
        sample rate and number of syllables

    Returns
    -------
    NDArray of float32 [shape=(n_samples,)]
        in [-1, 1]
    """
    speaker, emotion = utterance.speaker, utterance.emotion
    rng = speakers.take_generator(seed, speaker, emotion, utterance.sentence, utterance.take)
    style = speakers.random_style(speakers.speaker_style(seed, speaker, emotion), speakers.TAKE_SPREAD, rng)
    syllables = speakers.SENTENCES[utterance.sentence].split()[: recording.n_syllables]
    return speak(speakers.speaker_voice(seed, speaker), style, " ".join(syllables), rng, recording.sample_rate)


def quantise(signal: NDArray[np.float32], bits: int) -> NDArray[np.int16]:
    """Quantise a signal to 16-bit samples with a given number of significant bits.

    Parameters
    ----------
    signal : NDArray of float32 [shape=(n_samples,)]
        in [-1, 1]
    bits : int
        1 to 16

    Returns
    -------
    NDArray of int16 [shape=(n_samples,)]

    Examples
    --------
    >>> quantise(np.array([0.5, -0.001], dtype=np.float32), 11).tolist()
    [16384, -32]
    """
    steps = np.round(signal * 2.0 ** (bits - 1)).clip(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    samples: NDArray[np.int16] = (steps * 2 ** (16 - bits)).astype(np.int16)
    return samples


def encoder_options(path: Path) -> dict[str, float]:
    """Return the options of `soundfile.write` for a file: the highest compression for FLAC."""
    return {"compression_level": 1.0} if path.suffix == ".flac" else {}


def check_recording(recording: Recording) -> None:
    """Raise `UsageError` for an unsupported suffix or sample rate."""
    if recording.suffix not in SUFFIXES:
        raise UsageError(f"Synthetic corpora have the suffix .wav or .flac, not '{recording.suffix}'.")
    if not 8000 <= recording.sample_rate <= 48000:
        raise UsageError(f"Synthetic corpora have sample rates of 8000 to 48000 Hz, not {recording.sample_rate}.")
