"""The model file: it can be reused, is checked before it is read, and runs no code of others."""

import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from model_files import with_card

from featser.bundle import Model, corpora_with_licences, load_model, read_card, write_model
from featser.errors import InputError, UsageError
from featser.pipeline import specification_for
from featser.synthetic import plant_faults, write_corpus
from featser.table import Table
from featser.training import Fitted, fit


@pytest.fixture(scope="module")
def fitted(table: Table) -> Fitted:
    return fit(table, specification_for("logreg"), normalise="speaker")


@pytest.fixture
def saved(fitted: Fitted, tmp_path: Path) -> Path:
    write_model(fitted.model, tmp_path / "model.joblib")
    return tmp_path / "model.joblib"


@pytest.fixture
def files(voices: Path, table: Table) -> list[Path]:
    """All recordings of one speaker."""
    rows = table.manifest[table.manifest["speaker"].str.endswith("/03")]
    return [voices / path for path in rows["path"]]


def test_the_card_says_what_the_model_is_without_unpickling(saved: Path, fitted: Fitted) -> None:
    card = read_card(saved)
    assert card["classes"] == list(fitted.model.classes_)
    assert card["scores"]["speaker"]["uar"] == fitted.run.uar
    assert card["scores"]["none"]["uar"] == fitted.inductive.run.uar
    assert card["training"]["n_utterances"] == 120
    assert "every utterance" in card["training"]["note"]
    assert card["versions"]["featser"]


@pytest.mark.slow
def test_the_same_fit_saves_the_same_bytes(fitted: Fitted, table: Table, saved: Path, tmp_path: Path) -> None:
    again = fit(table, specification_for("logreg"), normalise="speaker")
    write_model(again.model, tmp_path / "again.joblib")
    assert (tmp_path / "again.joblib").read_bytes() == saved.read_bytes()


def test_a_lone_recording_gets_the_inductive_answer(saved: Path, files: list[Path], fitted: Fitted) -> None:
    model = load_model(saved)
    answer = model.answer(model.describe(files[:1]), ["new"])
    assert answer.normalise == ("none",)
    expected = fitted.model.classifiers["none"].predict_proba(model.describe(files[:1]).astype(float))
    np.testing.assert_allclose(answer.decision.probabilities, expected)


def test_recordings_of_a_known_voice_are_measured_by_themselves_alone(saved: Path, files: list[Path]) -> None:
    model = load_model(saved)
    features = model.describe(files[:6])
    alone = model.answer(features, ["new"] * 6)
    others = np.concatenate([features, 100 + features[:4]])
    among = model.answer(others, ["new"] * 6 + ["stranger"] * 4)
    assert set(alone.normalise) == {"speaker"}
    np.testing.assert_allclose(among.decision.probabilities[:6], alone.decision.probabilities)


def test_without_speakers_nobody_is_normalised(saved: Path, files: list[Path]) -> None:
    model = load_model(saved)
    assert set(model.answer(model.describe(files)).normalise) == {"none"}


def test_signals_are_answered_as_their_files(saved: Path, files: list[Path]) -> None:
    from featser.audio import read_signal

    model = load_model(saved)
    signals = [read_signal(file) for file in files[:3]]
    np.testing.assert_array_equal(model.predict_proba(signals), model.predict_proba(files[:3]))


def test_unusable_recordings_are_named_all_at_once(saved: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "bad", "emodb", n_speakers=2, emotions=["anger", "sadness"], n_per_emotion=2)
    touched = plant_faults(tmp_path / "bad", ["silent", "text", "nan"])
    bad = [path for paths in touched.values() for path in paths]
    with pytest.raises(InputError) as refusal:
        load_model(saved).predict(bad)
    assert all(path.name in str(refusal.value) for path in bad)
    assert str(refusal.value).startswith("3 of 3 recordings cannot be used")


def test_one_path_in_place_of_a_list_is_a_mistake(saved: Path) -> None:
    with pytest.raises(TypeError, match=r"Give a list of recordings, for example model.predict\(\['a.wav'\]\)"):
        joblib.load(saved).predict("a.wav")


def test_a_model_with_other_feature_code_is_refused(fitted: Fitted, tmp_path: Path) -> None:
    changed = {"featser": "0.1.dev", "feature code": "0123456789abcdef"}
    write_model(replace(fitted.model, versions=fitted.model.versions | changed), tmp_path / "m.joblib")
    for read in (load_model, read_card):
        with pytest.raises(InputError, match=r"was made by featser 0.1.dev, this is .*or install featser==0.1.dev"):
            read(tmp_path / "m.joblib")


@pytest.mark.parametrize("library", ["featser", "scikit-learn", "xgboost"])
def test_a_model_of_another_release_that_reproduces_its_golden_rows_is_read(
    fitted: Fitted, tmp_path: Path, library: str
) -> None:
    """Of another featser, too, where the code of the features is the same."""
    old = replace(fitted.model, versions=fitted.model.versions | {library: "0.1.dev"})
    write_model(old, tmp_path / "m.joblib")
    assert load_model(tmp_path / "m.joblib").versions[library] == "0.1.dev"


def test_a_model_that_predicts_something_else_is_refused(saved: Path) -> None:
    golden = read_card(saved)["golden"]
    golden["speaker"][3][0] += 2e-6
    with_card(saved, golden=golden)
    with pytest.raises(InputError, match=r"does not reproduce its golden predictions \(largest .* 2e-06\)\. Fit it ag"):
        load_model(saved)
    versions = read_card(saved)["versions"] | {"scikit-learn": "0.1.dev"}
    with_card(saved, versions=versions)
    with pytest.raises(InputError, match=r"2e-06; made with scikit-learn 0.1.dev, here is .*the versions that made it"):
        load_model(saved)


@pytest.mark.parametrize("golden", [None, {}, {"none": "?", "speaker": []}, {"none": [[float("nan")]]}])
def test_a_card_without_golden_predictions_is_refused(saved: Path, golden: object) -> None:
    with_card(saved, golden=golden)
    with pytest.raises(InputError, match=r"cannot predict its golden rows|does not reproduce its golden predictions"):
        load_model(saved)


def test_the_card_names_the_licences_of_the_training_corpora(saved: Path) -> None:
    licences = read_card(saved)["training"]["licences"]
    assert licences == {"synthetic-emodb": "synthetic voices of featser, no recordings of people"}
    corpora = corpora_with_licences(pd.DataFrame({"corpus": ["ravdess", "mine", "ravdess"]}))
    assert corpora == {"mine": "not stated", "ravdess": "CC BY-NC-SA 4.0"}


def test_a_model_of_another_format_is_refused(saved: Path) -> None:
    with_card(saved, format=1)
    with pytest.raises(InputError, match=r"has the format 1, this featser reads 5\. Fit the model again"):
        load_model(saved)


def test_joblib_refuses_a_model_of_another_release_too(fitted: Fitted, tmp_path: Path) -> None:
    old = replace(fitted.model, versions={"featser": "0.0.1"})
    (tmp_path / "old.joblib").write_bytes(pickle.dumps(old))
    with pytest.raises(InputError, match=r"made by featser 0.0.1"):
        joblib.load(tmp_path / "old.joblib")


class Malice:
    """Runs a command when it is unpickled."""

    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {self.target}",)


class Disguised:
    """Is pickled as another object, and written under the card of a model."""

    def __init__(self, model: Model, inside: Any):
        self.card = model.card
        self.inside = inside

    def __reduce_ex__(self, protocol: int) -> Any:
        return self.inside.__reduce_ex__(protocol)


def test_a_pickle_of_something_else_runs_nothing_and_is_no_model(fitted: Fitted, tmp_path: Path) -> None:
    target, path = tmp_path / "owned", tmp_path / "m.joblib"
    for inside in (Malice(target), np.array([Malice(target)], dtype=object)):
        write_model(Disguised(fitted.model, inside), path)
        with pytest.raises(
            InputError,
            match=r"not a model that featser wrote \(it contains (posix.system|the type O8)\). It was not loaded",
        ):
            load_model(path)
        assert not target.exists()
    write_model(Disguised(fitted.model, np.zeros(3)), path)
    with pytest.raises(InputError, match=r"does not contain a featser model"):
        load_model(path)


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps(1)])
def test_any_other_file_is_not_a_model(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.joblib").write_bytes(content)
    with pytest.raises(InputError, match=r"is not a featser model. Give a file that 'featser fit' wrote"):
        load_model(tmp_path / "x.joblib")


@pytest.mark.parametrize("at", [100, 5000, -30])
def test_a_damaged_model_is_refused(saved: Path, at: int) -> None:
    content = bytearray(saved.read_bytes())
    content[at] ^= 0xFF
    saved.write_bytes(content)
    with pytest.raises(InputError, match=r"is damaged|is not a featser model|was made"):
        load_model(saved)


def test_a_cut_model_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-40])
    with pytest.raises(InputError, match=r"is not a featser model"):
        load_model(saved)


def test_a_misspelt_path_gets_the_nearest(saved: Path) -> None:
    with pytest.raises(UsageError, match=r"No model at .*modle.joblib. Did you mean 'model.joblib'?"):
        load_model(saved.with_name("modle.joblib"))
