"""``featser report``: comparison tables of all runs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from featser.cli.fit import RUNS
from featser.cli.terminal import console, print_json


def report(
    runs: Annotated[Path, typer.Option(help="Where the runs are recorded.")] = RUNS,
    out: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("reports"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Compare all runs: Markdown, CSV, JSON and one page with pictures.

    Ranked by UAR within the same corpus, protocol and normalisation, never across them.
    """
    from featser.evaluation import read_runs
    from featser.reporting import show_comparison, write_report

    found = read_runs(runs)
    files = write_report(found, out)
    if as_json:
        places = {"html": files.html, "markdown": files.markdown, "csv": files.csv, "scores": files.json}
        print_json({"n_runs": len(found)} | {name: str(path) for name, path in places.items()})
        return
    show_comparison(found, console())
    sys.stdout.write(f"page: {files.html}\ntables: {files.markdown}, {files.csv}, {files.json}\n")
