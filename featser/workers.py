"""Rows of recordings, computed here or shared out over the cores, as their measured cost asks for."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from time import perf_counter

from featser.audio import SAMPLE_RATE, content_digest, read_signal
from featser.cache import Row
from featser.errors import UnreadableAudioError
from featser.features import FeatureSet, compute_features, load_loops
from featser.processes import can_be_copied, helping, spare_what_is_loaded

_CHUNK = 16
"""Recordings per task, at most: large enough that dispatch costs nothing, small enough for a smooth progress bar."""

_SAMPLES = (1, 8)
"""Recordings that are done here first: one that loads the compiled loops, and some that tell what the others cost."""

_SAMPLED = 0.5
"""Seconds after which these have told enough: long recordings must not keep helpers waiting."""

_SHARED_FROM = 2.0
"""Seconds of work left from which helpers pay, processes that may take a second or two to start; threads never did,
except for digests, during which hashlib lets go of the interpreter's lock."""

_SECONDS_EACH = 0.5
"""Seconds of work left from which one more helper pays."""

_DIGESTS_SHARED_FROM = 2000
"""Files from which helpers pay."""

_FILES = 64
"""Files per task, where they are only read."""

_CHUNKS_EACH = 8
"""Such tasks from which one more helper pays."""

_WAITING = 4
"""Chunks that each helper has at once: one in work, and others so that it need not wait while this process is busy."""

Progress = Callable[[int, int], None]
"""Called with the number of recordings done and to do."""

Result = Row | str
"""A row, or the reason why there is none."""

Item = tuple[int, str]
"""A number for the result, and the path of a recording: text, for there may be a hundred thousand."""


@dataclass(frozen=True)
class Task:
    """What to compute of each recording."""

    feature_set: FeatureSet
    clean: tuple[str, ...]


def computed_rows(
    items: Iterable[Item], n_items: int, task: Task, jobs: int | None
) -> Iterator[list[tuple[int, Result]]]:
    """Results in chunks, in whatever order they are done; which worker computes a row does not show in it.

    Parameters
    ----------
    n_items : int
        how many there are
    jobs : int, optional
        workers; all cores by default, and below 1
    """
    from threadpoolctl import threadpool_limits

    left = iter(items)
    _first_alike.cache_clear()  # an equal task may be about another state of a plugin
    _first_alike(task)  # copies of this process have it from here
    with threadpool_limits(1):  # around all threads: a sum must not depend on the number of cores
        n_left, seconds = yield from _sample(left, n_items, task)
        n_helpers = _n_helpers(jobs, n_left * seconds)
        yield from _share(_chunks(left, n_left, 1 + n_helpers), task, n_helpers)


def content_digests(files: Sequence[str], task: Task, jobs: int | None) -> list[str | None]:
    """Content digest of each file, None where it cannot be read.

    Parameters
    ----------
    task : Task
        what will be asked of these files, unless their rows are known: of many, copies of this process read them while
        it loads its loops
    jobs : int, optional
        as for `computed_rows`
    """
    chunks = [files[start : start + _FILES] for start in range(0, len(files), _FILES)]
    if len(files) < _DIGESTS_SHARED_FROM or jobs == 1:
        return list(chain.from_iterable(map(_digests, chunks)))
    n_workers = min(_n_workers(jobs), max(2, len(chunks) // _CHUNKS_EACH))
    if not can_be_copied() or n_workers == 1:
        with ThreadPoolExecutor(n_workers) as threads:
            return list(chain.from_iterable(threads.map(_digests, chunks)))
    with helping(n_workers - 1) as helpers:
        asked = [helpers.submit(_digests, chunk) for chunk in chunks]
        load_loops(task.feature_set)
        left = (at for at in reversed(range(len(chunks))) if asked[at].cancel())  # the last ones are not begun yet
        own = {at: _digests(chunks[at]) for at in left}
        return list(chain.from_iterable(own[at] if at in own else each.result() for at, each in enumerate(asked)))


def _digests(files: Sequence[str]) -> list[str | None]:
    return [_digest(file) for file in files]


def _digest(file: str) -> str | None:
    try:
        return content_digest(Path(file))
    except OSError:  # the audio reader says why
        return None


def _sample(
    left: Iterator[Item], n_left: int, task: Task
) -> Generator[list[tuple[int, Result]], None, tuple[int, float]]:
    """Compute the first recordings here; how many are left then, and the seconds that each would take, come back."""
    seconds = 0.0
    for size in _SAMPLES:
        n_rows = 0
        while n_left and not n_rows:  # what is refused tells nothing of what the others cost
            start = perf_counter()
            chunk = _compute_some(islice(left, size), task)
            n_left = n_left - len(chunk) if chunk else 0
            n_rows = sum(isinstance(result, Row) for _, result in chunk)
            seconds = (perf_counter() - start) / max(n_rows, 1)
            yield chunk
    return n_left, seconds


def _compute_some(items: Iterator[Item], task: Task) -> list[tuple[int, Result]]:
    """Results of the next recordings, or of so many of them as take a while."""
    start, results = perf_counter(), list[tuple[int, Result]]()
    while perf_counter() - start < _SAMPLED and (item := next(items, None)):
        results += _compute_chunk([item], task)
    return results


def _n_helpers(jobs: int | None, seconds: float) -> int:
    """Processes that pay, given how long this one would take."""
    return min(_n_workers(jobs) - 1, int(seconds / _SECONDS_EACH)) if seconds >= _SHARED_FROM else 0


def _chunks(left: Iterator[Item], n_left: int, n_workers: int) -> Iterator[list[Item]]:
    """Recordings in tasks, smaller ones towards the end, so that all workers are done at nearly the same time."""
    while chunk := list(islice(left, max(1, min(_CHUNK, n_left // (_WAITING * n_workers))))):
        n_left -= len(chunk)
        yield chunk


def _share(chunks: Iterator[list[Item]], task: Task, n_helpers: int) -> Iterator[list[tuple[int, Result]]]:
    """Compute chunks here and where there is help."""
    if n_helpers == 0:
        yield from (_compute_chunk(chunk, task) for chunk in chunks)
        return
    with helping(n_helpers, afresh=bool(task.feature_set.plugins)) as helpers:
        yield from _together(chunks, task, helpers, n_helpers * _WAITING)


def _n_workers(jobs: int | None) -> int:
    return jobs if jobs and jobs > 0 else _n_cores()


def _n_cores() -> int:
    """Cores that this process may use, which in a container are fewer than there are."""
    from joblib import cpu_count

    return int(cpu_count())


def _together(
    chunks: Iterator[list[Item]], task: Task, helpers: Executor, n_waiting: int
) -> Iterator[list[tuple[int, Result]]]:
    """Hand out what helpers can have at once and compute the rest here, so that nobody waits while they start."""
    out: set[Future[list[tuple[int, Result]]]] = set()
    for chunk in chunks:
        if len(out) < n_waiting:
            out.add(helpers.submit(_compute_alone, chunk, task))
            continue
        yield _compute_chunk(chunk, task)
        done = {each for each in out if each.done()}
        out -= done
        yield from (each.result() for each in done)
    yield from (each.result() for each in as_completed(out))


def _compute_alone(chunk: Sequence[Item], task: Task) -> list[tuple[int, Result]]:
    """Results of some recordings, in a process of its own."""
    results = _compute_chunk(chunk, _first_alike(task))
    spare_what_is_loaded()
    return results


@lru_cache(maxsize=4)
def _first_alike(task: Task) -> Task:
    """Return the first of equal tasks: what it worked out of its feature set need not be worked out for each chunk."""
    return task


def _compute_chunk(chunk: Sequence[Item], task: Task) -> list[tuple[int, Result]]:
    return [(number, _compute_row(file, task)) for number, file in chunk]


def _compute_row(file: str, task: Task) -> Result:
    try:
        signal = read_signal(Path(file), task.clean)
    except UnreadableAudioError as error:
        return error.reason
    return Row(len(signal) / SAMPLE_RATE, compute_features(signal, task.feature_set))
