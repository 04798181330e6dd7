"""Normalisation of features by speaker, from all recordings of a speaker or from a few enrolled ones."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIN_UTTERANCES = 3
"""Smallest number of recordings of a speaker from which mean and spread are estimated."""
MIN_ENROLLED = 2
"""Smallest number of enrolled recordings that have a spread."""

_OFFSET_PRIOR = 1.0
"""Number of enrolled recordings for which half of their estimated offset is removed."""
_SPREAD_PRIOR = 8.0
"""Degrees of freedom for which half of the estimated logarithmic spread is removed. Spreads of speakers differ by
about a quarter, and the logarithm of a spread estimated from K recordings has a standard error of
``1/sqrt(2(K-1))``."""
_FRAME = re.compile(r"(.+)__t\d+")

_ENROLMENT = re.compile(r"enrolment:(\d+)")

Matrix = NDArray[np.float64]
Groups = NDArray[np.int64]


def enrolment_size(normalise: str) -> int | None:
    """Return K of ``enrolment:K``.

    Parameters
    ----------
    normalise : str

    Returns
    -------
    int or None
        None for every other normalisation

    Examples
    --------
    >>> enrolment_size("enrolment:5"), enrolment_size("speaker")
    (5, None)
    """
    match = _ENROLMENT.fullmatch(normalise)
    return int(match[1]) if match else None


def shared_measures(names: Sequence[str]) -> Groups | None:
    """Group the columns that share one mean and one spread.

    Columns ``<track>__t000``, ``<track>__t001`` ... are the frames of one track. They share a mean and a spread, so
    that normalisation keeps the course of the track.

    Parameters
    ----------
    names : sequence of str
        columns of a feature table

    Returns
    -------
    NDArray [shape=(n_features,)] or None
        group of each column; None if each column is its own group

    Examples
    --------
    >>> shared_measures(["mel_00__t000", "mel_00__t001", "mel_01__t000"])
    array([0, 0, 1])
    """
    tracks = [match[1] if (match := _FRAME.fullmatch(name)) else name for name in names]
    if len(set(tracks)) == len(tracks):
        return None
    numbers = {track: number for number, track in enumerate(dict.fromkeys(tracks))}
    return np.array([numbers[track] for track in tracks], dtype=np.int64)


def normalise_by_speaker(features: Matrix, speakers: NDArray[np.str_], measures: Groups | None = None) -> Matrix:
    """Standardise each feature within each speaker.

    This is transductive: it uses all unlabelled recordings of a speaker, also of tested speakers. Speakers are
    processed independently, so no information passes between folds.

    Parameters
    ----------
    features : Matrix [shape=(n_utterances, n_features)]
        NaN where a feature is undefined
    speakers : NDArray [shape=(n_utterances,)]
    measures : NDArray [shape=(n_features,)], optional
        groups of columns, from `shared_measures`

    Returns
    -------
    Matrix [shape=(n_utterances, n_features)]
        zero mean and unit variance per speaker and feature; 0 for a constant feature; NaN stays NaN
    """
    result = np.empty_like(features)
    for speaker in np.unique(speakers):
        rows = speakers == speaker
        mean, spread = _mean_and_spread(features[rows], measures)
        result[rows] = (features[rows] - mean) / spread
    return result


def normalise_by_enrolment(
    features: Matrix, enrolled: Matrix, n_enrolled: int, measures: Groups | None = None
) -> Matrix:
    """Standardise recordings of a speaker by other, unlabelled recordings of the same speaker.

    With few recordings the mean also depends on their emotions, and the spread is wrong by tens of percent. Both are
    therefore shrunk: the result is ``(x - b mean) / spread ** a`` with ``b = K / (K + 1)`` and
    ``a = (K - 1) / (K + 7)``. The average speaker, towards which they are shrunk, is one constant per feature; the
    scaler of the pipeline learns it from the training speakers.

    Parameters
    ----------
    features : Matrix [shape=(n_utterances, n_features)]
        NaN where a feature is undefined
    enrolled : Matrix [shape=(n, n_features)]
        K recordings or more
    n_enrolled : int
        K, at least 2; it must equal that of the training, since the scale depends on it
    measures : NDArray [shape=(n_features,)], optional
        groups of columns, from `shared_measures`

    Returns
    -------
    Matrix [shape=(n_utterances, n_features)]
        0 for a feature that is constant over the enrolled recordings; NaN where a feature is undefined in the
        recording or in all enrolled ones

    References
    ----------
    Efron and Morris, Stein's estimation rule and its competitors, JASA 68, 1973 (shrinkage). Busso, Metallinou and
    Narayanan, Iterative feature normalization for emotional speech detection, ICASSP 2011 (few recordings).
    """
    return _adapted(features, *_mean_and_spread(enrolled, measures), n_enrolled, STANDARD_SPEAKER)


@dataclass(frozen=True, eq=False)
class AverageSpeaker:
    """Mean and spread of each feature, averaged over the training speakers.

    Attributes
    ----------
    mean, spread : NDArray of float64 [shape=(n_features,)]
        averages of the means, and geometric averages of the spreads
    """

    mean: Matrix
    spread: Matrix


STANDARD_SPEAKER = AverageSpeaker(np.zeros(1), np.ones(1))
"""Mean 0 and spread 1 of every feature."""


def average_speaker(features: Matrix, speakers: NDArray[np.str_], measures: Groups | None = None) -> AverageSpeaker:
    """Average the mean and the spread of each feature over speakers.

    Parameters
    ----------
    features, speakers, measures
        as of `normalise_by_speaker`

    Returns
    -------
    AverageSpeaker
        mean 0 and spread 1 for a feature that no speaker varies in
    """
    found = [_mean_and_spread(features[speakers == speaker], measures) for speaker in np.unique(speakers)]
    means, logs = np.array([mean for mean, _ in found]), np.log(np.array([spread for _, spread in found]))
    n_means, n_logs = np.isfinite(means).sum(axis=0), np.isfinite(logs).sum(axis=0)
    mean = np.where(np.isfinite(means), means, 0).sum(axis=0) / np.maximum(n_means, 1)
    spread = np.exp(np.where(np.isfinite(logs), logs, 0).sum(axis=0) / np.maximum(n_logs, 1))
    return AverageSpeaker(mean, spread)


def normalise_by_few(
    features: Matrix, enrolled: Matrix, average: AverageSpeaker, measures: Groups | None = None
) -> Matrix:
    """Standardise recordings of a speaker by some unlabelled recordings, for a classifier of `normalise_by_speaker`.

    Mean and spread of the speaker are shrunk towards the average speaker, as those of `normalise_by_enrolment`; unlike
    there, the scale of the result does not depend on the number of recordings.

    Parameters
    ----------
    features : Matrix [shape=(n_utterances, n_features)]
        NaN where a feature is undefined
    enrolled : Matrix [shape=(n_enrolled, n_features)]
        2 recordings or more
    average : AverageSpeaker
        of the training speakers
    measures : NDArray [shape=(n_features,)], optional
        groups of columns, from `shared_measures`

    Returns
    -------
    Matrix [shape=(n_utterances, n_features)]
        0 for a feature that is constant over the enrolled recordings; NaN where a feature is undefined
    """
    return _adapted(features, *_mean_and_spread(enrolled, measures), len(enrolled), average)


def _adapted(features: Matrix, mean: Matrix, spread: Matrix, n_enrolled: int, average: AverageSpeaker) -> Matrix:
    """Standardise by a mean and a spread that are shrunk towards those of the average speaker."""
    offset = n_enrolled / (n_enrolled + _OFFSET_PRIOR)
    scale = (n_enrolled - 1) / (n_enrolled - 1 + _SPREAD_PRIOR)
    centre = offset * mean + (1 - offset) * average.mean
    return (features - centre) / (spread**scale * average.spread ** (1 - scale))


def normalise_by_others(
    features: Matrix,
    rounds: Sequence[NDArray[np.int64]],
    n_enrolled: int,
    measures: Groups | None = None,
    average: AverageSpeaker = STANDARD_SPEAKER,
) -> Matrix:
    """Standardise each recording by the next ``n_enrolled`` recordings of its speaker in a circular order.

    Parameters
    ----------
    features : Matrix [shape=(n_utterances, n_features)]
        NaN where a feature is undefined
    rounds : sequence of NDArray [shape=(n_utterances_of_speaker,)]
        rows of each speaker in circular order, more than ``n_enrolled`` of them
    n_enrolled : int
        K, at least 2
    measures : NDArray [shape=(n_features,)], optional
        groups of columns, from `shared_measures`
    average : AverageSpeaker, optional
        of the training speakers, to normalise as `normalise_by_few`; without it as `normalise_by_enrolment`

    Returns
    -------
    Matrix [shape=(n_utterances, n_features)]
        arbitrary values in rows that are in no round

    Raises
    ------
    ValueError
        a speaker has too few recordings
    """
    result = np.empty_like(features)
    for rows in rounds:
        if len(rows) <= n_enrolled:
            raise ValueError(f"A speaker has {len(rows)} recordings. enrolment:{n_enrolled} needs {n_enrolled + 1}.")
        circle = features[np.resize(rows, len(rows) + n_enrolled)]
        following = [circle[step : step + len(rows)] for step in range(1, n_enrolled + 1)]
        mean, spread = _mean_and_spread(following, measures)
        result[rows] = _adapted(circle[: len(rows)], mean, spread, n_enrolled, average)
    return result


def _mean_and_spread(recordings: Iterable[Matrix], measures: Groups | None) -> tuple[Matrix, Matrix]:
    """Mean of each column's group, NaN if undefined, and spread, infinite if it is not larger than rounding errors.

    The features of a recording are the last axis; arrays of several recordings are averaged element by element.
    """
    n_defined, total, magnitude, squares = np.zeros((4, 1))
    for features in recordings:
        defined = ~np.isnan(features)
        known = np.where(defined, features, 0.0)
        n_defined, total = n_defined + defined, total + known
        magnitude = np.maximum(magnitude, np.abs(known))
    n_defined, total = _pooled(n_defined, measures, np.add), _pooled(total, measures, np.add)
    mean = np.where(n_defined > 0, total / np.maximum(n_defined, 1), np.nan)
    for features in recordings:
        deviations = features - mean
        squares = squares + np.where(np.isnan(deviations), 0.0, np.square(deviations))
    spread = np.sqrt(_pooled(squares, measures, np.add) / np.maximum(n_defined, 1))
    varies = spread > np.finfo(np.float32).eps * _pooled(magnitude, measures, np.maximum)
    return mean, np.where(varies, spread, np.inf)


def _pooled(by_column: Matrix, measures: Groups | None, how: np.ufunc) -> Matrix:
    """Reduce over the columns of each group; each column receives the value of its group."""
    if measures is None:
        return by_column
    columns = by_column.T
    pooled = np.zeros((measures.max() + 1, *columns.shape[1:]))
    how.at(pooled, measures, columns)
    return pooled[measures].T
