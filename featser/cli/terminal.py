"""Terminal output of all commands: results on stdout, messages on stderr, progress bars only on a terminal."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from featser.limits import printable

if TYPE_CHECKING:
    from rich.console import Console

    from featser.corpora import Rejected
    from featser.features import FeatureSet

_CONTROL = re.compile(r"[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that JSON does not escape and that control terminals."""

PARTIAL = 4
"""Exit code: some inputs were rejected, the others are done."""


@dataclass
class Settings:
    """Options that precede the command.

    Attributes
    ----------
    debug : bool
        show tracebacks
    quiet : bool
        no messages and no progress bars
    """

    debug: bool = False
    quiet: bool = False


settings = Settings()


def console() -> "Console":
    """Return the console for results; off a terminal it is 120 characters wide."""
    from rich.console import Console
    from rich.segment import Segment

    class SafeConsole(Console):
        def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
            """Escape control characters in names of files and labels."""
            for text, style, control in super().render(renderable, options):
                yield Segment(text if control else printable(text), style, control)

    return SafeConsole(width=None if sys.stdout.isatty() else 120, highlight=False)


def write_lines(lines: Iterable[str]) -> None:
    """Write results to stdout, wrapped between words to the width of the terminal; names and paths are never cut."""
    import textwrap

    width = console().width
    for line in lines:
        indent = len(line) - len(line.lstrip()) + 2
        wrapped = textwrap.wrap(
            line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
        )
        sys.stdout.write("".join(f"{part}\n" for part in wrapped or [""]))


def tell(message: str) -> None:
    """Write a message to stderr, except under ``--quiet``."""
    if not settings.quiet:
        sys.stderr.write(f"{printable(message)}\n")


def compile_first(feature_sets: "Iterable[FeatureSet]", jobs: int | None = None) -> None:
    """Compile the kernels of feature sets that are used for the first time, with a message and a progress bar.

    Imported features, which featser cannot compute, are refused.
    """
    from featser.extraction import ensure_compiled
    from featser.features import are_compiled, check_computable

    wanted = list(feature_sets)
    for each in wanted:
        check_computable(each)
    missing = [each for each in wanted if not are_compiled(each)]
    if missing:
        tell("First use: compiling the feature code, once; this takes about 20 s.")
    for each in missing:
        with progress_bar("compiling") as progress:
            ensure_compiled(each, jobs, progress)


def tell_error(message: str) -> None:
    """Write an error to stderr on one line; in red on a terminal, unless ``NO_COLOR`` is set."""
    import typer

    colour = None if os.environ.get("NO_COLOR") else "red"
    typer.secho(f"featser: {printable(message)}", fg=colour, err=True)


def print_json(document: Any) -> None:
    """Write one JSON document to stdout."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    sys.stdout.write(_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether a command line requests JSON, even if it is invalid otherwise.

    >>> wants_json(["predict", "m.joblib", "a.wav", "--format", "json"]), wants_json(["predict", "--", "--json"])
    (True, False)
    """
    options = list(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    pairs = pairwise(options)
    return "--json" in options or "--format=json" in options or ("--format", "json") in pairs


def trained_on(training: Mapping[str, Any]) -> str:
    """Describe what a model was trained on.

    Parameters
    ----------
    training : mapping
        as in `featser.bundle.Model`

    Returns
    -------
    str
        part of a sentence

    Examples
    --------
    >>> trained_on({"corpus": "mine", "n_utterances": 180, "n_copies": 120})
    'all 60 utterances of mine and 120 augmented copies'
    """
    n_copies = training.get("n_copies", 0)
    copies = f" and {n_copies} augmented copies" if n_copies else ""
    added = training.get("added", {})
    vote = f", in a vote with a model that adds {', '.join(added)}" if added else ""
    return f"all {training['n_utterances'] - n_copies} utterances of {training['corpus']}{copies}{vote}"


def tell_rejected(rejected: Iterable["Rejected"]) -> None:
    """List rejected recordings with their reasons on stderr, also under ``--quiet``."""
    rejected = list(rejected)
    lines = [f"{len(rejected)} rejected:", *(f"  {printable(f'{each.path}: {each.reason}')}" for each in rejected)]
    sys.stderr.write("".join(f"{line}\n" for line in lines) if rejected else "")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows the numbers of steps done and in total; off a terminal it shows nothing."""
    if settings.quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
