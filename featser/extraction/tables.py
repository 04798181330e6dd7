"""Manifests and a feature set in, a feature table out."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from featser.audio import change_names, find_change, find_cleaner, pinned_change, short_name
from featser.corpora import Manifest, Rejected, changed_copies, read_corpus
from featser.errors import InputError, UsageError, listed
from featser.extraction.cache import default_folder, read_values, run_with_cache
from featser.extraction.executors import Backend
from featser.extraction.files import is_written, remember_table
from featser.extraction.recipe import Recipe
from featser.extraction.rows import Progress, Segment, compute_rows
from featser.features import FeatureSet, find_feature_set
from featser.features.frames import Array
from featser.table import ROWS_PER_GROUP, Table, arrow_manifest, write_blocks

if TYPE_CHECKING:
    import pandas as pd

Recordings = Manifest | str | Path | Sequence[Manifest | str | Path]
"""Manifests, or folders of corpora that are recognised by their file names."""


_ROWS_AT_ONCE = 256
"""Rows read from the cache at once: their transposed copy stays in the processor's cache."""


@dataclass(frozen=True)
class Extraction:
    """Counts of an extraction.

    Attributes
    ----------
    n_utterances : int
        rows of the table
    computed, cached : int
        rows that were computed, and rows that were in the cache
    rejected : tuple of Rejected
        recordings that could not be used, with reasons
    audio_seconds : float
        duration of all recordings in the table
    """

    n_utterances: int
    computed: int
    cached: int
    rejected: tuple[Rejected, ...]
    audio_seconds: float


class NothingUsableError(InputError):
    """Every recording was rejected; ``rejected`` lists them all."""

    def __init__(self, rejected: Sequence[Rejected]):
        self.rejected = tuple(rejected)
        reasons = [f"{Path(each.path).name}: {each.reason}" for each in rejected]
        what = f"None of {len(rejected)} recordings can be used: {listed(reasons, 3)}" if rejected else "No recordings"
        super().__init__(f"{what}. Give a folder of sound recordings.")


@dataclass(frozen=True)
class _Request:
    """Utterances with the columns of the manifest, ``file`` and ``recipe``, the number of the recipe of each."""

    utterances: "pd.DataFrame"
    recipes: tuple[Recipe, ...]
    rejected: tuple[Rejected, ...]


def extract(
    recordings: Recordings,
    features: str | Path | FeatureSet = "wide",
    *,
    clean: Iterable[str] = (),
    copies: Iterable[str] = (),
    jobs: int | None = None,
    backend: Backend | None = None,
    cache: str | Path | None = None,
    progress: Progress | None = None,
) -> Table:
    """Compute the features of recordings and return the table; rows in the cache are not computed again.

    Parameters
    ----------
    recordings : Manifest, str, Path or sequence of these
        manifests, or folders of corpora
    features : str, Path or FeatureSet
        feature set, its name, or a TOML file
    clean : iterable of str
        cleaning steps, in addition to those that a corpus needs
    copies : iterable of str
        names of changes such as ``speed-0.95`` or ``noise-10:FOLDER``, kinds in `featser.audio.CHANGES`, or ``voices``
        for four of them: each adds a changed copy of every recording, which is trained on and never tested
    jobs : int, optional
        worker processes; one per core by default
    backend : Backend, optional
        where to compute, in place of ``jobs``
    cache : str or Path, optional
        folder of the cache; the user's own by default
    progress : callable, optional
        called with the number of recordings done and to do

    Returns
    -------
    Table
        one row per usable utterance, sorted by id; ``rejected`` lists the other recordings

    Raises
    ------
    NothingUsableError
        no recording can be used
    UsageError
        an utterance occurs twice, or a name is not known
    """
    import pandas as pd

    request = _request(recordings, features, clean, copies)
    feature_set = request.recipes[0].feature_set

    def work(opened: sqlite3.Connection) -> tuple["pd.DataFrame", Array, Extraction]:
        kept, found = _complete(opened, request, backend or Backend(jobs=jobs), progress)
        values = np.empty((len(kept), len(feature_set.feature_names)), np.float32)
        for batch, rows in _batches(opened, request.recipes, kept):
            values[batch] = rows
        return kept, values, found

    kept, values, found = run_with_cache(Path(cache) if cache else default_folder(), work)
    manifest = arrow_manifest(kept).to_pandas()  # the types that `read_table` returns
    frame = pd.DataFrame(values, columns=list(feature_set.feature_names))
    return Table(manifest, frame, feature_set, request.recipes[0].clean, found.rejected)


def extract_to(
    path: str | Path,
    recordings: Recordings,
    features: str | Path | FeatureSet = "wide",
    *,
    clean: Iterable[str] = (),
    copies: Iterable[str] = (),
    backend: Backend | None = None,
    progress: Progress | None = None,
) -> Extraction:
    """Write the table that `extract` returns to a Parquet file, with `ROWS_PER_GROUP` rows of it in memory at a time.

    A file that was made from just these rows, and has not changed since, is left as it is.

    Parameters
    ----------
    path : str or Path
        file of the table
    recordings, features, clean, copies, backend, progress
        as of `extract`

    Returns
    -------
    Extraction
        counts, and the recordings that could not be used

    Raises
    ------
    NothingUsableError, UsageError
        as of `extract`
    """
    path = Path(path)
    request = _request(recordings, features, clean, copies)
    feature_set, steps = request.recipes[0].feature_set, request.recipes[0].clean

    def work(opened: sqlite3.Connection) -> Extraction:
        kept, found = _complete(opened, request, backend or Backend(), progress)
        identity = _identity(request.recipes, kept)
        if not is_written(opened, path, identity):
            write_blocks(_blocks(opened, request.recipes, kept), feature_set, steps, path)
            remember_table(opened, path, identity)
        return found

    return run_with_cache(default_folder(), work)


def _request(
    recordings: Recordings, features: str | Path | FeatureSet, clean: Iterable[str], copies: Iterable[str]
) -> _Request:
    import pandas as pd

    given = [recordings] if isinstance(recordings, Manifest | str | Path) else list(recordings)
    manifests = [each if isinstance(each, Manifest) else read_corpus(Path(each)) for each in given]
    feature_set = features if isinstance(features, FeatureSet) else find_feature_set(str(features))
    steps = tuple(dict.fromkeys([*clean, *(step for manifest in manifests for step in manifest.clean)]))
    for step in steps:
        find_cleaner(step)
    changes = change_names(copies)
    for change in changes:
        find_change(change)
    changes = tuple(map(pinned_change, changes))
    parts = []
    for number, change in enumerate(("", *changes)):
        for manifest in manifests:
            table = (changed_copies(manifest, short_name(change)) if change else manifest).table
            parts.append(table.assign(file=[str(manifest.root / each) for each in table["path"]], recipe=number))
    utterances = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["utterance", "file", "recipe"])
    twice = utterances["utterance"][utterances["utterance"].duplicated()].to_list()
    if twice:
        raise UsageError(f"{len(twice)} utterances appear twice: {listed(sorted(twice), 3)}. Name each folder once.")
    rejected = [
        Rejected(str(manifest.root / each.path), each.reason) for manifest in manifests for each in manifest.rejected
    ]
    recipes = tuple(Recipe(feature_set, steps + ((change,) if change else ())) for change in ("", *changes))
    return _Request(utterances.sort_values("utterance", ignore_index=True), recipes, tuple(rejected))


def _complete(
    cache: sqlite3.Connection, request: _Request, backend: Backend, progress: Progress | None
) -> tuple["pd.DataFrame", Extraction]:
    """Compute missing rows; return the usable utterances with duration and digest, and the counts."""
    utterances = request.utterances.assign(duration_s=np.nan, sha256=None)
    rejected = {each.path: each for each in request.rejected}
    n_computed = 0
    for number, recipe in enumerate(request.recipes):
        chosen = np.flatnonzero(utterances["recipe"] == number)
        sources = _sources(utterances.iloc[chosen])
        rows = compute_rows(cache, sources, recipe, backend, progress)
        utterances.loc[chosen, "duration_s"] = rows.seconds
        utterances.loc[chosen, "sha256"] = list(rows.digests)
        n_computed += int(rows.computed.sum())
        for place, reason in rows.reasons.items():
            each = sources[place]
            name = each if isinstance(each, str) else f"{each.path} ({each.start_s:g} to {each.end_s:g} s)"
            rejected.setdefault(name, Rejected(name, reason))
    kept = utterances[utterances["duration_s"].notna()].reset_index(drop=True)
    if not len(kept):
        raise NothingUsableError(tuple(rejected.values()))
    found = tuple(rejected.values())
    return kept, Extraction(len(kept), n_computed, len(kept) - n_computed, found, float(kept["duration_s"].sum()))


def _sources(utterances: "pd.DataFrame") -> list[str | Segment]:
    """Path of each recording, or its part."""
    times = utterances[["start_s", "end_s"]].to_numpy(np.float64).tolist()
    return [
        file if np.isnan(start) else Segment(file, start, end)
        for file, (start, end) in zip(utterances["file"], times, strict=True)
    ]


def _blocks(
    cache: sqlite3.Connection, recipes: Sequence[Recipe], kept: "pd.DataFrame"
) -> Iterator[tuple["pd.DataFrame", Array]]:
    """Yield blocks of rows with their features, shape ``(n_features, n_rows)``."""
    for first in range(0, len(kept), ROWS_PER_GROUP):
        block = kept.iloc[first : first + ROWS_PER_GROUP]
        values = np.empty((len(recipes[0].feature_set.feature_names), len(block)), np.float32)
        for batch, rows in _batches(cache, recipes, block):
            values[:, batch] = rows.T
        yield block, values
        del values  # before the next block is made


def _batches(
    cache: sqlite3.Connection, recipes: Sequence[Recipe], utterances: "pd.DataFrame"
) -> Iterator[tuple[slice, Array]]:
    """Yield features of some hundred utterances at a time, shape ``(n_rows, n_features)``, and which they are."""
    for first in range(0, len(utterances), _ROWS_AT_ONCE):
        batch = slice(first, min(first + _ROWS_AT_ONCE, len(utterances)))
        digests, numbers = (utterances[name].iloc[batch].to_numpy() for name in ("sha256", "recipe"))
        rows = np.empty((len(digests), len(recipes[0].feature_set.feature_names)), np.float32)
        for number in np.unique(numbers):
            chosen = numbers == number
            rows[chosen] = read_values(cache, recipes[number], digests[chosen].tolist())
        yield batch, rows


def _identity(recipes: Sequence[Recipe], kept: "pd.DataFrame") -> str:
    """Return the digest of everything that a table is made from: recipes, manifest, and the bytes of recordings."""
    digest = hashlib.sha256("".join(f"{recipe.key} {recipe.feature_set.name}\n" for recipe in recipes).encode())
    digest.update(kept["recipe"].to_numpy(np.int64).tobytes())
    for column in arrow_manifest(kept).columns:
        digest.update(repr(column.to_pylist()).encode())
    return digest.hexdigest()
