"""Compiled sums over waveforms and tracks equal their plain versions."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from featser.features.kernels import waveform

SIGNALS = arrays.arrays(np.float32, st.integers(1, 300), elements=st.floats(-1, 1, width=32))


@given(SIGNALS, st.integers(1, 90), st.integers(1, 90))
@settings(max_examples=60, deadline=None)
def test_mean_squares_are_those_of_the_samples_in_each_window(signal: np.ndarray, window: int, hop: int) -> None:
    window = min(window, len(signal))
    np.testing.assert_allclose(
        waveform.mean_squares(signal, window, hop), waveform.mean_squares_plain(signal, window, hop), rtol=1e-6
    )


@given(SIGNALS, st.integers(1, 90), st.integers(1, 90))
@settings(max_examples=60, deadline=None)
def test_sign_changes_are_counted_exactly(signal: np.ndarray, window: int, hop: int) -> None:
    window, zero = min(window, len(signal)), np.float32(1e-10)
    np.testing.assert_array_equal(
        waveform.sign_changes(signal, window, hop, zero), waveform.sign_changes_plain(signal, window, hop, zero)
    )


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 4), st.integers(9, 40)), elements=st.floats(-9, 9, width=32)),
    arrays.arrays(np.float32, st.integers(0, 4).map(lambda half: 2 * half + 1), elements=st.floats(-2, 2, width=32)),
)
@settings(max_examples=60, deadline=None)
def test_weighted_sums_are_correlations(tracks: np.ndarray, weights: np.ndarray) -> None:
    found, expected = waveform.weighted_sums(tracks, weights), waveform.weighted_sums_plain(tracks, weights)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
