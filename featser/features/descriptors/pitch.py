"""Pitch: how high the voice is, and how sure it is that there is one."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from featser.audio import SAMPLE_RATE
from featser.features import kernels
from featser.features.frames import Array, Frames
from featser.features.registry import low_level_descriptor

LOWEST_HZ = 60.0
HIGHEST_HZ = 500.0
"""Range of the pitch, from the deepest male to most female and children's voices."""

REFERENCE_HZ = 27.5
"""Zero semitones: the lowest A of a piano."""

STEP_SECONDS = 0.010
"""The track has a point so often, whatever the framing: what it may jump by depends on it."""

_WINDOW_SECONDS = 0.040
"""Window of the coarse search: more than two periods of the lowest voice."""

_CUTOFF_HZ = 1600.0
"""The coarse search hears what lies below: the first harmonics and the first formant."""

_TOLERANCE = 1.01
"""By this factor the pitch may leave its range, so that an estimate of the limit itself is inside."""

_N_TAPS = 32
_N_LAGS = 64
_QUIETEST = 1e-7
"""Peak below which there is nothing to hear, and share of its mean below which a signal only has rounding errors."""


@dataclass(frozen=True, eq=False)
class Pitch:
    """Pitch of a signal over time.

    Attributes
    ----------
    hz : Array [shape=(n_frames,)]
        fundamental frequency; NaN where there is no voice
    voicing : Array [shape=(n_frames,)]
        correlation of the signal with itself one period later, 0 to 1; 0 in silence
    """

    hz: Array
    voicing: Array


@low_level_descriptor(family="pitch", unit="semitones above 27.5 Hz", parameters="60-500 Hz, path of least cost")
def f0(frames: Frames) -> Array:
    r"""Fundamental frequency of the voice, on the scale by which we hear it.

    .. math:: 12 \log_2 (F_0 / 27.5\,\mathrm{Hz})

    `track_pitch` says how it is found.

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
    Three octaves above the lowest A:

    >>> tone = np.sin(2 * np.pi * 220 * np.arange(16000) / 16000).astype(np.float32)
    >>> round(float(np.nanmedian(f0(Frames(tone)))), 2)
    36.0
    """
    semitones: Array = 12 * np.log2(frames.shared(track_pitch).hz / np.float32(REFERENCE_HZ))
    return semitones


@low_level_descriptor(family="pitch", unit="correlation", parameters="60-500 Hz, 20 ms against the next period")
def voicing(frames: Frames) -> Array:
    """How much a frame is like itself one period of the voice later.

    The period is that of the pitch track; in unvoiced frames, of the best candidate for one.

    Returns
    -------
    Array [shape=(n_frames,)]
        0 to 1; 0 in silence, that is, where no sample reaches 2 % of the peak of the recording

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
    """Pitch at the centre of each frame: that of the nearest point of `pitch_every_step`."""
    pitch = frames.shared(pitch_every_step)
    hops_per_step = frames.framing.hop / (STEP_SECONDS * SAMPLE_RATE)
    nearest = np.minimum(np.rint(np.arange(frames.n_frames) * hops_per_step).astype(np.int64), len(pitch.hz) - 1)
    return Pitch(pitch.hz[nearest], pitch.voicing[nearest])


def pitch_every_step(frames: Frames) -> Pitch:
    """Follow the pitch in steps of 10 ms.

    A coarse search in the autocorrelation of the signal below 1600 Hz names up to three periods for each step; a fine
    one correlates 20 ms of the whole signal with those one such period later. Of all paths through the candidates,
    or through silence, that with the best correlations and the fewest jumps is the pitch.
    """
    loops, signal = kernels.pitch, frames.shared(levelled)
    taper, scale, shortest_lag = _coarse_search()
    before = (loops.DECIMATION * len(taper) + _N_TAPS) // 2
    n_steps = 1 + len(frames.signal) // loops.HOP
    low = loops.decimate(
        signal[loops.PADDING - before :],
        _low_pass(),
        (n_steps - 1) * loops.HOP // loops.DECIMATION + len(taper),
    )
    candidates = loops.pitch_candidates(signal, low, taper, scale, shortest_lag)
    shortest, longest = SAMPLE_RATE / HIGHEST_HZ / _TOLERANCE, SAMPLE_RATE / LOWEST_HZ * _TOLERANCE
    periods, correlations = kernels.pitch_path.best_path(*candidates, shortest, longest)
    hz = np.divide(SAMPLE_RATE, periods, out=np.full(n_steps, np.nan, np.float32), where=periods > 0)
    return Pitch(hz, correlations)


def levelled(frames: Frames) -> Array:
    """Return the signal less its mean, with a peak of 1, between `PADDING` zeros; all zeros if it holds nothing."""
    around = kernels.pitch.PADDING
    padded = np.zeros(len(frames.signal) + 2 * around, np.float32)
    signal = padded[around:-around]
    mean = frames.signal.mean()
    np.subtract(frames.signal, mean, out=signal)
    peak = max(signal.max(), -signal.min())
    signal *= 1 / peak if peak > _QUIETEST * max(1.0, abs(mean)) else 0
    return padded


@lru_cache(maxsize=1)
def _coarse_search() -> tuple[Array, Array, int]:
    """Hann taper, what makes up for it at each lag, and the first lag: one less than that of the highest pitch."""
    rate = SAMPLE_RATE / kernels.pitch.DECIMATION
    n_window, first = round(_WINDOW_SECONDS * rate), round(rate / HIGHEST_HZ) - 1
    taper = np.hanning(n_window + 2)[1:-1]
    own = np.correlate(taper, taper, "full")[n_window - 1 :]
    return taper.astype(np.float32), (own[0] / own[first : first + _N_LAGS]).astype(np.float32), first


@lru_cache(maxsize=1)
def _low_pass() -> Array:
    """Weights of a low-pass filter."""
    from_middle = np.arange(_N_TAPS) - (_N_TAPS - 1) / 2
    taps = np.sinc(2 * _CUTOFF_HZ / SAMPLE_RATE * from_middle) * np.hanning(_N_TAPS + 2)[1:-1]
    return (taps / taps.sum()).astype(np.float32)
