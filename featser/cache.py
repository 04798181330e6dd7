"""The feature cache: one row per recording's content, feature set and code, shared by all runs of a user.

Rows lie in shards that are written under a temporary name and then renamed, so a crash loses at most the shard
in hand, and two runs at once cannot harm each other. A row is found by the head of its shard and read from its
place there, so that however many rows there are, only those in hand take memory.
"""

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache as memoised
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from featser.atomic import written_whole
from featser.errors import InputError
from featser.features import FeatureSet
from featser.features.frames import Array
from featser.places import Places
from featser.shards import SHARD_SUFFIX, Digests, Shard, as_digests, is_sound, read_shard, write_shard

NUMERIC_LIBRARIES = ("numba", "numpy", "soxr", "soundfile")
"""What a row's numbers depend on besides our own code."""

RECIPE = "recipe.json"
"""What the rows of a folder were made by, in plain values."""


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
    sources = [*sorted((package / "audio").rglob("*.py")), *sorted((package / "features").rglob("*.py"))]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()


def find_rows(cache: Cache, key: str, digests: Digests) -> Places:
    """Places of the rows that the cache holds for these recordings, by what the shards say; see `drop_damaged`.

    Parameters
    ----------
    digests : Digests
        sorted, each of them once
    """
    places = Places.nowhere(len(digests))
    for path in sorted(cache.shards(key).glob(f"*{SHARD_SUFFIX}")):
        shard = read_shard(path)
        if shard is None:
            path.unlink(missing_ok=True)
        else:
            enter(places, digests, shard)
    return places


def enter(places: Places, digests: Digests, shard: Shard) -> None:
    """Write down where the rows of a shard lie, of those recordings that are asked for."""
    at = np.searchsorted(digests, shard.digests)
    wanted = np.flatnonzero(at < len(digests))
    wanted = wanted[digests[at[wanted]] == shard.digests[wanted]]
    places.put(at[wanted], shard.path, shard.start + 4 * shard.n_features * wanted, shard.seconds[wanted])


def drop_damaged(places: Places, but: Collection[Path] = ()) -> Places:
    """Places whose values are what was written; a damaged shard is removed and its rows are nowhere.

    Shards in ``but`` are not looked at.
    """
    sound = set(but)
    damaged = [path for path in places.shards_in_use if path not in sound and not is_sound(path)]
    for path in damaged:
        path.unlink(missing_ok=True)
    return places.without(damaged)


def read_values(places: Places, n_features: int) -> Array:
    """Rows of numbers from their places, shape ``(n_places, n_features)``, with one shard open at a time.

    Raises
    ------
    InputError
        a shard is gone, because somebody cleared the cache meanwhile
    """
    values = np.empty((len(places), n_features), np.float32)
    for path, rows, offsets in places.by_shard():
        try:
            with path.open("rb") as shard:
                for row, offset in zip(rows, offsets, strict=True):
                    shard.seek(offset)
                    if shard.readinto(values[row]) < values[row].nbytes:
                        raise EOFError
        except (OSError, EOFError) as error:
            raise InputError(f"The cache changed while it was read: {path} is not whole. Run it again.") from error
    return values


def read_rows(cache: Cache, key: str, digests: Iterable[str]) -> dict[str, Row]:
    """Rows that the cache holds for these recordings; a damaged shard is removed and its rows are missing."""
    wanted = sorted(set(digests))
    places = drop_damaged(find_rows(cache, key, as_digests(wanted)))
    held = np.flatnonzero(places.held)
    shard = read_shard(next(iter(places.shards_in_use))) if len(held) else None
    values = read_values(places[held], shard.n_features if shard else 0)
    return {wanted[at]: Row(places.seconds[at], row) for at, row in zip(held, values, strict=True)}


def write_recipe(cache: Cache, feature_set: FeatureSet, clean: Iterable[str]) -> None:
    """Leave beside the rows what they were made by, for whoever asks why a row is not used any more."""
    place = cache.shards(feature_key(feature_set, clean)) / RECIPE
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"name": feature_set.name} | recipe(feature_set, clean), indent=1, sort_keys=True)
        with written_whole(place) as temporary:
            temporary.write_text(text, encoding="utf-8")


def write_rows(cache: Cache, key: str, rows: Mapping[str, Row]) -> Shard:
    """Add one shard with these rows, of which there is at least one, in the order of their digests.

    The name of a shard is that of its recordings: two runs that compute the same rows write the same bytes to it.
    """
    digests = sorted(rows)
    name = hashlib.sha256("".join(digests).encode()).hexdigest()[:32]
    seconds = np.array([rows[digest].seconds for digest in digests])
    values = [np.ascontiguousarray(rows[digest].values, np.float32) for digest in digests]
    return write_shard(cache.shards(key) / f"{name}{SHARD_SUFFIX}", as_digests(digests), seconds, values)
