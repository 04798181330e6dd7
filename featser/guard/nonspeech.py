"""Synthetic sounds that are not speech, to measure how many of them a guard rejects."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from featser.audio import SAMPLE_RATE, Signal

KINDS = ("white noise", "pink noise", "tone", "chord", "clicks", "melody", "silence", "hum")
"""Kinds of sounds that `non_speech` makes."""

_PER_KIND = 3
_SECONDS = (1.0, 2.0, 3.0)


def non_speech() -> Iterator[tuple[str, Signal]]:
    """Make three sounds of each of `KINDS`, 1 to 3 s long and from -30 to -2 dBFS; always the same.

    Yields
    ------
    kind : str
    signal : Signal [shape=(n_samples,)]
        at 16 kHz
    """
    for number, kind in enumerate(KINDS):
        for at in range(_PER_KIND):
            rng = np.random.default_rng([number, at])
            n_samples = int(_SECONDS[at] * SAMPLE_RATE)
            sound = _SOUNDS[kind](rng, n_samples)
            peak = np.abs(sound).max() or 1.0
            yield kind, (sound / peak * 10 ** (rng.uniform(-30, -2) / 20)).astype(np.float32)


def _pink(rng: np.random.Generator, n_samples: int) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(rng.normal(size=n_samples))
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), n_samples)


def _tones(frequency: NDArray[np.float64] | float, n_samples: int, ratios: tuple[float, ...]) -> NDArray[np.float64]:
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(frequency, n_samples)) / SAMPLE_RATE
    return np.sum([np.sin(ratio * phase) / ratio for ratio in ratios], axis=0)


def _clicks(rng: np.random.Generator, n_samples: int) -> NDArray[np.float64]:
    sound = np.zeros(n_samples)
    sound[rng.integers(0, n_samples, 10)] = 1.0
    return sound


def _melody(rng: np.random.Generator, n_samples: int) -> NDArray[np.float64]:
    """Decaying harmonic notes of a quarter of a second, over two octaves."""
    length = SAMPLE_RATE // 4
    notes = 220 * 2 ** (rng.integers(0, 24, n_samples // length + 1) / 12)
    decay = np.exp(-np.arange(n_samples) % length / (0.4 * length))
    return _tones(np.repeat(notes, length)[:n_samples], n_samples, (1, 2, 3, 4, 5)) * decay


_SOUNDS: dict[str, Callable[[np.random.Generator, int], NDArray[np.float64]]] = {
    "white noise": lambda rng, n_samples: rng.normal(size=n_samples),
    "pink noise": _pink,
    "tone": lambda rng, n_samples: _tones(rng.uniform(100, 3000), n_samples, (1,)),
    "chord": lambda rng, n_samples: _tones(rng.uniform(100, 1000), n_samples, (1, 1.25, 1.5)),
    "clicks": _clicks,
    "melody": _melody,
    "silence": lambda rng, n_samples: np.zeros(n_samples),  # noqa: ARG005
    "hum": lambda rng, n_samples: _tones(50, n_samples, (1, 3, 5, 7)) + 0.1 * rng.normal(size=n_samples),
}
