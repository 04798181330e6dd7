"""An audit names every planted fault, and nothing on clean recordings."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import butter, sosfilt

from featser.audio import resample
from featser.audit import FAULTS, Audit, Finding, audit, page
from featser.corpora import read_corpus
from featser.errors import InputError
from featser.synthetic import PLANTS, plant_faults

NAMES = {
    "aiff-in-wav": "container",
    "cross-speaker-duplicate": "duplicate-speakers",
    "duplicate": "duplicate",
    "empty": "empty",
    "extra-chunks": "extra-chunks",
    "huge-header": "unreadable",
    "lfs-pointer": "lfs-stub",
    "nan": "not-finite",
    "rate-96k": "sample-rate",
    "short": "too-short",
    "shortcut": "padding-by-emotion",
    "silent": "silent",
    "stereo": "stereo-copy",
    "text": "not-audio",
    "truncated": "truncated",
}
"""Plant -> kind of the finding."""

Change = Callable[[np.ndarray, int], tuple[np.ndarray, int]]


@pytest.fixture
def copied(voices: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(voices, tmp_path / "voices"))


def files_of(root: Path, **wanted: str) -> list[Path]:
    manifest = read_corpus(root)
    return [
        manifest.file(each)
        for each in manifest.utterances
        if all(getattr(each, name) == value for name, value in wanted.items())
    ]


def rewrite(source: Path, target: Path, change: Change) -> None:
    samples, rate = soundfile.read(source, dtype="float32")
    soundfile.write(target, *change(samples, rate), subtype="PCM_16")


def kinds(found: Audit) -> dict[str, Finding]:
    return {each.kind: each for each in found.findings}


def test_nothing_is_wrong_with_clean_recordings(voices: Path) -> None:
    assert audit([voices]).findings == ()


def test_every_planted_fault_is_named(copied: Path) -> None:
    planted = plant_faults(copied, PLANTS, seed=1)
    found = kinds(audit([copied]))
    assert NAMES.keys() == PLANTS.keys()
    for plant, kind in NAMES.items():
        paths = {path.relative_to(copied).as_posix() for path in planted[plant]}
        if plant != "shortcut":
            assert paths & set(found[kind].paths), plant
    assert set(found) == set(NAMES.values())
    assert "0.60 s of digital silence" in found["padding-by-emotion"].sentence


@pytest.mark.parametrize(("by", "severity"), [("emotion", "serious"), ("speaker", "warning")])
def test_a_bandwidth_that_tells_the_group_is_found(copied: Path, by: str, severity: str) -> None:
    group = {"emotion": "anger", "speaker": "synthetic-emodb/03"}[by]
    for file in files_of(copied, **{by: group}):
        rewrite(file, file, low_pass)
    found = audit([copied])
    assert [(each.kind, each.severity) for each in found.findings] == [(f"bandwidth-by-{by}", severity)]
    assert group in found.findings[0].sentence
    assert bool(found.serious) == (by == "emotion")


@pytest.mark.parametrize(("by", "severity"), [("emotion", "serious"), ("speaker", "warning")])
def test_a_gentle_low_pass_that_tells_the_group_is_found(copied: Path, by: str, severity: str) -> None:
    """The filter falls by 12 dB per octave from 4 kHz: high frequencies are weaker, in speech and in pauses."""
    group = {"emotion": "anger", "speaker": "synthetic-emodb/03"}[by]
    for file in files_of(copied, **{by: group}):
        rewrite(file, file, lambda samples, rate: (sosfilt(butter(2, 4000, fs=rate, output="sos"), samples), rate))
    (finding,) = audit([copied]).findings
    assert finding.kind == {"emotion": "pause-spectrum-by-emotion", "speaker": "bandwidth-by-speaker"}[by]
    assert finding.severity == severity
    assert group in finding.sentence


def low_pass(samples: np.ndarray, rate: int) -> tuple[np.ndarray, int]:
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(len(samples), 1 / rate) > 3800] = 0
    return np.fft.irfft(spectrum, len(samples)), rate


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda samples, rate: (0.3 * samples, rate), id="attenuated", marks=pytest.mark.slow),
        pytest.param(lambda samples, rate: (resample(samples, 8000)[: 2 * len(samples)], 32000), id="resampled"),
        pytest.param(lambda samples, rate: (samples[rate // 50 : -rate // 50], rate), id="cut"),
        pytest.param(lambda samples, rate: (-samples, rate), id="inverted", marks=pytest.mark.slow),
    ],
)
def test_changed_copies_are_found(copied: Path, change: Change) -> None:
    source, target = (files_of(copied, speaker=f"synthetic-emodb/{each}", emotion="anger")[0] for each in ("03", "08"))
    rewrite(source, target, change)
    found = audit([copied])
    assert [each.kind for each in found.serious] == ["near-duplicate-speakers"]
    assert {source.name, target.name} == {Path(path).name for path in found.serious[0].paths}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("clipped", lambda samples, rate: (np.clip(20 * samples, -0.9, 0.9), rate)),
        ("dc-offset", lambda samples, rate: (0.5 * samples + 0.05, rate)),
        ("quiet", lambda samples, rate: (0.01 * samples, rate)),
        ("stereo-different", lambda samples, rate: (np.stack([samples, 0.5 * samples], 1), rate)),
    ],
)
def test_faults_of_a_signal_are_found(copied: Path, kind: str, change: Change) -> None:
    file = files_of(copied)[7]
    rewrite(file, file, change)
    found = kinds(audit([copied]))
    assert [Path(path).name for path in found[kind].paths] == [file.name]
    assert found[kind].severity == FAULTS[kind][0]


def test_a_mono_recording_among_stereo_ones_is_found(copied: Path) -> None:
    for file in (mono := files_of(copied))[1:]:
        rewrite(file, file, lambda samples, rate: (np.stack([samples, samples], 1), rate))
    found = kinds(audit([copied]))
    assert [Path(path).name for path in found["fewer-channels"].paths] == [mono[0].name]
    assert len(found["stereo-copy"].paths) == len(mono) - 1


def test_missing_cells_and_imbalance_are_found(copied: Path) -> None:
    for file in files_of(copied, speaker="synthetic-emodb/03", emotion="anger"):
        file.unlink()
    for file in files_of(copied, emotion="neutral")[::2]:
        file.unlink()
    found = kinds(audit([copied]))
    assert found["missing-cell"].cells == (("synthetic-emodb/03", "anger"),)
    assert found["imbalance-emotion"].sentence == "Imbalance by emotion: 24 recordings of sadness, 12 of neutral."


def test_misnamed_recordings_are_found(copied: Path) -> None:
    file = files_of(copied)[0]
    file.rename(file.with_name("final take.wav"))
    found = kinds(audit([copied]))["misnamed"]
    assert [Path(path).name for path in found.paths] == ["final take.wav"]


def test_recordings_of_no_corpus_are_checked_without_labels(copied: Path) -> None:
    for number, file in enumerate(files_of(copied)):
        file.rename(file.with_name(f"take {number}.wav"))
    next(copied.rglob("take 5.wav")).write_bytes(b"")
    found = kinds(audit([copied]))
    assert set(found) == {"no-labels", "empty"}
    with pytest.raises(InputError, match="no recording under"):
        audit([copied], corpus="emodb")


def test_known_oddities_are_known_in_their_corpus_only(tmp_path: Path) -> None:
    """Synthetic noise under names of RAVDESS; the first two are the known pair of duplicates."""
    rng = np.random.default_rng(0)
    noise = [0.3 * rng.standard_normal(16000) * np.hanning(16000) for _ in range(3)]
    stems = ("03-01-03-01-02-01-07", "03-01-03-01-02-02-07", "03-01-04-01-02-01-08", "03-01-04-01-02-02-08")
    for stem, samples in zip(stems, (noise[0], noise[0], noise[1], noise[1]), strict=True):
        soundfile.write(tmp_path / f"{stem}.wav", samples, 16000)
    found = [each for each in audit([tmp_path]).findings if each.kind == "duplicate"]
    assert [(each.known, each.paths[0]) for each in found] == [(False, f"{stems[2]}.wav"), (True, f"{stems[0]}.wav")]


def test_a_recording_in_two_corpora_is_found(voices: Path, copied: Path) -> None:
    found = audit([voices, copied])
    assert len([each for each in found.findings if each.kind == "duplicate"]) == 120
    assert all(len(each.paths) == 2 for each in found.findings)


def test_the_page_needs_nothing_from_elsewhere(copied: Path) -> None:
    plant_faults(copied, PLANTS, seed=1)
    file = files_of(copied)[3]
    file.rename(file.with_name("<b>x.wav"))
    text = page(audit([copied]))
    assert text == page(audit([copied], jobs=1))
    assert len(text) < 5_000_000
    assert "://" not in text
    assert "<script" not in text
    assert "&lt;b&gt;x.wav" in text
    assert 1 <= text.count('src="data:audio/wav;base64,') <= 8


CORPORA = {
    "emodb": {"missing-cell", "imbalance-speaker", "known extra-chunks", "known imbalance-emotion"},
    "ravdess-native": {"count", "known duplicate", "known quiet", "known extra-chunks", "known stereo-copy"},
    "ravdess": {
        *("padding-by-speaker", "known count", "known duplicate", "known quiet", "known imbalance-emotion"),
        "known stereo-copy",
    },
    "emovo": {"known pause-spectrum-by-speaker", "padding-by-speaker", "quiet"},
    "aesdd": {"known empty"},
    "aesdd-native": {"count", "known extra-chunks"},
    "nemo": {"count", "missing-cell"},
}


@pytest.mark.slow
@pytest.mark.parametrize("corpus", CORPORA)
def test_real_corpora_have_their_known_oddities_and_no_other_faults(corpora_root: Path, corpus: str) -> None:
    found = audit([corpora_root / corpus])
    assert found.serious == ()
    assert {f"known {each.kind}" if each.known else each.kind for each in found.findings} == CORPORA[corpus]
