"""Which runs may be held against each other, and in which order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from featser.evaluation import Run
from featser.evaluation.compare import CLEAR, PValues, alike_letters, pair_p_values, smallest_p
from featser.models import MODELS, default_parameters

SYNTHETIC = "synthetic"
"""Corpora whose names start so hold no human voices."""

_ASKED = object()
"""Equal to nothing that anybody asks for."""

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
    p_values : tuple of tuples, optional
        of every two runs, as `featser.evaluation.compare.pair_p_values` returns them; None where the split leaks, for
        one run, and for unknown speakers
    """

    corpus: str
    protocol: str
    normalise: str
    leaky: bool
    runs: tuple[Run, ...]
    p_values: PValues | None = None

    @property
    def comparable(self) -> bool:
        """Whether there are enough speakers to tell any two runs apart."""
        return self.p_values is not None and smallest_p(len(self.runs[0].right_by_speaker)) <= CLEAR

    @property
    def letters(self) -> tuple[str, ...]:
        """Letter of each run; it cannot be told apart from the first run of its letter."""
        return alike_letters(self.p_values) if self.p_values else ("",) * len(self.runs)

    @property
    def against_best(self) -> tuple[float, ...]:
        """P value of each run against the first; 1 where nothing can be compared."""
        return self.p_values[0] if self.p_values else (1.0,) * len(self.runs)

    @property
    def alike_best(self) -> tuple[bool, ...]:
        """Whether each run cannot be told apart from the first, the first itself included."""
        return tuple(self.comparable and p > CLEAR for p in self.against_best)

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
    another run of the same pipeline, in whichever group, and a parameter only where it is not the model's default.
    Runs that still look alike get the end of their names.

    Examples
    --------
    ``{"emodb-classic-svm-...": (), "emodb-classic-svm-...": ("C=1.0",)}``
    """
    found: Apart = {}
    for kind in sorted(set(map(_kind, runs))):
        same = [run for run in runs if _kind(run) == kind]
        varying = _varying([_settings(run) for run in same])
        for run in same:
            settings = _settings(run)
            told = [key for key in varying if key in settings and not _usual(run, key, settings[key][1])]
            words = [_setting_words(key, settings[key][1]) for key in told]
            found[run.run] = (*_made_with(run), *words)
    return _with_endings(runs, found)


def _kind(run: Run) -> tuple[str, bool, bool]:
    return run.pipeline, bool(run.tuning), bool(_shortcuts(run))


def _shortcuts(run: Run) -> list[str]:
    """Kinds of leaks that the protocol's name does not say already."""
    kinds = [leak.partition(":")[0].rstrip(".") for leak in run.leaks]
    return [kind for kind in kinds if kind != f"{run.protocol} split"]


def _made_with(run: Run) -> list[str]:
    """What a pipeline's name never says: that its parameters were searched for, and what it was allowed to see."""
    n_trials = run.tuning.get("n_trials")
    tuned = [f"tuned, {n_trials} trials" if n_trials else "tuned"] if run.tuning else []
    return tuned + _shortcuts(run)


def _question(run: Run) -> tuple[Any, ...]:
    """What must be equal for two runs to be compared; sorts as the report is read."""
    return (
        run.leaky,
        any(part.startswith(SYNTHETIC) for part in run.corpus.split("+")),
        run.corpus,
        run.protocol,
        (run.normalise != "none", *_by_number(run.normalise)),
        (-run.n_utterances, -run.n_speakers, -len(run.classes), -run.n_folds),
        tuple(run.classes),
        tuple(sum(row) for row in run.confusion),
        tuple(sorted(run.uar_by_speaker)),
    )


def _by_number(name: str) -> tuple[str, int]:
    """Sort key that puts ``enrolment:5`` before ``enrolment:20``."""
    word, _, number = name.partition(":")
    return word, int(number) if number.isdecimal() else 0


def _group(runs: list[Run]) -> Group:
    first = runs[0]
    ranked = sorted(runs, key=lambda run: (-run.uar, run.log_loss, run.pipeline, run.features, run.run))
    compared = None if first.leaky or len(runs) < 2 else pair_p_values(ranked)
    return Group(first.corpus, first.protocol, first.normalise, first.leaky, tuple(ranked), compared)


def _settings(run: Run) -> dict[str, tuple[str, Any]]:
    """All that a pipeline's name does not say, each with that within which a difference means something.

    Another feature set has another number of features, and some corpora need cleaning: that tells nobody anything.
    Parameters that a search or a shortcut chose are what it made of the data, not a setting.
    """
    parameters = {} if run.tuning or _shortcuts(run) else run.parameters
    everywhere = {"model": run.model, **parameters, "seed": run.seed}
    return {
        **{key: ("", value) for key, value in everywhere.items()},
        "clean": (run.corpus, "+".join(run.clean) or "none"),
        "copies": ("", len(run.copies)),
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


def _usual(run: Run, key: str, value: Any) -> bool:
    """Whether a setting is what nobody had to ask for."""
    usual = default_parameters(run.model) if run.model in MODELS else {}
    return {**usual, "copies": 0}.get(key, _ASKED) == value


def _setting_words(key: str, value: Any) -> str:
    if key == "copies":
        return f"{value} copies of each"
    return f"{value} features" if key == "n_features" else f"{key}={value}"


def _with_endings(runs: Sequence[Run], found: Apart) -> Apart:
    """Add the digest that a run's name ends in, where a reader could not tell two rows of a group apart."""
    rows = {run.run: (_question(run), run.pipeline, run.features, found[run.run]) for run in runs}
    times = Counter(rows.values())
    return {
        name: (*found[name], f"run {name.rsplit('-', 1)[-1]}") if times[row] > 1 else found[name]
        for name, row in rows.items()
    }
