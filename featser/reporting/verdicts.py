"""Sentences about a comparison: which run leads, and what tuning and training time brought."""

from collections.abc import Iterator, Sequence

from featser.evaluation import Difference, Run, compare_with
from featser.evaluation.compare import CLEAR, smallest_p
from featser.evaluation.pairing import twins
from featser.models import SEQUENCE_MODELS
from featser.reporting.groups import Apart, Group
from featser.reporting.measures import duration_words, p_words

_NAMED = 4
"""Number of runs that a sentence names; the others are counted."""

_STEP = 0.01
_LEAST_STEPS = 0.1


def verdicts(group: Group, apart: Apart) -> list[str]:
    """Write the sentences about an honest group.

    Parameters
    ----------
    group : Group
        the comparison
    apart : dict
        as `featser.reporting.groups.distinctions` returns it

    Returns
    -------
    list of str
        the first about the lead; empty for a leaky group and for a single run
    """
    if group.leaky or len(group.runs) < 2:
        return []
    found = [lead_words(group, apart), *_tuning_sentences(group, apart), sequence_words(group, apart)]
    return [each for each in (*found, cost_words(group, apart)) if each]


def lead_words(group: Group, apart: Apart) -> str:
    """Name the best run, the runs that are not clearly lower, and the next that is."""
    names = _names(group, apart)
    lead = f"{names[0]} has the highest UAR, {group.runs[0].uar:.3f}"
    gap = f"{names[1]} is lower by {group.runs[0].uar - group.runs[1].uar:.3f}"
    if not group.to_best:
        return f"{lead}; {gap}."
    if not group.comparable:
        n_speakers = group.to_best[0].n_speakers
        floor = f"p is at least {smallest_p(n_speakers):.2g}"
        return f"{lead}; {gap}. With {_count(n_speakers, 'speaker')} no difference can be called clear: {floor}."
    level = [name for name, alike in zip(names[1:], group.level[1:], strict=True) if alike]
    lower = [at for at, each in enumerate(group.to_best, start=1) if each.clear]
    words = f"{lead}."
    if level:
        words += f" Not clearly lower (p > {CLEAR}): {listing(level)}."
    if lower:
        nearest = group.to_best[lower[0] - 1]
        words += (
            f" Clearly lower: {_count(len(lower), 'run')}, the nearest {names[lower[0]]} by {-nearest.uar:.3f} "
            f"({_evidence(nearest)})."
        )
    return words


def tuning_words(tuned: Run, untuned: Run, name: str, *, timed: bool = True) -> str:
    """Compare a tuned run with the run that differs in the tuning only.

    Parameters
    ----------
    tuned, untuned : Run
        on the same utterances
    name : str
        name of the pipeline
    timed : bool
        whether the training times of both can be compared
    """
    compared = compare_with(untuned, [tuned])
    words = f"{_tuning_verdict(tuned.uar - untuned.uar, compared)} {name}: {tuned.uar:.3f} against {untuned.uar:.3f}"
    if compared and compared[0].clear:
        words += f" ({_evidence(compared[0])})"
    if timed:
        words += f"; training took {_time(tuned)} instead of {_time(untuned)}"
    return f"{words}. {optimism_words(tuned)}".rstrip()


def optimism_words(run: Run) -> str:
    """Compare the score that a search saw with the score of the tuned run; empty for a run without a search."""
    inner, outer = run.tuning.get("inner_uar"), run.tuning.get("outer_uar", run.uar)
    if inner is None:
        return ""
    if inner <= outer:
        return f"The search scored {inner:.3f} on its inner folds, which train on fewer speakers."
    return (
        f"Selection optimism {inner - outer:.3f}: the search scored {inner:.3f} on its inner folds, the tuned models "
        f"{outer:.3f} on new speakers."
    )


def sequence_words(group: Group, apart: Apart) -> str:
    """Compare the best sequence model with the best other model; empty where one of them is missing."""
    names = _names(group, apart)
    deep = [at for at, run in enumerate(group.runs) if run.model in SEQUENCE_MODELS]
    flat = [at for at, run in enumerate(group.runs) if run.model not in SEQUENCE_MODELS]
    if not deep or not flat:
        return ""
    one, other = group.runs[deep[0]], group.runs[flat[0]]
    compared = compare_with(other, [one])
    which = f"the best of {len(deep)} sequence models" if len(deep) > 1 else "the sequence model"
    side = "higher" if one.uar > other.uar else "lower"
    words = f"{names[deep[0]]}, {which}, is {side} than {names[flat[0]]} by {abs(one.uar - other.uar):.3f}"
    if compared:
        words += f" ({_evidence(compared[0])})"
    took = f"; training took {_time(one)} against {_time(other)}" if group.one_machine else ""
    return f"{words}{took}."


def cost_words(group: Group, apart: Apart) -> str:
    """Say what 0.01 UAR more costs in training time; empty for times of different machines."""
    if not group.one_machine:
        return ""
    names = _names(group, apart)
    best = group.runs[0]
    cheap = min(range(len(group.runs)), key=lambda at: (_fit(group.runs[at]), at))
    quickest = group.runs[cheap]
    steps = (best.uar - quickest.uar) / _STEP
    if cheap == 0:
        words = f"{names[0]} also trains fastest ({_time(best)})."
    elif steps < _LEAST_STEPS or group.level[cheap]:
        words = f"{names[cheap]} trains fastest ({_time(quickest)} against {_time(best)}) and is not clearly lower."
    else:
        price = duration_words((_fit(best) - _fit(quickest)) / steps)
        words = (
            f"{names[cheap]} trains fastest ({_time(quickest)}). From there to {names[0]} ({_time(best)}), "
            f"0.01 UAR more costs about {price} s of training."
        )
    return f"{words} {machine_words(best)}"


def machine_words(run: Run) -> str:
    """Name the machine behind the times of a run, with a caveat."""
    where = (
        f"Times were measured on {run.machine}" if run.machine else "The machine behind these times was not recorded"
    )
    return f"{where}; other work on it makes them longer."


def listing(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> listing(["svm", "logreg", "lda"])
    'svm, logreg and lda'
    """
    shown = list(names) if len(names) <= _NAMED + 1 else [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _tuning_sentences(group: Group, apart: Apart) -> Iterator[str]:
    """One sentence for each tuned run that has an untuned twin."""
    names = _names(group, {name: tuple(word for word in words if word[:5] != "tuned") for name, words in apart.items()})
    for run, name in zip(group.runs, names, strict=True):
        untuned = twins(run, group.runs, {"tuning"}) if run.tuning else []
        fixed = [each for each in untuned if not each.tuning]
        if fixed:
            yield tuning_words(run, fixed[0], name, timed=group.one_machine)


def _tuning_verdict(gain: float, compared: Sequence[Difference] | None) -> str:
    if compared and compared[0].clear:
        return "Tuning helped" if gain > 0 else "Tuning harmed"
    return "Tuning did not help" if gain <= 0 else "Tuning did not clearly help"


def _names(group: Group, apart: Apart) -> list[str]:
    """Names of the runs with their distinctions, and their features where a pipeline used several sets."""
    found = []
    for run in group.runs:
        sets = {each.features for each in group.runs if each.pipeline == run.pipeline}
        name = f"{run.pipeline} ({', '.join(apart[run.run])})" if apart[run.run] else run.pipeline
        found.append(f"{name} on {run.features}" if len(sets) > 1 else name)
    return found


def _evidence(difference: Difference) -> str:
    """P-value, and for how many speakers the difference has its sign."""
    side, count = ("lower", difference.n_lower) if difference.uar <= 0 else ("higher", difference.n_higher)
    p = p_words(difference.p)
    return f"{'p ' if p.startswith('<') else 'p = '}{p}, {side} for {count} of {difference.n_speakers} speakers"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _time(run: Run) -> str:
    """Training time in a sentence."""
    seconds = _fit(run)
    return f"{seconds / 60:.0f} min" if seconds >= 600 else f"{duration_words(seconds)} s"


def _fit(run: Run) -> float:
    return run.seconds.get("fit", 0.0)
