"""Effect sizes of groups on features, and a test of emotions that takes speakers as units."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Codes = NDArray[np.int64]

N_PERMUTATIONS = 999
_BATCH = 50
"""Permutations computed together."""


@dataclass(frozen=True, eq=False)
class SpeakerTest:
    """Test of whether emotions differ within speakers, for each feature.

    Attributes
    ----------
    eta2 : Matrix [shape=(n_features,)]
        share of the variance within speakers that emotions explain, 0 to 1, of the means of each speaker and emotion
    p : Matrix [shape=(n_features,)] or None
        p-values, adjusted for all features; None where no speaker has two emotions
    n_speakers : int
        speakers with two emotions or more
    """

    eta2: Matrix
    p: Matrix | None
    n_speakers: int


def eta_squared(features: Matrix, groups: Codes) -> Matrix:
    """Return the share of the variance of each feature that groups explain.

    Parameters
    ----------
    features : Matrix [shape=(n_utterances, n_features)]
        NaN where undefined; such values are left out
    groups : Codes [shape=(n_utterances,)]
        number of the group of each utterance, negative where it is not known

    Returns
    -------
    Matrix [shape=(n_features,)]
        0 to 1; NaN for a constant feature, and everywhere if there are fewer than two groups

    References
    ----------
    Cohen, Statistical Power Analysis for the Behavioral Sciences, 2nd edition, 1988, sec. 8.2.2.

    Examples
    --------
    >>> eta_squared(np.array([[1.0], [1.0], [3.0], [3.0]]), np.array([0, 0, 1, 1]))
    array([1.])
    """
    known = groups >= 0
    values, codes = features[known], groups[known]
    if len(np.unique(codes)) < 2:
        return np.full(features.shape[1], np.nan)
    values = values - _mean(values)
    sums, counts = _sums(values, codes)
    between = (sums**2 / np.maximum(counts, 1)).sum(axis=0)
    total = np.nansum(values**2, axis=0)
    return np.divide(between, total, out=np.full(len(total), np.nan), where=total > 0)


def speaker_test(features: Matrix, emotions: Codes, speakers: Codes, seed: int = 0) -> SpeakerTest:
    """Test whether emotions differ within speakers.

    Units are the means of each speaker and emotion, so that many utterances of one speaker count once. Emotions are
    permuted within speakers, `N_PERMUTATIONS` times. Each p-value is the share of permutations in which the largest
    effect among all features reaches that of the feature, so that it is adjusted for their number.

    Parameters
    ----------
    features : Matrix [shape=(n_utterances, n_features)]
        NaN where undefined
    emotions, speakers : Codes [shape=(n_utterances,)]
        numbers of the emotion and of the speaker, negative where not known
    seed : int
        of the permutations

    Returns
    -------
    SpeakerTest

    References
    ----------
    Westfall and Young, Resampling-Based Multiple Testing, Wiley 1993 (single-step maxT).
    """
    known = (emotions >= 0) & (speakers >= 0)
    codes = speakers[known] * (int(emotions.max(initial=0)) + 1) + emotions[known]
    cells, places = np.unique(codes, return_inverse=True)
    of_speaker, of_emotion = np.divmod(cells, int(emotions.max(initial=0)) + 1)
    several = np.isin(of_speaker, [each for each in np.unique(of_speaker) if (of_speaker == each).sum() > 1])
    if not several.any():
        return SpeakerTest(np.full(features.shape[1], np.nan), None, 0)
    sums, counts = _sums(features[known], places)
    means = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)[several]
    of_speaker, of_emotion = of_speaker[several], of_emotion[several]
    centred = _within(means, of_speaker)
    total = (centred**2).sum(axis=0)
    varies = total > 1e-20 * np.maximum(np.nanmax(np.abs(np.nan_to_num(means)), axis=0), 1e-300) ** 2
    scaled = centred[:, varies] / np.sqrt(total[varies])
    found = _between(scaled, _membership(of_emotion)[None])[0]
    p = np.full(features.shape[1], np.nan)
    p[varies] = _adjusted(found, scaled, of_speaker, of_emotion, seed)
    eta2 = np.full(features.shape[1], np.nan)
    eta2[varies] = found
    return SpeakerTest(eta2, p, len(np.unique(of_speaker)))


def cliffs_delta(values: Matrix, chosen: NDArray[np.bool_]) -> float:
    """Return Cliff's delta of some values against the others.

    Parameters
    ----------
    values : Matrix [shape=(n_utterances,)]
        NaN where undefined; such values are left out
    chosen : NDArray of bool [shape=(n_utterances,)]
        which are compared with the others

    Returns
    -------
    float
        -1 to 1: probability that a chosen value is larger than another one, minus that it is smaller; NaN where there
        are none

    References
    ----------
    Cliff, Dominance statistics: ordinal analyses to answer ordinal questions, Psychological Bulletin 114, 1993.

    Examples
    --------
    >>> cliffs_delta(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, False, True, True]))
    1.0
    """
    from scipy.stats import rankdata

    finite = np.isfinite(values)
    ranks, inside = rankdata(values[finite]), chosen[finite]
    n_inside, n_outside = int(inside.sum()), int((~inside).sum())
    if not n_inside or not n_outside:
        return float("nan")
    wins = float(ranks[inside].sum()) - n_inside * (n_inside + 1) / 2
    return 2 * wins / (n_inside * n_outside) - 1


def codes_of(names: Any) -> tuple[Codes, list[str]]:
    """Number the values of a column.

    Parameters
    ----------
    names : Series of str [shape=(n_utterances,)]
        missing values where not known

    Returns
    -------
    codes : Codes [shape=(n_utterances,)]
        place of each value in ``known``, -1 for missing ones
    known : list of str
        values in alphabetical order
    """
    known = sorted({str(each) for each in names.dropna()})
    at = {name: number for number, name in enumerate(known)}
    return np.array([at.get(str(each), -1) if each == each and each is not None else -1 for each in names]), known


def without_speakers(features: Matrix, speakers: Codes) -> Matrix:
    """Subtract the mean of each speaker from the features; utterances of unknown speakers have one mean."""
    centred = features.copy()
    for each in np.unique(speakers):
        centred[speakers == each] -= _mean(features[speakers == each])
    return centred


def _adjusted(found: Matrix, scaled: Matrix, of_speaker: Codes, of_emotion: Codes, seed: int) -> Matrix:
    """P-values by the largest effect of each permutation, the observed one among them."""
    rng = np.random.default_rng(seed)
    rows = [np.flatnonzero(of_speaker == each) for each in np.unique(of_speaker)]
    largest = []
    for first in range(0, N_PERMUTATIONS, _BATCH):
        batch = np.empty((min(_BATCH, N_PERMUTATIONS - first), len(of_emotion)), np.int64)
        for places in rows:
            batch[:, places] = rng.permuted(np.tile(of_emotion[places], (len(batch), 1)), axis=1)
        largest.append(_between(scaled, np.stack([_membership(each) for each in batch])).max(axis=1))
    reached = np.concatenate(largest)[:, None] >= found[None] - 1e-12
    shares: Matrix = (1 + reached.sum(axis=0)) / (1 + N_PERMUTATIONS)
    return shares


def _membership(of_emotion: Codes) -> Matrix:
    """One row for each emotion, with the inverse root of its count at its cells."""
    _, codes = np.unique(of_emotion, return_inverse=True)
    member = (codes[None] == np.arange(codes.max() + 1)[:, None]).astype(np.float64)
    return member / np.sqrt(member.sum(axis=1, keepdims=True))


def _between(scaled: Matrix, members: Matrix) -> Matrix:
    """Explained shares, shape ``(n_permutations, n_features)``, of cells whose squares sum to 1."""
    n, k, n_cells = members.shape
    products = members.reshape(n * k, n_cells) @ scaled
    explained: Matrix = np.square(products, out=products).reshape(n, k, -1).sum(axis=1)
    return explained


def _within(means: Matrix, of_speaker: Codes) -> Matrix:
    """Cells minus the mean of their speaker; 0 where a cell is undefined."""
    return np.nan_to_num(without_speakers(means, of_speaker))


def _mean(values: Matrix) -> Matrix:
    """Mean of each column without NaN; 0 for a column without values."""
    defined = np.isfinite(values)
    total: Matrix = np.where(defined, values, 0.0).sum(axis=0) / np.maximum(defined.sum(axis=0), 1)
    return total


def _sums(values: Matrix, codes: Codes) -> tuple[Matrix, Matrix]:
    """Sum and number of the defined values of each group and feature, shape ``(n_groups, n_features)``."""
    kinds = np.unique(codes)
    defined = np.isfinite(values)
    filled = np.where(defined, values, 0.0)
    sums = np.stack([filled[codes == each].sum(axis=0) for each in kinds])
    counts = np.stack([defined[codes == each].sum(axis=0) for each in kinds]).astype(np.float64)
    return sums, counts
