"""Tuning in ``fit`` and ``tune``: the default storage, progress messages and the tuned pipeline file."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from featser.cli.terminal import settings, tell

if TYPE_CHECKING:
    from featser.pipeline import Specification
    from featser.search import SearchProgress, TuningResult
    from featser.table import Table

Watch = Callable[["SearchProgress"], None]

_LINES_PER_SEARCH = 5
"""Number of progress messages per search off a terminal."""


def journal_of(table: "Table", specification: "Specification") -> str:
    """Return the default path of the trials: one journal per corpus, feature set and pipeline.

    Everything else that a search depends on is part of the names of its studies.

    Parameters
    ----------
    table : Table
        the feature table
    specification : Specification
        the pipeline

    Returns
    -------
    str
        path of the journal file
    """
    from featser.search.storage import STUDIES

    return str(STUDIES / f"{table.corpus}-{table.feature_set.name}-{specification.name}.journal")


@contextmanager
def watching(storage: str) -> Iterator[Watch]:
    """Give a function that shows the progress of searches; on an interruption, name the place of the trials."""
    try:
        with _shown() as show:
            yield show
    except KeyboardInterrupt:
        tell(f"Finished trials are in {storage}. Run the same command to continue.")
        raise


def write_winner(best: "TuningResult", table: "Table", normalise: str, path: Path, leaks: Sequence[str] = ()) -> None:
    """Write the best pipeline of a search, with remarks on its score.

    Parameters
    ----------
    best : TuningResult
        result of the search
    table : Table
        table that was searched on
    normalise : str
        normalisation of the search
    path : Path
        pipeline file
    leaks : sequence of str
        leaks of the inner folds
    """
    from featser.features import feature_sets
    from featser.pipeline import write_pipeline

    remarks = (
        f"Best of {best.n_trials} trials on {table.corpus}, {best.protocol}, normalise {normalise}: "
        f"inner UAR {best.uar:.4f}.",
        "That score is optimistic, since it selected this pipeline. For an unbiased one: featser fit --tune.",
        *(f"LEAKY: {leak}" for leak in leaks),
    )
    known = feature_sets().get(table.feature_set.name)
    named = known is not None and known.feature_names == table.feature_set.feature_names
    chosen = replace(best.specification, feature_set=table.feature_set.name) if named else best.specification
    write_pipeline(chosen, path, remarks)


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
