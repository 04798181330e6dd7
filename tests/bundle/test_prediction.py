"""Predictions: what is flagged, what is named in a rejection, and how progress is reported."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from outcomes import Outcome

from featser.audio import SAMPLE_RATE, content_digest
from featser.bundle import Model, load_model, recording_digests, write_model
from featser.bundle.prediction import LONG_SECONDS, Predictions, predict
from featser.errors import InputError
from featser.pipeline import specification_for
from featser.table import Table
from featser.training import fit

Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def files(table: Table, voices: Path) -> list[Path]:
    return [voices / path for path in table.manifest["path"]]


@pytest.fixture(scope="module")
def model(table: Table, files: list[Path]) -> Model:
    """Trained on a table that knows the digests of all recordings but the first five."""
    digests = [None] * 5 + [content_digest(file) for file in files[5:]]
    known = replace(table, manifest=table.manifest.assign(sha256=digests))
    return fit(known, specification_for("logreg"), protocol="2-fold-by-speaker").model


@pytest.fixture
def saved(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_model(model, tmp_path / "model.joblib")
    return tmp_path / "model.joblib"


def test_recordings_of_the_training_table_are_flagged(saved: Path, files: list[Path]) -> None:
    model = load_model(saved)
    assert model.training_digests.nbytes == 8 * (len(files) - 5)
    flags = [each.flags for each in predict(model, files[:8]).results]
    assert flags == [()] * 5 + [("trained-on",)] * 3


def test_a_model_without_digests_flags_nothing(model: Model, table: Table, files: list[Path]) -> None:
    unknown = recording_digests(table.manifest.drop(columns="sha256", errors="ignore"))
    assert unknown.shape == (0,)
    assert predict(replace(model, training_digests=unknown), files[6:8]).results[0].flags == ()


@pytest.mark.parametrize("digests", [np.array(["a"]), np.array([1.0]), np.zeros((2, 2), np.uint64), [1]])
def test_digests_of_another_kind_are_refused(model: Model, tmp_path: Path, digests: object) -> None:
    write_model(replace(model, training_digests=digests), tmp_path / "m.joblib")
    with pytest.raises(InputError, match=r"\(training_digests has the wrong type\)"):
        load_model(tmp_path / "m.joblib")


def test_a_long_recording_is_flagged(saved: Path, model: Model) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(int(SAMPLE_RATE * (LONG_SECONDS + 1)))
    soundfile.write("long.wav", noise, SAMPLE_RATE)
    soundfile.write("short.wav", noise[: int(SAMPLE_RATE * LONG_SECONDS)], SAMPLE_RATE)
    results = predict(model, [Path("long.wav"), Path("short.wav")]).results
    assert ["long" in each.flags for each in results] == [True, False]
    assert [each.answered for each in results] == [False, False]


def test_the_command_explains_the_flags(run_featser: Run, saved: Path, files: list[Path]) -> None:
    soundfile.write("long.wav", np.tile(soundfile.read(files[0])[0], 100), SAMPLE_RATE)
    minutes = soundfile.info("long.wav").duration / 60
    outcome = run_featser("predict", saved, "long.wav", files[0], files[6])
    assert outcome.stderr.splitlines() == [
        "Flag trained-on: 1 of 3 recordings are training data of this model. "
        "Its score applies to unseen speakers, not to them.",
        "Flag long: 1 of 3 recordings last more than 60 s. "
        f"One label for {minutes:.1f} minutes is a summary; --window 3 gives a timeline.",
    ]
    lines = [line.split() for line in outcome.stdout.splitlines()]
    assert lines[0][-1] == "flags"
    assert [line[-1] for line in lines if line and line[-1] in ("long", "trained-on")] == ["long", "trained-on"]


def test_a_table_or_model_in_place_of_audio_is_named(model: Model, saved: Path, table_path: Path) -> None:
    rejected = predict(model, [table_path, saved]).rejected
    assert [each.reason for each in rejected] == [
        "a table (Parquet), not audio; give the recordings themselves",
        "a featser model, not audio; give one model, as the first argument",
    ]


def test_a_second_prediction_computes_nothing(model: Model, saved: Path, files: list[Path], tmp_path: Path) -> None:
    """Progress counts what is computed, rejected recordings included."""
    steps: list[tuple[int, int]] = []

    def predicted() -> Predictions:
        recordings = [files[0], saved, files[1]]
        return predict(model, recordings, cache=tmp_path, progress=lambda *step: steps.append(step))

    first = predicted()
    assert steps[-1] == (3, 3)
    assert (len(first.results), len(first.rejected)) == (2, 1)
    steps.clear()
    assert predicted() == first
    assert steps == [(1, 1)]


def test_workers_change_no_answer(model: Model, files: list[Path], tmp_path: Path) -> None:
    one, two = (predict(model, files, jobs=jobs, cache=tmp_path / str(jobs)) for jobs in (1, 2))
    assert one == two


def test_a_model_file_and_a_folder_are_enough(saved: Path, voices: Path, files: list[Path], model: Model) -> None:
    results = predict(str(saved), str(voices)).results
    assert [each.path for each in results] == sorted(map(str, files))
    assert predict(model, files[0]).results[0].emotion == results[0].emotion


def test_a_model_is_printed_in_one_line(model: Model) -> None:
    score = model.scores["none"]
    assert repr(model) == (
        "<Model logreg: 891 features of 'classic', trained on 120 utterances of synthetic-emodb; "
        f"UAR {score['uar']:.3f} (2-fold-by-speaker, normalisation none)>"
    )
    leaky = replace(model, scores={"none": score | {"leaky": True}})
    assert "; LEAKY UAR 0." in repr(leaky)
