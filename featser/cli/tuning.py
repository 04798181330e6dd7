"""Progress of searches, for ``fit --tune`` and ``tune``."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from featser.cli.terminal import settings, tell

if TYPE_CHECKING:
    from featser.search import SearchProgress

Watch = Callable[["SearchProgress"], None]

_LINES_PER_SEARCH = 5
"""Number of progress messages per search if there is no progress bar."""


@contextmanager
def watching(storage: str) -> Iterator[Watch]:
    """Give a function that shows the progress of searches; on an interruption, name the place of the trials."""
    try:
        with _shown() as show:
            yield show
    except KeyboardInterrupt:
        tell(f"Finished trials are in {storage}. Run the same command to continue.")
        raise


@contextmanager
def _shown() -> Iterator[Watch]:
    if settings.quiet:
        yield lambda _progress: None
    elif sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _lines()


def _lines() -> Watch:
    studies: list[str] = []

    def show(progress: "SearchProgress") -> None:
        if progress.study not in studies:
            studies.append(progress.study)
        step = max(1, progress.n_trials // _LINES_PER_SEARCH)
        if progress.n_done % step == 0 or progress.n_done == progress.n_trials:
            tell(_words(studies.index(progress.study) + 1, progress))

    return show


@contextmanager
def _bar() -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("tuning", total=None)
        done: dict[str, int] = {}

        def show(progress: "SearchProgress") -> None:
            done[progress.study] = progress.n_done
            number = list(done).index(progress.study) + 1
            total = progress.n_searches * progress.n_trials
            bar.update(task, description=_words(number, progress), completed=sum(done.values()), total=total)

        yield show


def _words(number: int, progress: "SearchProgress") -> str:
    """Return the progress of a search, in one line."""
    which = f"search {number} of {progress.n_searches}: " if progress.n_searches > 1 else ""
    return f"{which}trial {progress.n_done} of {progress.n_trials}, best inner UAR {progress.best:.3f}"
