"""``featser audit``: what is wrong with recordings before anything is learnt from them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.fit import RUNS
from featser.cli.outputs import check_output
from featser.cli.terminal import PARTIAL, console, print_json, progress_bar
from featser.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from featser.audit import Audit, Finding


def audit(
    paths: Annotated[list[Path] | None, typer.Argument(help="Folders of recordings, one corpus each.")] = None,
    corpus: Annotated[
        str, typer.Option(help="How the files are named: a name from 'featser corpora', folder, or a TOML file.")
    ] = "auto",
    out: Annotated[Path | None, typer.Option(help="Write a web page with a few short clips to listen to.")] = None,
    run: Annotated[
        Path | None,
        typer.Option(help="Folder of a run on these recordings: labels that its predictions contradict are suspected."),
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Threads; by default one per core.", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Find what is wrong with recordings before anything is learnt from them.

    The exit code is 4 where a finding is serious and no known oddity of the corpus, else 0.
    """
    if out:
        check_output(out, ".html")
    if not paths:
        raise UsageError("Which recordings? featser audit FOLDER.")
    from featser.audit import audit as find
    from featser.audit import write_page

    with progress_bar("listening") as progress:
        found = find(paths, corpus, jobs, progress, _predictions(run) if run else None)
    if out:
        write_page(found, out)
    if as_json:
        print_json(_document(found))
    else:
        _show(found)
        if out:
            sys.stdout.write(f"page: {out}\n")
    if found.serious:
        raise typer.Exit(PARTIAL)


def _predictions(run: Path) -> "pd.DataFrame":
    """Out-of-fold predictions of a run, by its folder or its name in the default folder of runs."""
    from featser.evaluation import read_predictions
    from featser.evaluation.records import read_run

    place = run if run.exists() else RUNS / run
    return read_predictions(read_run(place), place.parent)


def _document(found: "Audit") -> dict[str, Any]:
    return {
        "corpora": [
            {"corpus": each.corpus, "n_recordings": len(each.recordings), "n_readable": len(each.readable)}
            for each in found.collections
        ],
        "serious": len(found.serious),
        "findings": [_row(each) for each in found.findings],
    }


def _row(finding: "Finding") -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "known": finding.known,
        "corpus": finding.corpus,
        "sentence": finding.sentence,
        "paths": list(finding.paths),
        "cells": [{"speaker": speaker or None, "emotion": emotion or None} for speaker, emotion in finding.cells],
        "details": dict(finding.details),
    }


def _show(found: "Audit") -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("severity", "corpus", "kind"):
        table.add_column(column, no_wrap=True)
    table.add_column("what was found", overflow="fold")
    for each in found.findings:
        first = f"{each.paths[0]}: {each.details[each.paths[0]]}" if each.paths else ""
        example = f" E.g. {first}." if first and each.sentence.find(each.paths[0]) < 0 else ""
        severity = "known" if each.known else each.severity
        table.add_row(severity, each.corpus, each.kind, escape(f"{each.sentence}{example}"))
    if found.findings:
        console().print(table)
    sizes = ", ".join(f"{len(each.recordings):,} recordings of {each.corpus}" for each in found.collections)
    n_found, n_known = len(found.findings), sum(each.known for each in found.findings)
    counted = f"{n_found} finding{'s' * (n_found != 1)}, {n_known} of them known oddities, {len(found.serious)} serious"
    sys.stdout.write(f"\n{sizes}: {counted}.\n")
