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
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compare all runs: one HTML page, Markdown, CSV and JSON.

    Runs are ranked by UAR within one corpus, protocol and normalisation. Runs made with other code or libraries than
    those installed are named.
    """
    from featser.errors import UsageError, listed
    from featser.evaluation import outdated, read_runs
    from featser.reporting import reported_runs, show_comparison, write_report
    from featser.studies import read_studies

    check_folder(out or REPORTS)
    found = read_runs(runs)
    lost = set() if out else reported_runs(REPORTS) - {run.run for run in found}
    if lost:
        raise UsageError(
            f"The report in {REPORTS}/ covers runs that are missing from {runs}/: {listed(sorted(lost), 2)}. "
            f"Write elsewhere: --out DIR. Or replace it: --out {REPORTS}."
        )
    files = write_report(found, out or REPORTS, read_studies(runs))
    if as_json:
        paths = {"html": files.html, "markdown": files.markdown, "csv": files.csv, "scores": files.json}
        changed = {run.run: what for run in found if (what := outdated(run.code, run.versions))}
        print_json({"n_runs": len(found), "outdated": changed} | {name: str(path) for name, path in paths.items()})
        return
    show_comparison(found, console())
    sys.stdout.write(f"page: {files.html}\ntables: {files.markdown}, {files.csv}, {files.json}\n")
