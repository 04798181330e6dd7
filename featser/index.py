"""What files held when they were last looked at: told by path, size and time of change, as git's index does.

A second run over unchanged recordings opens none of them, and does not write a table anew that is there already.
"""

import errno
import os
import sqlite3
import stat
import sys
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from featser.cache import Cache
from featser.errors import UsageError
from featser.shards import Digests, as_digests
from featser.workers import Task, content_digests

_SETTLED_NS = 2_000_000_000
"""A file changed less than two seconds ago may change again within one tick of its clock: look again next time."""

_LAST_STAMP = 2**63 - 1
"""Some file systems know later ones, in the year 2262; a file of then is looked at every time."""

_SQL_BATCH = 500

_BY_ALL = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH

_PATHS, _LEFT_OVER = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()

_INDEX = "files.sqlite"
"""Where it is all remembered; made anew where it is damaged."""

_REFUSED = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_IOERR: errno.EIO}
"""What the file system refuses, which is no damage."""

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, digest TEXT)",
    "CREATE TABLE IF NOT EXISTS tables"
    " (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, inode INTEGER, identity TEXT)",
)

Answer = TypeVar("Answer")


def remembered_digests(cache: Cache, files: Sequence[str], task: Task, jobs: int | None = None) -> Digests:
    """Content digests of files; those that are unchanged since the last look are not opened.

    Files that cannot be read have an empty one; the audio reader will say why.

    Parameters
    ----------
    task : Task
        what will be asked of files that are new
    jobs : int, optional
        workers for those that must be opened; all cores by default
    """
    return _asked(cache, lambda index: _digests(index, files, task, jobs))


def is_written(cache: Cache, table: Path, identity: str) -> bool:
    """Whether a table lies there as it was written last, and was made of just this; it is not opened."""
    found = _table_status(table)
    held = _asked(cache, lambda index: index.execute(_TABLE_AT, (_table_place(table),)).fetchone())
    return found is not None and held == (*found, identity)


def remember_table(cache: Cache, table: Path, identity: str) -> None:
    """Remember what a table that was just written is made of."""
    row = (_table_place(table), *(_table_status(table) or (0, 0, 0)), identity)
    _asked(cache, lambda index: index.execute("INSERT OR REPLACE INTO tables VALUES (?, ?, ?, ?, ?)", row))


_TABLE_AT = "SELECT size, mtime_ns, inode, identity FROM tables WHERE path = ?"


def _asked(cache: Cache, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
    """Ask the index; one that is damaged is thrown away and asked again."""
    try:
        return _ask(cache, question)
    except sqlite3.DatabaseError as error:
        refused = _REFUSED.get(error.sqlite_errorcode & 0xFF)
        if refused:
            raise OSError(refused, os.strerror(refused), str(cache.root / _INDEX)) from error
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
    (cache.root / _INDEX).unlink(missing_ok=True)
    return _ask(cache, question)


def _ask(cache: Cache, question: Callable[[sqlite3.Connection], Answer]) -> Answer:
    with closing(_open_index(cache)) as index, index:
        return question(index)


def _open_index(cache: Cache) -> sqlite3.Connection:
    try:
        cache.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"Cannot keep a cache in {cache.root} ({error.strerror}). Set FEATSER_CACHE_DIR to a folder of yours."
        ) from error
    index = sqlite3.connect(cache.root / _INDEX, timeout=60)
    try:
        for statement in _SCHEMA:
            index.execute(statement)
    except sqlite3.Error:
        index.close()
        raise
    return index


def _digests(index: sqlite3.Connection, files: Sequence[str], task: Task, jobs: int | None) -> Digests:
    digests, here = as_digests([""] * len(files)), _here()
    changed, sizes, stamps = array("q"), array("q"), array("q")  # a tenth of the memory of tuples
    for start in range(0, len(files), _SQL_BATCH):
        batch = range(start, min(start + _SQL_BATCH, len(files)))
        places = [_place(files[number], here) for number in batch]
        known = {place: (digest, (size, mtime_ns)) for place, size, mtime_ns, digest in _look_up(index, places)}
        for number, place in zip(batch, places, strict=True):
            digest, remembered = known.get(place, ("", None))
            status = _status(files[number])
            if status and status == remembered:
                digests[number] = digest
            elif status:
                changed.append(number)
                sizes.append(status[0])
                stamps.append(min(status[1], _LAST_STAMP))
    settled = time.time_ns() - _SETTLED_NS  # by the time before they are opened
    fresh = content_digests([files[number] for number in changed], task, jobs)
    for number, digest in zip(changed, fresh, strict=True):
        digests[number] = digest or ""
    rows = (
        (_place(files[number], here), size, stamp, digest)
        for number, size, stamp, digest in zip(changed, sizes, stamps, fresh, strict=True)
        if digest and stamp < settled
    )
    index.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows)
    return digests


def _look_up(index: sqlite3.Connection, paths: Sequence[bytes]) -> Iterator[tuple[Any, ...]]:
    """Path, size, time of change and digest of those that are remembered."""
    marks = ",".join("?" * len(paths))
    yield from index.execute(f"SELECT * FROM files WHERE path IN ({marks})", paths)  # noqa: S608


def _here() -> str:
    """What makes a relative path absolute when put before it."""
    return os.path.join(os.getcwd(), "")  # noqa: PTH109, PTH118


def _place(file: str, here: str) -> bytes:
    """Absolute path of a file, not resolved; by strings, because tens of thousands are asked for."""
    absolute = file if file.startswith(os.sep) or os.path.isabs(file) else here + file  # noqa: PTH117
    return absolute.encode(_PATHS, _LEFT_OVER)


def _status(file: str) -> tuple[int, int] | None:
    """Size and time of change of a file that can be read; None for all else."""
    try:
        status = os.stat(file)  # noqa: PTH116
    except OSError:
        return None
    mode = status.st_mode
    readable = stat.S_ISREG(mode) and (mode & _BY_ALL == _BY_ALL or os.access(file, os.R_OK))
    return (status.st_size, status.st_mtime_ns) if readable else None


def _table_place(table: Path) -> bytes:
    return _place(os.fspath(table), _here())


def _table_status(table: Path) -> tuple[int, int, int] | None:
    """Size, time of change and inode: a table is renamed into its place, so another one there has another inode."""
    try:
        status = table.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino
