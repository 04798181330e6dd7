"""Compiled spectra and extremes are those of their plain twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from featser.features.kernels.extremes import peaks_and_valleys, peaks_and_valleys_plain
from featser.features.kernels.spectrum import (
    as_hops,
    as_hops_plain,
    power_spectrogram,
    power_spectrogram_plain,
)


@pytest.mark.parametrize("n_samples", [1, 159, 160, 4000, 6240, 40 * 160, 41 * 160, 16000])
@pytest.mark.parametrize(
    ("window", "n_fft"), [(400, 512), (511, 512), (512, 512), (1024, 1024), (100, 128), (80, 4096)]
)
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


@pytest.mark.parametrize("n_samples", [1, 100, 255, 256, 257, 4000, 16000])
@pytest.mark.parametrize("hop", [1, 7, 16, 100, 160, 320, 600])
def test_hops_are_those_of_the_plain_layout(n_samples: int, hop: int) -> None:
    """Also where a hop is no whole number of strips, and where a signal ends within the first."""
    signal = np.random.default_rng(n_samples).normal(size=n_samples).astype(np.float32)
    hops, plain = as_hops(signal, hop, 512), as_hops_plain(signal, hop, 512)
    np.testing.assert_array_equal(hops[:, : plain.shape[1]], plain)
    assert not hops[:, plain.shape[1] :].any()


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 9)), elements=st.floats(0, 1e6, width=32)),
    st.lists(st.tuples(st.integers(0, 11), st.integers(1, 12), st.integers(1, 5)), min_size=1, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_peaks_and_valleys_are_those_of_sorted_columns(power: np.ndarray, asked: list[tuple[int, int, int]]) -> None:
    """For any bands, also overlapping ones, and to the bit."""
    n_bins = len(power)
    starts = [(min(start, n_bins - 1), width, kept) for start, width, kept in asked]
    bands = np.array([(start, min(start + width, n_bins), kept) for start, width, kept in starts])
    bands[:, 2] = np.minimum(bands[:, 2], bands[:, 1] - bands[:, 0])
    np.testing.assert_array_equal(peaks_and_valleys(power, bands), peaks_and_valleys_plain(power, bands))
