"""Groups of runs that may be compared with each other, and their order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from featser.evaluation import Difference, Run, compare_with
from featser.evaluation.compare import CLEAR, smallest_p
from featser.models import MODELS, default_parameters

SYNTHETIC = "synthetic"
"""Prefix of the names of corpora without human voices."""

_NO_DEFAULT = object()
"""Equal to no value of a setting."""

Apart = dict[str, tuple[str, ...]]
"""Name of a run -> settings that distinguish it from other runs of its pipeline."""


@dataclass(frozen=True)
class Group:
    """Runs on the same utterances under the same protocol and normalisation.

    Attributes
    ----------
    corpus, protocol, normalise : str
        shared by all runs
    leaky : bool
        whether the scores are inflated by leaks; such a group has no ranks and no best run
    runs : tuple of Run
        by UAR, best first; of equal UAR the one of lower log-loss comes first
    to_best : tuple of Difference, optional
        difference of each run but the first to the first, in the order of ``runs``; None where the group is leaky,
        has one run, or has unknown speakers
    """

    corpus: str
    protocol: str
    normalise: str
    leaky: bool
    runs: tuple[Run, ...]
    to_best: tuple[Difference, ...] | None = None

    @property
    def comparable(self) -> bool:
        """Whether there are enough speakers for a clear difference."""
        return self.to_best is not None and smallest_p(len(self.runs[0].right_by_speaker)) <= CLEAR

    @property
    def level(self) -> tuple[bool, ...]:
        """For each run, whether it is not clearly lower than the first; False throughout where none can be clear."""
        if not self.comparable or self.to_best is None:
            return (False,) * len(self.runs)
        return (True, *(not each.clear for each in self.to_best))

    @property
    def ranks(self) -> tuple[int | None, ...]:
        """Rank of each run, 1 = best, equal ranks for equal UAR; None throughout for a leaky group."""
        if self.leaky:
            return (None,) * len(self.runs)
        scores = [run.uar for run in self.runs]
        return tuple(scores.index(score) + 1 for score in scores)

    @property
    def best(self) -> Run | None:
        """The run of rank 1; None for a leaky group."""
        return None if self.leaky else self.runs[0]

    @property
    def chance(self) -> float:
        """UAR of a random guess."""
        return 1 / len(self.runs[0].classes)

    @property
    def synthetic(self) -> bool:
        """Whether some of the voices are synthetic."""
        return any(part.startswith(SYNTHETIC) for part in self.corpus.split("+"))

    @property
    def one_machine(self) -> bool:
        """Whether all times were measured on the same machine, so that they can be compared."""
        return len({run.machine for run in self.runs}) == 1


def comparison(runs: Sequence[Run]) -> list[Group]:
    """Sort runs into groups and rank them.

    Parameters
    ----------
    runs : sequence of Run
        in any order

    Returns
    -------
    list of Group
        honest groups before leaky ones, human voices before synthetic ones, then by corpus, protocol and
        normalisation. Runs on other utterances, with other labels or another number of folds are in a group of their
        own
    """
    ordered = sorted(runs, key=_question)
    return [_group(list(members)) for _, members in groupby(ordered, key=_question)]


def distinctions(runs: Sequence[Run]) -> Apart:
    """Find the settings that distinguish runs of one pipeline name.

    Parameters, seed, cleaning and so on are listed only where they differ from another run of the same pipeline in
    any group; a parameter only where it is not the model's default. Runs that cannot be told apart in this way get
    the digest at the end of their names.

    Parameters
    ----------
    runs : sequence of Run
        all runs of the report

    Returns
    -------
    dict
        name of each run -> its distinguishing settings, often none

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
    return run.pipeline, bool(run.tuning), bool(_leaks(run))


def _leaks(run: Run) -> list[str]:
    """Kinds of leaks, except for the one that the protocol is named after."""
    kinds = [leak.partition(":")[0].rstrip(".") for leak in run.leaks]
    return [kind for kind in kinds if kind != f"{run.protocol} split"]


def _made_with(run: Run) -> list[str]:
    """Leaks or tuning, added corpora and label map, which the name of the pipeline does not mention."""
    n_trials = run.tuning.get("n_trials")
    tuned = [f"tuned, {n_trials} trials" if n_trials else "tuned"] if run.tuning else []
    added = [f"with {', '.join(run.added)}"] if run.added else []
    labels = [f"labels {run.labels['name']}"] if run.labels else []
    return [*(_leaks(run) or tuned), *added, *labels]


def _question(run: Run) -> tuple[Any, ...]:
    """Everything that must be equal for two runs to be compared, in the order of the report."""
    return (
        run.leaky,
        any(part.startswith(SYNTHETIC) for part in run.corpus.split("+")),
        run.corpus,
        run.protocol,
        (run.normalise != "none", *_by_number(run.normalise)),
        (-run.n_utterances, -run.n_speakers, -len(run.classes), -run.n_folds),
        tuple(run.classes),
        run.utterances,
    )


def _by_number(name: str) -> tuple[str, int]:
    """Sort key that puts ``enrolment:5`` before ``enrolment:20``."""
    word, _, number = name.partition(":")
    return word, int(number) if number.isdecimal() else 0


def _group(runs: list[Run]) -> Group:
    first = runs[0]
    ranked = sorted(runs, key=lambda run: (-run.uar, run.log_loss, run.pipeline, run.features, run.run))
    to_best = None if first.leaky or len(runs) < 2 else compare_with(ranked[0], ranked[1:])
    return Group(first.corpus, first.protocol, first.normalise, first.leaky, tuple(ranked), to_best)


def _settings(run: Run) -> dict[str, tuple[str, Any]]:
    """Settings that the name of the pipeline leaves open, each with the scope in which a difference is worth showing.

    The number of features is compared within a feature set only, and cleaning within a corpus only. The parameters of
    a tuned run differ by fold and have a table of their own.
    """
    parameters = {} if run.tuning or _leaks(run) else run.parameters
    everywhere = {"model": run.model, **parameters, "seed": run.seed}
    return {
        **{key: ("", value) for key, value in everywhere.items()},
        "clean": (run.corpus, "+".join(run.clean) or "none"),
        "copies": ("", len(run.copies)),
        "n_features": (run.features, run.n_features),
    }


def short_setting(run: Run, name: str) -> str:
    """State one of the settings of `featser.evaluation.pairing.SETTINGS` in a few words."""
    values: dict[str, Any] = {
        "clean": "+".join(run.clean) or "none",
        "copies": ", ".join(run.copies) or "none",
        "added": ", ".join(run.added) or "none",
        "labels": run.labels.get("name", "none"),
        "tuning": f"{run.tuning.get('n_trials', '?')} trials" if run.tuning else "none",
        "leaks": "; ".join(leak.partition(":")[0] for leak in run.leaks) or ("LEAKY" if run.leaky else "none"),
        "features": f"{run.features} ({run.n_features:,} columns)",
    }
    return str(values[name] if name in values else getattr(run, name))


def _varying(settings: Sequence[dict[str, tuple[str, Any]]]) -> list[str]:
    """Keys with more than one value within a scope."""
    varying = []
    for key in dict.fromkeys(key for each in settings for key in each):
        values = [each.get(key, ("", None)) for each in settings]
        if len({repr(value) for value in values}) > len({within for within, _ in values}):
            varying.append(key)
    return varying


def _usual(run: Run, key: str, value: Any) -> bool:
    """Whether a setting has its default value."""
    usual = default_parameters(run.model) if run.model in MODELS else {}
    return {**usual, "copies": 0}.get(key, _NO_DEFAULT) == value


def _setting_words(key: str, value: Any) -> str:
    if key == "copies":
        return "1 copy of each" if value == 1 else f"{value} copies of each"
    return f"{value} features" if key == "n_features" else f"{key}={value}"


def _with_endings(runs: Sequence[Run], found: Apart) -> Apart:
    """Add the digest at the end of a run's name where two rows of a group look the same."""
    rows = {run.run: (_question(run), run.pipeline, run.features, found[run.run]) for run in runs}
    times = Counter(rows.values())
    return {
        name: (*found[name], f"run {name.rsplit('-', 1)[-1]}") if times[row] > 1 else found[name]
        for name, row in rows.items()
    }
