"""The command line: one small file per command; each parses, calls one function, prints.

Nothing heavy is imported before a command runs, so that ``featser --help`` answers at once.
"""

import json
import sys
from typing import Annotated

import typer

from featser import __version__
from featser.cli.corpora import corpora
from featser.cli.demo import demo
from featser.cli.extract import extract
from featser.cli.features import features
from featser.cli.fit import fit
from featser.cli.models import models
from featser.cli.predict import predict
from featser.cli.report import report
from featser.errors import FeatserError

app = typer.Typer(
    name="featser",
    help="Which emotion is spoken, why the model thinks so, and how far to trust it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, extract, fit, report, predict, corpora, features, models):
    app.command()(command)

INTERRUPTED = 130


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the whole traceback of an error.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no messages, results only.")] = False,
) -> None:
    """Which emotion is spoken, why the model thinks so, and how far to trust it."""
    if version:
        sys.stdout.write(f"featser {__version__}\n")
        raise typer.Exit
    settings.debug, settings.quiet = debug, quiet


from featser.cli.terminal import settings, tell_error  # noqa: E402 - after the commands, which it serves


def main() -> None:
    """Entry point: an error the user can act on becomes one line and its own exit code."""
    try:
        app()
    except FeatserError as error:
        if settings.debug:
            raise
        if "--json" in sys.argv:
            sys.stdout.write(json.dumps({"error": str(error), "exit_code": error.exit_code}) + "\n")
        tell_error(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        tell_error("Interrupted. What was finished is kept.")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
