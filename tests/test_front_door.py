"""``import featser``: its names, their documentation, and the way from recordings to labels in memory."""

import ast
import inspect
import subprocess
import sys
import typing
from pathlib import Path

import pandas as pd
import pytest

import featser
from featser.errors import UnknownNameError
from featser.evaluation import Result, read_runs
from featser.pipeline import specification_for

TOY = Path(__file__).parents[1] / "data" / "toy" / "emodb"
NAMES = {
    *("read_corpus", "read_manifest", "extract", "read_table", "Table", "FeatureExtractor", "feature_sets"),
    *("fit", "cross_validate", "tune", "ProtocolSplitter", "report", "load_model", "predict", "models", "corpora"),
    *("adapt", "study"),
}
FUNCTIONS = sorted(name for name in NAMES if name.islower() and name not in ("models", "corpora"))


@pytest.fixture(scope="module")
def toy_table() -> featser.Table:
    return featser.extract(str(TOY), features="classic")


@pytest.fixture(scope="module")
def result(toy_table: featser.Table) -> Result:
    return featser.cross_validate(toy_table, model="logreg", seed=1)


def test_the_package_offers_these_names_and_no_others() -> None:
    assert set(dir(featser)) == set(featser.__all__) == NAMES | {"__version__"}
    for name in NAMES:
        assert getattr(featser, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'train'"):
        featser.train  # noqa: B018


def test_importing_the_package_imports_nothing_else() -> None:
    program = "import sys; before = set(sys.modules); import featser; print(*sorted(set(sys.modules) - before))"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    loaded = {name for name in printed.split() if name.split(".")[0] not in sys.stdlib_module_names}
    assert loaded == {"featser", "featser.versions"}


def test_type_checkers_see_the_objects_that_are_imported() -> None:
    block = next(each for each in ast.parse(inspect.getsource(featser)).body if isinstance(each, ast.If))
    seen = {alias.name: f"{each.module}" for each in block.body for alias in each.names}
    assert set(seen) == NAMES
    for name, module in seen.items():
        namespace: dict[str, object] = {}
        exec(f"from {module} import {name}", namespace)
        assert namespace[name] is getattr(featser, name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_documents_its_parameters_and_what_it_returns(name: str) -> None:
    function = getattr(featser, name)
    text = inspect.getdoc(function) or ""
    parameters = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    documented = {each for line in parameters.splitlines() for each in line.partition(" : ")[0].split(", ")}
    assert set(inspect.signature(function).parameters) <= documented
    assert "Returns\n-------\n" in text
    assert " : " not in text.partition("Returns\n-------\n")[2].splitlines()[0]


@pytest.mark.parametrize("name", [*FUNCTIONS, "FeatureExtractor"])
def test_a_path_may_be_text(name: str) -> None:
    offered = getattr(featser, name)
    module = sys.modules[offered.__module__]
    source = offered.__init__ if inspect.isclass(offered) else offered
    hints = typing.get_type_hints(source, vars(module) | {"pd": pd})
    hints.pop("return", None)
    for parameter, hint in hints.items():
        if "Path" in str(hint):
            assert "str" in str(hint), parameter


def test_recordings_become_labels_in_memory(
    toy_table: featser.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fitted = featser.fit(toy_table, model="lda", normalise="none")
    assert 0.5 < fitted.uar < 1
    assert fitted.interval is not None
    assert fitted.interval[0] < fitted.uar < fitted.interval[1]
    assert list(fitted.predictions["utterance"]) == sorted(toy_table.manifest["utterance"])
    (label,) = fitted.model.predict([str(TOY / "wav" / "03a01Wa.flac")])
    assert label in set(toy_table.manifest["emotion"])
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_was_saved_predicts_files_and_folders(toy_table: featser.Table, tmp_path: Path) -> None:
    fitted = featser.fit(toy_table, model="lda", protocol="2-fold-by-speaker")
    path = fitted.save_model(str(tmp_path / "lda.joblib"))
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "a.flac").write_bytes((TOY / "wav" / "03a01Wa.flac").read_bytes())
    answered = featser.predict(str(path), [folder, str(TOY / "wav" / "08a01Fa.flac")]).results
    again = featser.load_model(path).predict([folder / "a.flac", TOY / "wav" / "08a01Fa.flac"])
    assert [each.emotion for each in answered] == list(again)


@pytest.mark.slow
def test_cross_validation_scores_as_fit_does(toy_table: featser.Table, result: Result) -> None:
    fitted = featser.fit(toy_table, model="logreg", seed=1, normalise="speaker")
    assert fitted.inductive is not None
    pd.testing.assert_frame_equal(result.predictions, fitted.inductive.predictions)
    assert result.run.run == fitted.inductive.run.run
    assert [each.run.normalise for each in fitted.results] == ["none", "speaker"]
    assert (result.results, result.interval) == ((result,), (result.run.uar_low, result.run.uar_high))


@pytest.mark.slow
def test_a_pipeline_is_a_name_a_file_or_a_specification(
    toy_table: featser.Table, result: Result, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[model]\nname = "logreg"\n', encoding="utf-8")
    for pipeline in (specification_for("logreg"), path, str(path)):
        other = featser.cross_validate(toy_table, pipeline, seed=1)
        pd.testing.assert_frame_equal(other.predictions, result.predictions)
    with pytest.raises(UnknownNameError, match="Did you mean 'logreg'"):
        featser.cross_validate(toy_table, "logrek")


def test_a_report_is_made_of_results_or_of_saved_runs(result: Result, tmp_path: Path) -> None:
    of_results = featser.report(result, str(tmp_path / "a"))
    saved = result.save_run(str(tmp_path / "runs"))
    of_runs = featser.report(str(tmp_path / "runs"), tmp_path / "b")
    assert saved.parent == tmp_path / "runs"
    assert read_runs(tmp_path / "runs") == [result.run]
    assert of_results.html.read_bytes() == of_runs.html.read_bytes()
    assert of_results.csv.read_bytes() == of_runs.csv.read_bytes()


def test_a_result_shows_its_score_in_one_line(result: Result) -> None:
    shown = repr(result)
    assert f"UAR {result.uar:.3f} [{result.interval[0]:.3f}" in shown
    assert "synthetic-emodb, logreg on classic, leave-one-speaker-out, normalise none" in shown
    assert len(shown) < 200
    assert "\n" not in shown
