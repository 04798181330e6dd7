"""Normalisation by speaker: the same voice as its own measure, by all of its recordings or by a few enrolled ones."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MIN_UTTERANCES = 3
"""Fewer recordings of one voice say nothing about its range."""
MIN_ENROLLED = 2
"""Fewer enrolled recordings have no spread."""

_OFFSET_PRIOR = 1.0
"""How many enrolled recordings it takes to believe half of the offset that they show."""
_SPREAD_PRIOR = 8.0
"""How many degrees of freedom it takes to believe half of the spread that they show, on a logarithmic scale: spreads
of speakers differ by about a quarter, and the logarithm of a spread from K recordings is off by ``1/sqrt(2(K-1))``."""
_FRAME = re.compile(r"(.+)__t\d+")

_ENROLMENT = re.compile(r"enrolment:(\d+)")

Matrix = NDArray[np.float64]
Measures = NDArray[np.int64]


def enrolment_size(normalise: str) -> int | None:
    """K of ``enrolment:K``; None for every other normalisation.

    >>> enrolment_size("enrolment:5"), enrolment_size("speaker")
    (5, None)
    """
    match = _ENROLMENT.fullmatch(normalise)
    return int(match[1]) if match else None


def shared_measures(names: Sequence[str]) -> Measures | None:
    """Number of the measure that each column uses; None where every column has its own.

    Columns ``<track>__t000``, ``<track>__t001`` ... are one track frame by frame: they share a mean and a spread, so
    that its course survives normalisation.

    >>> shared_measures(["mel_00__t000", "mel_00__t001", "mel_01__t000"])
    array([0, 0, 1])
    """
    tracks = [match[1] if (match := _FRAME.fullmatch(name)) else name for name in names]
    if len(set(tracks)) == len(tracks):
        return None
    numbers = {track: number for number, track in enumerate(dict.fromkeys(tracks))}
    return np.array([numbers[track] for track in tracks], dtype=np.int64)


def normalise_by_speaker(features: Matrix, speakers: NDArray[np.str_], measures: Measures | None = None) -> Matrix:
    """Centre and scale each feature within each speaker.

    It looks at all unlabelled recordings of a speaker, also of one who is only tested: transductive, and named so
    wherever a score made with it appears. Nothing is learnt across speakers, so no fold can leak into another.

    Parameters
    ----------
    features : NDArray [shape=(n_utterances, n_features)]
        NaN = undefined
    speakers : NDArray [shape=(n_utterances,)]
    measures : NDArray [shape=(n_features,)], optional
        as `shared_measures` returns them

    Returns
    -------
    NDArray [shape=(n_utterances, n_features)]
        mean 0 and standard deviation 1 per speaker and feature; 0 for a feature that does not vary; NaN stays NaN
    """
    result = np.empty_like(features)
    for speaker in np.unique(speakers):
        rows = speakers == speaker
        mean, spread = _mean_and_spread(features[rows], measures)
        result[rows] = (features[rows] - mean) / spread
    return result


def normalise_by_enrolment(
    features: Matrix, enrolled: Matrix, n_enrolled: int, measures: Measures | None = None
) -> Matrix:
    """Measure recordings of one voice by other, unlabelled recordings of the same voice.

    Few recordings know a voice roughly: their mean mixes the voice with the emotions they happen to hold, and their
    spread is off by tens of percent. Both are therefore believed in part, ``(x - b mean) / spread ** a`` with
    ``b = K / (K + 1)`` and ``a = (K - 1) / (K + 7)``. What is not believed stands for the average voice; as that is
    one constant per feature, the scaler of the pipeline learns it from the training speakers.

    Parameters
    ----------
    features : NDArray [shape=(n_utterances, n_features)]
        NaN = undefined
    enrolled : NDArray [shape=(n, n_features)]
        as many recordings as are believed in, or more
    n_enrolled : int
        K, 2 at least; a model is asked with the K that it was trained with, for the scale depends on it
    measures : NDArray [shape=(n_features,)], optional
        as `shared_measures` returns them

    Returns
    -------
    NDArray [shape=(n_utterances, n_features)]
        0 for a feature in which the enrolled recordings do not differ; NaN where it or all of them are undefined

    References
    ----------
    Efron and Morris, Stein's estimation rule and its competitors, JASA 68, 1973 (belief in part). Busso, Metallinou
    and Narayanan, Iterative feature normalization for emotional speech detection, ICASSP 2011 (few recordings).
    """
    mean, spread = _mean_and_spread(enrolled, measures)
    offset = n_enrolled / (n_enrolled + _OFFSET_PRIOR)
    scale = (n_enrolled - 1) / (n_enrolled - 1 + _SPREAD_PRIOR)
    return (features - offset * mean) / spread**scale


def normalise_by_others(
    features: Matrix, rounds: Sequence[NDArray[np.int64]], n_enrolled: int, measures: Measures | None = None
) -> Matrix:
    """Measure each recording by the next ``n_enrolled`` ones of its speaker, never by itself.

    Parameters
    ----------
    features : NDArray [shape=(n_utterances, n_features)]
    rounds : sequence of NDArray [shape=(n_utterances_of_speaker,)]
        rows of each speaker in a circular order, more than ``n_enrolled`` of them
    n_enrolled : int
        K, 2 at least

    Returns
    -------
    NDArray [shape=(n_utterances, n_features)]
        as `normalise_by_enrolment`
    """
    result = np.empty_like(features)
    steps = np.arange(1, n_enrolled + 1)
    for rows in rounds:
        if len(rows) <= n_enrolled:
            raise ValueError(f"{len(rows)} recordings cannot be measured by {n_enrolled} others each.")
        for at, row in enumerate(rows):
            others = features[rows[(at + steps) % len(rows)]]
            result[row] = normalise_by_enrolment(features[row : row + 1], others, n_enrolled, measures)[0]
    return result


def _mean_and_spread(values: Matrix, measures: Measures | None) -> tuple[Matrix, Matrix]:
    """Mean of each column's measure, NaN where undefined, and spread, infinite where it is none beyond rounding."""
    defined = ~np.isnan(values)
    n_defined = _pooled(defined.sum(axis=0).astype(np.float64), measures, np.add)
    total = _pooled(np.where(defined, values, 0).sum(axis=0), measures, np.add)
    mean = np.where(n_defined > 0, total / np.maximum(n_defined, 1), np.nan)
    squares = np.square(np.where(defined, values - mean, 0)).sum(axis=0)
    spread = np.sqrt(_pooled(squares, measures, np.add) / np.maximum(n_defined, 1))
    magnitude = _pooled(np.abs(np.where(defined, values, 0)).max(axis=0), measures, np.maximum)
    varies = spread > np.finfo(np.float32).eps * magnitude
    return mean, np.where(varies, spread, np.inf)


def _pooled(by_column: Matrix, measures: Measures | None, how: np.ufunc) -> Matrix:
    """Sum or maximum over the columns of each measure, given back to every one of them."""
    if measures is None:
        return by_column
    pooled = np.zeros(measures.max() + 1)
    how.at(pooled, measures, by_column)
    return pooled[measures]
