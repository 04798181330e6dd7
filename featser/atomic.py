"""Atomic writing of files."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from uuid import uuid4


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Context manager that yields a temporary path, which replaces a file unless an exception is raised.

    Temporary files that killed processes of this machine left beside the file are removed.

    Parameters
    ----------
    path : Path
        file to write; its folder exists

    Yields
    ------
    Path
        temporary path in the same folder

    Raises
    ------
    OSError
        the file cannot be written; ``filename`` is set
    """
    start = f".{path.name}.{socket.gethostname()}-"
    temporary = path.with_name(f"{start}{os.getpid()}-{uuid4().hex}.part")
    try:
        _remove_abandoned(path.parent, start)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.errno and not error.filename:  # a full disk is reported without the file
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _remove_abandoned(folder: Path, start: str) -> None:
    """Remove temporary files of processes that do not run any more."""
    for file in folder.glob(f"{escape(start)}*.part"):
        process = file.name.removeprefix(start).partition("-")[0]
        if process.isdigit() and not _is_alive(int(process)):
            with suppress(OSError):
                file.unlink()


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # signal 0 would end the process there; files in use cannot be removed anyway
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
