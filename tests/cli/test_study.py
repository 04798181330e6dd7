"""``featser study``: the leak premium by a command."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from outcomes import Outcome, one_line

from featser.cli.studying import tables_for
from featser.evaluation import premium, read_runs

Run = Callable[..., Outcome]
LEAKS = {"random split", "scale before split", "select before split", "tune on the test folds"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs of the first study are recorded, for all tests of this file."""
    return tmp_path_factory.mktemp("study")


@pytest.fixture(autouse=True)
def few_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tune on the test folds with two settings, to be quick."""
    monkeypatch.setattr(premium, "N_SETTINGS", 2)


@pytest.fixture
def studied(run_featser: Run, folder: Path, table_path: Path) -> dict:
    """The JSON of a study, made once."""
    document = folder / "document.json"
    if not document.exists():
        outcome = run_featser("study", "leaks", table_path, "--model", "linear-svm", "--runs", folder, "--json")
        assert outcome.exit_code == 0, outcome.stderr
        document.write_text(outcome.stdout)
    return json.loads(document.read_text())


@pytest.mark.slow
def test_the_document_has_the_honest_score_and_every_leak(studied: dict, folder: Path) -> None:
    about = ("corpus", "model", "features", "protocol", "normalise", "seed", "n_utterances", "n_speakers")
    assert [studied[name] for name in about] == [
        *("synthetic-emodb", "linear-svm", "classic", "leave-one-speaker-out", "none", 0, 120, 6)
    ]
    assert {each["leak"] for each in studied["leaks"]} == LEAKS
    for each in studied["leaks"]:
        assert each["leaky"] is True
        assert each["n_utterances"] == 120
        assert each["premium"] == pytest.approx(each["uar"] - each["honest_uar"])
    assert studied["runs_path"] == str(folder)


def test_the_runs_are_recorded_and_reported(run_featser: Run, studied: dict, folder: Path, tmp_path: Path) -> None:
    recorded = {run.run: run for run in read_runs(folder)}
    for each in studied["leaks"]:
        assert recorded[each["run"]].uar == each["uar"]
        assert recorded[each["honest_run"]].uar == each["honest_uar"]
    assert run_featser("report", "--runs", folder, "--out", tmp_path).exit_code == 0
    assert re.search(r"\| LEAKY: scale before split +\| +120 \|", (tmp_path / "leaderboard.md").read_text())


@pytest.mark.slow
def test_the_table_is_printed(run_featser: Run, studied: dict, table_path: Path, folder: Path) -> None:
    outcome = run_featser("study", "leaks", table_path, "--model", "linear-svm", "--runs", folder)
    rows = [line.split() for line in outcome.stdout.splitlines() if line.startswith("LEAKY: ")]
    assert len(rows) == len(LEAKS)
    assert {row[-1] for row in rows} == {f"{each['premium']:+.3f}" for each in studied["leaks"]}
    assert f"runs: {folder}" in outcome.stdout


def test_a_study_needs_a_name(run_featser: Run) -> None:
    assert "leaks" in run_featser("study").stdout
    assert one_line(run_featser("study", "leak")).startswith("No such command 'leak'")


@pytest.mark.parametrize("arguments", [("study", "--help"), ("study", "leaks", "--help")])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    script = (
        f"import sys; sys.argv = ['featser', *{arguments}]\nfrom featser.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print({'numpy', 'pandas', 'pyarrow', 'sklearn'} & set(sys.modules))"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "Usage: featser study" in finished.stdout
    assert finished.stdout.splitlines()[-1] == "set()"


@pytest.mark.slow
def test_a_study_is_printed_recorded_and_reported(run_featser: Run, table_path: Path, tmp_path: Path) -> None:
    arguments = ("study", "shortcuts", table_path, "--protocol", "2-fold-by-speaker", "--runs", tmp_path / "runs")
    document = json.loads(run_featser(*arguments, "--json").stdout)
    assert Path(document["path"]).parent == tmp_path / "runs" / "studies"
    row = dict(zip(document["columns"], document["rows"][0], strict=True))
    assert (row["shortcut"], row["n_utterances"], row["n_speakers"]) == ("duration", 120, 6)
    assert str(tmp_path) not in json.dumps(document["about"])
    shown = run_featser(*arguments).stdout
    assert f"{row['uar']:.3f}" in shown
    assert f"[{row['uar_low']:.3f}, {row['uar_high']:.3f}]" in shown
    fitted = run_featser(
        *("fit", table_path, "--model", "lda", "--protocol", "2-fold-by-speaker"),
        *("--runs", tmp_path / "runs", "--out", tmp_path / "m.joblib"),
    )
    assert fitted.exit_code == 0
    run_featser("report", "--runs", tmp_path / "runs", "--out", tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text()
    assert f">{row['uar']:.3f}<" in page[page.index('id="studies"') :]


def test_a_network_reads_the_table_of_frames(table_path: Path, log_mel_path: Path) -> None:
    both = [table_path, log_mel_path]
    assert tables_for("cnn", both) == [log_mel_path]
    assert tables_for(None, both) == tables_for("svm", both) == [table_path]
    assert tables_for("cnn", [table_path]) == [table_path]  # refused later, with the reason


@pytest.mark.slow
def test_models_have_learning_curves_beside_each_other(run_featser: Run, table_path: Path, tmp_path: Path) -> None:
    arguments = ("--model", "lda", "--model", "knn", "--draws", 1, "--protocol", "2-fold-by-speaker", "--json")
    outcome = run_featser("study", "speakers", table_path, *arguments, "--runs", tmp_path)
    document = json.loads(outcome.stdout)
    assert document["about"]["model"] == "lda+knn"
    rows = [dict(zip(document["columns"], row, strict=True)) for row in document["rows"]]
    assert [(row["model"], row["training_speakers"]) for row in rows] == [
        ("lda", 2),
        ("lda", 3),
        ("knn", 2),
        ("knn", 3),
    ]
