"""Scores on corpora that a model was not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

from featser.evaluation import Run
from featser.evaluation.protocols import CORPORA_APART
from featser.reporting.part import PartScore, part_score


@dataclass(frozen=True)
class Elsewhere:
    """Score of a run under leave-one-corpus-out on one corpus, by models trained on the others.

    Attributes
    ----------
    run : Run
    trained, tested : str
        corpora, several joined by ``+``
    score : PartScore
        over the speakers of ``tested``
    """

    run: Run
    trained: str
    tested: str
    score: PartScore


def elsewhere(corpus: str, runs: Sequence[Run]) -> list[Elsewhere]:
    """Find scores on other corpora of models trained on a corpus.

    Parameters
    ----------
    corpus : str
        among those of training
    runs : sequence of Run
        all runs of the report

    Returns
    -------
    list of Elsewhere
        for each normalisation the run with the highest UAR, one entry for each tested corpus
    """
    found = []
    for run in _best(corpus, runs):
        tested = [each for each in run.corpus.split("+") if each != corpus]
        found += [score for each in tested if (score := tested_on(run, each)) is not None]
    return found


def tested_on(run: Run, corpus: str) -> Elsewhere | None:
    """Score a run across corpora on one of them.

    Parameters
    ----------
    run : Run
        under leave-one-corpus-out
    corpus : str
        one of its corpora

    Returns
    -------
    Elsewhere or None
        None where the speakers are unknown, so that the run does not tell its corpora apart
    """
    speakers = [name for name in run.spoken_by_speaker if name.partition("/")[0] == corpus]
    trained = "+".join(each for each in run.corpus.split("+") if each != corpus)
    return Elsewhere(run, trained, corpus, part_score(run, speakers)) if speakers else None


def _best(corpus: str, runs: Sequence[Run]) -> list[Run]:
    """Of the honest runs across corpora that train on a corpus, the best of each normalisation."""
    across = [
        run
        for run in runs
        if run.protocol in CORPORA_APART and not run.leaky and corpus in run.corpus.split("+") and run.corpus != corpus
    ]
    ways = sorted({run.normalise for run in across}, key=lambda way: (way != "none", way))
    return [min((run for run in across if run.normalise == way), key=lambda run: (-run.uar, run.run)) for way in ways]
