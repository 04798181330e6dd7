"""Test signals."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from featser.audio import SAMPLE_RATE, Signal, read_signal
from featser.errors import UnreadableAudioError
from featser.features import Frames


def sine(frequency: float, seconds: float = 1.0, amplitude: float = 0.5) -> Signal:
    """A tone at 16 kHz."""
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (amplitude * np.sin(2 * np.pi * frequency * t)).astype(np.float32)


def noise(seconds: float = 1.0, amplitude: float = 0.1, seed: int = 0) -> Signal:
    """White noise at 16 kHz."""
    rng = np.random.default_rng(seed)
    return (amplitude * rng.standard_normal(round(seconds * SAMPLE_RATE))).astype(np.float32)


def frames_with(signal: Signal, known: Mapping[Callable[[Frames], Any], Any]) -> Frames:
    """Frames of a signal for which what some functions return is given, such as a pitch that is known."""

    class Known(Frames):
        def shared(self, compute: Callable[[Frames], Any]) -> Any:
            return known[compute] if compute in known else super().shared(compute)

    return Known(signal)


def reason_of(path: Path, clean: Iterable[str] = ()) -> str:
    """Reason for which the audio reader refuses a file."""
    with pytest.raises(UnreadableAudioError) as refusal:
        read_signal(path, clean)
    assert str(refusal.value) == f"Cannot use {path}: {refusal.value.reason}."
    return refusal.value.reason
