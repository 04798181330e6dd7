"""The command line: one small file per command; each parses, calls one function, prints.

Nothing heavy is imported before a command runs, so that ``featser --help`` answers at once.
"""

import gc
import json
import sys
from typing import Annotated

import typer

from featser import __version__
from featser.cli.cache import cache
from featser.cli.corpora import corpora
from featser.cli.demo import demo
from featser.cli.extract import extract
from featser.cli.features import features
from featser.cli.fit import fit
from featser.cli.models import models
from featser.cli.predict import predict
from featser.cli.report import report
from featser.cli.terminal import settings, tell_error
from featser.cli.tune import tune
from featser.errors import FeatserError

INTERRUPTED = 130

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Importing the libraries makes objects that stay; looking for garbage among them takes a tenth of the start."""

app = typer.Typer(
    name="featser",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, extract, fit, tune, report, predict, corpora, features, models):
    app.command()(command)
app.add_typer(cache)


def show_version(asked: bool) -> None:
    """Print the version and leave, if that is what was asked."""
    if asked:
        sys.stdout.write(f"featser {__version__}\n")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=show_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the whole traceback of an error.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no messages, results only.")] = False,
) -> None:
    """Which emotion is spoken, why the model thinks so, and how far to trust it."""
    settings.debug, settings.quiet = debug, quiet


def main() -> None:
    """Entry point: an error the user can act on becomes one line and its own exit code."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        app()
    except FeatserError as error:
        if settings.debug:
            raise
        if "--json" in sys.argv:
            sys.stdout.write(json.dumps({"error": str(error), "exit_code": error.exit_code}) + "\n")
        tell_error(str(error))
        sys.exit(error.exit_code)
    except SystemExit as left:
        if left.code == INTERRUPTED:
            tell_error("Interrupted. What was finished is kept.")
        raise
