"""The feature cache: one row per recording's content, feature set and code, shared by all runs of a user.

Rows lie in shards that are written under a temporary name and then renamed, so a crash loses at most the shard
in hand, and two runs at once cannot harm each other. A row is found by the head of its shard and read from its
place there, so that however many rows there are, only those in hand take memory.
"""

import hashlib
import json
import os
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache as memoised
from importlib.metadata import version
from itertools import count, groupby, repeat
from pathlib import Path
from sys import intern
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from featser.errors import InputError
from featser.features import FeatureSet
from featser.features.frames import Array
from featser.whole import written_whole

NUMERIC_LIBRARIES = ("numba", "numpy", "soxr", "soundfile")
"""What a row's numbers depend on besides our own code."""

SHARD_SUFFIX = ".rows"
"""A shard is a head, the content digests and the lengths of its recordings, and then its values, little-endian."""

RECIPE = "recipe.json"
"""What the rows of a folder were made by, in plain values."""

_DIGEST_BYTES = 32

_HEAD = struct.Struct("<32s32sQQ")
"""SHA-256 of all that follows up to the values, that of the values, numbers of rows and of features."""

_PER_ROW = _DIGEST_BYTES + 8
"""Bytes that a row takes before the values: its recording's content digest, and its length in seconds."""


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


class Place(NamedTuple):
    """Where a row lies: its shard, its first byte there, and the length of the recording in seconds."""

    shard: Path
    offset: int
    seconds: float


@dataclass(frozen=True)
class Shard:
    """What a shard says that it holds, in the order of its rows; its values are not read."""

    path: Path
    digests: tuple[str, ...]
    seconds: tuple[float, ...]
    n_features: int
    checksum: bytes

    @property
    def start(self) -> int:
        """First byte of the values."""
        return _HEAD.size + _PER_ROW * len(self.digests)

    def places(self) -> Iterator[tuple[str, Place]]:
        """Each content digest with the place of its row."""
        places = map(Place, repeat(self.path), count(self.start, 4 * self.n_features), self.seconds)
        return zip(self.digests, places, strict=False)


def find_rows(cache: Cache, key: str, digests: Iterable[str]) -> dict[str, Place]:
    """Places of the rows that the cache holds for these recordings, by what the shards say; see `drop_damaged`."""
    wanted = set(digests)
    places: dict[str, Place] = {}
    for path in sorted(cache.shards(key).glob(f"*{SHARD_SUFFIX}")):
        shard = read_shard(path)
        if shard is None:
            path.unlink(missing_ok=True)
            continue
        places.update((digest, place) for digest, place in shard.places() if digest in wanted)
    return places


def drop_damaged(places: Mapping[str, Place]) -> dict[str, Place]:
    """Places whose values are what was written; a damaged shard is removed and its rows are missing."""
    sound = {path: is_sound(path) for path in {place.shard for place in places.values()}}
    for path in (path for path, whole in sound.items() if not whole):
        path.unlink(missing_ok=True)
    return {digest: place for digest, place in places.items() if sound[place.shard]}


def read_values(places: Sequence[Place], n_features: int) -> Array:
    """Rows of numbers from their places, shape ``(n_places, n_features)``, with one shard open at a time.

    Raises
    ------
    InputError
        a shard is gone, because somebody cleared the cache meanwhile
    """
    values = np.empty((len(places), n_features), np.float32)
    order = sorted(range(len(places)), key=lambda at: (places[at].shard, places[at].offset))
    for path, group in groupby(order, key=lambda at: places[at].shard):
        try:
            with path.open("rb") as shard:
                for at in group:
                    shard.seek(places[at].offset)
                    if shard.readinto(values[at]) < values[at].nbytes:
                        raise EOFError
        except (OSError, EOFError) as error:
            raise InputError(f"The cache changed while it was read: {path} is not whole. Run it again.") from error
    return values


def read_rows(cache: Cache, key: str, digests: Iterable[str]) -> dict[str, Row]:
    """Rows that the cache holds for these recordings; a damaged shard is removed and its rows are missing."""
    places = drop_damaged(find_rows(cache, key, digests))
    shard = read_shard(next(iter(places.values())).shard) if places else None
    values = read_values(list(places.values()), shard.n_features if shard else 0)
    return {digest: Row(place.seconds, row) for (digest, place), row in zip(places.items(), values, strict=True)}


def write_recipe(cache: Cache, feature_set: FeatureSet, clean: Iterable[str]) -> None:
    """Leave beside the rows what they were made by, for whoever asks why a row is not used any more."""
    place = cache.shards(feature_key(feature_set, clean)) / RECIPE
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"name": feature_set.name} | recipe(feature_set, clean), indent=1, sort_keys=True)
        with written_whole(place) as temporary:
            temporary.write_text(text, encoding="utf-8")


def write_rows(cache: Cache, key: str, rows: Mapping[str, Row]) -> dict[str, Place]:
    """Add one shard with these rows, in the order of their digests; return where they lie.

    The name of a shard is that of its recordings: two runs that compute the same rows write the same bytes to it.
    """
    if not rows:
        return {}
    digests = sorted(rows)
    values = [np.ascontiguousarray(rows[digest].values, np.float32) for digest in digests]
    n_features, of_values = len(values[0]), hashlib.sha256()
    for row in values:
        of_values.update(row.data)
    seconds = np.array([rows[digest].seconds for digest in digests])
    told = b"".join(map(bytes.fromhex, digests)) + seconds.tobytes()
    head = _HEAD.pack(bytes(_DIGEST_BYTES), of_values.digest(), len(values), n_features)[_DIGEST_BYTES:] + told
    name = hashlib.sha256("".join(digests).encode()).hexdigest()[:32]
    target = cache.shards(key) / f"{name}{SHARD_SUFFIX}"
    _write_shard(target, hashlib.sha256(head).digest() + head, values)
    shard = Shard(target, tuple(digests), tuple(seconds.tolist()), n_features, b"")
    return dict(shard.places())


def _write_shard(target: Path, head: bytes, values: Iterable[Array]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(target) as temporary, temporary.open("wb") as sink:
        sink.write(head)
        sink.writelines(row.data for row in values)


def read_shard(path: Path) -> Shard | None:
    """What a shard says that it holds, or None where that is not what was written; no other bytes are parsed."""
    try:
        with path.open("rb") as file:
            return _read_head(path, file)
    except OSError:
        return None


def is_sound(path: Path) -> bool:
    """Whether every byte of a shard is what was written; its values pass by in pieces."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            shard = _read_head(path, file)
            while shard and (piece := file.read(1 << 20)):
                digest.update(piece)
    except OSError:
        return False
    return shard is not None and digest.digest() == shard.checksum


def _read_head(path: Path, file: BinaryIO) -> Shard | None:
    """Read a shard up to its values."""
    size = path.stat().st_size
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    checksum, of_values, n_rows, n_features = _HEAD.unpack(head)
    if size != _HEAD.size + n_rows * (_PER_ROW + 4 * n_features):
        return None
    told = file.read(_PER_ROW * n_rows)
    if hashlib.sha256(head[_DIGEST_BYTES:] + told).digest() != checksum:
        return None
    cut = _DIGEST_BYTES * n_rows
    digests = tuple(intern(told[at : at + _DIGEST_BYTES].hex()) for at in range(0, cut, _DIGEST_BYTES))
    return Shard(path, digests, tuple(np.frombuffer(told[cut:]).tolist()), n_features, of_values)
