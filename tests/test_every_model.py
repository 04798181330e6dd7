"""The contract of a model: whoever adds one to the registry is tested here without a new test."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from featser.bundle import load_model, write_model
from featser.bundle.prediction import predict
from featser.errors import InputError, UnknownNameError, UsageError
from featser.evaluation import fixed, make_folds, prepare
from featser.export import export
from featser.models import MODELS, SEQUENCE_MODELS, build_model, default_parameters
from featser.pipeline import Specification, specification_for
from featser.table import Table
from featser.training import Result, fit

TREES = ("random-forest", "extra-trees", "hist-gb", "xgb")
FAST = {name: {"n_trees": 20} for name in TREES} | {name: {"n_epochs": 1} for name in SEQUENCE_MODELS}
FAST["hist-gb"] = {"n_trees": 8, "n_selected": 100}

PROTOCOL = "2-fold-by-speaker"
LONG = ("mlp", "hist-gb", "extra-trees", "stack", "ensemble", *SEQUENCE_MODELS)
"""Models whose training takes seconds: `make test` fits them, `make check` scores them too."""


@pytest.fixture(scope="module", params=MODELS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in MODELS]
)
def scored_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def table_for(name: str, request: pytest.FixtureRequest) -> Table:
    """The table that the model reads."""
    if name not in SEQUENCE_MODELS:
        return request.getfixturevalue("table")
    pytest.importorskip("torch", reason="featser[cnn] is not installed")
    return request.getfixturevalue("log_mel_table")


@pytest.fixture(scope="module")
def read_table(scored_name: str, request: pytest.FixtureRequest) -> Table:
    return table_for(scored_name, request)


@pytest.fixture(scope="module")
def fitted(scored_name: str, read_table: Table) -> Result:
    """The model scored and trained under speaker normalisation, with its inductive twin."""
    return fit(read_table, specification_of(scored_name), protocol=PROTOCOL, normalise="speaker")


@pytest.fixture(scope="module")
def saved(scored_name: str, fitted: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / f"{scored_name}.joblib"
    write_model(fitted.model, path)
    return path


@pytest.fixture(scope="module")
def data(name: str, request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Features and emotions: every 15th column of the table, or the sequences of two speakers."""
    table = table_for(name, request)
    features = prepare(table.features, table.manifest, "none")
    emotions = table.manifest["emotion"].to_numpy(dtype=str)
    if name not in SEQUENCE_MODELS:
        return features[:, ::15].copy(), emotions
    rows = table.manifest["speaker"].isin(sorted(table.manifest["speaker"].unique())[:2]).to_numpy()
    return features[rows], emotions[rows]


def specification_of(name: str) -> Specification:
    """The model as it stands; forests have few trees and networks learn for one epoch."""
    return replace(specification_for(name), parameters=FAST.get(name, {}))


def files_of(table: Table, voices: Path, rows: np.ndarray) -> list[Path]:
    return [voices / path for path in table.manifest["path"].iloc[rows]]


@pytest.mark.parametrize("normalise", [pytest.param("none", marks=pytest.mark.slow), "speaker"])
def test_a_fold_model_answers_as_the_report_recorded(
    scored_name: str, normalise: str, fitted: Result, read_table: Table, voices: Path, tmp_path: Path
) -> None:
    """Saved, loaded and asked through `predict`, a fold's model gives that fold's labels and probabilities."""
    table, scored = read_table, fitted if normalise == "speaker" else fitted.inductive
    fold = make_folds(PROTOCOL, table.manifest, 0)[1]
    train = fixed(specification_of(scored_name), 0)
    classifiers = {}
    for way in dict.fromkeys(("none", normalise)):
        features = prepare(table.features, table.manifest, way)
        classifiers[way] = train(features[fold.train], table.manifest.iloc[fold.train])
    of_fold = replace(fitted.model, classifiers=classifiers)
    write_model(of_fold, tmp_path / "fold.joblib")
    speakers = "emodb" if normalise == "speaker" else None
    results = predict(load_model(tmp_path / "fold.joblib"), files_of(table, voices, fold.test), speakers).results

    recorded = scored.predictions.set_index("utterance").loc[table.manifest["utterance"].iloc[fold.test]]
    assert [each.emotion for each in results] == list(recorded["predicted"])
    asked = np.array([list(each.probabilities.values()) for each in results])
    np.testing.assert_allclose(asked, recorded.filter(like="p_").to_numpy(), rtol=0, atol=1e-9)
    assert not any("inductive" in each.flags for each in results)


def test_it_answers_one_recording_as_it_answers_many(saved: Path, read_table: Table, voices: Path) -> None:
    model = load_model(saved)
    files = files_of(read_table, voices, np.arange(6))
    together = model.predict_proba(files)
    apart = np.concatenate([model.predict_proba([file]) for file in files])
    np.testing.assert_allclose(apart, together, rtol=0, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("scored_name", ["svm", "hist-gb", "xgb", "mlp", "gru"], indirect=True)
def test_it_answers_the_same_in_another_process(saved: Path, read_table: Table, voices: Path) -> None:
    files = files_of(read_table, voices, np.arange(4))
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


def test_joblib_and_the_safe_reader_give_the_same(saved: Path, read_table: Table, voices: Path) -> None:
    """Fails, too, where a class of the model is missing from the list of the safe reader."""
    files = files_of(read_table, voices, np.arange(4))
    np.testing.assert_array_equal(joblib.load(saved).predict_proba(files), load_model(saved).predict_proba(files))


def test_probabilities_are_probabilities(fitted: Result, read_table: Table) -> None:
    answer = fitted.model.answer(read_table.features.to_numpy()).decision
    assert list(answer.classes) == sorted(set(read_table.manifest["emotion"])) == list(fitted.model.classes_)
    np.testing.assert_allclose(answer.probabilities.sum(axis=1), 1)
    assert (answer.probabilities >= 0).all()
    assert list(answer.labels) == [answer.classes[at] for at in answer.probabilities.argmax(axis=1)]


@pytest.mark.slow
def test_it_fits_the_same_bytes_twice(name: str, data: tuple[np.ndarray, np.ndarray]) -> None:
    features, emotions = data
    first, second = (build_model(name, FAST.get(name, {}), seed=3).fit(features, emotions) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(features), second.predict_proba(features))


def test_it_survives_undefined_and_constant_features(name: str, data: tuple[np.ndarray, np.ndarray]) -> None:
    features, emotions = data[0].copy(), data[1]
    features[:, 0] = np.nan
    features[::3, 1] = np.nan
    features[:, 2] = 5.0
    model = build_model(name, FAST.get(name, {}), seed=0).fit(features, emotions)
    features[0] = np.nan
    assert np.isfinite(model.predict_proba(features)).all()


@pytest.mark.slow
def test_two_emotions_are_enough(name: str, data: tuple[np.ndarray, np.ndarray]) -> None:
    rows = np.isin(data[1], ["anger", "sadness"])
    features, emotions = data[0][rows], data[1][rows]
    model = build_model(name, FAST.get(name, {}), seed=0).fit(features, emotions)
    probabilities = model.predict_proba(features)
    assert probabilities.shape == (rows.sum(), 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    if name not in SEQUENCE_MODELS:  # one epoch teaches them nothing: see tests/models/test_sequence.py
        assert (model.predict(features) == emotions).mean() > 0.8


def test_it_can_be_cloned_and_says_what_it_is(name: str) -> None:
    if name in SEQUENCE_MODELS:
        pytest.importorskip("torch", reason="featser[cnn] is not installed")
    model = build_model(name, {}, seed=1)
    ours, copied = model.get_params(), clone(model).get_params()
    assert {key: str(value) for key, value in copied.items()} == {key: str(value) for key, value in ours.items()}
    assert all(value is not None for value in default_parameters(name).values())


def test_an_unknown_parameter_gets_the_nearest(name: str) -> None:
    known = next(iter(default_parameters(name)))
    with pytest.raises(UnknownNameError, match=f"model {name}: unknown parameter '{known}s'. Did you mean"):
        build_model(name, {f"{known}s": 1}, seed=0)


def test_a_parameter_in_words_is_refused(name: str) -> None:
    known = next(key for key, value in default_parameters(name).items() if not isinstance(value, str))
    with pytest.raises(UsageError, match=f"{known} = 'much' is not a number"):
        build_model(name, {known: "much"}, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("file_format", ["onnx", "skops"])
def test_its_export_gives_the_same_probabilities(
    scored_name: str, fitted: Result, file_format: str, tmp_path: Path
) -> None:
    """Of each classifier in the model; networks have no ONNX form."""
    for name in ("onnxruntime", "skops"):
        pytest.importorskip(name, reason="featser[export] is not installed")
    if scored_name in SEQUENCE_MODELS and file_format == "onnx":
        with pytest.raises(InputError, match=f"A model '{scored_name}' reads frames with PyTorch"):
            export(fitted.model, tmp_path / "m", file_format)
        return
    for way in ("none", "speaker"):
        done = export(fitted.model, tmp_path / f"m.{file_format}", file_format, way)
        assert done.difference <= (1e-5 if file_format == "onnx" else 0)
        assert way in done.normalise
