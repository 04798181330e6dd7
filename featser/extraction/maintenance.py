"""Maintenance of the cache: its contents, their soundness, and why a row is computed again."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featser.audio import content_digest
from featser.errors import InputError, UsageError
from featser.extraction.cache import batches, remove_database, row_is_sound, run_with_cache
from featser.extraction.recipe import code_and_libraries
from featser.features import PLUGINS


@dataclass(frozen=True)
class Holding:
    """Rows of one recipe.

    Attributes
    ----------
    key : str
        key of the recipe
    feature_set : str
        name of the feature set
    clean : tuple of str
        cleaning steps
    n_rows, n_bytes : int
        rows, and bytes of their features
    current : bool
        whether today's code and libraries computed them; other rows are never used again
    """

    key: str
    feature_set: str
    clean: tuple[str, ...]
    n_rows: int
    n_bytes: int
    current: bool


def holdings(folder: Path) -> list[Holding]:
    """List what a cache holds, sorted by feature set, cleaning and key.

    Parameters
    ----------
    folder : Path
        folder of the cache
    """

    def work(cache: sqlite3.Connection) -> list[Holding]:
        sizes = "SELECT recipe, COUNT(*), SUM(LENGTH(features)) FROM rows GROUP BY recipe"
        counted = {recipe: (n_rows, n_bytes) for recipe, n_rows, n_bytes in cache.execute(sizes).fetchall()}
        found = [
            Holding(key, name, tuple(recipe["cleaning"]), *counted.get(number, (0, 0)), not outdated(recipe))
            for number, key, name, recipe in _recipes(cache)
        ]
        return sorted(found, key=lambda each: (each.feature_set, each.clean, each.key))

    return run_with_cache(folder, work)


def outdated(recipe: dict[str, Any]) -> list[str]:
    """Return the parts of a recipe that are not today's: code, libraries, and plugins that are loaded.

    Parameters
    ----------
    recipe : dict
        plain values as of `Recipe.text`
    """
    changed = [part for part, value in code_and_libraries().items() if recipe.get(part) != value]
    plugins = {each["name"]: each["sha256"] for each in recipe["feature set"].get("plugins", [])}
    return changed + [
        f"plugin '{name}'" for name, digest in plugins.items() if name in PLUGINS and PLUGINS[name].sha256 != digest
    ]


def damaged_rows(folder: Path) -> list[str]:
    """Return the content digests of rows that do not have their checksum; the next run computes them again.

    Parameters
    ----------
    folder : Path
        folder of the cache

    Raises
    ------
    InputError
        the database itself is damaged; it is deleted
    """

    def work(cache: sqlite3.Connection) -> list[str]:
        try:
            faults = [fault for (fault,) in cache.execute("PRAGMA quick_check").fetchall() if fault != "ok"]
            found = [] if faults else [digest for digest, *row in _all_rows(cache) if not row_is_sound(digest, *row)]
        except sqlite3.DatabaseError as error:
            faults = [str(error)]
        if faults:
            remove_database(folder)
            raise InputError(f"The cache {folder} was damaged ({faults[0]}). It is deleted; rows are computed again.")
        return found

    return run_with_cache(folder, work)


def clear(folder: Path, *, stale: bool = False) -> int:
    """Delete rows; they are computed again when they are needed.

    Parameters
    ----------
    folder : Path
        folder of the cache
    stale : bool
        delete only rows that other code or libraries computed

    Returns
    -------
    int
        bytes freed
    """
    if not stale:
        return remove_database(folder)

    def work(cache: sqlite3.Connection) -> int:
        before = _database_bytes(cache)
        old = [(number,) for number, _, _, recipe in _recipes(cache) if outdated(recipe)]
        with cache:
            cache.executemany("DELETE FROM rows WHERE recipe = ?", old)
            cache.executemany("DELETE FROM recipes WHERE id = ?", old)
        cache.execute("VACUUM")
        return before - _database_bytes(cache)

    return run_with_cache(folder, work)


def why(folder: Path, file: Path, feature_set: str) -> list[str]:
    """Say which rows of a recording a cache holds, and which of them are outdated.

    Parameters
    ----------
    folder : Path
        folder of the cache
    file : Path
        a recording
    feature_set : str
        name of the feature set that is asked for

    Returns
    -------
    list of str
        lines for the terminal

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

    def work(cache: sqlite3.Connection) -> list[str]:
        held = {number for (number,) in cache.execute("SELECT recipe FROM rows WHERE digest = ?", (digest,)).fetchall()}
        return [_explained(name, recipe) for number, _, name, recipe in _recipes(cache) if number in held]

    lines = [f"content {digest[:16]}", *sorted(run_with_cache(folder, work))]
    used = [line for line in lines if line.startswith(f"'{feature_set}'") and line.endswith("it is used")]
    return lines if used else [*lines, f"'{feature_set}': its row will be computed"]


def _explained(name: str, recipe: dict[str, Any]) -> str:
    steps = ", ".join(recipe["cleaning"]) or "no cleaning"
    old = outdated(recipe)
    end = f"computed by other {' and '.join(old)}, not used any more" if old else "it is used"
    return f"'{name}' ({steps}): a row is in the cache; {end}"


def _recipes(cache: sqlite3.Connection) -> list[tuple[int, str, str, dict[str, Any]]]:
    """Number, key, name of the feature set and plain values of each recipe."""
    records = cache.execute("SELECT id, key, name, recipe FROM recipes").fetchall()
    return [(number, key, name, json.loads(text)) for number, key, name, text in records]


def _all_rows(cache: sqlite3.Connection) -> Iterator[tuple[str, float, bytes, bytes]]:
    numbers = [number for (number,) in cache.execute("SELECT rowid FROM rows").fetchall()]
    for batch in batches(numbers):
        marks = ",".join("?" * len(batch))
        query = f"SELECT digest, seconds, checksum, features FROM rows WHERE rowid IN ({marks})"  # noqa: S608
        yield from cache.execute(query, batch).fetchall()


def _database_bytes(cache: sqlite3.Connection) -> int:
    (pages,), (size,) = (cache.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
    return int(pages) * int(size)
