"""Looking after the cache: what is in it, whether it is sound, and why a recording is computed again."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featser.audio import content_digest
from featser.cache import RECIPE, Cache, feature_key, recipe
from featser.errors import InputError, UsageError
from featser.features import FeatureSet
from featser.shards import SHARD_SUFFIX, is_sound, read_shard


@dataclass(frozen=True)
class Holding:
    """The rows of one feature set and code.

    ``current`` says whether this featser would use them; rows of other code or libraries are only ballast.
    """

    key: str
    feature_set: str
    n_rows: int
    n_bytes: int
    current: bool


def holdings(cache: Cache, feature_sets: Iterable[FeatureSet]) -> list[Holding]:
    """List what the cache holds, by key; ``feature_sets`` are those whose rows count as current."""
    current = {feature_key(each, ()) for each in feature_sets}
    found = []
    for folder in _folders(cache):
        shards = sorted(folder.glob(f"*{SHARD_SUFFIX}"))
        n_rows = sum(len(shard.digests) for path in shards if (shard := read_shard(path)))
        n_bytes = sum(shard.stat().st_size for shard in shards)
        found.append(
            Holding(folder.name, str(_recipe(folder).get("name", "?")), n_rows, n_bytes, folder.name in current)
        )
    return found


def damaged_shards(cache: Cache) -> list[Path]:
    """Return the shards whose bytes are not what was written; the next run would drop and recompute their rows."""
    shards = [shard for folder in _folders(cache) for shard in sorted(folder.glob(f"*{SHARD_SUFFIX}"))]
    return [shard for shard in shards if not is_sound(shard)]


def clear(cache: Cache, keep: Iterable[FeatureSet] = ()) -> int:
    """Delete rows, except those of the sets to keep; return how many bytes that freed.

    Only folders that the cache made itself are touched.
    """
    kept = {feature_key(each, ()) for each in keep}
    freed = 0
    for folder in _folders(cache):
        if folder.name not in kept:
            freed += sum(file.stat().st_size for file in folder.iterdir())
            shutil.rmtree(folder)
    return freed


def why(cache: Cache, file: Path, feature_set: FeatureSet, clean: Iterable[str] = ()) -> list[str]:
    """Say whether the cache knows a recording under a feature set, and if not, what differs from what it knows.

    Raises
    ------
    UsageError
        no such file
    InputError
        a folder
    """
    if not file.exists():
        raise UsageError(f"No such file: '{file}'.")
    if not file.is_file():
        raise InputError(f"{file} is a folder. Name one recording.")
    digest = content_digest(file)
    wanted = recipe(feature_set, clean)
    lines = [f"content {digest[:16]}"]
    for folder in _folders(cache):
        shards = map(read_shard, folder.glob(f"*{SHARD_SUFFIX}"))
        if not any(shard and digest.encode() in shard.digests for shard in shards):
            continue
        if folder.name == feature_key(feature_set, clean):
            return [*lines, f"its row for '{feature_set.name}' is in the cache: nothing is computed"]
        made_by = _recipe(folder)
        differing = [part for part, value in wanted.items() if made_by.get(part) != _plain(value)]
        lines.append(f"a row of set '{made_by.get('name', '?')}' is there, but made by other {' and '.join(differing)}")
    return [*lines, f"its row for '{feature_set.name}' will be computed"]


def _folders(cache: Cache) -> list[Path]:
    root = cache.root / "rows"
    return sorted(each for each in root.iterdir() if each.is_dir()) if root.is_dir() else []


def _recipe(folder: Path) -> dict[str, Any]:
    place = folder / RECIPE
    try:
        read: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read


def _plain(value: Any) -> Any:
    """Return the value as JSON gives it back, tuples as lists."""
    return json.loads(json.dumps(value))
