"""Runs that differ in named settings only: the pairs that a report may hold side by side."""

from collections.abc import Collection, Sequence
from typing import Any

from featser.evaluation.runs import Run

SETTINGS = (
    *("corpus", "utterances", "protocol", "normalise", "model", "parameters", "features"),
    *("clean", "copies", "added", "labels", "tuning", "seed", "leaks"),
)
"""Everything that is chosen before a run, by the names that `differing_settings` uses."""


def differing_settings(one: Run, other: Run) -> set[str]:
    """Name the settings in which two runs differ.

    ``utterances`` stands for the tested utterances with their speakers and labels, ``features`` for the feature set
    and its chosen columns, ``parameters`` for the values that the pipeline gives (where a search starts), ``tuning``
    for the search, and ``leaks`` for what a leaky run was allowed to see.

    Parameters
    ----------
    one, other : Run
        runs to compare

    Returns
    -------
    set of str
        names from `SETTINGS`
    """
    first, second = _settings(one), _settings(other)
    return {name for name in SETTINGS if first[name] != second[name]}


def twins(run: Run, runs: Sequence[Run], varied: Collection[str]) -> list[Run]:
    """Find the runs that differ from a run in exactly the named settings.

    Parameters
    ----------
    run : Run
        run to find twins of
    runs : sequence of Run
        runs to choose from
    varied : collection of str
        names from `SETTINGS`

    Returns
    -------
    list of Run
        in the order of ``runs``; empty where every run differs in another setting too
    """
    return [each for each in runs if differing_settings(run, each) == set(varied)]


def _settings(run: Run) -> dict[str, Any]:
    return {
        "corpus": run.corpus,
        "utterances": (run.n_utterances, run.utterances, run.classes),
        "protocol": run.protocol,
        "normalise": run.normalise,
        "model": run.model,
        "parameters": run.parameters,
        "features": (run.features, run.n_features, run.columns),
        "clean": run.clean,
        "copies": run.copies,
        "added": run.added,
        "labels": run.labels,
        "tuning": (run.tuning.get("n_trials"), run.pipeline) if run.tuning else None,
        "seed": run.seed,
        "leaks": (run.leaky, run.leaks),
    }
