"""Manifests + feature set -> feature table, through the cache and over the cores."""

import hashlib
import json
import marshal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from sys import intern
from typing import TYPE_CHECKING

from featser.audio import change_names, find_change, find_cleaner
from featser.cache import (
    Cache,
    Place,
    Row,
    default_cache,
    drop_damaged,
    feature_key,
    find_rows,
    write_recipe,
    write_rows,
)
from featser.corpora import Manifest, Rejected, Utterance, changed_copies
from featser.errors import InputError, listed
from featser.features import FeatureSet
from featser.index import is_written, remember_table
from featser.recordings import Recording, find_recordings
from featser.table import assemble_table, stream_table, table_recipe, table_schema
from featser.workers import Progress, Task, computed_rows

if TYPE_CHECKING:
    import pyarrow as pa

_SHARD = 512
"""Rows computed before they are written to the cache; an interruption loses fewer."""

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
    """What is asked for; recordings are in the order of the ids of their utterances."""

    task: Task
    cache: Cache
    recordings: tuple[Recording, ...]
    rejected: tuple[Rejected, ...]
    """what the corpora refuse by name"""

    @cached_property
    def digests(self) -> frozenset[str]:
        """Names of the recordings that can be read."""
        return frozenset(each.name for each in self.recordings if each.name != each.file)

    @cached_property
    def key(self) -> str:
        """Key of the rows in the cache."""
        return feature_key(self.task.feature_set, self.task.clean)


@dataclass(frozen=True)
class _Found:
    """What there is of a request, by names in the cache: rows, those that this run computed, and refusals."""

    places: Mapping[str, Place]
    computed: frozenset[str] = frozenset()
    reasons: Mapping[str, str] = field(default_factory=dict)


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
    requests = [_request(manifests, feature_set, clean, cache, jobs)]
    found = [_complete(each, _Found(drop_damaged(_known(each))), jobs, progress) for each in requests]
    table = assemble_table(_kept(requests, found), table_schema(feature_set, requests[0].task.clean))
    return Extraction(**vars(_account(requests, found)), table=table)


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
    found = [_complete(each, _Found(_known(each)), jobs, progress) for each in requests]
    account, identity = _account(requests, found), _identity(requests, found)
    cache = requests[0].cache
    if is_written(cache, path, identity):
        return account
    sound = [replace(each, places=drop_damaged(each.places)) for each in found]
    found = [_complete(each, known, jobs, progress) for each, known in zip(requests, sound, strict=True)]
    stream_table(_kept(requests, found), table_schema(feature_set, requests[0].task.clean), path, cache.root)
    remember_table(cache, path, identity)
    return _account(requests, found)


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


def _known(request: _Request) -> dict[str, Place]:
    return find_rows(request.cache, request.key, request.digests)


def _complete(request: _Request, found: _Found, jobs: int | None, progress: Progress | None) -> _Found:
    """Compute what is neither there nor refused."""
    answered = found.places.keys() | found.reasons.keys()
    missing = {each.name: each for each in request.recordings if each.name not in answered}
    if not missing:
        return found
    write_recipe(request.cache, request.task.feature_set, request.task.clean)
    places, reasons = _compute_and_keep(missing, request, jobs, progress)
    return _Found({**found.places, **places}, found.computed | places.keys(), {**found.reasons, **reasons})


def _compute_and_keep(
    missing: Mapping[str, Recording], request: _Request, jobs: int | None, progress: Progress | None
) -> tuple[dict[str, Place], dict[str, str]]:
    """Compute rows and hand them to the cache in shards; what is finished is kept whatever happens."""
    places: dict[str, Place] = {}
    reasons: dict[str, str] = {}
    waiting: dict[str, Row] = {}
    try:
        items = ((name, each.file) for name, each in missing.items())
        for chunk in computed_rows(items, len(missing), request.task, jobs):
            for name, result in chunk:
                if isinstance(result, Row) and name in request.digests:
                    waiting[intern(name)] = result  # a helper's answer brings a string of its own
                else:
                    reasons[name] = result if isinstance(result, str) else _LATE
            if progress:
                progress(len(places) + len(waiting) + len(reasons), len(missing))
            if len(waiting) >= _SHARD:
                full, waiting = waiting, {}
                places |= write_rows(request.cache, request.key, full)
    finally:
        places |= write_rows(request.cache, request.key, waiting)
    return places, reasons


def _kept(requests: Sequence[_Request], found: Sequence[_Found]) -> list[tuple[Utterance, Place]]:
    """Each utterance with the place of its row, in the order of their ids."""
    kept = [
        (each.utterance, known.places[each.name])
        for request, known in zip(requests, found, strict=True)
        for each in request.recordings
        if each.name in known.places
    ]
    return sorted(kept, key=lambda each: each[0].utterance)


def _account(requests: Sequence[_Request], found: Sequence[_Found]) -> Account:
    """Count; what a corpus refuses by name comes before what the audio reader refuses, each file once."""
    rejected = {each.path: each for request in requests for each in request.rejected}
    computed = 0
    for request, known in zip(requests, found, strict=True):
        for each in request.recordings:
            computed += each.name in known.computed
            if each.name in known.reasons:
                path = str(Path(each.file))
                rejected.setdefault(path, Rejected(path, known.reasons[each.name]))
    kept = _kept(requests, found)
    if not kept:
        raise NothingUsableError(tuple(rejected.values()))
    seconds = sum(place.seconds for _, place in kept)
    return Account(len(kept), tuple(rejected.values()), computed, len(kept) - computed, seconds)


def _identity(requests: Sequence[_Request], found: Sequence[_Found]) -> str:
    """Digest of all that a table is made of: its recipe, and who said what in which recording."""
    recipe = table_recipe(requests[0].task.feature_set, requests[0].task.clean)
    digest = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode())
    for request, known in zip(requests, found, strict=True):
        digest.update(request.key.encode())
        facts = [(tuple(each.utterance), each.name) for each in request.recordings if each.name in known.places]
        digest.update(marshal.dumps(facts, _PLAIN))
    return digest.hexdigest()
