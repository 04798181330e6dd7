"""How speech moves: the rates at which its bands rise and fall, its pauses, its syllables.

These are features of an utterance, not tracks over its frames. All look at the span of speech alone.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featser.features.activity import ACTIVE_RANGE_DB, active, smooth, speech_span
from featser.features.descriptors.bands import N_LOG_MEL, log_mel
from featser.features.descriptors.loudness import LOUDNESS_EXPONENT, loudness
from featser.features.descriptors.pitch import track_pitch
from featser.features.frames import Array, Frames
from featser.features.utterance import utterance_feature

N_GROUPS = 8
RATES_HZ = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)

SHORTEST_PAUSE_SECONDS = 0.12
"""What is shorter is heard as part of a word, for example as the closure of a plosive."""

SYLLABLE_DIP_DB = 2.0
SYLLABLE_SMOOTHING_SECONDS = 0.07

MODULATION_NAMES = tuple(f"modulation_b{group}_r{rate}" for group in range(N_GROUPS) for rate in range(6))

RHYTHM_NAMES = (
    *("rhythm_duration_s", "rhythm_active_share", "rhythm_voiced_share"),
    *("rhythm_voiced_per_s", "rhythm_voiced_mean_s", "rhythm_pauses_per_s", "rhythm_pause_mean_s"),
    "rhythm_syllables_per_s",
)

_COARSEST_HZ = 0.25
"""Largest distance of the bins of a modulation spectrum."""

_FIRST_OF_GROUP = np.array([0, 4, 8, 11, 14, 17, 20, 23])
"""The lowest mel band of each group."""


@utterance_feature(family="modulation", unit="dB", names=MODULATION_NAMES)
def modulation(frames: Frames) -> Array:
    r"""Depth of the modulation of eight groups of bands at six rates from 0.5 to 32 Hz.

    The levels of the 26 mel bands are averaged in groups of four, four, and six times three, bounded below at
    39 dB under the group's loudest frame, and taken apart by a Fourier transform under a Hann window. The depth
    at the rates 0.5-1, 1-2, 2-4, 4-8, 8-16 and 16-32 Hz is the root mean square of what moves at them: syllables
    at 2 to 8 Hz, roughness and tremor above, phrases below.

    Returns
    -------
    Array [shape=(48,)]
        in dB, not negative; the rates of the lowest group first. NaN where the speech is shorter than a
        period of the fastest rate of a band, and where the hop does not resolve it; a band of which it lasts only
        a period or two holds what moves at neighbouring rates as well

    References
    ----------
    Wu, Falk and Chan, Automatic speech emotion recognition using modulation spectral features, Speech
    Communication 53(5), 2011; Greenberg and Kingsbury, The modulation spectrogram, ICASSP 1997.

    Examples
    --------
    Noise whose level swings up and down by 10 dB six times a second swings by 10 dB over the root of 2 at 4-8 Hz:

    >>> t = np.arange(48000) / 16000
    >>> noise = np.random.default_rng(0).normal(0, 0.01, 48000) * 10 ** (np.sin(2 * np.pi * 6 * t) / 2)
    >>> modulation(Frames(noise.astype(np.float32))).reshape(8, 6)[:, 3].round().tolist()
    [7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0]
    """
    groups = _grouping() @ frames.shared(log_mel)[:, speech_span(frames)]
    bounded = np.maximum(groups, groups.max(axis=1, keepdims=True) - np.float32(ACTIVE_RANGE_DB))
    return _depths(bounded, frames.framing.hop_seconds).ravel()


@utterance_feature(family="rhythm", unit="seconds, shares, per second", names=RHYTHM_NAMES)
def rhythm(frames: Frames) -> Array:
    """Durations and rates of speech, its voiced segments, pauses and syllables.

    A pause is a stretch within the speech that is not active for at least 0.12 s. A syllable is a peak of the
    loudness, smoothed over 70 ms, that stands out of the dips on both sides by at least 2 dB and is voiced.

    Returns
    -------
    Array [shape=(8,)]
        duration of the speech from the first to the last active frame; shares of its frames that are active and
        voiced; voiced segments per second and their mean length; pauses per second and their mean length; syllables
        per second of active frames. NaN for the mean length of what there is none of

    References
    ----------
    De Jong and Wempe, Praat script to detect syllable nuclei and measure speech rate automatically, Behavior
    Research Methods 41(2), 2009 (syllables); Heldner, Detection thresholds for gaps, overlaps, and
    no-gap-no-overlaps, JASA 130(1), 2011 (pauses); Eyben et al., The Geneva minimalistic acoustic parameter set
    (GeMAPS), IEEE TAC 7(2), 2016 (voiced segments).

    Examples
    --------
    Three hummed syllables with pauses of a fifth of a second between them:

    >>> t = np.arange(3200) / 16000
    >>> hum = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 9)) * np.sin(np.pi * 5 * t)
    >>> signal = np.tile(np.concatenate([hum, np.zeros(3200)]), 3).astype(np.float32)
    >>> row = dict(zip(RHYTHM_NAMES, rhythm(Frames(signal)), strict=True))
    >>> round(float(row["rhythm_duration_s"]), 1), round(float(row["rhythm_pauses_per_s"] * row["rhythm_duration_s"]))
    (1.0, 2)
    """
    hop, span = frames.framing.hop_seconds, speech_span(frames)
    speaking = active(frames)[span]
    voiced = ~np.isnan(frames.shared(track_pitch).hz[span])
    n_speaking, n_voiced, seconds = np.count_nonzero(speaking), np.count_nonzero(voiced), hop * len(speaking)
    voices, pauses = _run_lengths(voiced), _run_lengths(~speaking)
    pauses = pauses[pauses >= SHORTEST_PAUSE_SECONDS / hop - 0.5]
    envelope = smooth(frames.shared(loudness)[span], frames, SYLLABLE_SMOOTHING_SECONDS)
    syllables = np.count_nonzero(voiced[_peaks(envelope)])
    return np.array(
        [
            *(seconds, n_speaking / len(speaking), n_voiced / len(speaking)),
            *(len(voices) / seconds, _mean(voices) * hop, len(pauses) / seconds, _mean(pauses) * hop),
            syllables / (hop * n_speaking),
        ],
        dtype=np.float32,
    )


def _depths(tracks: Array, hop_seconds: float) -> Array:
    """Root mean square of each track within each band of rates, shape ``(n_tracks, 6)``."""
    n_frames = tracks.shape[1]
    taper = _taper(n_frames)
    n_fft = 1 << (max(n_frames, int(1 / (_COARSEST_HZ * hop_seconds))) - 1).bit_length()
    moving = (tracks - (tracks @ taper / taper.sum())[:, None]) * taper
    energy = np.square(np.fft.rfft(moving, n_fft).view(np.float32))
    within = np.add.reduceat(energy, _first_of_rate(n_fft, hop_seconds), axis=1)[:, :-1]
    resolved = [n_frames * hop_seconds * fast >= 1 >= 2 * hop_seconds * fast for fast in RATES_HZ[1:]]
    scale = np.where(resolved, 2 / (n_fft * (taper @ taper)), np.nan)
    return np.sqrt(within * scale).astype(np.float32)


def _taper(n_frames: int) -> Array:
    """Hann window that is nowhere zero."""
    phase = np.arange(0.5, n_frames, dtype=np.float32) * np.float32(2 * np.pi / n_frames)
    return np.float32(0.5) - np.float32(0.5) * np.cos(phase)


@lru_cache(maxsize=32)
def _first_of_rate(n_fft: int, hop_seconds: float) -> NDArray[np.int64]:
    """Where each band of rates begins, and the last one ends, in a spectrum of real and imaginary parts in turn."""
    bins = np.ceil(np.array(RATES_HZ) * n_fft * hop_seconds).astype(np.int64)
    return 2 * np.minimum(bins, n_fft // 2)


@lru_cache(maxsize=1)
def _grouping() -> Array:
    """Matrix that averages the mel bands of each group, shape ``(8, 26)``."""
    group = np.searchsorted(_FIRST_OF_GROUP, np.arange(N_LOG_MEL), side="right") - 1
    member = (group == np.arange(N_GROUPS)[:, None]).astype(np.float32)
    return member / member.sum(axis=1, keepdims=True)


def _run_lengths(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Lengths of the stretches of true values.

    >>> _run_lengths(np.array([True, True, False, True])).tolist()
    [2, 1]
    """
    padded = np.zeros(len(mask) + 2, dtype=np.bool_)
    padded[1:-1] = mask
    changes = np.flatnonzero(padded[1:] != padded[:-1])
    return changes[1::2] - changes[::2]


def _peaks(envelope: Array) -> NDArray[np.int64]:
    """Frames of the peaks of loudness that stand out of the dips on both sides; both ends are dips.

    >>> _peaks(np.array([1.0, 3.0, 2.99, 3.01, 1.0, 2.0], dtype=np.float32)).tolist()
    [3, 5]
    """
    ratio = 10 ** (SYLLABLE_DIP_DB / 10 * LOUDNESS_EXPONENT)
    padded = np.zeros(len(envelope) + 2, dtype=np.float32)
    padded[1:-1] = envelope
    rises = padded[1:] > padded[:-1]
    turns = np.flatnonzero(rises[1:] != rises[:-1])
    peaks, rising, extreme, place = [], False, 0.0, 0
    for turn, value in zip([*turns.tolist(), len(envelope)], [*envelope[turns].tolist(), 0.0], strict=True):
        if (value > extreme) == rising:
            extreme, place = value, turn
        elif max(value, extreme) > ratio * min(value, extreme):
            if rising:
                peaks.append(place)
            rising, extreme, place = not rising, value, turn
    return np.array(peaks, dtype=np.int64)


def _mean(lengths: NDArray[np.int64]) -> float:
    return int(lengths.sum()) / len(lengths) if len(lengths) else float("nan")
