"""The command line: one small file per command; each parses, calls one function, prints.

Nothing heavy is imported before a command runs, so that ``featser --help`` answers at once.
"""

import atexit
import errno
import gc
import os
import sys
import traceback
from typing import Annotated, Any

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
from featser.cli.terminal import print_json, settings, tell_error, wants_json
from featser.cli.tune import tune
from featser.errors import FeatserError, InputError, UsageError

BUG = 1
INTERRUPTED = 130

_WRONG_COMMAND_LINE = typer.BadParameter.__mro__[1]
"""Every error of typer about arguments; it has no public name."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The name of the file is not always told then."""

_NO_PLACE = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.ENAMETOOLONG,
    errno.EIO,
    *_NO_ROOM,
)
"""What a file system may refuse, through no fault of ours."""

_OBJECTS_BETWEEN_COLLECTIONS = 200_000
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
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no messages: results, and what was rejected.")
    ] = False,
) -> None:
    """Which emotion is spoken, why the model thinks so, and how far to trust it."""
    settings.debug, settings.quiet = debug, quiet


def main() -> None:
    """Entry point: what goes wrong becomes one line and its own exit code; under ``--json``, one document too."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)  # else all modules are looked through for garbage before they are left
    settings.debug = settings.quiet = False
    try:
        left = app(prog_name="featser", standalone_mode=False) or 0
    except Exception as error:  # noqa: BLE001 - the last place where a bug of ours can become one line
        if settings.debug:
            traceback.print_exc()
        left = _tell(*_in_one_line(error))
    if left == INTERRUPTED:
        _tell("Interrupted. What was finished is kept.", INTERRUPTED)
    sys.exit(left)


def _in_one_line(error: Exception) -> tuple[str, int]:
    """Say what went wrong, and with which code to exit."""
    if isinstance(error, FeatserError):
        return str(error), error.exit_code
    if isinstance(error, _WRONG_COMMAND_LINE):
        return _wrong_command_line(error), UsageError.exit_code
    if isinstance(error, OSError) and error.filename and error.errno in _NO_PLACE:
        return f"{error.strerror}: '{error.filename}'. Choose another place, or make room there.", InputError.exit_code
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        where = "where the results or temporary files go; --debug in front of the command shows where that is"
        return f"{os.strerror(error.errno)}. Make room {where}.", InputError.exit_code
    said = " ".join(str(error).split())
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return f"{what}. That is a bug of ours. For its traceback put --debug in front: featser --debug COMMAND.", BUG


def _wrong_command_line(error: Any) -> str:
    """Say what typer has against the command line; nothing, where help was all there was to say."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error)
    path = error.ctx.command_path if error.ctx else "featser"
    said = " ".join(error.format_message().split()).rstrip(".")
    return f"{said}. See {path} --help."


def _tell(message: str, exit_code: int) -> int:
    if wants_json(sys.argv[1:]):
        print_json({"error": message, "exit_code": exit_code})
    if message:
        tell_error(message)
    return exit_code
