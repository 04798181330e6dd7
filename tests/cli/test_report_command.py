import json
from collections.abc import Callable
from pathlib import Path

import made_runs
import pandas as pd
import pytest

from featser.evaluation import Run
from featser.evaluation.records import write_run

PREDICTIONS = pd.DataFrame(
    {
        "utterance": ["emodb/1", "emodb/2"],
        "corpus": "emodb",
        "speaker": ["emodb/03", "emodb/08"],
        "truth": ["anger", "fear"],
        "predicted": ["anger", "anger"],
        "p_anger": [0.9, 0.8],
        "p_fear": [0.1, 0.2],
    }
)


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Run, Run]:
    """Two runs, recorded below runs/."""
    made = made_runs.make_run(), made_runs.make_run(pipeline="lda", model="lda", parameters={}, uar=0.8)
    for run in made:
        write_run(run, PREDICTIONS, tmp_path / "runs")
    return made


def test_the_paths_of_all_files_are_printed_as_json(runs, run_featser: Callable, tmp_path: Path) -> None:
    places = ("--runs", tmp_path / "runs", "--out", tmp_path / "out")
    document = json.loads(run_featser("report", *places, "--json").stdout)
    assert document["n_runs"] == 2
    assert all(Path(document[name]).exists() for name in ("html", "markdown", "csv", "scores", "latex", "pictures"))


def test_single_recordings_can_be_left_out_of_the_page(runs, run_featser: Callable, tmp_path: Path) -> None:
    places = ("--runs", tmp_path / "runs", "--out", tmp_path / "out")
    for more, listed in (((), True), (("--no-recordings",), False)):
        assert run_featser("report", *places, *more).exit_code == 0
        assert ("emodb/2" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")) == listed


def test_two_runs_are_compared_without_a_report(runs, run_featser: Callable, tmp_path: Path) -> None:
    outcome = run_featser("report", "--runs", tmp_path / "runs", "--compare", "classic-svm", runs[1].run)
    assert "model: svm in A, lda in B" in outcome.stdout
    assert "Of 2 utterances, both are right on 1, only A on 0, only B on 0, neither on 1." in outcome.stdout
    assert max(map(len, outcome.stdout.splitlines())) <= 120
    found = run_featser("report", "--runs", tmp_path / "runs", "--compare", "classic-svm", runs[1].run, "--json")
    assert json.loads(found.stdout)["differing"]["model"] == ["svm", "lda"]
    assert not (tmp_path / "reports").exists()


def test_an_unknown_run_is_an_error_in_one_line(runs, run_featser: Callable, tmp_path: Path) -> None:
    outcome = run_featser("report", "--runs", tmp_path / "runs", "--compare", "classic-svm", "gru")
    assert outcome.exit_code == 3
    assert outcome.stderr.startswith("featser: No run is named 'gru'.")
    assert outcome.stderr.count("\n") == 1
