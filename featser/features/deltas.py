"""First and second derivatives of tracks over frames, by local polynomial regression."""

from functools import lru_cache

import numpy as np

from featser.features import kernels
from featser.features.frames import Array

_WIDTH = 9
"""Number of frames in a regression window."""


def delta(track: Array, order: int, step: int = 1) -> Array:
    """Derivative of a track per frame (order 1) or per frame squared (order 2).

    A polynomial of degree ``order`` is fitted by least squares to the nine frames around each frame. The first and the
    last four frames use the fit of the first and of the last nine.

    Parameters
    ----------
    track : Array [shape=(..., n_frames)]
    order : int
        1 or 2
    step : int
        the track is defined in every ``step``-th frame only, from the first on, and the window covers nine of those

    Returns
    -------
    Array [shape=(..., n_frames)]
        all NaN for fewer than nine frames; equals ``librosa.feature.delta(order=order)``

    References
    ----------
    Savitzky and Golay, Smoothing and differentiation of data by simplified least squares procedures, 1964.

    Examples
    --------
    >>> parabola = np.arange(12, dtype=np.float32) ** 2
    >>> bool(np.allclose(delta(parabola, order=2), 2, atol=1e-4))
    True
    """
    if step > 1:
        found = np.full_like(track, np.nan)
        found[..., ::step] = delta(np.ascontiguousarray(track[..., ::step]), order) / np.float32(step**order)
        return found
    if track.shape[-1] < _WIDTH:
        return np.full_like(track, np.nan)
    return kernels.waveform.weighted_sums(np.atleast_2d(track), _weights(order)).reshape(track.shape)


@lru_cache(maxsize=2)
def _weights(order: int) -> Array:
    """Regression weights, shape ``(9,)``; also valid at the ends, because the derivative of the fit is constant."""
    positions = np.arange(_WIDTH) - _WIDTH // 2
    fit = np.linalg.pinv(np.vander(positions, order + 1, increasing=True))
    weights: Array = (order * fit[order]).astype(np.float32)
    return weights
