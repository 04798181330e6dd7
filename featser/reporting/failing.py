"""Who and what fails: recall by speaker and emotion, UAR by sex, and the surest mistakes."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from featser.corpora import CORPORA
from featser.evaluation import Run
from featser.reporting.part import PartScore, part_score

Predictions = Callable[[Run], pd.DataFrame | None]
"""Gives the out-of-fold predictions of a run, or None where they are not at hand."""

N_MISTAKES = 10


@dataclass(frozen=True)
class Voice:
    """A tested speaker: UAR, and correct and all utterances of each emotion."""

    speaker: str
    sex: str
    uar: float
    counts: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Mistake:
    """A wrong answer with high confidence."""

    utterance: str
    truth: str
    predicted: str
    confidence: float


def sex_of(run: Run, speaker: str) -> str:
    """Sex of a speaker as the run recorded it, else as the corpus declares it; empty where it is unknown."""
    corpus, _, name = speaker.partition("/")
    declared = CORPORA[corpus].sexes.get(name, "") if corpus in CORPORA else ""
    return run.sexes.get(speaker, declared)


def voices(run: Run) -> list[Voice]:
    """List the tested speakers, the lowest UAR first.

    Parameters
    ----------
    run : Run

    Returns
    -------
    list of Voice
        empty where some speaker is unknown
    """
    found = []
    for speaker, spoken in run.spoken_by_speaker.items():
        counts = tuple(zip(run.right_by_speaker[speaker], spoken, strict=True))
        recalls = [right / n for right, n in counts if n]
        found.append(Voice(speaker, sex_of(run, speaker), sum(recalls) / len(recalls), counts))
    return sorted(found, key=lambda voice: (voice.uar, voice.speaker))


def by_sex(run: Run) -> dict[str, PartScore]:
    """Score a run on the speakers of each sex.

    Parameters
    ----------
    run : Run

    Returns
    -------
    dict of str to PartScore
        by sex; speakers of unknown sex are left out
    """
    sexes = {speaker: sex for speaker in run.spoken_by_speaker if (sex := sex_of(run, speaker))}
    return {
        sex: part_score(run, [speaker for speaker, each in sexes.items() if each == sex])
        for sex in sorted({*sexes.values()})
    }


def mistakes(predictions: pd.DataFrame | None) -> list[Mistake]:
    """List the wrong answers with the highest confidence.

    Parameters
    ----------
    predictions : DataFrame, optional
        out-of-fold predictions

    Returns
    -------
    list of Mistake
        up to ten, the highest confidence first; empty without predictions
    """
    if predictions is None:
        return []
    wrong = predictions[predictions["truth"] != predictions["predicted"]]
    wrong = wrong.assign(confidence=wrong.filter(regex="^p_").max(axis=1))
    wrong = wrong.sort_values(["confidence", "utterance"], ascending=[False, True]).head(N_MISTAKES)
    rows = wrong[["utterance", "truth", "predicted", "confidence"]].to_numpy()
    return [Mistake(str(name), str(truth), str(other), float(sure)) for name, truth, other, sure in rows]
