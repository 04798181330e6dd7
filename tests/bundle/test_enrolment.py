"""A model that is told a voice by a few unlabelled recordings of it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from outcomes import Outcome, one_line

from featser.bundle import load_model, write_model
from featser.bundle.prediction import predict
from featser.errors import InputError, UsageError
from featser.models import normalise_by_enrolment
from featser.pipeline import specification_for
from featser.table import Table
from featser.training import Fitted, fit

Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def fitted(table: Table) -> Fitted:
    return fit(table, specification_for("linear-svm"), normalise="enrolment:4")


@pytest.fixture(scope="module")
def saved(fitted: Fitted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "enrolment.joblib"
    write_model(fitted.model, path)
    return path


@pytest.fixture
def files(voices: Path, table: Table) -> list[Path]:
    """All recordings of one speaker."""
    rows = table.manifest[table.manifest["speaker"].str.endswith("/03")]
    return [voices / path for path in rows["path"]]


def test_the_score_carries_its_normalisation_and_its_inductive_twin(fitted: Fitted) -> None:
    assert fitted.run.normalise == "enrolment:4"
    assert "enrolment-4" in fitted.run.run
    assert fitted.inductive.run.normalise == "none"
    assert fitted.model.normalise == "enrolment:4"
    assert list(fitted.model.card()["scores"]) == ["none", "enrolment:4"]


def test_recordings_are_measured_by_the_enrolled_ones(saved: Path, fitted: Fitted, files: list[Path]) -> None:
    model = load_model(saved)
    features, enrolment = model.describe(files[:3]), model.describe(files[10:15])
    answer = model.answer(features, enrolment=enrolment)
    measured = normalise_by_enrolment(features.astype(float), enrolment.astype(float), 4)
    expected = fitted.model.classifiers["enrolment:4"].predict_proba(measured)
    np.testing.assert_allclose(answer.decision.probabilities, expected)
    assert set(answer.normalise) == {"enrolment:4"}


def test_without_enrolment_the_answer_is_inductive_and_says_so(saved: Path, files: list[Path]) -> None:
    model = load_model(saved)
    assert set(model.answer(model.describe(files[:5]), ["one"] * 5).normalise) == {"none"}
    assert all("inductive" in each.flags for each in predict(model, files[:2]).results)
    assert not any("inductive" in each.flags for each in predict(model, files[:2], enrolled=files[5:9]).results)


def test_a_model_in_python_is_told_a_voice_too(saved: Path, files: list[Path]) -> None:
    model = load_model(saved)
    told = predict(model, files[:3], enrolled=files[5:9]).results
    shares = model.predict_proba(files[:3], enrolled=files[5:9])
    np.testing.assert_array_equal(shares, [list(each.probabilities.values()) for each in told])
    assert list(model.predict(files[:3], enrolled=files[5:9])) == [each.emotion for each in told]
    assert (shares != model.predict_proba(files[:3])).any()


def test_too_few_enrolled_recordings_are_refused(saved: Path, files: list[Path]) -> None:
    with pytest.raises(InputError, match=r"3 enrolled recordings are too few; this model was scored with 4. Give 4 or"):
        predict(load_model(saved), files[:2], enrolled=files[5:8])


def test_an_unusable_enrolled_recording_is_refused_by_name(saved: Path, files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"not audio")
    with pytest.raises(InputError, match=r"1 of 5 recordings cannot be used: .*broken.wav"):
        predict(load_model(saved), files[:2], enrolled=[*files[5:9], tmp_path / "broken.wav"])


def test_other_models_cannot_be_enrolled(table: Table, files: list[Path]) -> None:
    plain = fit(table, specification_for("linear-svm")).model
    with pytest.raises(
        UsageError, match=r"--normalise none, which takes no enrolled recordings. Leave --enrol out, or"
    ):
        predict(plain, files[:2], enrolled=files[5:9])


def test_the_command_enrols(run_featser: Run, saved: Path, files: list[Path]) -> None:
    enrol = [part for file in files[5:9] for part in ("--enrol", file)]
    outcome = run_featser("predict", saved, files[0], *enrol, "--json")
    assert outcome.exit_code == 0
    document = json.loads(outcome.stdout)
    assert document["normalise"] == "enrolment:4"
    assert "inductive" not in document["results"][0]["flags"]
    assert "unadapted" not in outcome.stderr


def test_the_command_says_how_to_enrol(run_featser: Run, saved: Path, files: list[Path]) -> None:
    outcome = run_featser("predict", saved, files[0])
    assert outcome.exit_code == 0
    assert "There are no recordings of the speaker to adapt to; the unadapted model answered (UAR 0." in outcome.stderr
    assert "With 4 or more, --enrol PATH, it adapts (UAR 0." in outcome.stderr
    assert "normalisation none" in outcome.stdout


def test_the_command_refuses_a_path_that_is_not_there(run_featser: Run, saved: Path, files: list[Path]) -> None:
    outcome = run_featser("predict", saved, files[0], "--enrol", "nowhere.wav")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("No such file or folder: 'nowhere.wav'.")


@pytest.fixture(scope="module")
def adapting(table: Table) -> Fitted:
    return fit(table, specification_for("linear-svm"), normalise="speaker")


def test_the_enrolment_curve_is_measured_and_kept_in_the_card(adapting: Fitted) -> None:
    curve = adapting.run.enrolment
    assert adapting.model.card()["scores"]["speaker"]["enrolment"] == curve
    fewest = adapting.predictions["speaker"].value_counts().min()
    assert [int(size) for size in curve] == [size for size in (3, 5, 10, 30) if size < fewest]
    for score in curve.values():
        assert 0.2 < score["uar_low"] <= score["uar"] <= score["uar_high"] <= 1


def test_an_answer_after_enrolment_has_the_score_of_its_number_of_recordings(
    adapting: Fitted, files: list[Path]
) -> None:
    model = adapting.model
    answer = model.answer(model.describe(files[:3]), enrolment=model.describe(files[3:9]))
    assert set(answer.normalise) == {"enrolment:6"}
    assert model.score_of("enrolment:6")["uar"] == adapting.run.enrolment["5"]["uar"]
    assert model.score_of("speaker")["uar"] == adapting.run.uar
    assert model.score_of("enrolment:2")["uar"] == adapting.inductive.run.uar
    assert [each.normalise for each in predict(model, files[:2], enrolled=files[3:9]).results] == ["enrolment:6"] * 2


def test_all_recordings_of_a_voice_as_enrolment_nearly_equal_normalisation_by_speaker(
    adapting: Fitted, files: list[Path]
) -> None:
    features = adapting.model.describe(files)
    by_speaker = adapting.model.answer(features, ["one"] * len(files)).decision.probabilities
    enrolled = adapting.model.answer(features, enrolment=features).decision.probabilities
    unadapted = adapting.model.answer(features).decision.probabilities
    assert np.abs(enrolled - by_speaker).mean() < 0.5 * np.abs(unadapted - by_speaker).mean()
