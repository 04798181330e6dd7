"""Compiled spectra and extremes equal their plain versions."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from featser.features.kernels.extremes import peaks_and_valleys, peaks_and_valleys_plain
from featser.features.kernels.fft import LANES, SIZES
from featser.features.kernels.spectrum import power_spectrogram, power_spectrogram_plain

LENGTHS = (1, 159, 160, 4000, 6240, (LANES - 1) * 160, LANES * 160, 16000)
"""Signals in samples, of whole blocks of frames and not."""


@pytest.mark.parametrize(("window", "n_fft"), [(400, 512), (511, 512), (512, 512), (1024, 1024), (80, 1024)])
def test_power_equals_the_plain_transform_for_every_length_and_hop(window: int, n_fft: int) -> None:
    taper = np.hanning(window + 1)[:-1]
    for n_samples, hop in itertools.product(LENGTHS, (7, 16, 100, 160, 600)):
        signal = np.random.default_rng(n_samples).normal(size=n_samples).astype(np.float32)
        power = power_spectrogram(signal, hop, taper, n_fft)
        plain = power_spectrogram_plain(signal, hop, taper, n_fft)
        case = f"{n_samples} samples, hop {hop}"
        assert power.shape == plain.shape == (n_fft // 2 + 1, 1 + n_samples // hop), case
        np.testing.assert_allclose(power, plain, rtol=1e-6, atol=1e-7 * plain.max(), err_msg=case)


@pytest.mark.slow  # each length is compiled anew
@pytest.mark.parametrize("n_points", [SIZES[0], SIZES[1], SIZES[-2]])
def test_shortest_and_long_transforms_are_the_plain_one_too(n_points: int) -> None:
    signal = np.random.default_rng(0).normal(size=20_000).astype(np.float32)
    taper = np.hanning(2 * n_points)
    power, plain = (each(signal, 500, taper, 2 * n_points) for each in (power_spectrogram, power_spectrogram_plain))
    np.testing.assert_allclose(power, plain, rtol=1e-6, atol=1e-7 * plain.max())


@pytest.mark.parametrize("n_fft", [16, 500, 1 << 17])
def test_other_lengths_are_refused(n_fft: int) -> None:
    with pytest.raises(ValueError, match=f"n_fft is {n_fft}; it must be a power of two"):
        power_spectrogram(np.ones(100, np.float32), 10, np.ones(10), n_fft)


def test_a_tone_is_all_in_its_bin() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    power = power_spectrogram(tone, 160, np.hanning(401)[:-1], 512)
    assert (power[:, 10:-10].argmax(axis=0) == 32).all()


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
