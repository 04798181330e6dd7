"""Modulation spectrum and speech rhythm.

These are features of the whole utterance, not tracks over frames. They are computed over the speech span: the frames
from the first to the last active one (`featser.features.activity.speech_span`).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featser.features.activity import ACTIVE_RANGE_DB, active_frames, moving_sum, speech_span
from featser.features.descriptors.bands import N_LOG_MEL, log_mel
from featser.features.descriptors.loudness import LOUDNESS_EXPONENT, loudness
from featser.features.descriptors.pitch import track_pitch
from featser.features.frames import Array, Frames
from featser.features.utterance import utterance_feature

N_GROUPS = 8
RATES_HZ = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)

SHORTEST_PAUSE_SECONDS = 0.12
"""Shorter gaps are parts of words, for example the closures of plosives."""

SYLLABLE_DIP_DB = 2.0
SYLLABLE_SMOOTHING_SECONDS = 0.07

MODULATION_NAMES = tuple(f"modulation_b{group}_r{rate}" for group in range(N_GROUPS) for rate in range(6))

RHYTHM_NAMES = (
    *("rhythm_duration_s", "rhythm_active_share", "rhythm_voiced_share"),
    *("rhythm_voiced_per_s", "rhythm_voiced_mean_s", "rhythm_pauses_per_s", "rhythm_pause_mean_s"),
    "rhythm_syllables_per_s",
)

_COARSEST_HZ = 0.25
"""Largest distance between bins of the modulation spectrum."""

_FIRST_OF_GROUP = np.array([0, 4, 8, 11, 14, 17, 20, 23])
"""Lowest mel band of each group."""


@utterance_feature(family="modulation", unit="dB", names=MODULATION_NAMES)
def modulation(frames: Frames) -> Array:
    r"""Modulation depth of eight groups of mel bands at six rates from 0.5 to 32 Hz.

    The levels of the 26 mel bands are averaged in two groups of four and six groups of three bands. Each group's track
    is clipped at 39 dB below its maximum, and its spectrum is computed under a Hann window. The depth is the root mean
    square of the modulation within 0.5-1, 1-2, 2-4, 4-8, 8-16 and 16-32 Hz. Phrases modulate speech below 2 Hz,
    syllables at 2 to 8 Hz, roughness and tremor above 8 Hz.

    Returns
    -------
    Array [shape=(48,)]
        in dB, 0 or more; the six rates of the lowest group come first. NaN where the speech is shorter than one period
        of the upper limit of a rate band, and where the frame rate is below twice that limit. If the speech lasts only
        one or two periods of a rate, the depth includes modulation at neighbouring rates

    References
    ----------
    Wu, Falk and Chan, Automatic speech emotion recognition using modulation spectral features, Speech
    Communication 53(5), 2011; Greenberg and Kingsbury, The modulation spectrogram, ICASSP 1997.

    Examples
    --------
    The level of this noise is a sine of 10 dB at 6 Hz, so its depth at 4-8 Hz is 10 dB over the square root of 2:

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
    """Duration of the speech, and rates and mean lengths of its voiced segments, pauses and syllables.

    A pause is a run of at least 0.12 s of inactive frames within the speech. A syllable is a voiced peak of the
    loudness, smoothed over 70 ms, that is at least 2 dB above the minima on both sides.

    Returns
    -------
    Array [shape=(8,)]
        duration of the speech span in s; share of its frames that are active, share that are voiced; voiced segments
        per second and their mean length in s; pauses per second and their mean length in s; syllables per second of
        active frames. A mean length is NaN where there is no segment or pause

    References
    ----------
    De Jong and Wempe, Praat script to detect syllable nuclei and measure speech rate automatically, Behavior
    Research Methods 41(2), 2009 (syllables); Heldner, Detection thresholds for gaps, overlaps, and
    no-gap-no-overlaps, JASA 130(1), 2011 (pauses); Eyben et al., The Geneva minimalistic acoustic parameter set
    (GeMAPS), IEEE TAC 7(2), 2016 (voiced segments).

    Examples
    --------
    Three hummed syllables, separated by two pauses of 0.2 s:

    >>> t = np.arange(3200) / 16000
    >>> hum = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 9)) * np.sin(np.pi * 5 * t)
    >>> signal = np.tile(np.concatenate([hum, np.zeros(3200)]), 3).astype(np.float32)
    >>> row = dict(zip(RHYTHM_NAMES, rhythm(Frames(signal)), strict=True))
    >>> round(float(row["rhythm_duration_s"]), 1), round(float(row["rhythm_pauses_per_s"] * row["rhythm_duration_s"]))
    (1.0, 2)
    """
    hop, span = frames.framing.hop_seconds, speech_span(frames)
    speaking = active_frames(frames)[span]
    voiced = ~np.isnan(frames.shared(track_pitch).hz[span])
    n_speaking, n_voiced, seconds = np.count_nonzero(speaking), np.count_nonzero(voiced), hop * len(speaking)
    voices, pauses = _run_lengths(voiced), _run_lengths(~speaking)
    pauses = pauses[pauses >= SHORTEST_PAUSE_SECONDS / hop - 0.5]
    envelope = moving_sum(frames.shared(loudness)[span], frames, SYLLABLE_SMOOTHING_SECONDS)
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
    """Root mean square of each track within each rate band, shape ``(n_tracks, 6)``."""
    n_frames = tracks.shape[1]
    taper = _taper(n_frames)
    n_fft = 1 << (max(n_frames, int(1 / (_COARSEST_HZ * hop_seconds))) - 1).bit_length()
    centred = (tracks - (tracks @ taper / taper.sum())[:, None]) * taper
    energy = np.square(np.fft.rfft(centred, n_fft).view(np.float32))
    within = np.add.reduceat(energy, _rate_edges(n_fft, hop_seconds), axis=1)[:, :-1]
    resolved = [n_frames * hop_seconds * fast >= 1 >= 2 * hop_seconds * fast for fast in RATES_HZ[1:]]
    scale = np.where(resolved, 2 / (n_fft * (taper @ taper)), np.nan)
    return np.sqrt(within * scale).astype(np.float32)


def _taper(n_frames: int) -> Array:
    """Hann window sampled at half-integer positions, so that no value is zero, shape ``(n_frames,)``."""
    phase = np.arange(0.5, n_frames, dtype=np.float32) * np.float32(2 * np.pi / n_frames)
    return np.float32(0.5) - np.float32(0.5) * np.cos(phase)


@lru_cache(maxsize=32)
def _rate_edges(n_fft: int, hop_seconds: float) -> NDArray[np.int64]:
    """Limits of the rate bands as indices into interleaved real and imaginary parts, shape ``(7,)``."""
    bins = np.ceil(np.array(RATES_HZ) * n_fft * hop_seconds).astype(np.int64)
    return 2 * np.minimum(bins, n_fft // 2)


@lru_cache(maxsize=1)
def _grouping() -> Array:
    """Matrix that averages mel bands over the groups, shape ``(8, 26)``."""
    group = np.searchsorted(_FIRST_OF_GROUP, np.arange(N_LOG_MEL), side="right") - 1
    member = (group == np.arange(N_GROUPS)[:, None]).astype(np.float32)
    return member / member.sum(axis=1, keepdims=True)


def _run_lengths(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Lengths of the runs of true values.

    >>> _run_lengths(np.array([True, True, False, True])).tolist()
    [2, 1]
    """
    padded = np.zeros(len(mask) + 2, dtype=np.bool_)
    padded[1:-1] = mask
    changes = np.flatnonzero(padded[1:] != padded[:-1])
    return changes[1::2] - changes[::2]


def _peaks(envelope: Array) -> NDArray[np.int64]:
    """Frames of the loudness peaks at least 2 dB above the minima on both sides; both ends count as minima.

    >>> _peaks(np.array([1.0, 3.0, 2.99, 3.01, 1.0, 2.0], dtype=np.float32)).tolist()
    [3, 5]
    """
    ratio = 10 ** (SYLLABLE_DIP_DB / 10 * LOUDNESS_EXPONENT)
    padded = np.zeros(len(envelope) + 2, dtype=np.float32)
    padded[1:-1] = envelope
    rises = padded[1:] > padded[:-1]
    extrema = np.flatnonzero(rises[1:] != rises[:-1])
    peaks, rising, extreme, frame = [], False, 0.0, 0
    for at, value in zip([*extrema.tolist(), len(envelope)], [*envelope[extrema].tolist(), 0.0], strict=True):
        if (value > extreme) == rising:
            extreme, frame = value, at
        elif max(value, extreme) > ratio * min(value, extreme):
            if rising:
                peaks.append(frame)
            rising, extreme, frame = not rising, value, at
    return np.array(peaks, dtype=np.int64)


def _mean(lengths: NDArray[np.int64]) -> float:
    return int(lengths.sum()) / len(lengths) if len(lengths) else float("nan")
