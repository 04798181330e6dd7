"""Unpack archives from the web: no path leaves the folder, no links, and limits on size and number of files."""

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from lzma import LZMAError
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from featser.errors import InputError

MAX_BYTES = 120_000_000_000
"""Bytes of all unpacked files."""

MAX_FILES = 300_000

MAX_RATIO = 100
"""Unpacked bytes for each byte of the archive; recordings shrink to a tenth at best."""

_FREE_BYTES = 10_000_000
"""Bytes to which `MAX_RATIO` does not apply: small archives of text shrink more."""

_PIECE = 1 << 20

_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, LZMAError, EOFError, RuntimeError, NotImplementedError)
"""What damaged and encrypted archives raise."""


def unpack(archive: Path, folder: Path) -> int:
    """Unpack a zip or tar archive.

    Links, devices and the ``__MACOSX`` entries of macOS are left out. Permissions and owners are not taken over.

    Parameters
    ----------
    archive : Path
        zip, tar, tar.gz, tar.bz2 or tar.xz; its content is decisive, not its name
    folder : Path
        where to; it is made

    Returns
    -------
    int
        number of files

    Raises
    ------
    InputError
        the archive is damaged, encrypted or none, a path leads out of the folder, or a limit of this module is exceeded
    """
    size, n_files, n_bytes = archive.stat().st_size, 0, 0
    most = min(MAX_BYTES, MAX_RATIO * size + _FREE_BYTES)
    try:
        for name, content in _members(archive):
            n_files += 1
            if n_files > MAX_FILES:
                raise InputError(f"{archive.name} has more than {MAX_FILES:,} files; it is not unpacked.")
            file = folder / _inside(name, archive)
            if file.exists():
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("xb") as out:
                while piece := content.read(_PIECE):
                    n_bytes += len(piece)
                    if n_bytes > most:
                        raise InputError(
                            f"{archive.name} unpacks to more than {most:,} bytes from {size:,}; it is not unpacked."
                        )
                    out.write(piece)
    except _DAMAGE as error:
        raise InputError(f"{archive.name} cannot be unpacked ({error}). Delete {archive}, and run it again.") from error
    if not n_files:
        raise InputError(f"{archive.name} contains no files.")
    return n_files


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield path and content of each regular file."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for info in zipped.infolist():
                kind = stat.S_IFMT(info.external_attr >> 16)
                if not info.is_dir() and kind in (0, stat.S_IFREG) and _is_wanted(info.filename):
                    with zipped.open(info) as content:
                        yield info.filename, content
        return
    with tarfile.open(archive, "r:*") as tarred:
        for member in tarred:
            opened = tarred.extractfile(member) if member.isreg() and _is_wanted(member.name) else None
            if opened is not None:
                yield member.name, opened


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    return "__MACOSX" not in path.parts and not path.name.startswith("._")


def _inside(name: str, archive: Path) -> PurePosixPath:
    """Return a path that stays in the folder; an archive with any other path is refused."""
    path, windows = PurePosixPath(name), PureWindowsPath(name)
    unsafe = path.is_absolute() or windows.drive or windows.root or ".." in (*path.parts, *windows.parts)
    if unsafe or not path.parts or not name.isprintable():
        raise InputError(f"{archive.name} has a file with the path {name!r:.60}, which leads out of its folder.")
    return path
