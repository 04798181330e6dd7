"""Checks of output paths, made before the work whose results they receive."""

import stat
from pathlib import Path
from tempfile import TemporaryFile

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


def _mode(path: Path) -> int:
    """Return the file mode, links followed; 0 where nothing can be found."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0
