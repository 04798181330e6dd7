"""Paired comparisons of runs on the same utterances, speaker by speaker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featser.evaluation.metrics import INTERVAL, draw_speakers
from featser.evaluation.runs import Run

CLEAR = 0.05
"""A difference with p up to this is called clear."""

_EXACT_SPEAKERS = 13
"""Up to this many speakers all sign patterns are enumerated; for more, as many patterns are drawn at random."""
_SEED = 0


@dataclass(frozen=True)
class Difference:
    """UAR of a run minus the UAR of a reference run on the same utterances.

    Attributes
    ----------
    uar : float
        difference of the pooled UARs, -1 to 1
    low, high : float or None
        95 % percentile interval of ``uar`` over draws of speakers, the same draws for both runs; None where
        `featser.evaluation.metrics.uar_interval` gives none
    n_lower, n_higher : int
        speakers whose own UAR is lower and higher than in the reference run
    n_speakers : int
        speakers in all
    p : float
        p-value of the difference, two-sided, corrected for the number of comparisons, 0 to 1
    """

    uar: float
    low: float | None
    high: float | None
    n_lower: int
    n_higher: int
    n_speakers: int
    p: float

    @property
    def clear(self) -> bool:
        """Whether ``p`` is at most 0.05."""
        return self.p <= CLEAR


def compare_with(reference: Run, others: Sequence[Run]) -> tuple[Difference, ...] | None:
    """Compare runs with one reference run, usually the best.

    The p-values come from a sign-flip test. The UAR is a sum of one term per speaker, and so is a difference of
    two UARs. If two runs were equally good, the sign of each speaker's term would be random. The p-value of one
    comparison is the share of sign patterns whose sum is at least as large, in absolute value, as the observed one.
    The p-values are corrected for the number of comparisons by the step-down of Westfall and Young on the smallest
    p-value. Only comparisons with the reference are made and corrected for: a run that is clearly worse than the
    reference does not raise the p-values of the others.

    The reference is usually chosen by the same scores, which the correction ignores. In simulations of 5 to 24 equally
    good runs on 10 and 24 speakers, a given run differed clearly from the best in 0 to 4 % of the tables (nominal:
    5 %), but at least one of the runs did so in 4 to 27 %.

    Parameters
    ----------
    reference : Run
        run that the others are compared with
    others : sequence of Run
        runs on the same utterances

    Returns
    -------
    tuple of Difference, or None
        one for each of ``others``; None where some speaker is unknown

    References
    ----------
    Westfall and Young, Resampling-based multiple testing, 1993, algorithm 2.8.
    Hsu, Multiple comparisons: theory and methods, 1996, chapter 4 (comparisons with the best).

    Examples
    --------
    ``compare_with(best, [worse])[0].p``
    """
    if not all(run.right_by_speaker for run in (reference, *others)):
        return None
    if not others:
        return ()
    shares = np.stack([_uar_by_speaker(run) for run in (reference, *others)], axis=1)
    p_values = _step_down(shares[:, 1:] - shares[:, :1])
    draws = draw_speakers(_spoken(reference), _SEED)
    return tuple(_difference(reference, run, draws, float(p)) for run, p in zip(others, p_values, strict=True))


def smallest_p(n_speakers: int) -> float:
    """Return the smallest p-value that a single comparison can have.

    Parameters
    ----------
    n_speakers : int
        speakers in the comparison

    Returns
    -------
    float
        one over the number of sign patterns, up to the exchange of both runs

    Examples
    --------
    >>> smallest_p(5), smallest_p(6)
    (0.0625, 0.03125)
    """
    return 0.5 ** (min(n_speakers, _EXACT_SPEAKERS) - 1)


def _difference(reference: Run, run: Run, draws: NDArray[np.int64] | None, p: float) -> Difference:
    low = high = None
    if draws is not None:
        gaps = _drawn_uar(run, draws) - _drawn_uar(reference, draws)
        low, high = map(float, np.percentile(gaps, INTERVAL))
    pairs = [(score, reference.uar_by_speaker[name]) for name, score in run.uar_by_speaker.items()]
    return Difference(
        uar=run.uar - reference.uar,
        low=low,
        high=high,
        n_lower=sum(one < other for one, other in pairs),
        n_higher=sum(one > other for one, other in pairs),
        n_speakers=len(pairs),
        p=p,
    )


def _cells(run: Run, counts: Mapping[str, list[int]]) -> NDArray[np.int64]:
    """Counts of each speaker, speakers sorted, by class; with ``by_corpus`` by corpus and class."""
    table = np.array([counts[name] for name in sorted(counts)], dtype=np.int64)
    if not run.by_corpus:
        return table
    corpora = np.array([name.split("/", 1)[0] for name in sorted(counts)])
    groups = corpora[:, None] == np.array(sorted(run.by_corpus))
    return (table[:, None] * groups[:, :, None]).reshape(len(table), -1)


def _spoken(run: Run) -> NDArray[np.int64]:
    """Utterances of each speaker and cell; shape ``(n_speakers, n_cells)``."""
    return _cells(run, run.spoken_by_speaker)


def _weights(run: Run) -> NDArray[np.float64]:
    """Weight of the recall of each cell in the UAR; they sum to 1."""
    here = _spoken(run).sum(axis=0).reshape(max(len(run.by_corpus), 1), -1) > 0
    return np.asarray(here / here.sum(axis=1, keepdims=True) / len(here)).ravel()


def _uar_by_speaker(run: Run) -> NDArray[np.float64]:
    """Terms of the UAR, one per speaker; they sum to it."""
    spoken = np.maximum(_spoken(run).sum(axis=0), 1)
    terms: NDArray[np.float64] = _cells(run, run.right_by_speaker) / spoken @ _weights(run)
    return terms


def _drawn_uar(run: Run, draws: NDArray[np.int64]) -> NDArray[np.float64]:
    """UAR in each draw of speakers."""
    spoken = np.maximum(draws @ _spoken(run), 1)
    drawn: NDArray[np.float64] = (draws @ _cells(run, run.right_by_speaker)) / spoken @ _weights(run)
    return drawn


def _step_down(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corrected p-value of each column of gaps, shape ``(n_speakers, n_comparisons)``."""
    p_values = _shares_as_large(np.abs(_signs(len(gaps)) @ gaps))
    order = np.argsort(p_values[0], kind="stable")
    lowest = np.minimum.accumulate(p_values[:, order[::-1]], axis=1)[:, ::-1]
    corrected = np.empty(len(order))
    corrected[order] = np.maximum.accumulate((lowest <= p_values[0, order] + 1e-12).mean(axis=0))
    return corrected


def _shares_as_large(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each value, the share of its column that is at least as large."""
    shares = np.empty_like(sums)
    for column, values in enumerate(sums.T):
        shares[:, column] = 1 - np.searchsorted(np.sort(values), values - 1e-12) / len(values)
    return shares


def _signs(n_speakers: int) -> NDArray[np.float64]:
    """Patterns of signs, the first all positive; the last speaker's is fixed where all patterns are enumerated."""
    if n_speakers <= _EXACT_SPEAKERS:
        codes = np.arange(2 ** (n_speakers - 1))[:, None] >> np.arange(n_speakers) & 1
        return np.where(codes, -1.0, 1.0)
    rng = np.random.default_rng(_SEED)
    drawn: NDArray[np.float64] = rng.choice([-1.0, 1.0], size=(2 ** (_EXACT_SPEAKERS - 1), n_speakers))
    drawn[0] = 1.0
    return drawn
