"""Search for the best pipeline on a table."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from featser.evaluation import guard, prepare
from featser.evaluation.cross_validation import Features
from featser.evaluation.tuning_leak import data_digests
from featser.features import FeatureSet, feature_sets
from featser.models import DEFAULT_MODEL
from featser.models.shared import sharing
from featser.pipeline import (
    Specification,
    TuningRecord,
    find_pipeline,
    select_features,
    shaped,
    write_pipeline,
)
from featser.search.objective import Objective, Search, SearchProgress, inner_folds, pooled_uar
from featser.search.storage import open_storage
from featser.search.trials import Trials, open_trials
from featser.table import Table, labelled


@dataclass(frozen=True)
class TuningResult:
    """Result of a search.

    Attributes
    ----------
    specification : Specification
        the best pipeline
    uar : float
        its pooled UAR on the inner folds; optimistic, because it chose the pipeline
    protocol : str
        protocol of the inner folds
    n_trials, n_pruned : int
        finished trials, and those of them that ended after the first fold
    speakers : tuple of str
        speakers of the inner folds
    leaks : tuple of str
        leaks of the inner folds; empty for an honest search
    """

    specification: Specification
    uar: float
    protocol: str
    n_trials: int
    n_pruned: int
    speakers: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()

    def write(self, path: str | Path) -> None:
        """Write the pipeline as a file for ``featser fit --pipeline``.

        Parameters
        ----------
        path : str or Path
            TOML file; its folder is created if it does not exist
        """
        remarks = (
            "This pipeline was tuned on the speakers in [tuned], so 'featser fit' does not test it on them.",
            "For a score of the search itself: featser fit --tune.",
        )
        write_pipeline(self.specification, path, remarks)


def tune(
    table: Table,
    model: str | Path | Specification = DEFAULT_MODEL,
    *,
    n_trials: int = 50,
    normalise: str = "none",
    seed: int = 0,
    seconds: float | None = None,
    storage: str | Path | None = None,
    allow_leak: bool = False,
    watch: Callable[[SearchProgress], None] | None = None,
    jobs: int | None = None,
) -> TuningResult:
    """Search for the best parameters and features of a model on folds by speaker.

    The result was selected on all speakers of the table. For a score of the search, use `featser.fit` with ``tune``,
    which repeats it on the training speakers of each fold.

    Parameters
    ----------
    table : Table
        feature table
    model : str, Path or Specification
        name of a model (`featser.models.MODELS`), pipeline file, or specification, with which the search starts
    n_trials : int
        number of finished trials, including those that ``storage`` already contains
    normalise : str
        ``none``, ``enrolment:K`` or ``speaker``
    seed : int
        seed of all random numbers
    seconds : float, optional
        time limit; at least one trial is finished
    storage : str or Path, optional
        journal file, or URL of a database, that keeps finished trials; a search with the same arguments continues
        from it. In memory if omitted
    allow_leak : bool
        search on folds that leak; by default they are refused
    watch : callable, optional
        called with a `SearchProgress` after each trial
    jobs : int, optional
        number of folds in parallel, by default that of all cores; the result does not depend on it

    Returns
    -------
    TuningResult

    Raises
    ------
    InputError
        the table lacks features or speakers that the search needs, or its folds leak
    UsageError
        an unknown name, or a storage that cannot be opened

    Examples
    --------
    >>> best = tune(table, "lda", n_trials=8)  # doctest: +SKIP
    >>> best.write("pipelines/lda-tuned.toml")  # doctest: +SKIP
    """
    specification, table = find_pipeline(model), labelled(table)
    names = select_features(specification, table.feature_set)
    search = Search(n_trials, seed, seconds=seconds, watch=watch, jobs=jobs)
    protocol, folds = inner_folds(table.manifest, search)
    stamped = guard(folds, table, protocol, "stamp" if allow_leak else "refuse")
    features = prepare(table.features[names], table.manifest, normalise)
    search = replace(search, storage=None if storage is None else open_storage(str(storage)))
    best = find_best(shaped(specification, names), table.feature_set, search, features, table.manifest)
    return record_of(replace(best, leaks=tuple(stamped)), table, normalise)


def find_best(
    specification: Specification, feature_set: FeatureSet, search: Search, features: Features, manifest: pd.DataFrame
) -> TuningResult:
    """Search for the best parameters and features of a pipeline on inner folds of the given speakers.

    Parameters
    ----------
    specification : Specification
        pipeline with which the search starts
    feature_set : FeatureSet
        of the table
    search : Search
    features : Features [shape=(n_utterances, n_features)]
        columns from `select_features`
    manifest : DataFrame
        same rows

    Returns
    -------
    TuningResult

    Raises
    ------
    InputError
        unknown speakers, or fewer than two
    """
    protocol, folds = inner_folds(manifest, search)
    objective = Objective(specification, feature_set, search, features, manifest, folds)
    trials = open_trials(objective)
    deadline = math.inf if search.seconds is None else time.monotonic() + search.seconds
    with sharing():
        while trials.n_finished < search.n_trials and not (trials.n_finished and time.monotonic() >= deadline):
            trials.run_one()
            _report(trials, search)
        winner = trials.best[0]
        uar = pooled_uar(objective.predictions(winner, folds, search.jobs))
    speakers = tuple(sorted(set(manifest["speaker"])))
    return TuningResult(winner, uar, protocol, trials.n_finished, trials.n_pruned, speakers)


def record_of(result: TuningResult, table: Table, normalise: str) -> TuningResult:
    """Record in a tuned pipeline which data chose it.

    Parameters
    ----------
    result : TuningResult
    table : Table
        the table that was searched on
    normalise : str
        normalisation of its features

    Returns
    -------
    TuningResult
        its pipeline has the attribute ``tuned``, with the data of an earlier search if there was one, and names its
        feature set if featser knows the set
    """
    chosen = result.specification
    known = feature_sets().get(table.feature_set.name)
    if known is not None and known.feature_names == table.feature_set.feature_names:
        chosen = replace(chosen, feature_set=table.feature_set.name)
    earlier = chosen.tuned
    speakers, recordings = data_digests(table.manifest)
    record = TuningRecord(
        corpus=table.corpus,
        n_trials=result.n_trials,
        uar=result.uar,
        protocol=result.protocol,
        normalise=normalise,
        speakers=frozenset(speakers) | (earlier.speakers if earlier else frozenset()),
        recordings=frozenset(filter(None, recordings)) | (earlier.recordings if earlier else frozenset()),
        leaks=result.leaks,
    )
    return replace(result, specification=replace(chosen, tuned=record))


def _report(trials: Trials, search: Search) -> None:
    if search.watch:
        best = trials.best[1]
        search.watch(SearchProgress(trials.name, search.n_searches, trials.n_finished, search.n_trials, best))
