"""``featser demo``: extract, fit and report on the toy corpus."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from featser.cli.outputs import check_folder
from featser.cli.terminal import compile_first, console, progress_bar, tell


def demo(
    out: Annotated[Path, typer.Option(help="Folder of the tables, models and report.")] = Path("demo"),
) -> None:
    """Extract, fit svm, random-forest and xgb (and cnn, with PyTorch) and report, on the synthetic toy corpus."""
    from featser.demo import run_demo
    from featser.features import find_feature_set
    from featser.reporting import show_comparison

    check_folder(out)
    tell("Synthetic voices: the scores show how featser works and say nothing about people.")
    compile_first([find_feature_set("classic")])
    with progress_bar("demo") as progress:
        made = run_demo(out, progress)
    show_comparison(made.runs, console())
    program, recording = _from_here(Path(sys.argv[0])), _from_here(made.recording)
    sys.stdout.write(f"page: {made.page}\nmodel: {made.model}\nTry it: {program} predict {made.model} {recording}\n")


def _from_here(path: Path) -> Path:
    """Return the path relative to the working directory, if it is inside."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
