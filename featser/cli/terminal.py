"""What all commands share of the terminal: results to stdout, the rest to stderr, bars only where someone looks."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from featser.corpora import Rejected

PARTIAL = 4
"""Exit code of a job done in part."""

_REDRAWN = 0.1
"""Seconds after which a bar is drawn anew, by whoever says how much is done: a thread that does it would keep this
process from being copied (see `featser.processes`)."""


@dataclass
class Settings:
    """Options before the command."""

    debug: bool = False
    quiet: bool = False


settings = Settings()


def console() -> "Console":
    """Return the console for results; its width off a terminal is fixed, so that output does not depend on a window."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120, highlight=False)


def tell(message: str) -> None:
    """Say something on stderr, unless the user wants it quiet."""
    if not settings.quiet:
        sys.stderr.write(f"{message}\n")


def tell_error(message: str) -> None:
    """Say what went wrong, in one line on stderr."""
    import typer

    typer.secho(f"featser: {message}", fg="red", err=True)


def print_json(document: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for JSON, also one that is otherwise wrong.

    >>> wants_json(["predict", "m.joblib", "a.wav", "--format", "json"]), wants_json(["predict", "--", "--json"])
    (True, False)
    """
    options = list(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    pairs = pairwise(options)
    return "--json" in options or "--format=json" in options or ("--format", "json") in pairs


def trained_on(training: Mapping[str, Any]) -> str:
    """Say on what a model is trained, changed copies apart.

    >>> trained_on({"corpus": "mine", "n_utterances": 180, "n_copies": 120})
    'all 60 utterances of mine and 120 changed copies of them'
    """
    n_copies = training.get("n_copies", 0)
    copies = f" and {n_copies} changed copies of them" if n_copies else ""
    return f"all {training['n_utterances'] - n_copies} utterances of {training['corpus']}{copies}"


def tell_rejected(rejected: Iterable["Rejected"]) -> None:
    """List on stderr what could not be used, each with its reason; also where the user wants it quiet."""
    rejected = list(rejected)
    lines = [f"{len(rejected)} rejected:", *(f"  {each.path}: {each.reason}" for each in rejected)]
    sys.stderr.write("".join(f"{line}\n" for line in lines) if rejected else "")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows how much is done; it shows nothing off a terminal."""
    if settings.quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task, drawn = bar.add_task(title, total=None), 0.0

        def show(done: int, total: int) -> None:
            nonlocal drawn
            bar.update(task, completed=done, total=total)
            if done == total or time.monotonic() - drawn >= _REDRAWN:
                drawn = time.monotonic()
                bar.refresh()

        yield show
