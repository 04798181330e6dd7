"""Short-time frames of one signal; each spectrum is computed once, whatever number of descriptors read it."""

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
    """Frame geometry in seconds; part of a feature set, for the same name means another number with another window.

    Speech descriptors use the short window; chroma and contrast need the finer frequency resolution of the long one.
    What the long window sees changes more slowly, so it is moved on by several hops at once, and what it measures is
    undefined in the frames between: all tracks have the same number of frames, and the same time.
    """

    window_seconds: float = 0.025
    hop_seconds: float = 0.010
    long_window_seconds: float = 0.064
    long_hop_seconds: float = 0.020

    @cached_property
    def window(self) -> int:
        """Samples in the short window."""
        return round(self.window_seconds * SAMPLE_RATE)

    @cached_property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return round(self.hop_seconds * SAMPLE_RATE)

    @cached_property
    def long_window(self) -> int:
        """Samples in the long window."""
        return round(self.long_window_seconds * SAMPLE_RATE)

    @cached_property
    def long_step(self) -> int:
        """Frames from one that the long window is put on to the next; 1 where the hop is longer than the long one.

        >>> Framing().long_step, Framing(hop_seconds=0.5).long_step
        (2, 1)
        """
        return max(1, round(self.long_hop_seconds / self.hop_seconds))


def fft_length(window: int) -> int:
    """Return the power of two, 32 or more, that holds the window.

    >>> fft_length(400), fft_length(1024), fft_length(20)
    (512, 1024, 32)
    """
    return max(32, 1 << (window - 1).bit_length())


@dataclass(frozen=True, eq=False)
class Frames:
    """One signal seen through its frames, centred on multiples of the hop, zero-padded at both ends.

    Attributes
    ----------
    signal : Signal [shape=(n_samples,)]
        mono, at `SAMPLE_RATE`
    framing : Framing
        window and hop
    """

    signal: Signal
    framing: Framing = field(default_factory=Framing)
    _shared: dict[Callable[..., Any], Any] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def n_frames(self) -> int:
        """One frame per hop, and one more for the end."""
        return 1 + len(self.signal) // self.framing.hop

    @cached_property
    def n_long_frames(self) -> int:
        """Frames that the long window is put on: the first, and every `Framing.long_step`-th after it."""
        return 1 + (self.n_frames - 1) // self.framing.long_step

    @property
    def n_fft(self) -> int:
        """FFT length of the short window."""
        return fft_length(self.framing.window)

    @property
    def n_fft_long(self) -> int:
        """FFT length of the long window."""
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

    def forget(self, window: str) -> None:
        """Let go of the spectrogram of the ``"short"`` or the ``"long"`` window, to be made again when it is wanted."""
        vars(self).pop({"short": "power", "long": "long_power"}[window], None)

    def spread(self, track: Array) -> Array:
        """Put what the long window measured on the frames that it measured: NaN in those between.

        Parameters
        ----------
        track : Array [shape=(..., n_long_frames)]

        Returns
        -------
        Array [shape=(..., n_frames)]

        Examples
        --------
        >>> Frames(np.zeros(480, np.float32)).spread(np.array([1.0, 2.0], np.float32))
        array([ 1., nan,  2., nan], dtype=float32)
        """
        found = np.full((*track.shape[:-1], self.n_frames), np.nan, dtype=np.float32)
        found[..., :: self.framing.long_step] = track
        return found

    def shared(self, compute: "Callable[[Frames], T]") -> T:
        """Return what a function makes of these frames, computed once whatever number of descriptors asks for it.

        Pitch, for example, is read by descriptors of several families.
        """
        if compute not in self._shared:
            self._shared[compute] = compute(self)
        return self._shared[compute]

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """Centre of each bin of the short window's spectrum in Hz."""
        return bin_frequencies(self.n_fft)

    @property
    def long_frequencies(self) -> NDArray[np.float64]:
        """Centre of each bin of the long window's spectrum in Hz."""
        return bin_frequencies(self.n_fft_long)


def bin_frequencies(n_fft: int) -> NDArray[np.float64]:
    """Centre of each bin of a spectrum in Hz, shape ``(n_fft // 2 + 1,)``."""
    return np.arange(n_fft // 2 + 1, dtype=np.float64) * (SAMPLE_RATE / n_fft)


@lru_cache(maxsize=8)
def _hann(window: int) -> NDArray[np.float64]:
    """Periodic Hann window."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)


def _power_spectrogram(signal: Signal, hop: int, window: NDArray[np.floating]) -> Array:
    """Squared magnitude of the short-time Fourier transform.

    It runs in double precision: the logarithms of weak bands, and the valleys that spectral contrast reads, would show
    the rounding of a single one.
    """
    return kernels.spectrum.power_spectrogram(signal, hop, window, fft_length(len(window)))
