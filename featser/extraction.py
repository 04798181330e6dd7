"""Manifests + feature set -> feature table, through the cache and over the cores."""

import hashlib
import heapq
import json
import marshal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, compress, count, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featser.audio import change_names, find_change, find_cleaner
from featser.cache import (
    Cache,
    Row,
    default_cache,
    drop_damaged,
    enter,
    feature_key,
    find_rows,
    write_recipe,
    write_rows,
)
from featser.corpora import Manifest, Rejected, Utterance, Utterances, changed_copies
from featser.errors import InputError, listed
from featser.features import FeatureSet
from featser.index import is_written, remember_table
from featser.places import NOWHERE, Places
from featser.recordings import Recordings, find_recordings
from featser.table import assemble_table, stream_table, table_recipe, table_schema
from featser.workers import Progress, Task, computed_rows

if TYPE_CHECKING:
    import pyarrow as pa

_SHARD = 512
"""Rows computed before they are written to the cache; an interruption loses fewer."""

_AT_ONCE = 1024
"""Utterances of which the digest is made at once."""

_LATE = "was not there at first; run it again"

_PLAIN = 2
"""Version of marshal's format in which equal values make equal bytes: later ones tell whether objects are the same."""


@dataclass(frozen=True)
class Account:
    """What became of every recording.

    ``computed`` counts utterances whose row was not known before this run, ``cached`` those whose row was.
    """

    n_utterances: int
    rejected: tuple[Rejected, ...]
    computed: int
    cached: int
    audio_seconds: float


@dataclass(frozen=True)
class Extraction(Account):
    """A table, and what became of every recording that was to be in it."""

    table: "pa.Table"


@dataclass(frozen=True)
class _Request:
    """What is asked for."""

    task: Task
    cache: Cache
    recordings: Recordings
    rejected: tuple[Rejected, ...]
    """what the corpora refuse by name"""

    @cached_property
    def key(self) -> str:
        """Key of the rows in the cache."""
        return feature_key(self.task.feature_set, self.task.clean)


@dataclass(frozen=True)
class _Found:
    """What there is of a request, by contents: rows, those that this run computed, and refusals."""

    places: Places
    computed: NDArray[np.bool_]
    reasons: Mapping[int, str]

    @property
    def missing(self) -> NDArray[np.bool_]:
        """What is neither there nor refused."""
        missing = ~self.places.held
        missing[list(self.reasons)] = False
        return missing


class NothingUsableError(InputError):
    """Every recording was rejected; ``rejected`` has all of them with their reasons."""

    def __init__(self, rejected: Sequence[Rejected]):
        self.rejected = tuple(rejected)
        reasons = [f"{Path(each.path).name}: {each.reason}" for each in rejected]
        what = f"None of {len(rejected)} recordings can be used: {listed(reasons, 3)}" if rejected else "No recordings"
        super().__init__(f"{what}. Give a folder that holds sound .wav or .flac files.")


def extract(
    manifests: Sequence[Manifest],
    feature_set: FeatureSet,
    clean: Iterable[str] = (),
    jobs: int | None = None,
    cache: Cache | None = None,
    progress: Progress | None = None,
) -> Extraction:
    """Compute the features of every recording that the cache does not hold yet, and return the table.

    Parameters
    ----------
    clean : iterable of str
        cleaning steps, besides those that a corpus asks for
    jobs : int, optional
        workers; all cores by default. The work of a moment stays in this process whatever it says.
    cache : Cache, optional
        the user's own by default

    Raises
    ------
    NothingUsableError
        not one recording could be used; it lists them all
    """
    request = _request(manifests, feature_set, clean, cache, jobs)
    found = _complete(request, _sound(_known(request)), jobs, progress)
    account = _account([request], [found])
    table = assemble_table(*_kept([request], [found]), table_schema(feature_set, request.task.clean))
    return Extraction(**vars(account), table=table)


def extract_to(
    path: Path,
    manifests: Sequence[Manifest],
    feature_set: FeatureSet,
    clean: Iterable[str] = (),
    jobs: int | None = None,
    progress: Progress | None = None,
    *,
    copies: Iterable[str] = (),
) -> Account:
    """Write the table that `extract` returns, through the user's own cache, with a part of it in memory at a time.

    A table that lies there already, and was made of just these rows, is left as it is, and no row is read for it. While
    one is written, the cache's disk holds up to 65,536 rows of it once more.

    Parameters
    ----------
    copies : iterable of str
        changes as `featser.audio.find_change` knows them; each adds a changed copy of every recording, for training

    Raises
    ------
    NothingUsableError
        not one recording could be used; it lists them all
    """
    clean = tuple(clean)
    requests = [_request(manifests, feature_set, clean, None, jobs)]
    for change in change_names(copies):
        find_change(change)
        changed = [changed_copies(manifest, change) for manifest in manifests]
        requests.append(_request(changed, feature_set, clean, None, jobs, change))
    found = [_complete(each, _known(each), jobs, progress) for each in requests]
    account, identity = _account(requests, found), _identity(requests, found)
    cache = requests[0].cache
    if is_written(cache, path, identity):
        return account
    found = [_complete(request, _sound(known), jobs, progress) for request, known in zip(requests, found, strict=True)]
    account, identity = _account(requests, found), _identity(requests, found)  # a row may be lost for good
    stream_table(*_kept(requests, found), table_schema(feature_set, requests[0].task.clean), path, cache.root)
    remember_table(cache, path, identity)
    return account


def _request(
    manifests: Sequence[Manifest],
    feature_set: FeatureSet,
    clean: Iterable[str],
    cache: Cache | None,
    jobs: int | None,
    change: str = "",
) -> _Request:
    steps = tuple(dict.fromkeys([*clean, *(step for manifest in manifests for step in manifest.clean)]))
    for step in steps:
        find_cleaner(step)
    steps += (change,) if change else ()
    cache = cache or default_cache()
    rejected = [
        Rejected(str(manifest.root / each.path), each.reason) for manifest in manifests for each in manifest.rejected
    ]
    task = Task(feature_set, steps)
    return _Request(task, cache, find_recordings(manifests, cache, task, jobs), tuple(rejected))


def _known(request: _Request) -> _Found:
    places = find_rows(request.cache, request.key, request.recordings.contents)
    return _Found(places, np.zeros(len(places), bool), {})


def _sound(found: _Found) -> _Found:
    """Look at what other runs have written."""
    return replace(found, places=drop_damaged(found.places, but=found.places[found.computed].shards_in_use))


def _complete(request: _Request, found: _Found, jobs: int | None, progress: Progress | None) -> _Found:
    """Compute what is neither there nor refused."""
    missing = request.recordings.firsts(found.missing)
    if not len(missing):
        return found
    write_recipe(request.cache, request.task.feature_set, request.task.clean)
    reasons = _compute_and_keep(missing, request, found.places, jobs, progress)
    computed = found.computed.copy()
    computed[request.recordings.content[missing]] = True
    return _Found(found.places, computed & found.places.held, {**found.reasons, **reasons})


def _compute_and_keep(
    missing: NDArray[np.intp], request: _Request, places: Places, jobs: int | None, progress: Progress | None
) -> dict[int, str]:
    """Compute rows of recordings and hand them to the cache in shards, whose rows get their places.

    What is finished is kept whatever happens; what is refused comes back by content, with its reason.
    """
    recordings, n_done = request.recordings, 0
    reasons: dict[int, str] = {}
    waiting: dict[int, Row] = {}
    try:
        items = ((number, recordings.file(number)) for number in map(int, missing))
        for chunk in computed_rows(items, len(missing), request.task, jobs):
            for number, result in chunk:
                if isinstance(result, Row) and recordings.is_readable(number):
                    waiting[number] = result
                else:
                    reasons[int(recordings.content[number])] = result if isinstance(result, str) else _LATE
            n_done += len(chunk)
            if progress:
                progress(n_done, len(missing))
            if len(waiting) >= _SHARD:
                full, waiting = waiting, {}
                _keep(request, full, places)
    finally:
        _keep(request, waiting, places)
    return reasons


def _keep(request: _Request, rows: Mapping[int, Row], places: Places) -> None:
    """Write rows of recordings to the cache."""
    contents, content = request.recordings.contents, request.recordings.content
    if rows:
        named = {bytes(contents[content[number]]).decode(): row for number, row in rows.items()}
        enter(places, contents, write_rows(request.cache, request.key, named))


def _kept(requests: Sequence[_Request], found: Sequence[_Found]) -> tuple[Utterances, Places]:
    """Utterances that have a row, and where it lies, in the order of their ids."""
    places = Places.joined([known.places[each.recordings.content] for each, known in zip(requests, found, strict=True)])
    firsts = accumulate((len(each.recordings.content) for each in requests), initial=0)
    numbered = [zip(each.recordings.utterances, count(first)) for each, first in zip(requests, firsts, strict=False)]
    numbers: list[int] = []

    def kept() -> Iterator[Utterance]:
        for utterance, number in heapq.merge(*numbered, key=lambda each: each[0].utterance):
            if places.shard[number] != NOWHERE:
                numbers.append(number)
                yield utterance

    return Utterances(kept()), places[np.array(numbers, np.intp)]


def _account(requests: Sequence[_Request], found: Sequence[_Found]) -> Account:
    """Count; what a corpus refuses by name comes before what the audio reader refuses, each file once."""
    rejected = {each.path: each for request in requests for each in request.rejected}
    n_kept, n_computed, seconds = 0, 0, 0.0
    for request, known in zip(requests, found, strict=True):
        content = request.recordings.content
        for number in np.flatnonzero(np.isin(content, list(known.reasons))).tolist():
            path = str(Path(request.recordings.file(number)))
            rejected.setdefault(path, Rejected(path, known.reasons[int(content[number])]))
        held = known.places.held[content]
        n_kept += int(held.sum())
        n_computed += int(known.computed[content].sum())
        seconds += float(known.places.seconds[content][held].sum())
    if not n_kept:
        raise NothingUsableError(tuple(rejected.values()))
    return Account(n_kept, tuple(rejected.values()), n_computed, n_kept - n_computed, seconds)


def _identity(requests: Sequence[_Request], found: Sequence[_Found]) -> str:
    """Digest of all that a table is made of: its recipe, and who said what in which recording."""
    recipe = table_recipe(requests[0].task.feature_set, requests[0].task.clean)
    digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode())
    for request, known in zip(requests, found, strict=True):
        digest.update(request.key.encode())
        content = request.recordings.content
        held = known.places.held[content]
        facts = map(tuple, compress(request.recordings.utterances, held))
        while batch := list(islice(facts, _AT_ONCE)):
            digest.update(marshal.dumps(batch, _PLAIN))
        digest.update(request.recordings.contents[content[held]].tobytes())
    return digest.hexdigest()
