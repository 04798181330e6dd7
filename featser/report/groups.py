"""Which runs may be held against each other, and in which order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from featser.evaluation import Run

SYNTHETIC = "synthetic"
"""Corpora whose names start so hold no human voices."""

Apart = dict[str, tuple[str, ...]]
"""Name of a run -> what tells it apart from others of its pipeline."""


@dataclass(frozen=True)
class Group:
    """Runs that answer the same question: same utterances, split and normalisation.

    Attributes
    ----------
    leaky : bool
        speakers are on both sides of the split; such a group has no ranks and no best
    runs : tuple of Run
        by UAR, best first; of equal UAR the one of lower log-loss comes first
    """

    corpus: str
    protocol: str
    normalise: str
    leaky: bool
    runs: tuple[Run, ...]

    @property
    def ranks(self) -> tuple[int | None, ...]:
        """Rank of each run, 1 the best, equal UAR equal rank; None throughout where the split leaks."""
        if self.leaky:
            return (None,) * len(self.runs)
        scores = [run.uar for run in self.runs]
        return tuple(scores.index(score) + 1 for score in scores)

    @property
    def best(self) -> Run | None:
        """The run of rank 1; None where the split leaks."""
        return None if self.leaky else self.runs[0]

    @property
    def chance(self) -> float:
        """UAR of guessing."""
        return 1 / len(self.runs[0].classes)

    @property
    def synthetic(self) -> bool:
        """Whether some of the voices are not human."""
        return any(part.startswith(SYNTHETIC) for part in self.corpus.split("+"))


def comparison(runs: Sequence[Run]) -> list[Group]:
    """Sort runs into groups, and rank them inside.

    Honest groups come first, human voices before synthetic ones, then by corpus, protocol and normalisation; a
    different number of utterances, speakers, folds or emotions is a different question, hence another group.
    """
    ordered = sorted(runs, key=_question)
    return [_group(list(members)) for _, members in groupby(ordered, key=_question)]


def differences(runs: Sequence[Run]) -> Apart:
    """What tells runs of one pipeline name apart, by name of run.

    Empty for most: parameters, seed, cleaning steps and so on are listed only where they differ from those of
    another run of the same pipeline, in whichever group. Runs that still look alike get the end of their names.

    Examples
    --------
    ``{"emodb-classic-svm-...": ("C=10.0",), "emodb-classic-svm-...": ("C=1.0",)}``
    """
    found: Apart = {}
    for name in sorted({run.pipeline for run in runs}):
        same = [run for run in runs if run.pipeline == name]
        varying = _varying([_settings(run) for run in same])
        for run in same:
            settings = _settings(run)
            found[run.run] = tuple(_setting_words(key, settings[key][1]) for key in varying if key in settings)
    return _with_endings(runs, found)


def _question(run: Run) -> tuple[Any, ...]:
    """What must be equal for two runs to be compared; sorts as the report is read."""
    return (
        run.leaky,
        any(part.startswith(SYNTHETIC) for part in run.corpus.split("+")),
        run.corpus,
        run.protocol,
        (run.normalise != "none", run.normalise),
        (-run.n_utterances, -run.n_speakers, -len(run.classes), -run.n_folds),
        tuple(run.classes),
        tuple(sum(row) for row in run.confusion),
        tuple(sorted(run.uar_by_speaker)),
    )


def _group(runs: list[Run]) -> Group:
    first = runs[0]
    ranked = sorted(runs, key=lambda run: (-run.uar, run.log_loss, run.pipeline, run.features, run.run))
    return Group(first.corpus, first.protocol, first.normalise, first.leaky, tuple(ranked))


def _settings(run: Run) -> dict[str, tuple[str, Any]]:
    """All that a pipeline's name does not say, each with that within which a difference means something.

    Another feature set has another number of features, and some corpora need cleaning: that tells nobody anything.
    """
    everywhere = {"model": run.model, **run.parameters, "seed": run.seed}
    return {
        **{key: ("", value) for key, value in everywhere.items()},
        "clean": (run.corpus, "+".join(run.clean) or "none"),
        "n_features": (run.features, run.n_features),
    }


def _varying(settings: Sequence[dict[str, tuple[str, Any]]]) -> list[str]:
    """Keys that have more values than one within the same."""
    varying = []
    for key in dict.fromkeys(key for each in settings for key in each):
        values = [each.get(key, ("", None)) for each in settings]
        if len({repr(value) for value in values}) > len({within for within, _ in values}):
            varying.append(key)
    return varying


def _setting_words(key: str, value: Any) -> str:
    return f"{value} features" if key == "n_features" else f"{key}={value}"


def _with_endings(runs: Sequence[Run], found: Apart) -> Apart:
    """Add the digest that a run's name ends in, where a reader could not tell two rows of a group apart."""
    rows = {run.run: (_question(run), run.pipeline, run.features, found[run.run]) for run in runs}
    times = Counter(rows.values())
    return {
        name: (*found[name], f"run {name.rsplit('-', 1)[-1]}") if times[row] > 1 else found[name]
        for name, row in rows.items()
    }
