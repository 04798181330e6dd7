"""Rows of recordings, computed here or shared out over the cores, as their measured cost asks for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from time import perf_counter

from featser.audio import SAMPLE_RATE, read_signal
from featser.cache import Row
from featser.errors import UnreadableAudioError
from featser.features import FeatureSet, compute_features

_CHUNK = 32
"""Recordings per task: large enough that dispatch costs nothing, small enough for a smooth progress bar."""

_SAMPLES = (1, 8)
"""Recordings that are done here first: one that loads the compiled loops, and some that tell what the others cost."""

_SHARED_FROM = 3.0
"""Seconds of work left from which processes pay, each of which takes a second to start; threads never did."""

Progress = Callable[[int, int], None]
"""Called with the number of recordings done and to do."""

Result = Row | str
"""A row, or the reason why there is none."""

Item = tuple[str, Path]
"""A name for the result, and a recording."""


@dataclass(frozen=True)
class Task:
    """What to compute of each recording."""

    feature_set: FeatureSet
    clean: tuple[str, ...]


def computed_rows(items: Sequence[Item], task: Task, jobs: int | None) -> Iterator[list[tuple[str, Result]]]:
    """Results in chunks, in whatever order they are done; which worker computes a row does not show in it.

    Parameters
    ----------
    jobs : int, optional
        workers; all cores by default
    """
    from threadpoolctl import threadpool_limits

    left = iter(items)
    seconds = 0.0
    with threadpool_limits(1):  # around all threads: a sum must not depend on the number of cores
        for size in _SAMPLES:
            start = perf_counter()
            chunk = _compute_chunk(list(islice(left, size)), task)
            seconds = (perf_counter() - start) / size
            if chunk:
                yield chunk
        chunks = iter(lambda: list(islice(left, _CHUNK)), [])
        yield from _share(chunks, task, jobs, seconds * (len(items) - sum(_SAMPLES)))


def _share(
    chunks: Iterator[list[Item]], task: Task, jobs: int | None, seconds: float
) -> Iterator[list[tuple[str, Result]]]:
    """Compute chunks where it is quickest, given how long they would take here."""
    if jobs == 1 or seconds < _SHARED_FROM:
        yield from (_compute_chunk(chunk, task) for chunk in chunks)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor

    parallel = Parallel(n_jobs=jobs or -1, backend="loky", return_as="generator_unordered")
    try:
        yield from parallel(delayed(_compute_alone)(chunk, task) for chunk in chunks)
    finally:
        get_reusable_executor().shutdown(wait=True)  # their memory is wanted for the table


def _compute_alone(chunk: Sequence[Item], task: Task) -> list[tuple[str, Result]]:
    """Results of some recordings, in a process of its own."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return _compute_chunk(chunk, _first_alike(task))


@lru_cache(maxsize=4)
def _first_alike(task: Task) -> Task:
    """Return the first of equal tasks: what it worked out of its feature set need not be worked out for each chunk."""
    return task


def _compute_chunk(chunk: Sequence[Item], task: Task) -> list[tuple[str, Result]]:
    return [(name, _compute_row(file, task)) for name, file in chunk]


def _compute_row(file: Path, task: Task) -> Result:
    try:
        signal = read_signal(file, task.clean)
    except UnreadableAudioError as error:
        return error.reason
    return Row(len(signal) / SAMPLE_RATE, compute_features(signal, task.feature_set))
