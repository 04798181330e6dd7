"""The feature cache: one SQLite database with the rows of all recordings, shared by all runs of a user.

A row is found by the digest of the recording's bytes and the key of the recipe that computed it, and carries a checksum
of its own. SQLite's write-ahead log keeps the database consistent when a process is killed, and lets several
processes use it at once. A database that is damaged is removed and computed again.
"""

import errno
import hashlib
import logging
import os
import sqlite3
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from featser.errors import InputError, UsageError
from featser.extraction.recipe import Recipe
from featser.features.frames import Array

FILE_NAME = "cache.sqlite"

_LAYOUT = 1
"""Version of the tables below; a database of another version is removed."""

_SCHEMA = """
CREATE TABLE recipes (id INTEGER PRIMARY KEY, key TEXT UNIQUE, name TEXT, recipe TEXT);
CREATE TABLE rows (recipe INTEGER, digest TEXT, seconds REAL, checksum BLOB, features BLOB);
CREATE UNIQUE INDEX rows_by_digest ON rows (recipe, digest, seconds);
CREATE TABLE files (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, digest TEXT, checksum BLOB) WITHOUT ROWID;
CREATE TABLE tables (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, inode INTEGER, identity TEXT) WITHOUT ROWID;
"""

_BATCH = 500
"""Values in one query."""

_ATTEMPTS = 3
"""Times that work on a damaged cache is tried."""

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_CLOSED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)
_REFUSED = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_IOERR: errno.EIO}

_log = logging.getLogger(__name__)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Row:
    """Features of one recording.

    Attributes
    ----------
    seconds : float
        duration of the recording
    values : Array [shape=(n_features,)]
        features, NaN where undefined
    """

    seconds: float
    values: Array


class DamagedCacheError(InputError):
    """Rows were not what had been written; they are deleted already."""


def default_folder() -> Path:
    """Return the folder of the user's cache: ``FEATSER_CACHE_DIR``, or the platform's place for caches."""
    chosen = os.environ.get("FEATSER_CACHE_DIR")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("featser"))


def run_with_cache(folder: Path | None, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """Call a function with the cache; where the cache proves damaged, mend it and call the function again.

    Parameters
    ----------
    folder : Path or None
        folder of the database; None for one in memory
    work : callable
        function of the open cache

    Returns
    -------
    object
        what ``work`` returns

    Raises
    ------
    UsageError
        the folder cannot be written
    OSError
        no space is left, or the disk fails
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _run(folder, work)
        except DamagedCacheError as error:
            _log.warning("%s", error)
        except (sqlite3.DatabaseError, UnicodeDecodeError):  # SQLite quotes damaged text in its errors
            if folder is None:
                raise
            remove_database(folder)
            _log.warning("The cache %s was damaged; it is made again.", folder / FILE_NAME)
    return _run(folder, work)


def known_rows(cache: sqlite3.Connection, recipe: Recipe, digests: Iterable[str]) -> dict[str, float]:
    """Return the durations of those recordings whose rows the cache holds.

    Parameters
    ----------
    cache : sqlite3.Connection
        as `run_with_cache` gives it
    recipe : Recipe
        how rows are computed
    digests : iterable of str
        content digests of recordings

    Returns
    -------
    dict of str to float
        content digest -> duration in seconds
    """
    return dict(_select(cache, "digest, seconds", recipe, list(digests)))


def read_values(cache: sqlite3.Connection, recipe: Recipe, digests: Sequence[str]) -> Array:
    """Return rows of features.

    Parameters
    ----------
    cache : sqlite3.Connection
        as `run_with_cache` gives it
    recipe : Recipe
        how rows are computed
    digests : sequence of str
        content digests of recordings, all of them known to the cache; repetitions are allowed

    Returns
    -------
    Array [shape=(n_digests, n_features)]

    Raises
    ------
    DamagedCacheError
        some rows are gone or do not have their checksum; those are deleted
    """
    places: dict[str, list[int]] = {}
    for place, digest in enumerate(digests):
        places.setdefault(digest, []).append(place)
    values = np.empty((len(digests), len(recipe.feature_set.feature_names)), np.float32)
    sound = set()
    for digest, seconds, checksum, features in _select(cache, "digest, seconds, checksum, features", recipe, [*places]):
        if row_is_sound(digest, seconds, checksum, features) and len(features) == 4 * values.shape[1]:
            values[places[digest]] = np.frombuffer(features, values.dtype)
            sound.add(digest)
    damaged = [digest for digest in places if digest not in sound]
    if damaged:
        _delete(cache, recipe, damaged)
        raise DamagedCacheError(f"{len(damaged)} rows of the cache were damaged; they are computed again.")
    return values


def write_rows(cache: sqlite3.Connection, recipe: Recipe, rows: Mapping[str, Row]) -> None:
    """Add rows, by the content digests of their recordings; all of them are there afterwards, or none.

    Parameters
    ----------
    cache : sqlite3.Connection
        as `run_with_cache` gives it
    recipe : Recipe
        how the rows were computed
    rows : mapping of str to Row
        content digest -> row
    """
    if not rows:
        return
    with cache:
        described = (recipe.key, recipe.feature_set.name, recipe.text)
        cache.execute("INSERT OR IGNORE INTO recipes (key, name, recipe) VALUES (?, ?, ?)", described)
        number = _recipe_number(cache, recipe)
        cache.executemany(
            "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?)", (_record(number, *each) for each in rows.items())
        )


def _run(folder: Path | None, work: Callable[[sqlite3.Connection], Result]) -> Result:
    try:
        with closing(_connect(folder)) as cache:
            return work(cache)
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _REFUSED:
            raise OSError(_REFUSED[code], os.strerror(_REFUSED[code]), str(folder)) from error
        if code in _CLOSED:
            raise _cannot_keep(folder, str(error)) from error
        if code in _BUSY:
            raise InputError(
                f"Another process has been writing to the cache {folder} for a minute. Wait for it."
            ) from error
        raise


def remove_database(folder: Path) -> int:
    """Delete the database of a cache and return how many bytes that frees."""
    files = [file for suffix in ("", "-wal", "-shm") if (file := folder / f"{FILE_NAME}{suffix}").exists()]
    freed = sum(file.stat().st_size for file in files)
    for file in files:
        file.unlink(missing_ok=True)
    return freed


def _connect(folder: Path | None) -> sqlite3.Connection:
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_keep(folder, error.strerror or str(error)) from error
    cache = sqlite3.connect(":memory:" if folder is None else folder / FILE_NAME, timeout=60)
    cache.text_factory = lambda text: text.decode(errors="replace")  # damaged text must not pass for a bug
    try:
        cache.execute("PRAGMA page_size = 16384")
        cache.execute("PRAGMA journal_mode = WAL")
        cache.execute("PRAGMA synchronous = NORMAL")
        _prepare(cache)
    except BaseException:
        cache.close()
        raise
    return cache


def _prepare(cache: sqlite3.Connection) -> None:
    """Create the tables of a new database; drop those of another layout."""
    if cache.execute("PRAGMA user_version").fetchone() == (_LAYOUT,):
        return
    with cache:
        cache.execute("BEGIN EXCLUSIVE")
        if cache.execute("PRAGMA user_version").fetchone() == (_LAYOUT,):  # another process was faster
            return
        for (name,) in cache.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            cache.execute(f'DROP TABLE "{name}"')
        for statement in _SCHEMA.split(";"):
            cache.execute(statement)
        cache.execute(f"PRAGMA user_version = {_LAYOUT}")


def _cannot_keep(folder: Path | None, why: str) -> UsageError:
    return UsageError(f"Cannot keep a cache in {folder} ({why}). Set FEATSER_CACHE_DIR to a folder of yours.")


def _select(cache: sqlite3.Connection, columns: str, recipe: Recipe, digests: Sequence[str]) -> Iterator[Any]:
    """Records of rows, in batches that are read whole: an open query would keep others from writing."""
    number = _recipe_number(cache, recipe)
    for batch in batches(digests):
        marks = ",".join("?" * len(batch))
        query = f"SELECT {columns} FROM rows WHERE recipe = ? AND digest IN ({marks})"  # noqa: S608 - names of columns
        yield from cache.execute(query, (number, *batch)).fetchall()


def batches(values: Sequence[Result]) -> Iterator[Sequence[Result]]:
    """Split values into parts that fit into one query."""
    return (values[first : first + _BATCH] for first in range(0, len(values), _BATCH))


def _recipe_number(cache: sqlite3.Connection, recipe: Recipe) -> int | None:
    found = cache.execute("SELECT id FROM recipes WHERE key = ?", (recipe.key,)).fetchone()
    return found[0] if found else None


def _record(recipe: int | None, digest: str, row: Row) -> tuple[object, ...]:
    features = np.ascontiguousarray(row.values, np.dtype("<f4")).tobytes()
    return recipe, digest, row.seconds, _checksum(digest, row.seconds, features), features


def _delete(cache: sqlite3.Connection, recipe: Recipe, digests: Sequence[str]) -> None:
    number = _recipe_number(cache, recipe)
    with cache:
        cache.executemany("DELETE FROM rows WHERE recipe = ? AND digest = ?", ((number, each) for each in digests))


def row_is_sound(digest: str, seconds: object, checksum: object, features: object) -> bool:
    """Return whether a record of the database is what was written.

    Parameters
    ----------
    digest, seconds, checksum, features
        columns of the record
    """
    if not (isinstance(seconds, float) and isinstance(features, bytes)):
        return False
    return checksum == _checksum(digest, seconds, features)


def _checksum(digest: str, seconds: float, features: bytes) -> bytes:
    return hashlib.sha256(digest.encode() + struct.pack("<d", seconds) + features).digest()[:16]
