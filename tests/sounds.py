"""Signals that tests are made of."""

import numpy as np

from featser.audio import SAMPLE_RATE, Signal


def sine(frequency: float, seconds: float = 1.0, amplitude: float = 0.5) -> Signal:
    """A tone at 16 kHz."""
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (amplitude * np.sin(2 * np.pi * frequency * t)).astype(np.float32)


def noise(seconds: float = 1.0, amplitude: float = 0.1, seed: int = 0) -> Signal:
    """White noise at 16 kHz."""
    rng = np.random.default_rng(seed)
    return (amplitude * rng.standard_normal(round(seconds * SAMPLE_RATE))).astype(np.float32)
