"""Faults of a recording that make an answer doubtful, whatever is recorded."""

import numpy as np

from featser.audio.signal import SAMPLE_RATE, Signal

_SHORT_SECONDS = 0.3
_SILENT_PEAK = 10 ** (-60 / 20)
_CLIPPED_SHARE = 0.01
_FLAT = 0.999
"""Share of the peak above which samples count as clipped."""
_NOISY_DECIBELS = 10.0
_FRAME = SAMPLE_RATE // 40


def find_faults(signal: Signal) -> tuple[str, ...]:
    """Find faults of a recording.

    Parameters
    ----------
    signal : Signal [shape=(n_samples,)]
        at 16 kHz, full scale at -1 and 1

    Returns
    -------
    tuple of str
        ``too-short``: less than 0.3 s; ``silent``: peak below -60 dBFS; ``clipped``: 1 % of the samples, or more, are
        at the peak; ``noisy``: the level of the loudest twentieth of frames of 25 ms is less than 10 dB above that of
        the quietest tenth

    Examples
    --------
    >>> find_faults(np.zeros(16000, np.float32))
    ('silent',)
    """
    magnitude = np.abs(signal)
    peak = float(magnitude.max(initial=0.0))
    faults = {
        "too-short": len(signal) < _SHORT_SECONDS * SAMPLE_RATE,
        "silent": peak < _SILENT_PEAK,
        "clipped": peak >= _SILENT_PEAK and float((magnitude >= _FLAT * peak).mean()) >= _CLIPPED_SHARE,
        "noisy": peak >= _SILENT_PEAK and _dynamic_range(signal) < _NOISY_DECIBELS,
    }
    return tuple(name for name, applies in faults.items() if applies)


def _dynamic_range(signal: Signal) -> float:
    """Level of the loudest frames above that of the quietest, in dB; infinite below half a second."""
    n_frames = len(signal) // _FRAME
    if n_frames < 20:
        return np.inf
    energy = np.square(signal[: n_frames * _FRAME].reshape(n_frames, _FRAME), dtype=np.float64).mean(axis=1) + 1e-12
    low, high = np.percentile(energy, (10, 95))
    return float(10 * np.log10(high / low))
