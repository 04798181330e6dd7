"""Content digests of files and tables already written, remembered by path, size and times of modification and change.

The system sets the time of change whenever content or name change, so that a file that replaces another one of the same
size and time of modification is read.

A second run over unchanged recordings opens none of them, as git's index does for a working tree.
"""

import hashlib
import os
import sqlite3
import stat
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from featser.audio import content_digest
from featser.extraction.cache import batches

_SETTLED_NS = 2_000_000_000
"""A file modified less than two seconds ago may change again within one tick of the file system's clock."""

_LATEST_STAMP = 2**63 - 1
"""Largest integer of SQLite; files with later stamps are read every time."""

_CHUNK = 64
"""Files that a thread reads at a time."""

Stamp = tuple[int, int, int]
"""Size in bytes, and times of modification and change in nanoseconds."""


def content_digests(cache: sqlite3.Connection, files: Sequence[str]) -> list[str | None]:
    """Return the content digest of each file; files unchanged since the last call are not opened.

    Parameters
    ----------
    cache : sqlite3.Connection
        the feature cache
    files : sequence of str
        absolute paths

    Returns
    -------
    list of str or None
        SHA-256 in hex; None for a file that cannot be read
    """
    now = time.time_ns()
    stamps = [file_stamp(file) for file in files]
    known = _remembered(cache, files)
    digests = [
        known[file][1] if stamp and file in known and known[file][0] == _checksum(stamp, known[file][1]) else None
        for file, stamp in zip(files, stamps, strict=True)
    ]
    unknown = [place for place, stamp in enumerate(stamps) if stamp and digests[place] is None]
    chunks = [unknown[first : first + _CHUNK] for first in range(0, len(unknown), _CHUNK)]
    with ThreadPoolExecutor() as threads:
        fresh = [
            digest
            for found in threads.map(lambda chunk: [_digest(files[at]) for at in chunk], chunks)
            for digest in found
        ]
    records = []
    for place, digest in zip(unknown, fresh, strict=True):
        digests[place], stamp = digest, stamps[place]
        if digest and stamp and stamp[1] < min(now - _SETTLED_NS, _LATEST_STAMP):
            records.append((os.fsencode(files[place]), *stamp[:2], digest, _checksum(stamp, digest)))
    if records:
        with cache:
            cache.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", records)
    return digests


def file_stamp(file: str) -> Stamp | None:
    """Return size and times of a regular file, None where there is none or it cannot be read."""
    try:
        status = os.stat(file)  # noqa: PTH116 - tens of thousands of files, three times as fast as Path.stat
    except OSError:
        return None
    regular = stat.S_ISREG(status.st_mode)
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns) if regular else None


def is_written(cache: sqlite3.Connection, table: Path, identity: str) -> bool:
    """Return whether a table file is the one that `remember_table` saw, and was made from the same rows.

    Parameters
    ----------
    cache : sqlite3.Connection
        the feature cache
    table : Path
        file of the table; it is not opened
    identity : str
        digest of everything that the table is made from
    """
    query = "SELECT size, mtime_ns, inode, identity FROM tables WHERE path = ?"
    found = cache.execute(query, (_table_path(table),)).fetchone()
    status = _table_status(table)
    return status is not None and found == (*status, identity)


def remember_table(cache: sqlite3.Connection, table: Path, identity: str) -> None:
    """Remember from what a table was made that was just written; parameters as of `is_written`."""
    with cache:
        record = (_table_path(table), *(_table_status(table) or (0, 0, 0)), identity)
        cache.execute("INSERT OR REPLACE INTO tables VALUES (?, ?, ?, ?, ?)", record)


def _remembered(cache: sqlite3.Connection, files: Iterable[str]) -> dict[str, tuple[bytes, str]]:
    """Checksum and digest of the files that are remembered; the checksum is one of stamp and digest."""
    found: dict[str, tuple[bytes, str]] = {}
    for batch in batches([os.fsencode(file) for file in files]):
        marks = ",".join("?" * len(batch))
        query = f"SELECT path, digest, checksum FROM files WHERE path IN ({marks})"  # noqa: S608 - question marks
        found |= {os.fsdecode(path): (checksum, digest) for path, digest, checksum in cache.execute(query, batch)}
    return found


def _digest(file: str) -> str | None:
    try:
        return content_digest(Path(file))
    except OSError:
        return None


def _checksum(stamp: Stamp, digest: str) -> bytes:
    return hashlib.sha256(f"{stamp} {digest}".encode()).digest()[:16]


def _table_path(table: Path) -> bytes:
    return os.fsencode(table.absolute())


def _table_status(table: Path) -> tuple[int, int, int] | None:
    """Size, time of change and inode: a table is renamed into its place, so another one has another inode."""
    try:
        status = table.stat()
    except OSError:
        return None
    return status.st_size, status.st_ctime_ns, status.st_ino
