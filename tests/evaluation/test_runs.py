"""Runs: traceable and repeatable scores."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from featser.errors import InputError
from featser.evaluation import (
    CrossValidation,
    metrics,
    outdated,
    read_predictions,
    read_runs,
    rescored,
    run_name,
    score,
    scores_table,
    write_run,
)
from featser.evaluation.environment import machine
from featser.pipeline import specification_for
from featser.table import Table
from featser.training import Fitted, fit


@pytest.fixture(scope="module")
def fitted(table: Table) -> Fitted:
    return fit(table, specification_for("linear-svm"), normalise="speaker", seed=4)


def test_a_run_comes_back_as_it_was_written(fitted: Fitted, tmp_path: Path) -> None:
    write_run(fitted.run, fitted.predictions, tmp_path)
    assert read_runs(tmp_path) == [fitted.run]
    pd.testing.assert_frame_equal(read_predictions(fitted.run, tmp_path), fitted.predictions)


def test_the_score_follows_from_the_predictions(fitted: Fitted, tmp_path: Path) -> None:
    write_run(fitted.run, fitted.predictions, tmp_path)
    predictions = pd.read_parquet(tmp_path / fitted.run.run / "predictions.parquet")
    truth, predicted = list(predictions["truth"]), list(predictions["predicted"])
    assert metrics.unweighted_average_recall(truth, predicted) == fitted.run.uar
    assert metrics.confusion(predictions) == fitted.run.confusion


@pytest.mark.slow
def test_the_same_fit_gives_the_same_bytes(fitted: Fitted, table: Table, tmp_path: Path) -> None:
    again = fit(table, specification_for("linear-svm"), normalise="speaker", seed=4)
    first = write_run(fitted.run, fitted.predictions, tmp_path / "a")
    second = write_run(again.run, again.predictions, tmp_path / "b")
    assert (first / "predictions.parquet").read_bytes() == (second / "predictions.parquet").read_bytes()
    assert first.name == second.name
    untimed = dataclasses.replace(again.run, seconds=fitted.run.seconds)
    assert untimed == fitted.run


@pytest.mark.slow
def test_other_seeds_and_other_features_have_other_names(fitted: Fitted, table: Table) -> None:
    seeded = fit(table, specification_for("linear-svm"), normalise="speaker", seed=5).run
    louder = dataclasses.replace(table, features=table.features * 2)
    changed = fit(louder, specification_for("linear-svm"), normalise="speaker", seed=4).run
    assert len({fitted.run.run, seeded.run, changed.run}) == 3


@pytest.mark.parametrize("column", ["utterance", "emotion", "speaker", "text", "derived_from"])
def test_whatever_folds_depend_on_is_in_the_name(table: Table, column: str) -> None:
    other = table.manifest[column].copy()
    other.iloc[-1] = "synthetic-emodb/another"
    assert name_with(table, **{column: other}) != name_with(table)


def test_a_column_that_is_absent_names_a_run_like_one_in_which_nothing_is_known(table: Table) -> None:
    unknown = name_with(table, text=None, derived_from=None)
    assert name_with(table, text=np.nan, derived_from=pd.Series([None] * len(table.manifest), dtype="str")) == unknown
    absent = dataclasses.replace(table, manifest=table.manifest.drop(columns=["text", "derived_from"]))
    assert name_with(absent) == unknown
    assert unknown != name_with(table, derived_from=None)


def name_with(table: Table, **columns: object) -> str:
    changed = dataclasses.replace(table, manifest=table.manifest.assign(**columns))
    return run_name(changed, specification_for("lda"), ("leave-one-speaker-out", "none", 0))


@pytest.mark.parametrize("there", ["nothing", "a run"])
@pytest.mark.parametrize("broken", ["predictions", "document"])
def test_an_interruption_never_leaves_half_a_run(
    fitted: Fitted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str, broken: str
) -> None:
    run, predictions = fitted.run, fitted.predictions
    if there == "a run":
        write_run(run, predictions, tmp_path)
    before = contents(tmp_path)
    owner, writer = (pd.DataFrame, "to_parquet") if broken == "predictions" else (Path, "write_text")
    monkeypatch.setattr(owner, writer, half_written)
    with pytest.raises(KeyboardInterrupt):
        write_run(dataclasses.replace(run, seed=run.seed + 1), predictions.iloc[::-1], tmp_path)
    assert contents(tmp_path) == before


def half_written(_self: object, *arguments: object, **_how: object) -> None:
    """Begin to write wherever one is told to, and then be interrupted."""
    path = _self if isinstance(_self, Path) else Path(str(arguments[0]))
    path.write_bytes(b"half")
    raise KeyboardInterrupt


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_two_that_write_one_run_at_once_do_not_share_a_name(
    fitted: Fitted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places, real = [], pd.DataFrame.to_parquet

    def noted(frame, path, **how):
        places.append(path)
        real(frame, path, **how)

    monkeypatch.setattr(pd.DataFrame, "to_parquet", noted)
    folders = {write_run(fitted.run, fitted.predictions, tmp_path) for _ in range(2)}
    assert len(folders) == 1
    assert len(set(places)) == 2
    assert sorted(path.name for path in folders.pop().iterdir()) == ["predictions.parquet", "run.json"]


def test_a_transductive_fit_brings_its_inductive_twin(fitted: Fitted, table: Table) -> None:
    alone = fit(table, specification_for("linear-svm"), seed=4)
    assert fitted.run.normalise == "speaker"
    assert fitted.inductive.run.normalise == "none"
    pd.testing.assert_frame_equal(fitted.inductive.predictions, alone.predictions)


def test_the_scores_table_has_one_row_per_run(fitted: Fitted) -> None:
    scores = scores_table([fitted.run, fitted.inductive.run])
    assert list(scores["normalise"]) == ["speaker", "none"]
    assert {"uar", "uar_low", "uar_high", "war", "macro_f1", "log_loss", "ece", "fit_seconds"} <= set(scores.columns)
    assert {f"recall_{name}" for name in fitted.run.classes} <= set(scores.columns)
    assert {f"precision_{name}" for name in fitted.run.classes} <= set(scores.columns)
    assert {"macro_precision", "macro_recall", "brier", "aurc", "model_bytes"} <= set(scores.columns)
    assert {"conformal_threshold", "conformal_coverage", "conformal_mean_size"} <= set(scores.columns)


def test_macro_recall_is_the_uar(fitted: Fitted) -> None:
    assert fitted.run.macro_recall == fitted.run.uar


def test_any_leak_makes_a_run_leaky(fitted: Fitted, table: Table) -> None:
    run = fitted.run
    validated = CrossValidation(fitted.predictions, 0.0, 0.0)
    setting = (run.protocol, run.normalise, run.seed)
    honest = score(validated, table, specification_for("linear-svm"), run.n_features, setting)
    leaky = score(validated, table, specification_for("linear-svm"), run.n_features, setting, leaks=["scale before"])
    assert (honest.leaky, honest.leaks) == (False, [])
    assert (leaky.leaky, leaky.leaks) == (True, ["scale before"])


def test_what_a_search_did_is_kept(fitted: Fitted, table: Table, tmp_path: Path) -> None:
    validated = CrossValidation(fitted.predictions, 0.0, 0.0)
    setting = ("leave-one-speaker-out", "none", 0)
    tuning = {"n_trials": 50, "inner_uar": 0.7, "outer_uar": 0.6}
    run = score(validated, table, specification_for("svm"), 3, setting, tuning=tuning)
    write_run(run, validated.predictions, tmp_path)
    assert read_runs(tmp_path)[0].tuning == tuning
    assert scores_table([run])["tuning_inner_uar"].tolist() == [0.7]


def test_a_run_is_built_again_from_its_settings_and_predictions(fitted: Fitted) -> None:
    run = fitted.run
    settings = dataclasses.asdict(run) | {"uar": 0.99, "war": 0.99, "confusion": [], "unknown": 1}
    assert rescored(settings, fitted.predictions) == run


def test_runs_of_format_2_are_scored_again_from_their_predictions(fitted: Fitted, tmp_path: Path) -> None:
    place = write_run(fitted.run, fitted.predictions, tmp_path)
    document = json.loads((place / "run.json").read_text())
    for name in ("spoken_by_speaker", "utterances", "columns", "machine", "code", "checks"):
        del document[name]
    (place / "run.json").write_text(json.dumps(document | {"format": 2, "uar": 0.99}))
    (run,) = read_runs(tmp_path)
    assert run == dataclasses.replace(fitted.run, columns="", machine="", code={}, checks=[])


def test_a_run_of_format_2_without_predictions_is_refused(fitted: Fitted, tmp_path: Path) -> None:
    place = write_run(fitted.run, fitted.predictions, tmp_path)
    document = json.loads((place / "run.json").read_text())
    (place / "run.json").write_text(json.dumps(document | {"format": 2}))
    (place / "predictions.parquet").unlink()
    with pytest.raises(InputError, match=r"Delete its folder and fit again"):
        read_runs(tmp_path)


def test_a_run_knows_its_code_its_machine_and_its_leak_checks(fitted: Fitted) -> None:
    run = fitted.run
    assert outdated(run.code, run.versions) == []
    assert run.machine == machine()
    assert run.checks == ["identical audio", "near-identical audio", "take", "speaker and text", "speaker"]


@pytest.mark.slow
def test_other_utterances_and_other_columns_have_other_digests(fitted: Fitted, table: Table) -> None:
    rows = np.arange(len(table.manifest)) % 4 > 0
    part = dataclasses.replace(
        table,
        manifest=table.manifest[rows].reset_index(drop=True),
        features=table.features[rows].reset_index(drop=True),
    )
    few = dataclasses.replace(specification_for("linear-svm"), include=("mfcc*",))
    runs = [fit(part, specification_for("linear-svm"), seed=4).run, fit(table, few, seed=4).run]
    assert [run.utterances == fitted.run.utterances for run in runs] == [False, True]
    assert [run.columns == fitted.run.columns for run in runs] == [True, False]


def test_the_trained_model_is_weighed(fitted: Fitted) -> None:
    assert fitted.run.model_bytes > 1000


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No runs in .*Make one: featser fit TABLE --model svm"):
        read_runs(tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 1}', '{"format": 99}'])
def test_a_file_that_is_no_run_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"Delete its folder and fit again"):
        read_runs(tmp_path)


def test_run_json_is_one_valid_document(fitted: Fitted, tmp_path: Path) -> None:
    place = write_run(fitted.run, fitted.predictions, tmp_path)
    assert json.loads((place / "run.json").read_text())["uar"] == fitted.run.uar
