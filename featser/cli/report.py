"""``featser report``: comparison of all runs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from featser.cli.fit import RUNS
from featser.cli.outputs import check_folder
from featser.cli.terminal import console, print_json

REPORTS = Path("reports")


def report(
    runs: Annotated[Path, typer.Option(help="Folder of the recorded runs.")] = RUNS,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the report; by default reports/. If given, an earlier report there is replaced."),
    ] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="RUN RUN", help="Explain what differs between two runs; writes no report."),
    ] = None,
    recordings: Annotated[
        bool, typer.Option(help="List single recordings, the surest mistakes; leave them out of a page to publish.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Report all runs: one HTML page, Markdown, LaTeX, CSV, JSON and SVG pictures.

    Runs are ranked by UAR within one corpus, protocol and normalisation. Runs made with other code or libraries than
    those installed are named.
    """
    from featser.errors import UsageError, listed
    from featser.evaluation import outdated, read_runs
    from featser.reporting import predictions_in, reported_runs, show_comparison, write_report
    from featser.studies import read_studies

    if compare:
        _compare(compare, runs, as_json=as_json)
        return
    check_folder(out or REPORTS)
    found = read_runs(runs)
    lost = set() if out else reported_runs(REPORTS) - {run.run for run in found}
    if lost:
        raise UsageError(
            f"The report in {REPORTS}/ covers runs that are missing from {runs}/: {listed(sorted(lost), 2)}. "
            f"Write elsewhere: --out DIR. Or replace it: --out {REPORTS}."
        )
    predictions = predictions_in(runs) if recordings else lambda _: None
    files = write_report(found, out or REPORTS, read_studies(runs), predictions)
    if as_json:
        paths = {"html": files.html, "markdown": files.markdown, "csv": files.csv, "scores": files.json}
        paths |= {"latex": files.latex, "pictures": files.pictures}
        changed = {run.run: what for run in found if (what := outdated(run.code, run.versions))}
        print_json({"n_runs": len(found), "outdated": changed} | {name: str(path) for name, path in paths.items()})
        return
    show_comparison(found, console(), explain=True)
    tables = "".join(f"tables: {path}\n" for path in (files.markdown, files.latex, files.csv, files.json))
    sys.stdout.write(f"page: {files.html}\n{tables}pictures: {files.pictures}\n")


def _compare(names: tuple[str, str], folder: Path, *, as_json: bool) -> None:
    from featser.cli.terminal import write_lines
    from featser.evaluation import read_runs
    from featser.reporting import contrast, contrast_lines, find_run, predictions_in

    runs = read_runs(folder)
    one, other = (find_run(name, runs) for name in names)
    predictions = predictions_in(folder)
    found = contrast(one, other, [predictions(one), predictions(other)])
    if as_json:
        print_json(found)
    else:
        write_lines(contrast_lines(one, other, found))
