"""The contract of a model: whoever adds one to the registry is tested here without a new test."""

import inspect
import io
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from featser.bundle import Model, load_model, write_model
from featser.bundle import file as model_file
from featser.bundle.prediction import predict
from featser.errors import UnknownNameError, UsageError
from featser.evaluation import make_folds, prepare
from featser.models import MODELS, SEQUENCE_MODELS, build_model, default_parameters
from featser.pipeline import Specification, specification_for
from featser.table import Table
from featser.training import Fitted, fit

TREES = ("random-forest", "extra-trees", "hist-gb", "xgb")
FAST = {name: {"n_trees": 20} for name in TREES} | {name: {"n_epochs": 1} for name in SEQUENCE_MODELS}
FAST["hist-gb"]["n_selected"] = 100


@pytest.fixture(scope="module", params=MODELS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def table(name: str, table: Table, request: pytest.FixtureRequest) -> Table:
    """The table that the model reads."""
    if name not in SEQUENCE_MODELS:
        return table
    pytest.importorskip("torch", reason="featser[cnn] is not installed")
    return request.getfixturevalue("log_mel_table")


@pytest.fixture(scope="module")
def fitted(name: str, table: Table) -> Fitted:
    """The model scored and trained under speaker normalisation, with its inductive twin."""
    return fit(table, specification_of(name), protocol="3-fold-by-speaker", normalise="speaker")


@pytest.fixture(scope="module")
def saved(name: str, fitted: Fitted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / f"{name}.joblib"
    write_model(fitted.model, path)
    return path


def files_of(table: Table, voices: Path, rows: np.ndarray) -> list[Path]:
    return [voices / path for path in table.manifest["path"].iloc[rows]]


@pytest.mark.parametrize("normalise", ["none", "speaker"])
def test_a_fold_model_answers_as_the_report_recorded(
    name: str, normalise: str, fitted: Fitted, table: Table, voices: Path, tmp_path: Path
) -> None:
    """Saved, loaded and asked through `predict`, a fold's model gives that fold's labels and probabilities."""
    scored = fitted if normalise == "speaker" else fitted.inductive
    fold = make_folds("3-fold-by-speaker", table.manifest, 0)[1]
    classifiers = {}
    for way in ("none", normalise):
        features = prepare(table.features, table.manifest, way)
        train = bundle_trainer(name)
        classifiers[way] = train(features[fold.train], table.manifest.iloc[fold.train])
    whole = fitted.model
    of_fold = Model(**{**vars(whole), "classifiers": classifiers})
    write_model(of_fold, tmp_path / "fold.joblib")
    speakers = "emodb" if normalise == "speaker" else None
    results = predict(load_model(tmp_path / "fold.joblib"), files_of(table, voices, fold.test), speakers).results

    recorded = scored.predictions.set_index("utterance").loc[table.manifest["utterance"].iloc[fold.test]]
    assert [each.emotion for each in results] == list(recorded["predicted"])
    asked = np.array([list(each.probabilities.values()) for each in results])
    np.testing.assert_allclose(asked, recorded.filter(like="p_").to_numpy(), rtol=0, atol=1e-9)
    assert not any("inductive" in each.flags for each in results)


def bundle_trainer(name: str):
    from featser.evaluation import fixed

    return fixed(specification_of(name), 0)


def specification_of(name: str) -> Specification:
    """The model as it stands; networks learn for a few epochs only."""
    return replace(specification_for(name), parameters=FAST.get(name, {}))


def test_it_answers_one_recording_as_it_answers_many(saved: Path, table: Table, voices: Path) -> None:
    model = load_model(saved)
    files = files_of(table, voices, np.arange(6))
    together = model.predict_proba(files)
    apart = np.concatenate([model.predict_proba([file]) for file in files])
    np.testing.assert_allclose(apart, together, rtol=0, atol=1e-9)


def test_it_answers_the_same_in_another_process(saved: Path, table: Table, voices: Path) -> None:
    files = files_of(table, voices, np.arange(4))
    script = (
        "import joblib, sys; model = joblib.load(sys.argv[1]); files = sys.argv[2:]\n"
        "print([[float(p).hex() for p in row] for row in model.predict_proba(files)])\n"
        "print(list(model.predict(files)), list(model.classes_))"
    )
    arguments = [sys.executable, "-c", script, str(saved), *map(str, files)]
    there = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.splitlines()
    model = joblib.load(saved)
    here = [[float(p).hex() for p in row] for row in model.predict_proba(files)]
    assert there[0] == str(here)
    assert there[1] == f"{list(model.predict(files))} {list(model.classes_)}"


def test_joblib_and_the_safe_reader_give_the_same(saved: Path, table: Table, voices: Path) -> None:
    files = files_of(table, voices, np.arange(4))
    np.testing.assert_array_equal(joblib.load(saved).predict_proba(files), load_model(saved).predict_proba(files))


def test_everything_in_its_file_is_on_the_list(saved: Path) -> None:
    """The safe reader allows what models consist of and nothing that none of them needs."""
    asked = set()

    class Spy(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> object:
            asked.add((module, name))
            return super().find_class(module, name)

    Spy(io.BytesIO(model_file._read(saved)[0])).load()
    assert asked <= model_file._ALLOWED


def test_probabilities_are_probabilities(fitted: Fitted, table: Table) -> None:
    answer = fitted.model.answer(table.features.to_numpy()).decision
    assert list(answer.classes) == sorted(set(table.manifest["emotion"])) == list(fitted.model.classes_)
    np.testing.assert_allclose(answer.probabilities.sum(axis=1), 1)
    assert (answer.probabilities >= 0).all()
    assert list(answer.labels) == [answer.classes[at] for at in answer.probabilities.argmax(axis=1)]


def test_it_fits_the_same_bytes_twice(name: str, table: Table) -> None:
    parameters = FAST.get(name, {})
    features = prepare(table.features, table.manifest, "none")
    emotions = table.manifest["emotion"].to_numpy(dtype=str)
    first, second = (build_model(name, parameters, seed=3).fit(features, emotions) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(features), second.predict_proba(features))


def test_it_survives_undefined_and_constant_features(name: str, table: Table) -> None:
    features = prepare(table.features, table.manifest, "none").copy()
    features[:, 0] = np.nan
    features[::3, 1] = np.nan
    features[:, 2] = 5.0
    model = build_model(name, FAST.get(name, {}), seed=0).fit(features, table.manifest["emotion"].to_numpy(dtype=str))
    features[0] = np.nan
    assert np.isfinite(model.predict_proba(features)).all()


def test_two_emotions_are_enough(name: str, table: Table) -> None:
    rows = table.manifest["emotion"].isin(["anger", "sadness"]).to_numpy()
    features = prepare(table.features, table.manifest, "none")[rows]
    emotions = table.manifest["emotion"].to_numpy(dtype=str)[rows]
    parameters = {"n_epochs": 15} if name in SEQUENCE_MODELS else FAST.get(name, {})
    probabilities = build_model(name, parameters, seed=0).fit(features, emotions).predict_proba(features)
    assert probabilities.shape == (rows.sum(), 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    right = np.array(["anger", "sadness"])[probabilities.argmax(axis=1)] == emotions
    assert right.mean() > 0.9


def test_it_can_be_cloned_and_says_what_it_is(name: str) -> None:
    if name in SEQUENCE_MODELS:
        pytest.importorskip("torch", reason="featser[cnn] is not installed")
    model = build_model(name, {}, seed=1)
    assert clone(model).get_params().keys() == model.get_params().keys()
    text = inspect.getdoc(MODELS[name]) or ""
    assert text.split("\n\n")[0].endswith(".")
    assert "References" in text
    assert all(value is not None for value in default_parameters(name).values())


def test_an_unknown_parameter_gets_the_nearest(name: str) -> None:
    known = next(iter(default_parameters(name)))
    with pytest.raises(UnknownNameError, match=f"model {name}: unknown parameter '{known}s'. Did you mean"):
        build_model(name, {f"{known}s": 1}, seed=0)


def test_a_parameter_in_words_is_refused(name: str) -> None:
    known = next(key for key, value in default_parameters(name).items() if not isinstance(value, str))
    with pytest.raises(UsageError, match=f"{known} = 'much' is no number"):
        build_model(name, {known: "much"}, seed=0)
