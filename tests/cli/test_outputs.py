"""Output paths: refused in one line before the work, and never overwritten by another kind of result."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from outcomes import Outcome, one_line

from featser.cli.outputs import check_folder, check_output
from featser.errors import UsageError
from featser.reporting import reported_runs

Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("folder", "'folder' is a folder. Name a .toml file: folder/NAME.toml."),
        ("/dev/full", "'/dev/full' is a device, not a file. Name a .toml file."),
        ("table.csv", "'table.csv' does not end in .toml, the only format written here. Use NAME.toml."),
        ("table", "'table' does not end in .toml, the only format written here. Use NAME.toml."),
        ("file/x.toml", "Cannot write to 'file' (file: not a directory). Choose another place."),
        ("file/a/b/x.toml", "Cannot write to 'file/a/b' (file: not a directory). Choose another place."),
    ],
)
def test_a_file_that_cannot_be_written_is_refused(here: Path, out: str, message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        check_output(Path(out), ".toml")
    assert str(refusal.value) == message


def test_a_folder_of_runs_that_cannot_be_made_is_refused_before_the_work(run_featser: Run, table_path: Path) -> None:
    outcome = run_featser("fit", table_path, "--model", "logreg", "--runs", "file/runs")
    assert outcome.exit_code == 2
    assert one_line(outcome) == "Cannot write to 'file/runs' (file: not a directory). Choose another place."
    assert not Path("models").exists()


def test_places_that_can_be_written_are_accepted_and_left_as_they_were(here: Path) -> None:
    (here / "old.toml").write_text("kept")
    for path in ("new.toml", "NEW.TOML", "old.toml", "folder/new.toml", "new/folder/new.toml"):
        check_output(Path(path), ".toml")
    check_folder(Path("new/folder"))
    assert sorted(path.name for path in here.rglob("*")) == ["file", "folder", "old.toml"]
    assert (here / "old.toml").read_text() == "kept"


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_without_write_permission_is_refused(here: Path) -> None:
    (here / "folder").chmod(0o500)
    with pytest.raises(UsageError, match=r"Cannot write to 'folder/new' \(folder: permission denied\)"):
        check_folder(Path("folder/new"))


@pytest.mark.slow
def test_a_leaky_model_never_replaces_an_honest_one(run_featser: Run, table_path: Path) -> None:
    def fitted(*options: object) -> str:
        outcome = run_featser("fit", table_path, "--model", "logreg", *options, "--json")
        return json.loads(outcome.stdout)["model_path"]

    names = [
        fitted("--protocol", "2-fold-by-speaker"),
        fitted("--protocol", "random"),
        fitted("--protocol", "2-fold-by-speaker", "--normalise", "enrolment:4"),
        fitted("--protocol", "2-fold-by-speaker", "--seed", 3),
    ]
    assert names == [
        "models/synthetic-emodb-classic-logreg-2-fold-by-speaker-none.joblib",
        "models/synthetic-emodb-classic-logreg-random-none-LEAKY.joblib",
        "models/synthetic-emodb-classic-logreg-2-fold-by-speaker-enrolment-4.joblib",
        "models/synthetic-emodb-classic-logreg-2-fold-by-speaker-none-seed-3.joblib",
    ]


@pytest.mark.slow
def test_a_report_is_not_replaced_by_one_that_lacks_its_runs(run_featser: Run, table_path: Path, here: Path) -> None:
    """As in a checkout, where reports/ holds the committed comparison and reports/runs/ does not exist."""
    fit = ("fit", table_path, "--protocol", "2-fold-by-speaker", "--model")
    assert run_featser(*fit, "logreg").exit_code == 0
    assert run_featser("report").exit_code == 0
    assert run_featser(*fit, "knn").exit_code == 0
    assert run_featser("report").exit_code == 0, "more runs than before"
    page = Path("reports/index.html").read_bytes()
    lost = min(Path("reports/runs").glob("*-logreg-*"))
    lost.rename("elsewhere")
    refused = run_featser("report")
    assert refused.exit_code == 2
    assert one_line(refused) == (
        f"The report in reports/ covers runs that are missing from reports/runs/: {lost.name}. "
        "Write elsewhere: --out DIR. Or replace it: --out reports."
    )
    assert Path("reports/index.html").read_bytes() == page
    assert run_featser("report", "--out", "mine").exit_code == 0
    assert run_featser("report", "--out", "reports").exit_code == 0
    assert Path("reports/index.html").read_bytes() == Path("mine/index.html").read_bytes() != page


@pytest.mark.parametrize("scores", ["{", "{}", "[1]", '[{"name": "x"}]', "[]"])
def test_other_files_of_that_name_are_no_report(here: Path, scores: str) -> None:
    (here / "scores.json").write_text(scores)
    assert reported_runs(here) == set()
