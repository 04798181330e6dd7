"""``featser tune`` and ``featser fit --tune``: what they print, write and refuse."""

import json
import shlex
import shutil
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from outcomes import Outcome, one_line

from featser.bundle import load_model
from featser.evaluation import fixed, make_folds, predict_folds, prepare, read_runs, unweighted_average_recall
from featser.features import PLUGINS, unload_plugin
from featser.pipeline import read_pipeline, select_features, specification_for, write_pipeline
from featser.table import Table, read_table, write_table

Run = Callable[..., Outcome]

PIPELINE = """
title = "Loudness and zero crossings"
references = []

[features]
include = ["rms__*", "zcr__*", "mfcc_0?__mean"]

[model]
name = "logreg"

[search]
C = { low = 0.001, high = 1.0, log = true }
families = ["energy"]
"""


PLUGIN = """
import numpy as np
from featser.features import utterance_feature

@utterance_feature(family="mine", unit="samples", names=("n_samples_all",))
def n_samples(frames):
    'How long the signal is.'
    return np.array([len(frames.signal)])
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(PIPELINE)
    return tmp_path / "small.toml"


def test_tune_writes_a_pipeline_that_reproduces_its_score(
    run_featser: Run, small: Path, table: Table, table_path: Path
) -> None:
    document = json.loads(run_featser("tune", table_path, "--pipeline", small, "--trials", 4, "--json").stdout)
    assert document["pipeline_path"] == "pipelines/synthetic-emodb-small-tuned.toml"
    assert (document["n_trials"], document["optimistic"]) == (4, True)
    winner = read_pipeline(Path(document["pipeline_path"]))
    assert dict(winner.parameters) == document["parameters"]
    features = prepare(table.features[select_features(winner, table.feature_set)], table.manifest, "none")
    folds = make_folds(document["protocol"], table.manifest, 0)
    again = predict_folds(fixed(winner, 0), features, table.manifest, folds).predictions
    assert unweighted_average_recall(list(again["truth"]), list(again["predicted"])) == document["inner_uar"]


@pytest.mark.slow
def test_fit_refuses_to_test_a_pipeline_on_the_speakers_that_chose_it(
    run_featser: Run, small: Path, table_path: Path
) -> None:
    run_featser("tune", table_path, "--pipeline", small, "--trials", 1, "--out", "best.toml")
    renamed = shutil.copy(table_path, "other.parquet")
    for more in ((), ("--tune", 1), ("--normalise", "speaker")):
        refused = run_featser("fit", renamed, "--pipeline", "best.toml", *more)
        assert refused.exit_code == 3
        assert one_line(refused).startswith("Pipeline best was tuned on 120 of the 120 tested utterances (6 speakers")
    assert not Path("reports/runs").exists()
    allowed = json.loads(run_featser("fit", renamed, "--pipeline", "best.toml", "--allow-leak", "--json").stdout)
    assert allowed["leaky"]
    assert allowed["leaks"][0].startswith("tuned pipeline: 120 of the 120 tested utterances")


@pytest.mark.slow
def test_fit_tests_a_tuned_pipeline_on_other_speakers(
    run_featser: Run, small: Path, table_path: Path, table: Table
) -> None:
    first = table.manifest["speaker"].isin(sorted(set(table.manifest["speaker"]))[:3])
    for name, rows in (("first", first), ("last", ~first)):
        part = replace(table, manifest=table.manifest[rows], features=table.features[rows])
        write_table(part, Path(f"{name}.parquet"))
    options = ("--pipeline", small, "--tune", 1, "--json")
    fitted = json.loads(run_featser("fit", "first.parquet", *options).stdout)
    refused = run_featser("fit", table_path, "--pipeline", fitted["winner_path"])
    assert "was tuned on 60 of the 120 tested utterances (3 speakers" in one_line(refused)
    document = json.loads(run_featser("fit", "last.parquet", "--pipeline", fitted["winner_path"], "--json").stdout)
    assert (document["leaky"], document["n_speakers"]) == (False, 3)


def test_tune_says_that_its_score_is_optimistic_and_where_everything_is(
    run_featser: Run, small: Path, table_path: Path
) -> None:
    outcome = run_featser("tune", table_path, "--pipeline", small, "--trials", 2, "--out", "best.toml")
    assert outcome.exit_code == 0
    assert "optimistic, since it selected this pipeline" in outcome.stdout
    assert f"featser fit {table_path} --pipeline {small} --tune 2" in outcome.stdout
    assert "trial 2 of 2, best inner UAR 0." in outcome.stderr
    assert "best.toml" in outcome.stdout
    assert "[tuned]" in Path("best.toml").read_text()
    assert Path("reports/studies/synthetic-emodb-classic-small.journal").is_file()


@pytest.fixture
def leaky_path(table_path: Path, tmp_path: Path) -> Path:
    """The table with one recording under every speaker's name."""
    table = read_table(table_path)
    features, firsts = table.features.copy(), table.manifest.groupby("speaker").head(1).index
    features.loc[firsts] = features.loc[firsts[0]].to_numpy()
    write_table(replace(table, features=features), tmp_path / "leaky.parquet")
    return tmp_path / "leaky.parquet"


def test_tune_refuses_a_leaking_table_as_fit_does(run_featser: Run, small: Path, leaky_path: Path) -> None:
    tuned = run_featser("tune", leaky_path, "--pipeline", small, "--trials", 2)
    fitted = run_featser("fit", leaky_path, "--pipeline", small, "--protocol", "3-fold-by-speaker")
    assert (tuned.exit_code, fitted.exit_code) == (3, 3)
    assert one_line(tuned) == one_line(fitted)
    assert "which is the same recording (identical audio; 6 tested utterances in all)" in one_line(tuned)
    assert not Path("pipelines").exists()
    assert not Path("reports").exists()


def test_tune_goes_on_where_it_leaks_and_stamps_the_pipeline(run_featser: Run, small: Path, leaky_path: Path) -> None:
    options = ("--pipeline", small, "--trials", 1, "--allow-leak", "--out", "best.toml")
    outcome = run_featser("tune", leaky_path, *options)
    assert outcome.exit_code == 0
    assert "LEAKY: identical audio: 6 tested utterances have one in training" in outcome.stderr
    assert f"featser fit {leaky_path} --pipeline {small} --allow-leak --tune 1" in outcome.stdout
    assert read_pipeline("best.toml").tuned.leaks[0].startswith("identical audio: 6 tested utterances")
    document = json.loads(run_featser("tune", leaky_path, *options, "--json").stdout)
    assert document["leaky"]
    assert document["leaks"][0].startswith("identical audio: 6 tested utterances")


@pytest.fixture
def plugin() -> Iterator[Path]:
    """A plugin in the working directory, unloaded in the end."""
    path = Path("length.py")
    path.write_text(PLUGIN)
    yield path
    for name in list(PLUGINS):
        unload_plugin(name)


@pytest.mark.slow
def test_the_honest_command_is_the_same_search(run_featser: Run, small: Path, table_path: Path, plugin: Path) -> None:
    options = ("--pipeline", small, "--normalise", "speaker", "--seed", 3, "--plugin", plugin, "--trials", 2)
    tuned = json.loads(run_featser("tune", table_path, *options, "--json").stdout)
    assert (tuned["n_trials"], tuned["leaky"]) == (2, False)
    words = run_featser("tune", table_path, *options).stdout
    command = shlex.split(words.partition("For an unbiased score: ")[2].splitlines()[0])
    given = ["--normalise", "speaker", "--seed", "3", "--plugin", str(plugin)]
    assert command == ["featser", "fit", str(table_path), "--pipeline", str(small), *given, "--tune", "2"]
    fitted = json.loads(run_featser(*command[1:], "--protocol", "2-fold-by-speaker", "--json").stdout)
    winner = read_pipeline(Path(fitted["winner_path"]))
    assert (dict(winner.parameters), list(winner.exclude)) == (tuned["parameters"], tuned["exclude"])


def test_a_timeout_of_nothing_ends_after_one_trial(run_featser: Run, small: Path, table_path: Path) -> None:
    outcome = run_featser("tune", table_path, "--pipeline", small, "--trials", 3, "--timeout", 0, "--json")
    assert json.loads(outcome.stdout)["n_trials"] == 1


@pytest.mark.slow
def test_tuned_twice_is_found_again_and_the_same(run_featser: Run, small: Path, table_path: Path) -> None:
    arguments = ("tune", table_path, "--pipeline", small, "--trials", 3, "--json")
    first, second = (run_featser(*arguments).stdout for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_fit_tunes_anew_in_every_fold_and_says_what_the_search_believed(
    run_featser: Run, small: Path, table_path: Path, table: Table
) -> None:
    options = ("--tune", 2, "--protocol", "2-fold-by-speaker", "--normalise", "speaker", "--json")
    outcome = run_featser("fit", table_path, "--pipeline", small, *options)
    document = json.loads(outcome.stdout)
    tuning = document["tuning"]
    assert (tuning["n_searches"], tuning["n_trials"], tuning["protocol"]) == (2, 2, "3-fold-by-speaker")
    assert tuning["outer_uar"] == pytest.approx(document["uar"])
    assert tuning["optimism"] == pytest.approx(tuning["inner_uar"] - document["uar"])
    assert "search 6 of 6: trial 2 of 2" in outcome.stderr
    assert document["model_path"] == "models/synthetic-emodb-classic-small-tuned-2-2-fold-by-speaker-speaker.joblib"
    winner = read_pipeline(Path(document["winner_path"]))
    model = load_model(Path(document["model_path"]))
    assert set(select_features(winner, table.feature_set)) <= set(model.features)
    assert model.specification["parameters"] == dict(winner.parameters)
    probabilities = model.answer(table.features[list(model.features)].to_numpy(), list(table.manifest["speaker"]))
    assert set(probabilities.normalise) == {"speaker"}
    assert all(run.run.endswith("-tuned-2") and run.tuning for run in read_runs(Path("reports/runs")))


@pytest.mark.slow
def test_a_tuned_run_does_not_overwrite_an_untuned_one(run_featser: Run, small: Path, table_path: Path) -> None:
    for tune in ((), ("--tune", 1)):
        arguments = ("--pipeline", small, "--protocol", "2-fold-by-speaker", *tune)
        outcome = run_featser("fit", table_path, *arguments)
        assert outcome.exit_code == 0
    assert "search scored 0." in outcome.stdout
    winner = "models/synthetic-emodb-classic-small-tuned-1-2-fold-by-speaker-none.toml"
    assert f"pipeline tuned on all 6 speakers: {winner}" in outcome.stdout
    assert [bool(run.tuning) for run in read_runs(Path("reports/runs"))] == [False, True]


@pytest.mark.parametrize(("option", "value"), [("--timeout", "60.0"), ("--storage", "x.journal")])
def test_options_of_tuning_ask_for_tuning(
    run_featser: Run, small: Path, table_path: Path, option: str, value: str
) -> None:
    outcome = run_featser("fit", table_path, "--model", "logreg", option, value)
    assert outcome.exit_code == 2
    assert one_line(outcome) == f"{option} {value} needs --tune. Add --tune N, or leave {option} out."


def test_a_space_that_makes_no_sense_is_one_line(run_featser: Run, small: Path, table_path: Path) -> None:
    small.write_text(PIPELINE.replace("high = 1.0", "high = 0.0001"))
    outcome = run_featser("tune", table_path, "--pipeline", small)
    assert outcome.exit_code == 2
    assert one_line(outcome) == "small [search]: C goes from 0.001 to 0.0001. low must be below high, and above 0."


def test_a_family_that_the_table_lacks_gets_the_nearest(run_featser: Run, small: Path, table_path: Path) -> None:
    small.write_text(PIPELINE.replace('["energy"]', '["energies"]'))
    outcome = run_featser("tune", table_path, "--pipeline", small)
    assert outcome.exit_code == 2
    assert "small [search]: unknown families 'energies'. Did you mean 'energy'?" in one_line(outcome)


def test_a_pipeline_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    specification = replace(
        specification_for("xgb"),
        name="mine",
        title='Trees, "quoted" and größer',
        references=("A, B", "C"),
        parameters={"n_trees": 60, "learning_rate": 1e-05, "subsample": 0.5},
        include=("mfcc_*",),
        exclude=("*_d[12]__*", "zcr__*"),
        search={
            "max_depth": {"low": 1, "high": 3},
            "subsample": {"low": 0.1, "high": 1.0, "log": True},
            "deltas": [True],
        },
    )
    write_pipeline(specification, tmp_path / "new" / "mine.toml", ["a remark"])
    assert read_pipeline(tmp_path / "new" / "mine.toml") == specification
    assert tomllib.loads((tmp_path / "new" / "mine.toml").read_text())["model"]["name"] == "xgb"
