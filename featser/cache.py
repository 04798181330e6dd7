"""The feature cache: one row per recording's content, feature set and code, shared by all runs of a user.

Rows lie in shards that are written under a temporary name and then renamed, so a crash loses at most the shard
in hand, and two runs at once cannot harm each other. The digest of an unchanged file is remembered by path, size
and time of change, so a second run opens no audio.
"""

import hashlib
import json
import os
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache as memoised
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from featser.arrow import number_column, text_column
from featser.audio import content_digest
from featser.errors import UsageError
from featser.features import FeatureSet
from featser.features.frames import Array

if TYPE_CHECKING:
    import pyarrow as pa

NUMERIC_LIBRARIES = ("numba", "numpy", "soxr", "soundfile")
"""What a row's numbers depend on besides our own code."""

_SETTLED_NS = 2_000_000_000
"""A file changed less than two seconds ago may change again within one tick of its clock: look again next time."""

_SQL_BATCH = 500

_INDEX = "files.sqlite"
"""Remembered digests; made anew where it is damaged."""

SHARD_SUFFIX = ".rows"
"""A shard is the SHA-256 of an Arrow file, and then that file."""

RECIPE = "recipe.json"
"""What the rows of a folder were made by, in plain values."""

_DIGEST_BYTES = 32


@dataclass(frozen=True)
class Cache:
    """A folder of rows and remembered digests."""

    root: Path

    def shards(self, key: str) -> Path:
        """Return the folder with the rows of one feature set and code."""
        return self.root / "rows" / key


@dataclass(frozen=True)
class Row:
    """Features of one recording, shape ``(n_features,)``, and its length in seconds."""

    seconds: float
    values: Array


def default_cache() -> Cache:
    """Return the user's cache: ``FEATSER_CACHE_DIR``, or the platform's place for caches."""
    chosen = os.environ.get("FEATSER_CACHE_DIR")
    if chosen:
        return Cache(Path(chosen))
    import platformdirs

    return Cache(Path(platformdirs.user_cache_dir("featser")))


def feature_key(feature_set: FeatureSet, clean: Iterable[str]) -> str:
    """Digest of all that a row depends on besides the recording."""
    return hashlib.sha256(json.dumps(recipe(feature_set, clean), sort_keys=True).encode()).hexdigest()[:32]


def recipe(feature_set: FeatureSet, clean: Iterable[str]) -> dict[str, Any]:
    """What a row depends on besides the recording: set, cleaning, code, numeric libraries."""
    chosen = {name: value for name, value in feature_set.to_dict().items() if name not in ("name", "title")}
    versions = {name: version(name) for name in NUMERIC_LIBRARIES}
    return {"feature set": chosen, "cleaning": list(clean), "code": code_digest(), "libraries": versions}


@memoised
def code_digest() -> str:
    """Digest of the source that turns a file into a row: the audio reader and the features package."""
    package = Path(__file__).parent
    sources = [package / "audio.py", package / "chunks.py", *sorted((package / "features").rglob("*.py"))]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()


def remembered_digests(cache: Cache, files: Sequence[Path]) -> dict[Path, str]:
    """Content digests of files; those that are unchanged since the last look are not opened.

    Files that cannot be read are left out; the audio reader will say why.
    """
    stats = {file: status for file in files if (status := _status(file)) is not None}
    try:
        return _digests(cache, stats)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
    (cache.root / _INDEX).unlink(missing_ok=True)
    return _digests(cache, stats)


def _digests(cache: Cache, stats: Mapping[Path, tuple[int, int]]) -> dict[Path, str]:
    with closing(_open_index(cache)) as index:
        places = {file: os.fsencode(file.absolute()) for file in stats}
        known = dict(_look_up(index, list(places.values())))
        digests, fresh = {}, []
        for file, (size, mtime_ns) in stats.items():
            remembered = known.get(places[file])
            if remembered and remembered[:2] == (size, mtime_ns):
                digests[file] = remembered[2]
                continue
            digests[file] = content_digest(file)
            if time.time_ns() - mtime_ns > _SETTLED_NS:
                fresh.append((places[file], size, mtime_ns, digests[file]))
        with index:
            index.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", fresh)
    return digests


def read_rows(cache: Cache, key: str, digests: Iterable[str]) -> dict[str, Row]:
    """Rows that the cache holds for these recordings; a damaged shard is removed and its rows are missing."""
    wanted = set(digests)
    rows: dict[str, Row] = {}
    for shard in sorted(cache.shards(key).glob(f"*{SHARD_SUFFIX}")):
        held = read_shard(shard)
        if held is None:
            shard.unlink(missing_ok=True)
            continue
        rows.update((digest, row) for digest, row in held if digest in wanted)
    return rows


def write_recipe(cache: Cache, feature_set: FeatureSet, clean: Iterable[str]) -> None:
    """Leave beside the rows what they were made by, for whoever asks why a row is not used any more."""
    place = cache.shards(feature_key(feature_set, clean)) / RECIPE
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"name": feature_set.name} | recipe(feature_set, clean), indent=1, sort_keys=True)
        temporary = place.with_name(f".{uuid4().hex}")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(place)


def write_rows(cache: Cache, key: str, rows: Mapping[str, Row]) -> None:
    """Add one shard with these rows."""
    import pyarrow as pa

    if not rows:
        return
    digests = sorted(rows)
    values = np.stack([rows[digest].values for digest in digests]).astype(np.float32)
    table = pa.table(
        {
            "digest": text_column(digests),
            "seconds": number_column([rows[digest].seconds for digest in digests]),
            "values": pa.FixedSizeListArray.from_arrays(number_column(values.ravel()), values.shape[1]),
        }
    )
    body = pa.BufferOutputStream()
    with pa.ipc.new_file(body, table.schema) as writer:
        writer.write_table(table)
    name = hashlib.sha256("".join(digests).encode()).hexdigest()[:32]
    _write_shard(cache.shards(key) / f"{name}{SHARD_SUFFIX}", body.getvalue())


def _write_shard(target: Path, body: "pa.Buffer") -> None:
    """Write a shard, behind its own digest, under a name that nobody else uses, and then rename it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}.{uuid4().hex}")
    with temporary.open("wb") as sink:
        sink.write(hashlib.sha256(body).digest())
        sink.write(body)
    temporary.replace(target)


def read_shard(shard: Path) -> Iterator[tuple[str, Row]] | None:
    """Rows of one shard, or None where its bytes are not what was written; no other bytes are ever parsed."""
    import pyarrow as pa

    try:
        content = memoryview(shard.read_bytes())
    except OSError:
        return None
    expected, body = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(body).digest() != expected:
        return None
    table = pa.ipc.open_file(pa.py_buffer(body)).read_all().combine_chunks()
    values = np.frombuffer(table["values"].chunk(0).values.buffers()[1], np.float32).reshape(len(table), -1)
    keyed = zip(table["digest"].to_pylist(), table["seconds"].to_pylist(), values, strict=True)
    return ((digest, Row(seconds, row)) for digest, seconds, row in keyed)


def _status(file: Path) -> tuple[int, int] | None:
    """Size and time of change of a file that can be read; None for all else."""
    try:
        status = file.stat()
    except OSError:
        return None
    readable = stat.S_ISREG(status.st_mode) and os.access(file, os.R_OK)
    return (status.st_size, status.st_mtime_ns) if readable else None


def _open_index(cache: Cache) -> sqlite3.Connection:
    try:
        cache.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"Cannot keep a cache in {cache.root} ({error.strerror}). Set FEATSER_CACHE_DIR to a folder of yours."
        ) from error
    index = sqlite3.connect(cache.root / _INDEX, timeout=60)
    index.execute(
        "CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, digest TEXT)"
    )
    return index


def _look_up(index: sqlite3.Connection, paths: Sequence[bytes]) -> Iterator[tuple[bytes, tuple[Any, ...]]]:
    for start in range(0, len(paths), _SQL_BATCH):
        batch = paths[start : start + _SQL_BATCH]
        marks = ",".join("?" * len(batch))
        for path, *rest in index.execute(f"SELECT * FROM files WHERE path IN ({marks})", batch):  # noqa: S608
            yield path, tuple(rest)
