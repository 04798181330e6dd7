"""The report as files."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from featser.atomic import atomic_write
from featser.errors import InputError
from featser.evaluation import Result, Run, read_runs, scores_table
from featser.reporting.page import page
from featser.reporting.studies import studies_text
from featser.reporting.text import comparison_text
from featser.studies import Study, read_studies


@dataclass(frozen=True)
class ReportFiles:
    """Paths of the parts of a report."""

    html: Path
    markdown: Path
    csv: Path
    json: Path


def write_report(runs: Sequence[Run], folder: Path, studies: Sequence[Study] = ()) -> ReportFiles:
    """Write ``index.html``, ``leaderboard.md``, ``scores.csv`` and ``scores.json``.

    Parameters
    ----------
    runs : sequence of Run
        in any order; the files do not depend on it
    folder : Path
        where the files go; made where it is missing, files of the same names are replaced
    studies : sequence of Study, optional
        studies for the page

    Returns
    -------
    ReportFiles
        paths of the four files

    Raises
    ------
    InputError
        ``runs`` is empty
    """
    if not runs:
        raise InputError("No runs to report. Make one: featser fit TABLE --model svm.")
    ordered = sorted(runs, key=lambda run: run.run)
    paths = ReportFiles(
        html=folder / "index.html",
        markdown=folder / "leaderboard.md",
        csv=folder / "scores.csv",
        json=folder / "scores.json",
    )
    scores = json.dumps([asdict(run) for run in ordered], indent=1, ensure_ascii=False)
    folder.mkdir(parents=True, exist_ok=True)
    _write(paths.html, page(ordered, studies))
    _write(paths.markdown, comparison_text(ordered) + studies_text(studies))
    _write(paths.csv, scores_table(ordered).to_csv(index=False, lineterminator="\n"))
    _write(paths.json, scores + "\n")
    return paths


def reported_runs(folder: Path) -> set[str]:
    """Return the names of the runs in an earlier report.

    Parameters
    ----------
    folder : Path
        folder of the report

    Returns
    -------
    set of str
        empty if ``folder`` has no ``scores.json`` of a report
    """
    try:
        return {run["run"] for run in json.loads((folder / "scores.json").read_text(encoding="utf-8"))}
    except (OSError, ValueError, TypeError, KeyError):
        return set()


def _write(path: Path, text: str) -> None:
    """Write UTF-8 with the same line ends on every system; the file appears whole or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def report(runs: str | Path | Result | Sequence[Result], out: str | Path) -> ReportFiles:
    """Compare runs: write a web page with pictures, Markdown, CSV and JSON.

    Parameters
    ----------
    runs : str, Path, Result or sequence of Result
        folder of runs and studies, for example ``reports/runs``, or results of `featser.fit` and
        `featser.cross_validate`
    out : str or Path
        folder of the report; files of an earlier report are replaced

    Returns
    -------
    ReportFiles
        paths of ``index.html``, ``leaderboard.md``, ``scores.csv`` and ``scores.json``

    Raises
    ------
    InputError
        there is no run, or a file is not a run
    """
    if isinstance(runs, str | Path):
        return write_report(read_runs(Path(runs)), Path(out), read_studies(Path(runs)))
    results = [runs] if isinstance(runs, Result) else runs
    return write_report([each.run for result in results for each in result.results], Path(out))
