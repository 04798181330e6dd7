"""The command line: one module per command, which parses its options, calls one function and prints the result.

Each command imports its libraries when it runs, which keeps ``featser --help`` fast.
"""

import atexit
import errno
import gc
import os
import signal
import sys
import traceback
from typing import Annotated, Any

import typer

from featser.cli.adapt import adapt
from featser.cli.audit import audit
from featser.cli.cache import cache
from featser.cli.corpora import corpora
from featser.cli.demo import demo
from featser.cli.explore import explore
from featser.cli.export import export
from featser.cli.extract import extract
from featser.cli.features import features
from featser.cli.fit import fit
from featser.cli.import_features import import_features
from featser.cli.listen import listen
from featser.cli.manifest import manifest
from featser.cli.models import models
from featser.cli.predict import predict
from featser.cli.report import report
from featser.cli.server import app as app_command
from featser.cli.study import study
from featser.cli.terminal import print_json, settings, tell_error, wants_json
from featser.cli.tune import tune
from featser.errors import FeatserError, InputError, UsageError
from featser.versions import __version__

BUG = 1
INTERRUPTED = 130

_WRONG_COMMAND_LINE = typer.BadParameter.__mro__[1]
"""Base class of typer's errors about arguments; it has no public name."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Full disk, quota or file size limit; such an error may lack the name of the file."""

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
"""Errors of the file system that the user can mend."""

_OBJECTS_BETWEEN_COLLECTIONS = 200_000
"""Threshold of the garbage collector: collections during imports take a tenth of the start-up time."""

app = typer.Typer(
    name="featser",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS = (
    *(demo, audit, extract, explore, fit, tune, report, predict, adapt, listen, app_command, export),
    *(corpora, manifest, import_features, features, models),
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(study)
app.add_typer(cache)


def show_version(asked: bool) -> None:
    """Print the version and exit, if ``asked``."""
    if asked:
        sys.stdout.write(f"featser {__version__}\n")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[  # noqa: ARG001 - used by its callback
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=show_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only results and rejected recordings: no messages, no progress.")
    ] = False,
) -> None:
    """Speech emotion recognition with handcrafted features, scored on unseen speakers."""
    settings.debug, settings.quiet = debug, quiet


def run() -> None:
    """Run the command line as a process of its own."""
    try:
        main()
    except SystemExit as left:
        if left.code == INTERRUPTED:
            _leave()
        raise


def _leave() -> None:
    """End the process after an interruption; destructors of libraries would abort it if their threads still ran."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(INTERRUPTED)


def main() -> None:
    """Run the command line; an error is one line with its exit code, and with ``--json`` one document as well."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)  # otherwise the last collection searches all modules
    settings.debug = settings.quiet = False
    try:
        left = app(prog_name="featser", standalone_mode=False) or 0
    except Exception as error:  # noqa: BLE001 - a bug is reported in one line, too
        if settings.debug:
            traceback.print_exc()
        left = _tell(*_in_one_line(error))
    if left == INTERRUPTED:
        _tell("Interrupted. Finished work is kept.", INTERRUPTED)
    sys.exit(left)


def _in_one_line(error: Exception) -> tuple[str, int]:
    """Return the message of an error and its exit code."""
    if isinstance(error, FeatserError):
        return str(error), error.exit_code
    if isinstance(error, _WRONG_COMMAND_LINE):
        return _wrong_command_line(error), UsageError.exit_code
    if isinstance(error, OSError) and error.filename and error.errno in _NO_PLACE:
        return (
            f"{os.strerror(error.errno)}: '{error.filename}'. Choose another place, or make room there.",
            InputError.exit_code,
        )
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        where = "for results or temporary files; featser --debug COMMAND shows the place"
        return f"{os.strerror(error.errno)}. Make room {where}.", InputError.exit_code
    message = " ".join(str(error).split())
    what = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return f"{what}. This is a bug in featser. Show its traceback: featser --debug COMMAND.", BUG


def _wrong_command_line(error: Any) -> str:
    """Return typer's message on one line; empty if the help was shown instead."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error)
    path = error.ctx.command_path if error.ctx else "featser"
    message = " ".join(error.format_message().split()).rstrip(".")
    return f"{message}. See {path} --help."


def _tell(message: str, exit_code: int) -> int:
    if wants_json(sys.argv[1:]):
        print_json({"error": message, "exit_code": exit_code})
    if message:
        tell_error(message)
    return exit_code
