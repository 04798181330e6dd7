"""Recordings in, rows of features out: through the cache, and over the cores or a cluster.

This is the one place where recordings become rows; `featser.extract`, `FeatureExtractor` and `predict` use it.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featser.audio import SAMPLE_RATE, Signal, as_signal, read_signal
from featser.errors import UnreadableAudioError
from featser.extraction.cache import Row, known_rows, read_values, run_with_cache, write_rows
from featser.extraction.executors import Backend, executor_of
from featser.extraction.files import content_digests, file_stamp
from featser.extraction.recipe import Recipe
from featser.features import FeatureSet, are_compiled, compile_kernels, compute_features, on_one_thread
from featser.features.frames import Array


class Segment(NamedTuple):
    """A part of a recording."""

    path: str
    start_s: float
    end_s: float


Source = str | Segment | tuple[NDArray[Any], int] | NDArray[Any]
"""Absolute path, part of a file, samples with their rate in Hz, or samples at `SAMPLE_RATE`."""

Recording = Path | Source
"""A file, samples with their rate in Hz, or floating-point samples at 16 kHz with full scale at -1 and 1."""

Progress = Callable[[int, int], None]
"""Function called with the number of recordings (or kernels) done and to do."""

_CHUNK = 16
"""Recordings per task at most."""

_TIMED_SECONDS = 0.3
"""Time for which recordings are computed in this process, to learn how long one of them takes."""

_QUEUED = 3
"""Tasks handed out per worker: one that it computes, and others so that it need not wait."""

_ROWS_PER_WRITE = 256
"""Rows that are written to the cache in one transaction; a killed process loses fewer."""

_CHANGED = "changed while it was read; run it again"


@dataclass(frozen=True)
class Rows:
    """What became of each recording.

    Attributes
    ----------
    digests : tuple of str or None
        content digests, None where a file cannot be read
    seconds : NDArray of float [shape=(n_recordings,)]
        durations, NaN where there is no row
    computed : NDArray of bool [shape=(n_recordings,)]
        rows that were not in the cache
    reasons : dict of int to str
        number of each recording without a row -> why
    """

    digests: tuple[str | None, ...]
    seconds: NDArray[np.float64]
    computed: NDArray[np.bool_]
    reasons: Mapping[int, str]

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Recordings that have a row, shape ``(n_recordings,)``."""
        return np.isfinite(self.seconds)


def read_rows(
    recordings: Sequence[Recording],
    recipe: Recipe,
    *,
    cache: Path | None = None,
    backend: Backend | None = None,
    progress: Progress | None = None,
) -> tuple[Array, Rows]:
    """Compute the features of recordings and return them.

    Parameters
    ----------
    recordings : sequence of str, Path, (samples, sample rate) or samples
        files, arrays as `featser.audio.as_signal` takes them, or signals at 16 kHz
    recipe : Recipe
        feature set and cleaning
    cache : Path, optional
        folder of the cache; without it, nothing is kept
    backend : Backend, optional
        where to compute
    progress : callable, optional
        called with the number of recordings done and to do

    Returns
    -------
    values : Array [shape=(n_usable, n_features)]
        one row for each usable recording, in order
    rows : Rows
        which are usable, and why the others are not
    """

    def work(opened: sqlite3.Connection) -> tuple[Array, Rows]:
        rows = compute_rows(opened, recordings, recipe, backend, progress)
        kept = [digest for digest, usable in zip(rows.digests, rows.usable, strict=True) if digest and usable]
        return read_values(opened, recipe, kept), rows

    return run_with_cache(cache, work)


def compute_rows(
    cache: sqlite3.Connection,
    recordings: Sequence[Recording],
    recipe: Recipe,
    backend: Backend | None = None,
    progress: Progress | None = None,
) -> Rows:
    """Compute the rows that the cache lacks and write them to it; rows that are finished stay whatever happens.

    Parameters
    ----------
    cache : sqlite3.Connection
        the feature cache
    recordings, recipe, backend, progress
        as of `read_rows`

    Returns
    -------
    Rows
        equal recordings share a row
    """
    sources = [_absolute(each) for each in recordings]
    stamps = {file: file_stamp(file) for file in map(_file, sources) if file}
    digests = _digests(cache, sources)
    seconds = known_rows(cache, recipe, {digest for digest in digests if digest})
    first = {digest or str(number): number for number, digest in reversed([*enumerate(digests)])}
    missing = sorted(number for digest, number in first.items() if digest not in seconds)
    if missing:
        ensure_compiled(recipe.feature_set, (backend or Backend()).jobs)
    found: dict[str, str | float] = {}
    unwritten: dict[str, Row] = {}
    n_done = 0
    try:
        items = ((number, sources[number]) for number in missing)
        for chunk in _results(items, len(missing), recipe, backend or Backend()):
            for number, result in chunk:
                source, digest = sources[number], digests[number]
                if isinstance(result, str):
                    found[digest or str(number)] = result
                elif digest is None or ((file := _file(source)) and file_stamp(file) != stamps[file]):
                    found[digest or str(number)] = _CHANGED
                else:
                    unwritten[digest], found[digest] = result, result.seconds
            n_done += len(chunk)
            if len(unwritten) >= _ROWS_PER_WRITE:
                write_rows(cache, recipe, unwritten)
                unwritten = {}
            if progress:
                progress(n_done, len(missing))
    finally:
        write_rows(cache, recipe, unwritten)
    return _outcome(digests, seconds, found)


def ensure_compiled(feature_set: FeatureSet, jobs: int | None = None, progress: Progress | None = None) -> None:
    """Compile the kernels of a feature set in processes of this machine, unless they are compiled.

    Parameters
    ----------
    feature_set : FeatureSet
        features that will be computed
    jobs : int, optional
        processes, as in `Backend`
    progress : callable, optional
        called with the number of kernels compiled and to compile
    """
    if not are_compiled(feature_set):
        with executor_of(Backend(jobs=jobs)) as (executor, _):
            compile_kernels(feature_set, executor, progress)


def _outcome(digests: Sequence[str | None], known: Mapping[str, float], found: Mapping[str, str | float]) -> Rows:
    names = [digest or str(number) for number, digest in enumerate(digests)]
    results = [known.get(name, found.get(name, np.nan)) for name in names]
    reasons = {number: result for number, result in enumerate(results) if isinstance(result, str)}
    seconds = np.array([np.nan if isinstance(result, str) else result for result in results], np.float64)
    computed = np.array([name in found for name in names], np.bool_) & np.isfinite(seconds)
    return Rows(tuple(digests), seconds, computed, reasons)


def _digests(cache: sqlite3.Connection, sources: Sequence[Source]) -> list[str | None]:
    """Content digests; that of an array covers its rate, type and shape too."""
    files = list(dict.fromkeys(file for file in map(_file, sources) if file))
    of_files = dict(zip(files, content_digests(cache, files), strict=True))
    return [_digest(each, of_files) for each in sources]


def _digest(source: Source, of_files: Mapping[str, str | None]) -> str | None:
    if isinstance(source, Segment):
        whole = of_files[source.path]
        return whole and hashlib.sha256(f"{whole} {source.start_s!r} {source.end_s!r}".encode()).hexdigest()
    return of_files[source] if isinstance(source, str) else _array_digest(source)


def _absolute(recording: Recording) -> Source:
    if isinstance(recording, Segment):
        return recording._replace(path=os.path.abspath(recording.path))  # noqa: PTH100
    return os.path.abspath(recording) if isinstance(recording, str | Path) else recording  # noqa: PTH100


def _file(source: Source) -> str:
    """Path of the file of a source; empty for arrays."""
    if isinstance(source, Segment):
        return source.path
    return source if isinstance(source, str) else ""


def _array_digest(source: tuple[NDArray[Any], int] | NDArray[Any]) -> str:
    samples, rate = source if isinstance(source, tuple) else (source, 0)
    held = np.ascontiguousarray(samples)
    head = f"{rate} {held.dtype.str} {held.shape} "
    return hashlib.sha256(head.encode() + held.tobytes()).hexdigest()


Item = tuple[int, Source]
"""Number of a recording, and its source."""

Result = tuple[int, Row | str]
"""Number of a recording, and its row or the reason why there is none."""


def _results(items: Iterator[Item], n_items: int, recipe: Recipe, backend: Backend) -> Iterator[list[Result]]:
    """Results in chunks, in any order; the values do not depend on where they are computed.

    The first recording loads the compiled kernels. Some more tell how long the rest would take in this process.
    """
    n_left, n_timed, seconds = n_items, -1, 0.0
    while n_left and (n_timed < 0 or seconds < min(_TIMED_SECONDS, backend.start_seconds)):
        start = perf_counter()
        yield compute_chunk(list(islice(items, 1)), recipe)
        n_left, n_timed = n_left - 1, n_timed + 1
        seconds += (perf_counter() - start) if n_timed else 0.0
    expected = n_left * seconds / max(n_timed, 1)
    if backend.name != "dask" and (backend.n_workers == 1 or expected < backend.start_seconds):
        while chunk := list(islice(items, _CHUNK)):
            yield compute_chunk(chunk, recipe)
    elif n_left:
        yield from _shared_out(items, n_left, recipe, backend)


def _shared_out(items: Iterator[Item], n_left: int, recipe: Recipe, backend: Backend) -> Iterator[list[Result]]:
    """Results from an executor; chunks get smaller towards the end, so that all workers finish together.

    This process is one of the ``jobs`` of loky: it computes while no result of a worker waits.
    """
    computes = backend.name == "loky"
    with executor_of(replace(backend, jobs=backend.n_workers - 1) if computes else backend) as (executor, n_workers):
        waiting: set[Future[list[Result]]] = set()
        while n_left or waiting:
            size = max(1, min(_CHUNK, n_left // (_QUEUED * (n_workers + computes))))
            while n_left and len(waiting) < _QUEUED * n_workers:
                chunk = list(islice(items, size))
                n_left -= len(chunk)
                waiting.add(executor.submit(compute_chunk, chunk, recipe))
            done, waiting = wait(waiting, 0 if n_left and computes else None, FIRST_COMPLETED)
            for future in done:
                yield future.result()
            if n_left and computes and not done:
                chunk = list(islice(items, size))
                n_left -= len(chunk)
                yield compute_chunk(chunk, recipe)


def compute_chunk(chunk: Sequence[Item], recipe: Recipe) -> list[Result]:
    """Compute the rows of some recordings; runs in any process.

    Parameters
    ----------
    chunk : sequence of (int, source)
        number of each recording, and its path or its samples and rate
    recipe : Recipe
        feature set and cleaning

    Returns
    -------
    list of (int, Row or str)
        a row, or the reason why there is none
    """
    with on_one_thread():
        return [(number, _row(source, recipe)) for number, source in chunk]


def _row(source: Source, recipe: Recipe) -> Row | str:
    try:
        signal = _signal(source, recipe.clean)
    except UnreadableAudioError as error:
        return error.reason
    return Row(len(signal) / SAMPLE_RATE, compute_features(signal, recipe.feature_set))


def _signal(source: Source, clean: tuple[str, ...]) -> Signal:
    if isinstance(source, str):
        return read_signal(Path(source), clean)
    if isinstance(source, Segment):
        return read_signal(Path(source.path), clean, (source.start_s, source.end_s))
    samples, rate = source if isinstance(source, tuple) else (source, None)
    return as_signal(samples, rate, clean)
