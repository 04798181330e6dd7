"""Which runs can be told apart: the same utterances, compared speaker by speaker."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from featser.evaluation.runs import Run

CLEAR = 0.05
"""Runs whose p is at most this are told apart."""

_EXACT_SPEAKERS = 13
"""Up to so many speakers every pattern of signs is tried; else as many are drawn as these would have."""
_SEED = 0

PValues = tuple[tuple[float, ...], ...]
"""Symmetric, one row and column per run, 1 on the diagonal."""


def pair_p_values(runs: Sequence[Run]) -> PValues | None:
    """Compare every two runs by their UAR; runs of the same utterances only.

    The pooled UAR is a sum over speakers, and so is the difference of two of them. Were two runs equally good, the sign
    of each speaker's part would be a matter of chance; so the difference is held against those that come out when the
    signs are tossed, for all pairs at once. The correction for many pairs is Holm's step-down, in the form that uses
    how the pairs hang together: with plain Holm, ten speakers could not tell any two of eight runs apart.

    Returns
    -------
    tuple of tuples, or None
        corrected p of each pair, two-sided; None where the speakers of some utterance are not known

    References
    ----------
    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
    Westfall and Young, Resampling-based multiple testing, 1993, algorithm 2.8.
    """
    if not all(run.right_by_speaker for run in runs):
        return None
    shares = np.stack([_uar_by_speaker(run) for run in runs], axis=1)
    pairs = list(combinations(range(len(runs)), 2))
    values = np.ones((len(runs), len(runs)))
    if pairs:
        one, other = np.transpose(pairs)
        values[one, other] = values[other, one] = _step_down(shares[:, one] - shares[:, other])
    return tuple(tuple(map(float, row)) for row in values)


def smallest_p(n_speakers: int) -> float:
    """Smallest p that a comparison over so many speakers can have.

    >>> smallest_p(5), smallest_p(6)
    (0.0625, 0.03125)
    """
    return 0.5 ** (min(n_speakers, _EXACT_SPEAKERS) - 1)


def alike_letters(values: PValues, clear: float = CLEAR) -> tuple[str, ...]:
    """Give each run a letter, runs sorted from the best: none can be told apart from the first run of its letter.

    The best and all that are like it get ``a``; the best of the others and all of those that are like it get ``b``.
    One letter to a run, where letters for every pair would need up to as many as there are runs: that one run is like
    two others does not make these two alike.

    Examples
    --------
    >>> alike_letters(((1, 0.4, 0.01), (0.4, 1, 0.3), (0.01, 0.3, 1)))
    ('a', 'a', 'b')
    """
    letters = [""] * len(values)
    n_letters = 0
    while "" in letters:
        first = letters.index("")
        for run, value in enumerate(values[first]):
            if not letters[run] and (run == first or value > clear):
                letters[run] = _letter(n_letters)
        n_letters += 1
    return tuple(letters)


def _uar_by_speaker(run: Run) -> NDArray[np.float64]:
    """What each speaker adds to the pooled UAR; sums to it."""
    speakers = sorted(run.right_by_speaker)
    right = np.array([run.right_by_speaker[each] for each in speakers], dtype=np.float64)
    spoken = np.sum(run.confusion, axis=1)
    return (right[:, spoken > 0] / spoken[spoken > 0]).mean(axis=1)


def _step_down(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corrected p of each column of gaps, shape ``(n_speakers, n_pairs)``.

    Divided by their length, which no sign changes, columns are in the order of their t statistics.
    """
    lengths = np.sqrt((gaps**2).sum(axis=0))
    tossed = np.abs(_signs(len(gaps)) @ np.divide(gaps, lengths, out=np.zeros_like(gaps), where=lengths > 0))
    order = np.argsort(-tossed[0], kind="stable")
    highest = np.maximum.accumulate(tossed[:, order[::-1]], axis=1)[:, ::-1]
    p_values = (highest >= tossed[0, order] - 1e-12).mean(axis=0)
    corrected = np.empty(len(order))
    corrected[order] = np.maximum.accumulate(p_values)
    return corrected


def _signs(n_speakers: int) -> NDArray[np.float64]:
    """Patterns of signs, the first all positive; the last speaker's stays, since both directions count the same."""
    if n_speakers <= _EXACT_SPEAKERS:
        codes = np.arange(2 ** (n_speakers - 1))[:, None] >> np.arange(n_speakers) & 1
        return np.where(codes, -1.0, 1.0)
    rng = np.random.default_rng(_SEED)
    drawn: NDArray[np.float64] = rng.choice([-1.0, 1.0], size=(2 ** (_EXACT_SPEAKERS - 1), n_speakers))
    drawn[0] = 1.0
    return drawn


def _letter(number: int) -> str:
    return chr(ord("a") + number) if number < 26 else f"({number + 1})"
