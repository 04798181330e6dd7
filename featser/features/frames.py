"""Short-time frames of one signal. Spectra are computed once and shared by all descriptors."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from featser.audio import SAMPLE_RATE, Signal
from featser.features import kernels

Array = NDArray[np.float32]

T = TypeVar("T")


@dataclass(frozen=True)
class Framing:
    """Frame geometry in seconds.

    Most descriptors use the short window. Chroma, contrast and harmonics need the frequency resolution of the long
    window, whose spectra change more slowly. The long window is therefore placed on every `long_step`-th frame only;
    its descriptors are NaN in the frames that it skips, so all tracks have the same number of frames.

    Attributes
    ----------
    window_seconds : float
        length of the short window
    hop_seconds : float
        time from one frame to the next
    long_window_seconds : float
        length of the long window
    long_hop_seconds : float
        time from one long window to the next, rounded to a multiple of ``hop_seconds``
    """

    window_seconds: float = 0.025
    hop_seconds: float = 0.010
    long_window_seconds: float = 0.064
    long_hop_seconds: float = 0.020

    @cached_property
    def window(self) -> int:
        """Length of the short window in samples."""
        return round(self.window_seconds * SAMPLE_RATE)

    @cached_property
    def hop(self) -> int:
        """Hop in samples."""
        return round(self.hop_seconds * SAMPLE_RATE)

    @cached_property
    def long_window(self) -> int:
        """Length of the long window in samples."""
        return round(self.long_window_seconds * SAMPLE_RATE)

    @cached_property
    def long_step(self) -> int:
        """Hop of the long window in frames, at least 1.

        >>> Framing().long_step, Framing(hop_seconds=0.5).long_step
        (2, 1)
        """
        return max(1, round(self.long_hop_seconds / self.hop_seconds))


def fft_length(window: int) -> int:
    """Return the smallest power of two that is at least 32 and at least the length of the window.

    Parameters
    ----------
    window : int
        length in samples

    Returns
    -------
    int

    Examples
    --------
    >>> fft_length(400), fft_length(1024), fft_length(20)
    (512, 1024, 32)
    """
    return max(32, 1 << (window - 1).bit_length())


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames of one signal, centred on multiples of the hop and zero-padded at both ends.

    Attributes
    ----------
    signal : Signal [shape=(n_samples,)]
        mono, at `SAMPLE_RATE`
    framing : Framing
        frame geometry
    """

    signal: Signal
    framing: Framing = field(default_factory=Framing)
    _shared: dict[Callable[..., Any], Any] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def n_frames(self) -> int:
        """Number of frames: one per full hop, plus one."""
        return 1 + len(self.signal) // self.framing.hop

    @cached_property
    def n_long_frames(self) -> int:
        """Number of frames of the long window: the first frame and every `Framing.long_step`-th after it."""
        return 1 + (self.n_frames - 1) // self.framing.long_step

    @property
    def n_fft(self) -> int:
        """Length of the Fourier transform of the short window."""
        return fft_length(self.framing.window)

    @property
    def n_fft_long(self) -> int:
        """Length of the Fourier transform of the long window."""
        return fft_length(self.framing.long_window)

    @cached_property
    def power(self) -> Array:
        """Power spectrogram of the short window, shape ``(n_fft // 2 + 1, n_frames)``."""
        return _power_spectrogram(self.signal, self.framing.hop, _hann(self.framing.window))

    @cached_property
    def long_power(self) -> Array:
        """Power spectrogram of the long window, shape ``(n_fft_long // 2 + 1, n_long_frames)``."""
        framing = self.framing
        return _power_spectrogram(self.signal, framing.long_step * framing.hop, _hann(framing.long_window))

    def discard_power(self, window: str) -> None:
        """Free a spectrogram; it is computed again on its next use.

        Parameters
        ----------
        window : str
            ``short`` for `power`, ``long`` for `long_power`
        """
        vars(self).pop({"short": "power", "long": "long_power"}[window], None)

    def spread(self, track: Array) -> Array:
        """Expand a track of the long window to all frames.

        Parameters
        ----------
        track : Array [shape=(..., n_long_frames)]

        Returns
        -------
        Array [shape=(..., n_frames)]
            NaN in the frames that the long window skips

        Examples
        --------
        >>> Frames(np.zeros(480, np.float32)).spread(np.array([1.0, 2.0], np.float32))
        array([ 1., nan,  2., nan], dtype=float32)
        """
        found = np.full((*track.shape[:-1], self.n_frames), np.nan, dtype=np.float32)
        found[..., :: self.framing.long_step] = track
        return found

    def shared(self, compute: "Callable[[Frames], T]") -> T:
        """Call a function of these frames and cache the result for all descriptors.

        Parameters
        ----------
        compute : callable
            function of `Frames`, for example `featser.features.descriptors.pitch.track_pitch`

        Returns
        -------
        object
            result of the function; it must not be modified
        """
        if compute not in self._shared:
            self._shared[compute] = compute(self)
        return self._shared[compute]

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """Frequencies of the bins of `power` in Hz, shape ``(n_fft // 2 + 1,)``."""
        return bin_frequencies(self.n_fft)

    @property
    def long_frequencies(self) -> NDArray[np.float64]:
        """Frequencies of the bins of `long_power` in Hz, shape ``(n_fft_long // 2 + 1,)``."""
        return bin_frequencies(self.n_fft_long)


def bin_frequencies(n_fft: int) -> NDArray[np.float64]:
    """Return the frequencies of the bins of a spectrum.

    Parameters
    ----------
    n_fft : int
        length of the Fourier transform

    Returns
    -------
    NDArray of float64 [shape=(n_fft // 2 + 1,)]
        in Hz
    """
    return np.arange(n_fft // 2 + 1, dtype=np.float64) * (SAMPLE_RATE / n_fft)


@lru_cache(maxsize=8)
def _hann(window: int) -> NDArray[np.float64]:
    """Periodic Hann window."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)


def _power_spectrogram(signal: Signal, hop: int, window: NDArray[np.floating]) -> Array:
    """Squared magnitude of the short-time Fourier transform, shape ``(n_fft // 2 + 1, n_frames)``.

    The transform runs in double precision. In single precision, rounding errors would dominate the levels of weak bands
    and the valleys of the spectral contrast.
    """
    return kernels.spectrum.power_spectrogram(signal, hop, window, fft_length(len(window)))
