"""Runs shown side by side: leaky and honest ones, and known and new sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from featser.evaluation import LEAKY, Run
from featser.evaluation.pairing import twins
from featser.evaluation.premium import CHANGED_SETTINGS, RANDOM
from featser.evaluation.protocols import CORPORA_APART, TEXTS_APART
from featser.reporting.groups import SYNTHETIC, Apart

PREMIUM_MEANING = (
    "The same pipeline on the same recordings, scored honestly and with leaks that are common in published code. Each "
    "pair of runs differs in the leak only. New speakers get the honest score."
)
NEW_TEXT_MEANING = (
    "In most corpora all speakers read the same few sentences, so that the tested sentences occur in training. Under "
    f"{TEXTS_APART[0]} neither the speaker nor the sentence does. Both runs of a row differ in the protocol only."
)

_PREFERRED = {"published": 0, "leave-one-speaker-out": 1}
"""Order of honest protocols, where several runs differ in the protocol only."""


@dataclass(frozen=True)
class Premium:
    """A leaky run with the honest run that differs from it in the leak only."""

    leaky: Run
    honest: Run

    @property
    def value(self) -> float:
        """UAR that the leak adds."""
        return self.leaky.uar - self.honest.uar


@dataclass(frozen=True)
class NewText:
    """A run on new speakers, and the same on new speakers with new sentences."""

    speaker: Run
    both: Run


def premiums(runs: Sequence[Run]) -> list[tuple[Premium, ...]]:
    """Pair every leaky run with its honest twin.

    Parameters
    ----------
    runs : sequence of Run
        all runs of the report

    Returns
    -------
    list of tuple
        one tuple per pipeline, corpus and normalisation, the largest premium first; leaky runs without a twin are
        left out
    """
    pairs = [Premium(run, twin) for run in runs if run.leaky and (twin := honest_twin(run, runs)) is not None]
    pairs.sort(key=lambda pair: (_order(pair.leaky), -pair.value, pair.leaky.run))
    return [tuple(same) for _, same in groupby(pairs, key=lambda pair: _order(pair.leaky))]


def new_texts(runs: Sequence[Run]) -> list[NewText]:
    """Pair every run on new sentences with the run that differs in the protocol only.

    Parameters
    ----------
    runs : sequence of Run
        all runs of the report

    Returns
    -------
    list of NewText
        by corpus and pipeline; runs without a twin are left out
    """
    tested = [run for run in runs if run.protocol in TEXTS_APART and not run.leaky]
    pairs = [NewText(twin, run) for run in tested if (twin := _usual([*twins(run, runs, {"protocol"})])) is not None]
    return sorted(pairs, key=lambda pair: (_order(pair.both), -pair.both.uar, pair.both.run))


def honest_twin(run: Run, runs: Sequence[Run]) -> Run | None:
    """Find the honest run that differs from a leaky one in the leak only.

    Parameters
    ----------
    run : Run
        a leaky run
    runs : sequence of Run
        runs to choose from

    Returns
    -------
    Run or None
        of several, which differ in the protocol, the one with published folds, else leave-one-speaker-out
    """
    varied = {"leaks"}.union(*(CHANGED_SETTINGS.get(name, ()) for name in _leak_names(run)))
    return _usual([each for each in twins(run, runs, varied) if not each.leaky])


def premium_words(run: Run, runs: Sequence[Run], apart: Apart) -> str:
    """Say how much a leak adds to the score of a run; empty without an honest twin."""
    twin = honest_twin(run, runs)
    if twin is None:
        return ""
    words = ", ".join(apart[run.run])
    name = f"{run.pipeline} ({words})" if words else run.pipeline
    return (
        f"{name} on {run.features}: {run.uar:.3f} with the leak, {twin.uar:.3f} without it ({twin.protocol}). "
        f"Difference {run.uar - twin.uar:+.3f}."
    )


def leak_name(run: Run) -> str:
    """Kinds of the leaks of a run."""
    return "; ".join(_leak_names(run))


def leak_details(run: Run) -> str:
    """What training of a leaky run was allowed to see; may be empty."""
    return "; ".join(leak.partition(":")[2].strip().rstrip(".") for leak in run.leaks).strip("; ")


def premium_summary(pairs: Sequence[Premium]) -> str:
    """Say the largest premium of a pipeline in a sentence."""
    worst = pairs[0]
    if worst.value <= 0:
        return f"No leak raises the score of {worst.honest.pipeline} above its honest {worst.honest.uar:.3f}."
    return (
        f'{worst.honest.pipeline} scores {worst.honest.uar:.3f} on new speakers. With the leak "'
        f'{leak_name(worst.leaky)}" it appears to score {worst.leaky.uar:.3f}, {worst.value:.3f} more.'
    )


def _leak_names(run: Run) -> list[str]:
    names = [leak.partition(":")[0].rstrip(".") for leak in run.leaks]
    return names or ([RANDOM] if run.protocol in LEAKY else [])


def _usual(runs: Sequence[Run]) -> Run | None:
    """Of runs that differ in the protocol, the one that keeps speakers apart, and only them, in the usual way."""
    fair = [run for run in runs if run.protocol not in (*TEXTS_APART, *CORPORA_APART, *LEAKY)]
    return min(fair, key=lambda run: (_PREFERRED.get(run.protocol, len(_PREFERRED)), run.protocol), default=None)


def _order(run: Run) -> tuple[Any, ...]:
    """Human voices first, then by corpus, normalisation and pipeline."""
    return (
        run.corpus.startswith(SYNTHETIC),
        run.corpus,
        run.normalise != "none",
        run.normalise,
        run.pipeline,
        run.features,
    )
