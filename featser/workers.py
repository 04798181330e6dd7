"""Rows of recordings, computed here or shared out over the cores, as their measured cost asks for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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

_SHARED_FROM = 0.5
"""Seconds of work left from which threads pay; the compiled loops run beside each other, the rest takes turns."""

_PROCESSES_FROM = 8.0
"""Seconds of work left from which processes pay, each of which takes a second to start."""

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

    backend = "threading" if seconds < _PROCESSES_FROM else "loky"
    compute = _compute_chunk if backend == "threading" else _compute_alone
    parallel = Parallel(n_jobs=jobs or -1, backend=backend, return_as="generator_unordered")
    yield from parallel(delayed(compute)(chunk, task) for chunk in chunks)


def _compute_alone(chunk: Sequence[Item], task: Task) -> list[tuple[str, Result]]:
    """Results of some recordings, in a process of its own."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return _compute_chunk(chunk, task)


def _compute_chunk(chunk: Sequence[Item], task: Task) -> list[tuple[str, Result]]:
    return [(name, _compute_row(file, task)) for name, file in chunk]


def _compute_row(file: Path, task: Task) -> Result:
    try:
        signal = read_signal(file, task.clean)
    except UnreadableAudioError as error:
        return error.reason
    return Row(len(signal) / SAMPLE_RATE, compute_features(signal, task.feature_set))
