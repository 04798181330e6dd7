"""Scores on corpora that a model was not trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featser.evaluation import Run
from featser.evaluation.protocols import CORPORA_APART
from featser.reporting.measures import NOTHING, bounds_words
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


def corpus_rows(run: Run) -> list[tuple[str, ...]]:
    """Return the scores of a run on each corpus that it left out, and their mean.

    Parameters
    ----------
    run : Run
        under leave-one-corpus-out

    Returns
    -------
    list of tuple
        corpus, UAR, interval, utterances, speakers, emotions, and UAR and interval after adapting; the mean comes last
    """
    whole = {
        name: getattr(run, name) for name in ("uar", "uar_low", "uar_high", "n_utterances", "n_speakers", "classes")
    }
    adapted = run.adapted.get("by_corpus", {}) | ({"mean": run.adapted} if run.adapted else {})
    rows: list[tuple[str, ...]] = []
    for name, score in (*run.by_corpus.items(), ("mean", whole)):
        sizes = (f"{score['n_utterances']:,}", f"{score['n_speakers']}", f"{len(score['classes'])}")
        rows.append((name, *_score_words(score), *sizes, *_score_words(adapted.get(name))))
    return rows


def _score_words(score: Mapping[str, Any] | None) -> tuple[str, str]:
    """UAR and interval; dashes where it was not measured."""
    return (
        (NOTHING, NOTHING)
        if score is None
        else (f"{score['uar']:.3f}", bounds_words(score["uar_low"], score["uar_high"]))
    )
