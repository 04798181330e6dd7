"""Faults of recordings."""

import numpy as np
import pytest

from featser.audio import SAMPLE_RATE, find_faults

RNG = np.random.default_rng(0)
BURSTS = RNG.normal(size=SAMPLE_RATE).astype(np.float32) * np.repeat([0.1, 0.0001], SAMPLE_RATE // 2).astype(np.float32)


@pytest.mark.parametrize(
    ("signal", "faults"),
    [
        (BURSTS, ()),
        (BURSTS[: SAMPLE_RATE // 4], ("too-short",)),
        (0.001 * BURSTS, ("silent",)),
        (np.clip(10 * BURSTS, -0.9, 0.9), ("clipped",)),
        (0.1 * RNG.normal(size=SAMPLE_RATE).astype(np.float32), ("noisy",)),
        (np.zeros(0, np.float32), ("too-short", "silent")),
    ],
    ids=["none", "short", "silent", "clipped", "noisy", "empty"],
)
def test_faults(signal: np.ndarray, faults: tuple[str, ...]) -> None:
    assert find_faults(signal) == faults
