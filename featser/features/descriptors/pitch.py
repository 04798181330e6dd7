"""Fundamental frequency and voicing, by a pitch tracker after RAPT and Praat."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from featser.audio import SAMPLE_RATE
from featser.features import kernels
from featser.features.frames import Array, Frames
from featser.features.registry import low_level_descriptor

LOWEST_HZ = 60.0
HIGHEST_HZ = 500.0
"""Range of F0: from low male voices to most female and children's voices."""

REFERENCE_HZ = 27.5
"""Frequency of 0 semitones: A0."""

STEP_SECONDS = 0.010
"""Step of the pitch track, independent of the framing, because the costs of jumps depend on it."""

_WINDOW_SECONDS = 0.040
"""Window of the coarse search: more than two periods at 60 Hz."""

_CUTOFF_HZ = 1600.0
"""Cutoff of the coarse search, which covers the first harmonics and the first formant."""

_TOLERANCE = 1.01
"""Factor by which an estimate may exceed the range, so that voices at its limits are tracked."""

_N_TAPS = 32
_N_LAGS = 64
_SMALLEST_PEAK = 1e-7
"""Smallest peak of a signal that is not silent, absolute and relative to its mean; below are rounding errors."""


@dataclass(frozen=True, eq=False)
class Pitch:
    """Pitch track of a signal.

    Attributes
    ----------
    hz : Array [shape=(n_frames,)]
        fundamental frequency in Hz; NaN in unvoiced frames
    voicing : Array [shape=(n_frames,)]
        correlation of the signal with itself one period later, 0 to 1; 0 in silence
    """

    hz: Array
    voicing: Array


@low_level_descriptor(family="pitch", unit="semitones above 27.5 Hz", parameters="60-500 Hz, path of least cost")
def f0(frames: Frames) -> Array:
    r"""Fundamental frequency of the voice in semitones.

    .. math:: 12 \log_2 (F_0 / 27.5\,\mathrm{Hz})

    `pitch_every_step` describes the pitch tracker.

    Returns
    -------
    Array [shape=(n_frames,)]
        13.5 (60 Hz) to 50.2 (500 Hz); NaN in unvoiced frames

    References
    ----------
    Talkin, A robust algorithm for pitch tracking (RAPT), in Kleijn and Paliwal (eds.), Speech coding and synthesis,
    1995. Boersma, Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
    sampled sound, Proceedings of the Institute of Phonetic Sciences 17, Amsterdam, 1993.

    Examples
    --------
    220 Hz is three octaves above 27.5 Hz:

    >>> tone = np.sin(2 * np.pi * 220 * np.arange(16000) / 16000).astype(np.float32)
    >>> round(float(np.nanmedian(f0(Frames(tone)))), 2)
    36.0
    """
    semitones: Array = 12 * np.log2(frames.shared(track_pitch).hz / np.float32(REFERENCE_HZ))
    return semitones


@low_level_descriptor(family="pitch", unit="correlation", parameters="60-500 Hz, 20 ms against the next period")
def voicing(frames: Frames) -> Array:
    """Voicing: correlation of a frame with the signal one period later.

    The period is that of the pitch track; in unvoiced frames it is that of the best candidate.

    Returns
    -------
    Array [shape=(n_frames,)]
        0 to 1; 0 in frames whose peak is below 2 % of the peak of the recording

    References
    ----------
    Talkin, A robust algorithm for pitch tracking (RAPT), in Kleijn and Paliwal (eds.), Speech coding and synthesis,
    1995.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 220 * np.arange(16000) / 16000).astype(np.float32)
    >>> round(float(np.median(voicing(Frames(tone)))), 2)
    1.0
    """
    return frames.shared(track_pitch).voicing


def track_pitch(frames: Frames) -> Pitch:
    """Pitch at the centre of each frame: the nearest value of `pitch_every_step`.

    Parameters
    ----------
    frames : Frames
        signal and framing

    Returns
    -------
    Pitch
        tracks of shape ``(n_frames,)``
    """
    pitch = frames.shared(pitch_every_step)
    hops_per_step = frames.framing.hop / (STEP_SECONDS * SAMPLE_RATE)
    nearest = np.minimum(np.rint(np.arange(frames.n_frames) * hops_per_step).astype(np.int64), len(pitch.hz) - 1)
    return Pitch(pitch.hz[nearest], pitch.voicing[nearest])


def pitch_every_step(frames: Frames) -> Pitch:
    """Track the pitch in steps of 10 ms.

    A coarse search takes up to three candidate periods per step from the autocorrelation of the signal below 1600 Hz.
    A fine search refines each by the correlation of 20 ms of the signal with the signal one period later. The pitch
    is the path of least cost through the candidates and the unvoiced state, where costs fall with the correlation and
    rise with jumps of the pitch and changes of voicing.

    Parameters
    ----------
    frames : Frames
        signal; its framing does not matter

    Returns
    -------
    Pitch
        tracks with a value every 10 ms, from the first sample on
    """
    n_steps = 1 + len(frames.signal) // kernels.pitch.HOP
    candidates = pitch_candidates(frames.shared(normalised_signal), n_steps)
    shortest, longest = SAMPLE_RATE / HIGHEST_HZ / _TOLERANCE, SAMPLE_RATE / LOWEST_HZ * _TOLERANCE
    periods, correlations = kernels.pitch_path.best_path(*candidates, shortest, longest)
    hz = np.divide(SAMPLE_RATE, periods, out=np.full(n_steps, np.nan, np.float32), where=periods > 0)
    return Pitch(hz, correlations)


def pitch_candidates(signal: Array, n_steps: int) -> tuple[Array, Array, Array]:
    """Find the most likely pitch periods of each step of 10 ms; each step depends on 40 ms on either side only.

    Parameters
    ----------
    signal : Array [shape=(n_samples + 2 * PADDING,)]
        signal with 40 ms more at both ends
    n_steps : int
        steps, ``1 + n_samples // HOP``

    Returns
    -------
    periods, correlations : Array [shape=(n_steps, n_candidates)]
        candidates in samples and their correlations; 0 for missing ones
    peaks : Array [shape=(n_steps,)]
        largest magnitude around the centre of each step
    """
    loops = kernels.pitch
    taper, scale, shortest_lag = _coarse_search()
    before = (loops.DECIMATION * len(taper) + _N_TAPS) // 2
    n_low = (n_steps - 1) * loops.HOP // loops.DECIMATION + len(taper)
    low = loops.decimate(signal[loops.PADDING - before :], _low_pass(), n_low)
    return loops.pitch_candidates(signal, low, taper, scale, shortest_lag)


def normalised_signal(frames: Frames) -> Array:
    """Subtract the mean of the signal, scale its peak to 1 and pad it with zeros.

    Parameters
    ----------
    frames : Frames
        signal

    Returns
    -------
    Array [shape=(n_samples + 2 * PADDING,)]
        -1 to 1; all zeros for a silent or constant signal
    """
    around = kernels.pitch.PADDING
    padded = np.zeros(len(frames.signal) + 2 * around, np.float32)
    signal = padded[around:-around]
    mean = frames.signal.mean()
    np.subtract(frames.signal, mean, out=signal)
    peak = max(signal.max(), -signal.min())
    signal *= 1 / peak if peak > _SMALLEST_PEAK * max(1.0, abs(mean)) else 0
    return padded


@lru_cache(maxsize=1)
def _coarse_search() -> tuple[Array, Array, int]:
    """Hann window, factors that normalise its autocorrelation at each lag, and the shortest lag."""
    rate = SAMPLE_RATE / kernels.pitch.DECIMATION
    n_window, first = round(_WINDOW_SECONDS * rate), round(rate / HIGHEST_HZ) - 1
    taper = np.hanning(n_window + 2)[1:-1]
    own = np.correlate(taper, taper, "full")[n_window - 1 :]
    return taper.astype(np.float32), (own[0] / own[first : first + _N_LAGS]).astype(np.float32), first


@lru_cache(maxsize=1)
def _low_pass() -> Array:
    """Taps of the low-pass filter at 1600 Hz."""
    from_middle = np.arange(_N_TAPS) - (_N_TAPS - 1) / 2
    taps = np.sinc(2 * _CUTOFF_HZ / SAMPLE_RATE * from_middle) * np.hanning(_N_TAPS + 2)[1:-1]
    return (taps / taps.sum()).astype(np.float32)
