"""What follows from a comparison table, in words: who leads, what tuning brought, what training costs."""

from collections.abc import Iterator, Sequence

from featser.evaluation import Run
from featser.evaluation.compare import CLEAR, pair_p_values, smallest_p
from featser.models import SEQUENCE_MODELS
from featser.reporting.columns import duration_words, p_words
from featser.reporting.groups import Apart, Group

_NAMED = 4
"""So many runs are named in a sentence; of more, the rest is counted."""

_POINT = 0.01
_LEAST_POINTS = 0.1


def verdicts(group: Group, apart: Apart) -> list[str]:
    """Sentences about an honest group of at least two runs."""
    if group.leaky or len(group.runs) < 2:
        return []
    found = [lead_words(group, apart), *_tuning_sentences(group, apart), sequence_words(group, apart)]
    return [*(each for each in found if each), cost_words(group, apart)]


def lead_words(group: Group, apart: Apart) -> str:
    """Which runs cannot be told apart from the best, and by how much the next is lower."""
    n_speakers = group.runs[0].n_speakers
    names = _names(group, apart)
    lead = group.runs[0].uar - group.runs[1].uar
    if not group.p_values:
        return f"{names[0]} leads {names[1]} by {lead:.3f} UAR."
    who = f"With {n_speakers} speaker{'s' * (n_speakers != 1)}"
    if not group.comparable:
        floor = smallest_p(n_speakers)
        return (
            f"{names[0]} leads {names[1]} by {lead:.3f} UAR. {who} no difference can be told from chance: "
            f"the smallest p that so few allow is {floor:.2g}."
        )
    equal = [name for name, alike in zip(names, group.alike_best, strict=True) if alike]
    lower = [at for at, alike in enumerate(group.alike_best) if not alike]
    verdict = _alike_words(equal, group) if len(equal) > 1 else f"{names[0]} is the best"
    if not lower:
        return f"{who}, {verdict}: {names[0]} leads by {lead:.3f} UAR, which may be luck."
    gap = group.runs[0].uar - group.runs[lower[0]].uar
    next_one = f"{names[lower[0]]} is lower than {names[0]} by {gap:.3f} ({_p_equals(group.against_best[lower[0]])})"
    others = f", and so {_are(len(lower) - 1)} further down" if len(lower) > 1 else ""
    return f"{who}, {verdict}; {next_one}{others}."


def _alike_words(equal: Sequence[str], group: Group) -> str:
    """Say that runs are alike, all of them or each to the first: that a is like b and c does not make b like c."""
    if group.letters and all(letters == group.letters[0] for letters in group.letters[: len(equal)]):
        return f"{listing(equal)} cannot be told apart"
    return f"{listing(equal[1:])} cannot be told apart from {equal[0]}"


def tuning_words(tuned: Run, untuned: Run, name: str) -> str:
    """What a search over parameters brought, what it cost, and what it had believed."""
    values = pair_p_values([tuned, untuned])
    chance = values[0][1] if values else 1.0
    p = f", {_p_equals(chance)} for this pair alone" if values else ""
    luck = "" if chance <= CLEAR else ": may be luck"
    gain = f"{tuned.uar - untuned.uar:+.3f}{p}{luck}"
    cost = f"{_time(tuned)} of training in place of {_time(untuned)}"
    moved = f"Tuning moves {name} from {untuned.uar:.3f} to {tuned.uar:.3f} ({gain}), for {cost}."
    return f"{moved} {optimism_words(tuned)}".rstrip()


def optimism_words(run: Run) -> str:
    """How much better the parameters looked to the search that chose them; empty for parameters that were given."""
    inner, outer = run.tuning.get("inner_uar"), run.tuning.get("outer_uar", run.uar)
    if inner is None:
        return ""
    verb = "more" if inner >= outer else "less"
    return (
        f"Selection optimism: the search itself saw {inner:.3f} on its inner folds, {abs(inner - outer):.3f} {verb} "
        f"than speakers that it never heard give ({outer:.3f})."
    )


def sequence_words(group: Group, apart: Apart) -> str:
    """How the best sequence model stands to the best model on functionals; empty where one of them is missing."""
    names = _names(group, apart)
    deep = [at for at, run in enumerate(group.runs) if run.model in SEQUENCE_MODELS]
    flat = [at for at, run in enumerate(group.runs) if run.model not in SEQUENCE_MODELS]
    if not deep or not flat:
        return ""
    one, other = deep[0], flat[0]
    gap = group.runs[one].uar - group.runs[other].uar
    p = group.p_values[one][other] if group.p_values else 1.0
    which = f"the best of {len(deep)} sequence models" if len(deep) > 1 else "the sequence model"
    apart_words = _p_equals(p) if p <= CLEAR else f"{_p_equals(p)}: cannot be told apart"
    took = [_time(group.runs[at]) for at in (one, other)]
    return (
        f"{names[one]}, {which}, is {abs(gap):.3f} UAR {'above' if gap > 0 else 'below'} {names[other]} "
        f"({apart_words}) after {took[0]} of training against {took[1]}."
    )


def cost_words(group: Group, apart: Apart) -> str:
    """What a point of UAR costs in seconds of training."""
    names = _names(group, apart)
    best = group.runs[0]
    cheap = min(range(len(group.runs)), key=lambda at: (_fit(group.runs[at]), at))
    quickest = group.runs[cheap]
    if cheap == 0:
        return f"{names[0]} is also the quickest to train ({_time(best)})."
    start = f"{names[cheap]} is the quickest to train ({_time(quickest)})"
    if group.alike_best[cheap]:
        return f"{start} and cannot be told apart from {names[0]} ({_time(best)})."
    points = (best.uar - quickest.uar) / _POINT
    if points < _LEAST_POINTS:
        return f"{start}, and no worse."
    price = duration_words((_fit(best) - _fit(quickest)) / points)
    return f"{start}; from it to {names[0]} ({_time(best)}) a point of UAR costs {price} s of training."


def listing(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> listing(["svm", "logreg", "lda"])
    'svm, logreg and lda'
    """
    shown = list(names) if len(names) <= _NAMED + 1 else [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _tuning_sentences(group: Group, apart: Apart) -> Iterator[str]:
    """A sentence for each searched pipeline; a longer one where the model was also run untuned on such a table."""
    for run, name in zip(group.runs, _names(group, apart), strict=True):
        table = (run.model, run.features, run.copies)
        fixed = [each for each in group.runs if (each.model, each.features, each.copies) == table and not each.tuning]
        if run.tuning and fixed:
            yield tuning_words(run, fixed[0], name.replace(", ".join(apart[run.run]), "").replace(" ()", ""))
        elif run.tuning and optimism_words(run):
            yield f"{name}: {optimism_words(run)}"


def _names(group: Group, apart: Apart) -> list[str]:
    """Names of the runs, with what tells them apart; their features where one pipeline read several sets."""
    found = []
    for run in group.runs:
        sets = {each.features for each in group.runs if each.pipeline == run.pipeline}
        name = f"{run.pipeline} ({', '.join(apart[run.run])})" if apart[run.run] else run.pipeline
        found.append(f"{name} on {run.features}" if len(sets) > 1 else name)
    return found


def _are(count: int) -> str:
    return f"are {count} runs" if count > 1 else "is one run"


def _p_equals(value: float) -> str:
    return f"p {p_words(value)}" if value < 0.001 else f"p = {p_words(value)}"


def _time(run: Run) -> str:
    """Training time in a sentence."""
    seconds = _fit(run)
    return f"{seconds / 60:.0f} min" if seconds >= 600 else f"{duration_words(seconds)} s"


def _fit(run: Run) -> float:
    return run.seconds.get("fit", 0.0)
