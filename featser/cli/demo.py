"""``featser demo``: the whole story on the toy corpus."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from featser.cli.outputs import check_folder
from featser.cli.terminal import console, progress_bar, tell


def demo(
    out: Annotated[Path, typer.Option(help="Where tables, models and the report go.")] = Path("demo"),
) -> None:
    """Extract, fit svm, random-forest, xgb (and cnn with PyTorch), and report, on voices that come with featser."""
    from featser.demo import run_demo
    from featser.reporting import show_comparison

    check_folder(out)
    tell("Synthetic voices: this shows how featser works, and says nothing about people.")
    with progress_bar("demo") as progress:
        made = run_demo(out, progress)
    show_comparison(made.runs, console())
    program, recording = _from_here(Path(sys.argv[0])), _from_here(made.recording)
    sys.stdout.write(f"page: {made.page}\nmodel: {made.model}\nTry it: {program} predict {made.model} {recording}\n")


def _from_here(path: Path) -> Path:
    """Return the path as one would type it in this folder."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
