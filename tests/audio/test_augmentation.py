"""Changes of recordings: what each does to a signal, and that it depends on nothing else."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import noise, sine

from featser.audio import CHANGES, SAMPLE_RATE, find_change, read_signal, step_identity
from featser.audio.augmentation import pinned_change
from featser.errors import UsageError

Signal = np.ndarray


def power(signal: Signal) -> float:
    return float(np.mean(np.square(signal, dtype=np.float64)))


def level_at(signal: Signal, low: float, high: float) -> float:
    """Power between two frequencies in Hz."""
    spectrum = np.square(np.abs(np.fft.rfft(signal)))
    hertz = np.fft.rfftfreq(len(signal), 1 / SAMPLE_RATE)
    return float(spectrum[(hertz >= low) & (hertz < high)].sum())


@pytest.fixture
def noises(tmp_path: Path) -> Path:
    """Folder of noise: three recordings, one of them silent, and a text."""
    folder = tmp_path / "noises"
    (folder / "street").mkdir(parents=True)
    soundfile.write(folder / "a.wav", noise(0.3, seed=1), SAMPLE_RATE)
    soundfile.write(folder / "street" / "b.WAV", noise(3.0, seed=2), SAMPLE_RATE, format="WAV")
    soundfile.write(folder / "silence.wav", np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    (folder / "README.txt").write_text("noise")
    return folder


def name_of(kind: str, noises: Path) -> str:
    return CHANGES[kind].example.replace("FOLDER", str(noises))


VOCODER = ("pitch", "stretch")  # librosa compiles it first
KINDS = [pytest.param(kind, marks=pytest.mark.slow) if kind in VOCODER else kind for kind in CHANGES]


@pytest.mark.parametrize("kind", KINDS)
def test_change_is_repeated_exactly_and_differs_between_recordings(kind: str, noises: Path) -> None:
    change = find_change(name_of(kind, noises))
    one, other = (sine(300.0, 2.0) + noise(2.0, 0.01, seed) for seed in (3, 4))
    changed = change(one.copy())
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    assert not np.array_equal(changed, one)
    np.testing.assert_array_equal(change(one), changed)
    assert not np.array_equal(change(other), changed)
    assert len(change(one[:1700])) > 0


@pytest.mark.parametrize("decibels", [-5, 0, 12.5])
def test_noise_has_the_ratio_of_its_name(noises: Path, decibels: float) -> None:
    voice = sine(300.0, 1.0)
    added = find_change(f"noise-{decibels}:{noises}")(voice) - voice
    assert 10 * np.log10(power(voice) / power(added)) == pytest.approx(decibels, abs=0.01)


def test_noise_depends_on_contents_and_not_on_names(noises: Path, tmp_path: Path) -> None:
    voice, name = sine(300.0, 1.0), f"noise-10:{noises}"
    before, identity = find_change(name)(voice), step_identity(name)
    moved = noises.rename(tmp_path / "moved")
    (moved / "a.wav").rename(moved / "z.wav")
    np.testing.assert_array_equal(find_change(f"noise-10:{moved}")(voice), before)
    assert step_identity(f"noise-10:{moved}") == identity
    assert str(tmp_path) not in identity
    pinned = pinned_change(f"noise-10:{moved}")
    assert step_identity(pinned) == identity
    soundfile.write(moved / "c.wav", noise(1.0, seed=5), SAMPLE_RATE)
    assert step_identity(f"noise-10:{moved}") != identity
    with pytest.raises(UsageError, match="changed while it was read"):
        find_change(pinned)


def test_folder_without_noise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No recordings of noise in"):
        find_change(f"noise-10:{tmp_path}")
    soundfile.write(tmp_path / "silence.wav", np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    with pytest.raises(UsageError, match="can be used as noise"):
        find_change(f"noise-10:{tmp_path}")(sine(300.0))


@pytest.mark.parametrize(
    ("name", "usage"),
    [
        ("noise-10", "noise-NUMBER:FOLDER with a number from -20 to 60"),
        ("gain-6:folder", "gain-NUMBER with a number from 0 to 60"),
        ("gain--6", "gain-NUMBER"),
        ("codec-aac", "codec-NAME with a name of mp3, opus, gsm, ulaw"),
        ("telephone-3", "telephone, for example telephone"),
    ],
)
def test_wrong_value_is_answered_with_the_right_form(name: str, usage: str) -> None:
    with pytest.raises(UsageError) as error:
        find_change(name)
    assert str(error.value).startswith(f"'{name}' is not a change of a recording. Use {usage}")


def test_gain_is_within_its_limits() -> None:
    gains = [power(find_change("gain-6")(sine(300.0 + k, 0.2))) / power(sine(300.0 + k, 0.2)) for k in range(20)]
    decibels = 10 * np.log10(gains)
    assert -6 <= decibels.min() < -2
    assert 2 < decibels.max() <= 6


def test_telephone_keeps_its_band() -> None:
    before = noise(1.0)
    after = find_change("telephone")(before)
    assert level_at(after, 400, 3000) == pytest.approx(level_at(before, 400, 3000), rel=0.05)
    assert level_at(after, 0, 200) + level_at(after, 4500, 8000) < 1e-3 * level_at(before, 0, 8000)


def test_gsm_has_the_band_and_the_noise_of_a_telephone() -> None:
    voice = sine(500.0, 1.0) + sine(6000.0, 1.0, 0.1)
    coded = find_change("codec-gsm")(voice)
    assert level_at(coded, 5900, 6100) < 1e-3 * level_at(voice, 5900, 6100)
    assert 0.5 < power(coded) / power(sine(500.0, 1.0)) < 1.5


@pytest.mark.parametrize("name", ["codec-mp3", "codec-opus", "codec-gsm", "codec-ulaw", "reverb-0.4", "gain-6"])
def test_length_is_kept(name: str) -> None:
    assert len(find_change(name)(sine(300.0, 0.777))) == len(sine(300.0, 0.777))


def test_louder_than_full_scale_is_coded_without_clipping() -> None:
    voice = sine(500.0, 1.0, amplitude=3.0)
    assert power(find_change("codec-opus")(voice)) == pytest.approx(power(voice), rel=0.2)


def test_reverberation_continues_into_a_pause() -> None:
    voice = np.concatenate([noise(0.5), np.zeros(SAMPLE_RATE // 2, np.float32)])
    wet = find_change("reverb-0.5")(voice)
    early, late = (level(wet, at) for at in (0.55, 0.8))
    assert 10 * np.log10(early / late) == pytest.approx(30, abs=4)  # 60 dB in half a second
    assert power(wet) == pytest.approx(power(voice), rel=1e-3)


def level(signal: Signal, at: float) -> float:
    """Power of 50 ms around a moment in seconds."""
    return power(signal[round((at - 0.025) * SAMPLE_RATE) : round((at + 0.025) * SAMPLE_RATE)])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "length_changes", "pitch_changes"), [("pitch-4", False, True), ("stretch-1.5", True, False)]
)
def test_pitch_and_tempo_change_apart(name: str, length_changes: bool, pitch_changes: bool) -> None:
    voice = sine(400.0, 1.0)
    changed = find_change(name)(voice)
    hertz = np.abs(np.fft.rfft(changed)).argmax() * SAMPLE_RATE / len(changed)
    assert (abs(len(changed) / len(voice) - 1) > 0.02) == length_changes
    assert (abs(hertz - 400) > 5) == pitch_changes


def test_crop_keeps_a_part() -> None:
    voice = noise(1.0)
    part = find_change("crop-0.25")(voice)
    assert len(part) == SAMPLE_RATE // 4
    assert any(np.array_equal(part, voice[at : at + len(part)]) for at in np.flatnonzero(voice == part[0]))
    assert len(find_change("crop-2")(voice)) == len(voice)


def test_file_is_changed_like_its_signal(tmp_path: Path, noises: Path) -> None:
    soundfile.write(tmp_path / "voice.wav", sine(300.0, 1.0), SAMPLE_RATE, subtype="FLOAT")
    name = f"noise-3:{noises}"
    np.testing.assert_array_equal(
        read_signal(tmp_path / "voice.wav", [name]), find_change(name)(read_signal(tmp_path / "voice.wav"))
    )
