"""What differs between two runs: settings, scores, and who gains."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from featser.errors import InputError, did_you_mean
from featser.evaluation import Run, compare_with
from featser.evaluation.pairing import differing_settings
from featser.reporting.groups import short_setting
from featser.reporting.measures import difference_words, interval_words, p_words, size_in_words
from featser.reporting.words import speaker_name

_PAIRED = {"utterances", "corpus", "labels"}
_SAME_TASK = {"protocol", "normalise", "leaks", *_PAIRED}
_COSTS = ("fit", "predict")


def find_run(name: str, runs: Sequence[Run]) -> Run:
    """Find a run by its name, its folder, or a part of the name that no other run has.

    Parameters
    ----------
    name : str
    runs : sequence of Run

    Returns
    -------
    Run

    Raises
    ------
    InputError
        no run or several runs fit
    """
    wanted = name.rstrip("/").rpartition("/")[2]
    exact = [run for run in runs if run.run == wanted]
    fitting = exact or [run for run in runs if wanted in run.run]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InputError(
            f"'{name}' is part of {len(fitting)} runs: {', '.join(run.run for run in fitting[:3])}. Name one."
        )
    near = did_you_mean(wanted, [run.run for run in runs])
    raise InputError(f"No run is named '{name}'.{near} 'ls reports/runs' lists them.")


def contrast(one: Run, other: Run, predictions: Sequence[pd.DataFrame | None] = (None, None)) -> dict[str, Any]:
    """Compare two runs.

    Parameters
    ----------
    one, other : Run
    predictions : sequence of DataFrame or None
        out-of-fold predictions of both

    Returns
    -------
    dict
        ``runs``; ``differing`` (setting -> both values); ``scores`` (name -> both values); ``recall`` (emotion -> both
        values); ``paired`` (difference of the UARs with its interval and p, where both tested the same utterances);
        ``answers`` (utterances by who is right, where predictions are given); ``comparable``, whether the scores
        answer the same question
    """
    differing = differing_settings(one, other)
    same = not differing & _PAIRED
    paired = compare_with(one, [other]) if same else None
    return {
        "runs": [one.run, other.run],
        "comparable": not differing & _SAME_TASK,
        "differing": {key: list(values) for key, values in _differing(one, other, differing)},
        "scores": {name: [getattr(run, name) for run in (one, other)] for name in ("uar", "war", "macro_f1", "ece")},
        "intervals": [[run.uar_low, run.uar_high] for run in (one, other)],
        "recall": {
            emotion: [one.recall[emotion], other.recall[emotion]] for emotion in one.recall if emotion in other.recall
        },
        "paired": vars(paired[0]) if paired else None,
        "speakers": _speakers(one, other) if same else {},
        "answers": _answers(*predictions) if same else None,
        "seconds": {name: [run.seconds.get(name) for run in (one, other)] for name in _COSTS},
        "model_bytes": [one.model_bytes, other.model_bytes],
    }


def contrast_lines(one: Run, other: Run, found: Mapping[str, Any]) -> list[str]:
    """Write what `contrast` found as lines of text; A is the first run, B the second.

    Parameters
    ----------
    one, other : Run
    found : mapping
        as `contrast` returns it

    Returns
    -------
    list of str
    """
    lines = [f"A: {one.run}", f"B: {other.run}", ""]
    lines += ["What differs:" if found["differing"] else "No setting differs."]
    lines += [f"  {name}: {values[0]} in A, {values[1]} in B" for name, values in found["differing"].items()]
    lines += ["", f"UAR {one.uar:.3f} {interval_words(one)} in A, {other.uar:.3f} {interval_words(other)} in B."]
    lines += [*_verdict(one, other, found), *_recalls(found), *_gains(one, found)]
    fits = [f"{value:,.1f} s" if value is not None else "unknown" for value in found["seconds"]["fit"]]
    sizes = [size_in_words(each) for each in found["model_bytes"]]
    return [*lines, f"Training: {fits[0]} in A, {fits[1]} in B. Size: {sizes[0]} in A, {sizes[1]} in B."]


def _verdict(one: Run, other: Run, found: Mapping[str, Any]) -> list[str]:
    lines = []
    if not found["comparable"]:
        lines.append("The tests differ, so the scores answer different questions: neither run is better by them.")
    if found["paired"] is not None:
        (paired,) = compare_with(one, [other]) or ()
        p = p_words(paired.p)
        lines.append(
            f"B minus A: {difference_words(paired)}, p {'' if p.startswith('<') else '= '}{p}. B is lower for "
            f"{paired.n_lower} and higher for {paired.n_higher} of {paired.n_speakers} speakers."
        )
    else:
        lines.append("They tested other utterances, so they cannot be compared speaker by speaker.")
    answers = found["answers"]
    if answers:
        lines.append(
            f"Of {sum(answers.values()):,} utterances, both are right on {answers['both']:,}, only A on "
            f"{answers['first']:,}, only B on {answers['second']:,}, neither on {answers['neither']:,}."
        )
    return lines


def _recalls(found: Mapping[str, Any]) -> list[str]:
    gaps = {emotion: b - a for emotion, (a, b) in found["recall"].items()}
    ordered = sorted(gaps, key=lambda emotion: (gaps[emotion], emotion))
    words = [f"{emotion} {gaps[emotion]:+.3f}" for emotion in ordered]
    return [f"Recall, B minus A: {', '.join(words)}."] if words else []


def _gains(one: Run, found: Mapping[str, Any]) -> list[str]:
    gaps = found["speakers"]
    if not gaps:
        return []
    (low, least), *_, (high, most) = gaps.items() if len(gaps) > 1 else [*gaps.items()] * 2
    return [
        f"Speakers, B minus A: from {speaker_name(one, low)} {least:+.3f} to {speaker_name(one, high)} {most:+.3f}."
    ]


def _speakers(one: Run, other: Run) -> dict[str, float]:
    """UAR of the second run minus that of the first, by speaker, the lowest first."""
    gaps = {name: other.uar_by_speaker[name] - score for name, score in one.uar_by_speaker.items()}
    return dict(sorted(gaps.items(), key=lambda item: (item[1], item[0])))


def _answers(first: pd.DataFrame | None, second: pd.DataFrame | None) -> dict[str, int] | None:
    if first is None or second is None:
        return None
    a, b = (
        (table["truth"] == table["predicted"]).to_numpy()[table["utterance"].to_numpy().argsort()]
        for table in (first, second)
    )
    counts = {"both": a & b, "first": a & ~b, "second": ~a & b, "neither": ~a & ~b}
    return {name: int(each.sum()) for name, each in counts.items()}


def _differing(one: Run, other: Run, names: set[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Differing settings, parameters one by one, then versions and code."""
    for name in sorted(names - {"parameters", "utterances"}):
        yield name, (short_setting(one, name), short_setting(other, name))
    if "utterances" in names:
        sizes = [f"{run.n_utterances:,} of {run.n_speakers} speakers" for run in (one, other)]
        yield "utterances", (sizes[0], sizes[1])
    for part in ("parameters", "versions", "code"):
        first, second = getattr(one, part), getattr(other, part)
        for key in dict.fromkeys([*first, *second]):
            if first.get(key) != second.get(key):
                shown = [str(values.get(key, "-")) for values in (first, second)]
                yield (key if part == "parameters" else f"{part.removesuffix('s')} of {key}"), (shown[0], shown[1])
