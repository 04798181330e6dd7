"""``featser export``: files for other runtimes, which give the model's own probabilities or are not written."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from outcomes import Outcome, one_line

from featser.bundle import Model, load_model, read_card, write_model
from featser.errors import InputError
from featser.export import classifiers, export
from featser.pipeline import specification_for
from featser.table import Table
from featser.training import fit

runtime = pytest.importorskip("onnxruntime", reason="featser[export] is not installed")
skops = pytest.importorskip("skops.io", reason="featser[export] is not installed")

Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def model(table: Table) -> Model:
    return fit(table, specification_for("lda"), protocol="2-fold-by-speaker", normalise="speaker").model


@pytest.fixture
def saved(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_model(model, tmp_path / "m.joblib")
    return tmp_path / "m.joblib"


def test_onnx_gives_the_probabilities_of_the_model(run_featser: Run, saved: Path, model: Model, table: Table) -> None:
    document = json.loads(run_featser("export", saved, "--json").stdout)
    assert (document["path"], document["format"], document["n_rows"]) == (str(saved.with_suffix(".onnx")), "onnx", 110)
    assert (document["normalise"], document["bytes"]) == (["none"], Path("m.onnx").stat().st_size)
    assert document["difference"] < 1e-9
    session = runtime.InferenceSession(Path("m.onnx").read_bytes(), providers=["CPUExecutionProvider"])
    card = json.loads(session.get_modelmeta().custom_metadata_map["featser"])
    assert (card["classes"], card["feature_names"]) == (list(model.classes_), list(model.features))
    features = table.features.to_numpy()
    found = session.run(["probabilities"], {"features": features.astype(np.float64)})[0]
    np.testing.assert_allclose(found, model.answer(features).decision.probabilities, atol=1e-9)
    first = Path("m.onnx").read_bytes()
    run_featser("export", saved)
    assert Path("m.onnx").read_bytes() == first


def test_the_adapted_classifier_is_exported_by_its_normalisation(saved: Path, model: Model) -> None:
    assert export(saved, "adapted.onnx", "onnx", "speaker").normalise == ("speaker",)
    session = runtime.InferenceSession("adapted.onnx", providers=["CPUExecutionProvider"])
    found = session.run(None, {"features": model.golden["speaker"].astype(np.float64)})[0]
    np.testing.assert_allclose(found, model.golden_predictions()["speaker"], atol=1e-9)


def test_a_skops_file_is_read_like_a_model_file(run_featser: Run, saved: Path, voices: Path) -> None:
    outcome = run_featser("export", saved, "--format", "skops", "--out", "other.skops")
    assert (outcome.exit_code, outcome.stderr) == (0, "Largest difference of a probability on 220 rows: 0.\n")
    files = sorted(voices.rglob("*.wav"))[:3]
    np.testing.assert_array_equal(
        load_model("other.skops").predict_proba(files), load_model(saved).predict_proba(files)
    )
    assert read_card("other.skops") == {key: value for key, value in read_card(saved).items() if key != "sha256"}
    answers = [json.loads(run_featser("predict", each, *files, "--json").stdout) for each in (saved, "other.skops")]
    assert answers[0]["results"] == answers[1]["results"]
    first = Path("other.skops").read_bytes()
    run_featser("export", saved, "--format", "skops", "--out", "other.skops")
    assert Path("other.skops").read_bytes() == first


def test_an_export_that_differs_is_refused(run_featser: Run, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true = classifiers.linear_weights

    def wrong(estimator: object) -> object:
        weights, intercepts = true(estimator)
        return weights, intercepts + np.linspace(0, 1e-3, len(intercepts))

    monkeypatch.setattr(classifiers, "linear_weights", wrong)
    outcome = run_featser("export", saved)
    assert outcome.exit_code == 3
    assert "does not reproduce the probabilities (largest difference 5e-05" in one_line(outcome)
    assert one_line(outcome).endswith("No file was written. Keep the model as it is.")
    assert not Path("m.onnx").exists()


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        ((), 2, "No model is given. Name a model file: featser export MODEL --format onnx."),
        (("m.joblib", "--format", "onxx"), 2, "Unknown format 'onxx'. Did you mean 'onnx'? Known: onnx, skops."),
        (("m.joblib", "--normalise", "speakers"), 2, "Unknown normalisation of this model 'speakers'. Did you mean"),
        (("m.joblib", "--out", "m.skops"), 2, "'m.skops' does not end in .onnx"),
        (("nowhere.joblib",), 2, "No model at nowhere.joblib."),
    ],
)
def test_mistakes_are_one_line(run_featser: Run, saved: Path, arguments: tuple, exit_code: int, message: str) -> None:
    outcome = run_featser("export", *arguments)
    assert outcome.exit_code == exit_code
    assert one_line(outcome).startswith(message)


@pytest.mark.parametrize("file_format", ["onnx", "skops"])
def test_without_the_libraries_the_extra_is_named(
    run_featser: Run, saved: Path, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    for name in ("onnx", "onnxruntime", "skops", "skops.io"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    outcome = run_featser("export", saved, "--format", file_format)
    assert outcome.exit_code == 5
    assert one_line(outcome).endswith("needs an optional part. Install it: pip install 'featser[export]'.")


def test_models_of_frames_are_refused(model: Model, tmp_path: Path) -> None:
    network = replace(model, specification=model.specification | {"model": "cnn"})
    with pytest.raises(InputError, match=r"A model 'cnn' reads frames with PyTorch, so it cannot be exported to"):
        export(network, tmp_path / "m.onnx")


class Foreign:
    """A class that no model contains."""


def test_a_skops_file_with_a_foreign_class_is_not_loaded(saved: Path, model: Model) -> None:
    export(saved, "m.skops", "skops")
    changed = object.__new__(Model)
    vars(changed).update(vars(model) | {"training": model.training | {"more": Foreign()}})
    with zipfile.ZipFile("m.skops") as old:
        card = old.read("featser.json")
    Path("m.skops").write_bytes(skops.dumps(changed))
    with zipfile.ZipFile("m.skops", "a") as new:
        new.writestr("featser.json", card)
    with pytest.raises(InputError, match=r"m.skops is not a model that featser wrote \(it contains .*Foreign\)"):
        load_model("m.skops")


def test_other_files_are_no_skops_models(saved: Path) -> None:
    Path("text.skops").write_text("hello")
    skops.dump([1], "list.skops")
    for name in ("text.skops", "list.skops"):
        with pytest.raises(InputError, match=rf"{name} is not a featser model. Give a file that 'featser fit' or"):
            load_model(name)


def test_a_skops_file_must_reproduce_its_golden_predictions(saved: Path) -> None:
    export(saved, "m.skops", "skops")
    parts = {}
    with zipfile.ZipFile("m.skops") as old:
        parts = {name: old.read(name) for name in old.namelist()}
    card = json.loads(parts["featser.json"])
    card["golden"]["none"][0][0] += 0.1
    with zipfile.ZipFile("m.skops", "w") as new:
        for name, part in (parts | {"featser.json": json.dumps(card).encode()}).items():
            new.writestr(name, part)
    with pytest.raises(InputError, match=r"does not reproduce its golden predictions \(largest difference 0.1\)"):
        load_model("m.skops")
