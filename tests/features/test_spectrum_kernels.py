"""Compiled spectra and extremes are those of their plain twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from featser.features.kernels.extremes import extremes, extremes_plain
from featser.features.kernels.spectrum import as_hops, power_spectrogram, power_spectrogram_plain


@pytest.mark.parametrize("n_samples", [1, 159, 160, 4000, 6240, 40 * 160, 41 * 160, 16000])
@pytest.mark.parametrize(("window", "n_fft"), [(400, 512), (512, 512), (1024, 1024), (100, 128), (80, 4096)])
@pytest.mark.parametrize(("precision", "tolerance"), [(np.float64, 1e-7), (np.float32, 1e-6)])
def test_power_is_that_of_the_plain_transform(
    n_samples: int, window: int, n_fft: int, precision: type, tolerance: float
) -> None:
    """For any length of the signal, whole blocks of frames or not, and with a window shorter than the transform."""
    signal = np.random.default_rng(n_samples).normal(size=n_samples).astype(np.float32)
    taper = np.hanning(window + 1)[:-1].astype(precision)
    hops, n_frames = as_hops(signal, 160, n_fft), 1 + n_samples // 160
    power = power_spectrogram(hops, n_frames, taper, n_fft)
    plain = power_spectrogram_plain(hops, n_frames, taper, n_fft)
    assert power.shape == plain.shape == (n_fft // 2 + 1, n_frames)
    np.testing.assert_allclose(power, plain, rtol=10 * tolerance, atol=tolerance * plain.max())


def test_a_tone_is_all_in_its_bin() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    power = power_spectrogram(as_hops(tone, 160, 512), 101, np.hanning(401)[:-1], 512)
    assert (power[:, 10:-10].argmax(axis=0) == 32).all()


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 9)), elements=st.floats(0, 1e6, width=32)),
    st.integers(1, 5),
)
@settings(max_examples=60, deadline=None)
def test_extremes_are_those_of_sorted_columns(rows: np.ndarray, n_kept: int) -> None:
    n_kept = min(n_kept, len(rows))
    for found, expected in zip(extremes(rows, n_kept), extremes_plain(rows, n_kept), strict=True):
        np.testing.assert_array_equal(found, expected)
