"""Formants of synthetic vowels, agreement with Praat on real recordings; compiled kernels against plain ones."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featser.audio import SAMPLE_RATE, Signal, read_signal
from featser.features.descriptors.formants import formant_bandwidth, formant_frequency
from featser.features.descriptors.pitch import track_pitch
from featser.features.frames import Array, Frames, Framing
from featser.features.kernels.formants import ORDER, resonances, resonances_plain
from featser.synthetic import STYLES, Voice, speak
from featser.synthetic.tract import BANDWIDTHS, formants
from featser.synthetic.tract import resonances as tract_response

NYQUIST, MARGIN = 5500.0, 50.0


def vowel(name: str, f0: float = 100.0, tract_cm: float = 17.5) -> Signal:
    """One second of pulses through the resonances of a vowel."""
    pulses = np.zeros(SAMPLE_RATE)
    pulses[np.arange(0, SAMPLE_RATE, SAMPLE_RATE / f0).astype(int)] = 1.0
    hertz = np.arange(SAMPLE_RATE // 2 + 1, dtype=np.float64)
    response = tract_response(hertz, formants(name, tract_cm)[None], BANDWIDTHS)[0]
    filtered = np.fft.irfft(np.fft.rfft(pulses) * response / np.maximum(hertz, 100.0))
    return (0.5 * filtered / np.abs(filtered).max()).astype(np.float32)


def lags_of(signal: Signal) -> Array:
    """Autocorrelation of each frame of 400 samples, lags 0 to 10."""
    cut = np.lib.stride_tricks.sliding_window_view(np.pad(signal, 400), 400)[::160] * np.hanning(400)
    lags = np.fft.irfft(np.abs(np.fft.rfft(cut, 1024)) ** 2)[:, : ORDER + 1]
    return np.ascontiguousarray(lags.T, dtype=np.float32)


@pytest.mark.parametrize(("name", "tolerance"), [("a", 0.04), ("e", 0.04), ("i", 0.04), ("o", 0.05), ("u", 0.05)])
@pytest.mark.parametrize("tract_cm", [17.5, 15.5])
def test_a_vowel_has_the_formants_of_its_filter(name: str, tolerance: float, tract_cm: float) -> None:
    found = np.nanmedian(formant_frequency(Frames(vowel(name, tract_cm=tract_cm))), axis=1)
    np.testing.assert_allclose(found, formants(name, tract_cm)[:3], rtol=tolerance)


def test_wider_resonances_have_wider_bandwidths() -> None:
    hertz = np.arange(SAMPLE_RATE // 2 + 1, dtype=np.float64)
    pulses = np.zeros(SAMPLE_RATE)
    pulses[::160] = 1.0
    widths = []
    for factor in (1.0, 2.0):
        response = tract_response(hertz, formants("a", 17.5)[None], factor * BANDWIDTHS)[0]
        filtered = np.fft.irfft(np.fft.rfft(pulses) * response / np.maximum(hertz, 100.0))
        frames = Frames((0.5 * filtered / np.abs(filtered).max()).astype(np.float32))
        widths.append(np.nanmedian(formant_bandwidth(frames), axis=1))
    assert (widths[1] > 1.2 * widths[0]).all()


@pytest.mark.parametrize("compute", [formant_frequency, formant_bandwidth])
def test_only_voiced_frames_have_formants(compute) -> None:
    frames = Frames(speak(Voice(), STYLES["neutral"], "ta si mo du", np.random.default_rng(1)))
    voiced = ~np.isnan(track_pitch(frames).hz)
    assert 0.2 < voiced.mean() < 0.95
    found = compute(frames)
    assert np.isnan(found[:, ~voiced]).all()
    assert np.isfinite(found[0, voiced]).mean() > 0.95
    assert (found[:, voiced] > 0).sum() == np.isfinite(found).sum()


@pytest.mark.parametrize("name", ["silence", "constant", "one sample", "20 ms", "click"])
def test_unvoiced_signals_have_no_formants(signals: dict[str, Signal], name: str) -> None:
    assert np.isnan(formant_frequency(Frames(signals[name]))).all()


def test_formants_ascend_within_the_band(signals: dict[str, Signal]) -> None:
    for signal in (*signals.values(), vowel("a"), vowel("i", f0=320.0)):
        found = formant_frequency(Frames(signal))
        found = found[:, np.isfinite(found).all(axis=0)]
        assert (np.diff(found, axis=0) >= 0).all()
        assert ((found > MARGIN) & (found < NYQUIST - MARGIN)).all()


@settings(max_examples=20, deadline=None)
@given(st.floats(1e-3, 30.0))
def test_gain_does_not_change_formants(gain: float) -> None:
    voice = speak(Voice(f0_hz=180.0), STYLES["neutral"], "ma di", np.random.default_rng(2))
    reference, louder = Frames(voice), Frames(np.float32(gain) * voice)
    same = np.isnan(track_pitch(reference).hz) == np.isnan(track_pitch(louder).hz)
    for compute, tolerance in ((formant_frequency, 1.0), (formant_bandwidth, 1.0)):
        moved = np.abs(compute(louder) - compute(reference))[:, same]
        assert np.nanmedian(moved) < 0.02 * tolerance
        assert np.nanpercentile(moved, 99) < tolerance


@pytest.mark.slow
@pytest.mark.parametrize("framing", [Framing(0.04, 0.02), Framing(0.0213, 0.0071), Framing(0.005, 0.01)])
def test_other_windows_find_formants_too(framing: Framing) -> None:
    found = np.nanmedian(formant_frequency(Frames(vowel("a"), framing)), axis=1)
    np.testing.assert_allclose(found, formants("a", 17.5)[:3], rtol=0.25)


@pytest.mark.parametrize("n_chosen", [0, 1, 15, 16, 17, 90])
def test_resonances_equal_the_plain_one(n_chosen: int) -> None:
    rng = np.random.default_rng(n_chosen)
    voice = speak(Voice(), STYLES["anger"], "ma ti so du", rng)
    lags = lags_of(voice)
    chosen = np.sort(rng.permutation(np.flatnonzero(lags[0] > 0))[:n_chosen])
    np.testing.assert_allclose(
        resonances(lags, chosen, NYQUIST, MARGIN), resonances_plain(lags, chosen, NYQUIST, MARGIN), rtol=1e-5
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.3, 1.0]))
def test_kernel_solves_any_predictor(seed: int, share_real: float) -> None:
    """Poles anywhere inside the unit circle, some or all of them real: those on which the fast iteration gets stuck."""
    rng = np.random.default_rng(seed)
    n_real = 2 * rng.binomial(ORDER // 2, share_real)
    radius, angle = rng.uniform(0.3, 0.97, ORDER), rng.uniform(0, np.pi, ORDER)
    pairs = (radius * np.exp(1j * angle))[: (ORDER - n_real) // 2]
    poles = np.concatenate([pairs, pairs.conj(), rng.uniform(-0.97, 0.97, n_real)])
    power = 1 / np.abs(np.polyval(np.poly(poles).real, np.exp(2j * np.pi * np.arange(8192) / 8192))) ** 2
    lags = np.fft.irfft(power[:4097])[: ORDER + 1, None]
    lags = (lags / lags[0]).astype(np.float32)
    first = np.zeros(1, dtype=np.intp)
    found, expected = (solve(lags, first, NYQUIST, MARGIN) for solve in (resonances, resonances_plain))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=0.5)


def test_kernel_leaves_other_frames_alone() -> None:
    lags = lags_of(vowel("a"))
    found = resonances(lags, np.array([20, 30]), NYQUIST, MARGIN)
    assert np.flatnonzero(~np.isnan(found[0])).tolist() == [20, 30]


def utterance_means(path: Path) -> tuple[Array, Array]:
    """Mean formants over voiced frames, by featser and by Praat."""
    parselmouth = pytest.importorskip("parselmouth")
    signal = read_signal(path)
    frames = Frames(signal)
    voiced = np.flatnonzero(~np.isnan(track_pitch(frames).hz))
    praat = parselmouth.Sound(signal.astype(np.float64), SAMPLE_RATE).to_formant_burg(
        time_step=0.01, max_number_of_formants=5, maximum_formant=5500.0, window_length=0.025, pre_emphasis_from=50.0
    )
    theirs = [[praat.get_value_at_time(k, 0.01 * frame) for frame in voiced] for k in (1, 2, 3)]
    return np.nanmean(formant_frequency(frames), axis=1), np.nanmean(theirs, axis=1)


@pytest.mark.slow
@pytest.mark.corpora
def test_formants_agree_with_praat(corpora_root: Path) -> None:
    """Correlations over 100 utterances: 0.98 for each formant; 0.99 on the frames that Praat finds voiced."""
    paths = itertools.islice(sorted((corpora_root / "emodb" / "wav").glob("*.wav")), 0, None, 13)
    ours, theirs = np.array([utterance_means(path) for path in paths]).transpose(1, 2, 0)
    assert [np.corrcoef(*pair)[0, 1] > 0.95 for pair in zip(ours, theirs, strict=True)] == [True] * 3
    assert (np.abs((ours - theirs).mean(axis=1)) < 40).all()
