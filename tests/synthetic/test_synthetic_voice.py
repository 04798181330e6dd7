"""Synthetic speech has the pitch, level, rate and breathiness of its parameters."""

import numpy as np
import pytest

from featser.errors import UsageError
from featser.synthetic import STYLES, Style, Voice, speak
from featser.synthetic.source import glottal_flow, glottal_phase, voicing
from featser.synthetic.tract import BANDWIDTHS, block_grid, filtered, formants, resonances
from featser.synthetic.voice import draw_rhythm, melody

RATE = 16000
SENTENCE = "ma di so tu me"
STEADY = Voice(range_semitones=0.0, jitter=0.0)
PLAIN = Style()


def synthesised(voice=STEADY, style=PLAIN, seed=0, sentence=SENTENCE, rate=RATE):
    return speak(voice, style, sentence, np.random.default_rng(seed), rate).astype(np.float64)


def loudest(signal, seconds=0.08):
    """The segment with the highest energy, which lies in a vowel."""
    n = int(seconds * RATE)
    starts = range(0, len(signal) - n, n // 4)
    best = max(starts, key=lambda start: np.sum(signal[start : start + n] ** 2))
    return signal[best : best + n]


def periodicity(signal):
    """F0 in Hz and height of the autocorrelation peak of the loudest segment."""
    part = loudest(signal) * np.hanning(int(0.08 * RATE))
    power = np.abs(np.fft.rfft(part, 4096)) ** 2
    window = np.abs(np.fft.rfft(np.hanning(len(part)), 4096)) ** 2
    track = np.fft.irfft(power)[:400] / np.fft.irfft(window)[:400]
    peaks = [lag for lag in range(40, 250) if track[lag - 1] < track[lag] >= track[lag + 1]]
    highest = max(track[peaks])
    lag = next(lag for lag in peaks if track[lag] > 0.9 * highest)  # not its multiples
    return RATE / lag, track[lag] / track[0]


def level(signal):
    return 20 * np.log10(np.sqrt(np.mean(signal**2)))


def brightness(signal):
    power = np.abs(np.fft.rfft(signal)) ** 2
    frequencies = np.fft.rfftfreq(len(signal), 1 / RATE)
    return power[(frequencies > 1000) & (frequencies < 4000)].sum() / power[frequencies < 1000].sum()


@pytest.mark.parametrize("f0", [80.0, 120.0, 210.0, 300.0])
def test_pitch_is_the_f0_of_the_voice(f0):
    measured, _ = periodicity(synthesised(Voice(f0_hz=f0, range_semitones=0.0, jitter=0.0)))
    assert measured == pytest.approx(f0, rel=0.03)


def test_twelve_semitones_double_the_frequency():
    low, _ = periodicity(synthesised())
    high, _ = periodicity(synthesised(style=Style(pitch_semitones=12.0)))
    assert high / low == pytest.approx(2.0, rel=0.05)


def test_loudness_db_raises_the_level():
    assert level(synthesised(style=Style(loudness_db=6.0))) - level(synthesised()) == pytest.approx(6.0, abs=0.1)


def test_breathiness_reduces_the_periodicity():
    heights = [periodicity(synthesised(style=Style(breathiness_db=db)))[1] for db in (-10.0, 15.0, 30.0)]
    assert heights[0] > heights[1] > heights[2]


def test_jitter_reduces_the_periodicity():
    rough = Voice(range_semitones=0.0, jitter=0.04)
    assert periodicity(synthesised(rough))[1] < periodicity(synthesised())[1]


def test_a_faster_style_is_shorter():
    assert (
        len(synthesised(style=Style(rate_factor=1.5)))
        < len(synthesised())
        < len(synthesised(style=Style(rate_factor=0.7)))
    )


def test_tilt_raises_the_level_above_500_hz():
    assert brightness(synthesised(style=Style(tilt_db=4.0))) > 1.5 * brightness(synthesised())


def test_range_factor_scales_the_variation_of_f0():
    rhythm = draw_rhythm(5, 5.0, np.random.default_rng(0))
    times = np.linspace(0, rhythm.seconds, 200)
    narrow, wide = (
        melody(times, rhythm, Voice(), Style(range_factor=factor), np.random.default_rng(1)) for factor in (1.0, 2.0)
    )
    assert np.std(np.log2(wide)) == pytest.approx(2 * np.std(np.log2(narrow)))


def test_starts_and_ends_with_background_noise():
    signal = synthesised()
    assert np.abs(signal[:400]).max() < 0.01 * np.abs(signal).max()
    assert np.abs(signal[-400:]).max() < 0.01 * np.abs(signal).max()


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 48000])
def test_duration_and_level_do_not_depend_on_the_sample_rate(rate):
    signal = synthesised(rate=rate)
    assert len(signal) / rate == pytest.approx(len(synthesised()) / RATE, abs=0.001)
    assert level(signal) == pytest.approx(level(synthesised()), abs=0.5)
    assert np.abs(signal).max() < 1


@pytest.mark.parametrize("emotion", STYLES)
def test_never_clips_and_is_never_silent(emotion):
    signal = synthesised(Voice(loudness_db=12.0), STYLES[emotion])
    assert signal.dtype == np.float64
    assert np.isfinite(signal).all()
    assert 0.05 < np.abs(signal).max() < 1


def test_takes_differ_by_seed():
    assert not np.array_equal(synthesised(seed=0)[:8000], synthesised(seed=1)[:8000])


@pytest.mark.parametrize(("sentence", "shown"), [("sa xu", "xu"), ("", ""), ("sat", "sat")])
def test_unknown_syllables_are_refused(sentence, shown):
    with pytest.raises(UsageError, match=f"cannot say '{shown}'. Write syllables separated by blanks"):
        synthesised(sentence=sentence)


def test_phase_counts_the_cycles():
    phase = glottal_phase(np.full(RATE, 100.0), 0.0, np.random.default_rng(0), RATE)
    assert phase[-1] == pytest.approx(100.0, abs=0.1)
    assert np.all(np.diff(phase) >= 0)


def test_jitter_changes_the_lengths_of_cycles_but_hardly_their_number():
    phase = glottal_phase(np.full(RATE, 100.0), 0.02, np.random.default_rng(0), RATE)
    openings = np.interp(np.arange(95), phase, np.arange(RATE))
    assert np.std(np.diff(openings)) / 160 == pytest.approx(0.02, rel=0.3)
    assert phase[-1] == pytest.approx(100.0, abs=1.5)


def test_flow_is_0_in_the_closed_phase():
    flow = glottal_flow(np.array([0.0, 0.4, 0.6, 0.8, 1.4]))
    assert flow == pytest.approx([0.0, 1.0, 0.0, 0.0, 1.0])


def test_pulses_have_unit_power():
    phase = glottal_phase(np.full(RATE, 150.0), 0.01, np.random.default_rng(0), RATE)
    pulses = voicing(phase, 0.04, np.random.default_rng(1))
    assert np.mean(pulses**2) == pytest.approx(1.0)


def test_formants_scale_with_the_length_of_the_tract():
    assert formants("i", 14.0) == pytest.approx(formants("i", 17.5) * 1.25)


def test_the_response_peaks_at_the_formants():
    _, frequencies = block_grid(RATE, RATE)
    response = np.abs(resonances(frequencies, formants("i", 17.5)[None], BANDWIDTHS))[0]
    peaks = frequencies[1:-1][(response[1:-1] > response[:-2]) & (response[1:-1] > response[2:])]
    assert peaks[:3] == pytest.approx([270, 2290, 3010], abs=40)
    assert response[0] == pytest.approx(1.0)


@pytest.mark.parametrize("n_samples", [1, 256, 1000, 16001])
def test_a_flat_response_returns_the_input(n_samples):
    noise = np.random.default_rng(0).standard_normal(n_samples)
    times, frequencies = block_grid(n_samples, RATE)
    flat = np.ones((len(times), len(frequencies)))
    assert filtered(noise, flat, RATE) == pytest.approx(noise)
