"""Checks of output paths, made before the work whose results they receive."""

import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryFile

from featser.atomic import atomic_write
from featser.errors import UsageError


def check_output(path: Path, suffix: str) -> None:
    """Raise an error if a file cannot be written.

    No folder is made and no file is left behind.

    Parameters
    ----------
    path : Path
        the file; it may exist already
    suffix : str
        required suffix, with its dot

    Raises
    ------
    UsageError
        ``path`` is a folder or a device, has another suffix, or lies where no file can be made
    """
    mode = _mode(path)
    if stat.S_ISDIR(mode):
        raise UsageError(f"'{path}' is a folder. Name a {suffix} file: {path / f'NAME{suffix}'}.")
    if mode and not stat.S_ISREG(mode):
        raise UsageError(f"'{path}' is a device, not a file. Name a {suffix} file.")
    if path.suffix.lower() != suffix:
        raise UsageError(f"'{path}' does not end in {suffix}, the only format written here. Use NAME{suffix}.")
    check_folder(path.parent)


def check_folder(path: Path) -> None:
    """Raise an error if no file can be made in a folder; a folder that does not exist yet could be made.

    Parameters
    ----------
    path : Path
        the folder; it and its parents need not exist

    Raises
    ------
    UsageError
        the folder, or its nearest existing parent, is a file or cannot be written to
    """
    nearest = next((each for each in (path, *path.parents) if _mode(each)), path)
    try:
        with TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"Cannot write to '{path}' ({nearest}: {reason}). Choose another place.") from error


@contextmanager
def stdout_to(path: Path | None) -> Iterator[None]:
    """Write to a file what is meanwhile written to stdout; the file is replaced as a whole, if there is anything.

    Parameters
    ----------
    path : Path or None
        the file; None leaves stdout alone
    """
    if path is None:
        yield
        return
    text = io.StringIO()
    try:
        with redirect_stdout(text):
            yield
    finally:  # a command that ends with an exit code has written its results, too
        if text.getvalue():
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as temporary:
                temporary.write_text(text.getvalue(), encoding="utf-8")


def _mode(path: Path) -> int:
    """Return the file mode, links followed; 0 where nothing can be found."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0
