"""Beside the honest score: what each shortcut would have pretended, and what is left when the sentence is new too."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from featser.evaluation import Run
from featser.reporting.groups import SYNTHETIC, Apart

NEW_TEXT = "speaker-and-text"

PREMIUM_MEANING = (
    "The same pipeline on the same recordings, scored honestly and by the shortcuts that are usual elsewhere. What a "
    "shortcut adds is not there for a new voice."
)
NEW_TEXT_MEANING = (
    "Most corpora have every speaker say the same few sentences, so a model may know the tested sentence though not "
    f"the voice. Under {NEW_TEXT} it has heard neither."
)


@dataclass(frozen=True)
class Shortcut:
    """A leaky run with the honest one that is most like it."""

    leaky: Run
    honest: Run

    @property
    def premium(self) -> float:
        """UAR that is not there for a new voice."""
        return self.leaky.uar - self.honest.uar


@dataclass(frozen=True)
class NewText:
    """A run on new speakers with the one on new speakers who say new sentences."""

    speaker: Run
    both: Run


def premiums(runs: Sequence[Run]) -> list[tuple[Shortcut, ...]]:
    """Every leaky run that some honest one can be held against: by pipeline and corpus, the largest premium first."""
    pairs = [Shortcut(run, twin) for run in runs if run.leaky and (twin := honest_twin(run, runs)) is not None]
    pairs.sort(key=lambda pair: (_order(pair.leaky), -pair.premium, pair.leaky.run))
    return [tuple(same) for _, same in groupby(pairs, key=lambda pair: _order(pair.leaky))]


def new_texts(runs: Sequence[Run]) -> list[NewText]:
    """Every run on new sentences beside its twin on known ones, the best on new sentences first."""
    pairs = [NewText(twin, run) for run in runs if _new_text(run) and (twin := honest_twin(run, runs)) is not None]
    return sorted(pairs, key=lambda pair: (_order(pair.both), -pair.both.uar, pair.both.run))


def honest_twin(run: Run, runs: Sequence[Run]) -> Run | None:
    """Return the run of the same pipeline on speakers that it never heard; of several the most alike."""
    fair = [each for each in runs if not each.leaky and not _new_text(each) and _kind(each) == _kind(run)]
    return min(fair, key=lambda each: (_differences(each, run), each.protocol, each.run), default=None)


def premium_words(run: Run, honest: Sequence[Run], apart: Apart) -> str:
    """How much a leak adds to what the same pipeline scores on speakers that it never heard; may be empty."""
    fair = honest_twin(run, honest)
    if fair is None:
        return ""
    words = ", ".join(apart[run.run])
    name = f"{run.pipeline} ({words})" if words else run.pipeline
    return (
        f"{name} on {run.features} pretends {run.uar:.3f} here; on speakers it never heard ({fair.protocol}) it scores "
        f"{fair.uar:.3f}. The leak adds {run.uar - fair.uar:.3f}."
    )


def leak_name(run: Run) -> str:
    """What kind of leak a run has, in a few words."""
    return "; ".join(leak.partition(":")[0].rstrip(".") for leak in run.leaks) or f"{run.protocol} split"


def leak_details(run: Run) -> str:
    """What a leaky run was allowed to see; may be empty."""
    return "; ".join(leak.partition(":")[2].strip().rstrip(".") for leak in run.leaks).strip("; ")


def premium_summary(shortcuts: Sequence[Shortcut]) -> str:
    """Say the largest premium of a pipeline in a sentence."""
    worst = shortcuts[0]
    if worst.premium <= 0:
        return f"No shortcut lifts {worst.honest.pipeline} above its honest score."
    return (
        f'{worst.honest.pipeline} is worth {worst.honest.uar:.3f} to a new voice; by "{leak_name(worst.leaky)}" it '
        f"would have pretended {worst.leaky.uar:.3f}, {worst.premium:.3f} more."
    )


def _new_text(run: Run) -> bool:
    return run.protocol == NEW_TEXT and not run.leaky


def _kind(run: Run) -> tuple[Any, ...]:
    """What a shortcut leaves as it is; parameters and columns may be what it chose."""
    return run.corpus, run.pipeline, run.model, run.features, run.clean, run.normalise, run.classes


def _differences(one: Run, other: Run) -> tuple[int, ...]:
    return (
        sum(one.parameters.get(name) != other.parameters.get(name) for name in {*one.parameters, *other.parameters}),
        bool(one.tuning) != bool(other.tuning),
        one.seed != other.seed,
        one.n_utterances != other.n_utterances,
        one.n_features != other.n_features,
    )


def _order(run: Run) -> tuple[Any, ...]:
    """As comparisons are ordered: human voices first, then by corpus and normalisation."""
    return (
        run.corpus.startswith(SYNTHETIC),
        run.corpus,
        run.normalise != "none",
        run.normalise,
        run.pipeline,
        run.features,
    )
