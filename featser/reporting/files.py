"""The report as files."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from featser.atomic import atomic_write
from featser.errors import InputError
from featser.evaluation import Result, Run, read_predictions, read_runs, scores_table
from featser.reporting.failing import Predictions
from featser.reporting.latex import latex_tables
from featser.reporting.page import page
from featser.reporting.pictures import pictures
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
    latex: Path
    pictures: Path
    """folder of SVG files"""


def write_report(
    runs: Sequence[Run], folder: Path, studies: Sequence[Study] = (), predictions: Predictions = lambda _: None
) -> ReportFiles:
    """Write ``index.html``, ``leaderboard.md``, ``leaderboard.tex``, ``scores.csv``, ``scores.json`` and ``pictures/``.

    Parameters
    ----------
    runs : sequence of Run
        in any order; the files do not depend on it
    folder : Path
        where the files go; made where it is missing, files of the same names are replaced
    studies : sequence of Study, optional
        studies for the page
    predictions : callable, optional
        gives the out-of-fold predictions of a run, or None; without it, the page lists no mistakes

    Returns
    -------
    ReportFiles
        paths of the files

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
        latex=folder / "leaderboard.tex",
        pictures=folder / "pictures",
    )
    scores = json.dumps([asdict(run) for run in ordered], indent=1, ensure_ascii=False)
    paths.pictures.mkdir(parents=True, exist_ok=True)
    _write(paths.html, page(ordered, studies, predictions))
    _write(paths.markdown, comparison_text(ordered) + studies_text(studies))
    _write(paths.csv, scores_table(ordered).to_csv(index=False, lineterminator="\n"))
    _write(paths.json, scores + "\n")
    _write(paths.latex, latex_tables(ordered))
    for name, picture in pictures(ordered, studies).items():
        _write(paths.pictures / name, picture)
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


def predictions_in(folder: Path) -> Predictions:
    """Give the predictions of the runs in a folder, or None for a run without.

    Parameters
    ----------
    folder : Path
        folder of runs

    Returns
    -------
    callable
        of a run
    """

    def read(run: Run) -> pd.DataFrame | None:
        return read_predictions(run, folder) if (folder / run.run / "predictions.parquet").is_file() else None

    return read


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
        paths of ``index.html``, ``leaderboard.md`` and the other files

    Raises
    ------
    InputError
        there is no run, or a file is not a run
    """
    if isinstance(runs, str | Path):
        folder = Path(runs)
        return write_report(read_runs(folder), Path(out), read_studies(folder), predictions_in(folder))
    results = [each for result in ([runs] if isinstance(runs, Result) else runs) for each in result.results]
    predictions = {each.run.run: each.predictions for each in results}
    return write_report([each.run for each in results], Path(out), predictions=lambda run: predictions[run.run])
