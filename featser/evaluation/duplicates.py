"""Find duplicate and near-duplicate recordings by the rows of a feature table."""

import hashlib

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

NEAR = 0.25
"""Largest distance of near-duplicates, relative to the median distance between recordings.

On the columns of `wide` and `classic`, copies that were attenuated, resampled, or cut by some milliseconds have
distances of 0.00 to 0.25. In EmoDB and RAVDESS, the smallest distance is 0.35 between two takes of one speaker and 0.45
between two speakers. Copies with audible noise are as distant as other recordings; only the column ``derived_from``
identifies them.
"""
MIN_COLUMNS = 100
"""With fewer columns, different recordings may be near by chance, so only equal rows are duplicates."""

_MIN_DISTINCT_VALUES = 4
"""Rows with fewer distinct values are ignored, unless the set has fewer columns: all silent recordings are equal."""
_MAX_UNDEFINED = 0.5
"""Rows with a larger share of undefined values are not compared for nearness."""

_SAMPLE = 256
_COLUMNS = 1024
_DIRECTIONS = 64
_SLACK = 1.4
"""Factor on the threshold for projected distances, which deviate from the full distance by 9 % (standard deviation)."""
_CLIP = 4.0
_IQR_OF_NORMAL = 1.349
"""Interquartile range of a normal distribution in standard deviations."""
_BLOCK = 512

Groups = NDArray[np.int64]
"""Group of each utterance, shape ``(n_utterances,)``; -1 for utterances without a group."""


def equal_rows(features: NDArray[np.float32]) -> Groups:
    """Group rows that are bitwise equal.

    Parameters
    ----------
    features : NDArray of float32 [shape=(n_utterances, n_features)]

    Returns
    -------
    Groups [shape=(n_utterances,)]
        -1 for rows without an equal one, and for rows with fewer than 4 distinct values
    """
    numbers: dict[bytes, int] = {}
    digests = [hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in features]
    groups = np.array([numbers.setdefault(digest, len(numbers)) for digest in digests], dtype=np.int64)
    return drop_singletons(np.where(_has_distinct_values(features), groups, -1))


def _has_distinct_values(features: NDArray[np.float32]) -> NDArray[np.bool_]:
    """True for rows with enough distinct values, shape ``(n_utterances,)``."""
    needed = min(_MIN_DISTINCT_VALUES, features.shape[1])
    distinct = [len(np.unique(row[~np.isnan(row)])) for row in features]
    return np.array(distinct, dtype=np.int64) >= needed


def near_rows(features: NDArray[np.float32]) -> Groups:
    """Group rows that are near-duplicates or equal.

    Columns are centred and scaled by their quartiles and clipped at 4, so that no single column dominates. Candidate
    pairs are found by the distance of random projections of up to 1024 columns to 64 dimensions, block by block. Only
    candidates are compared over all columns. Memory is therefore not quadratic in the number of rows.

    Parameters
    ----------
    features : NDArray of float32 [shape=(n_utterances, n_features)]

    Returns
    -------
    Groups [shape=(n_utterances,)]
        -1 for rows without a near-duplicate; those of `equal_rows` for fewer than 100 features

    References
    ----------
    Achlioptas, Database-friendly random projections, JCSS 66(4), 2003.
    """
    if len(features) < 2 or features.shape[1] < MIN_COLUMNS:
        return equal_rows(features)
    rng = np.random.default_rng(0)
    columns = np.sort(rng.permutation(features.shape[1])[:_COLUMNS])
    scaled = _scaled(features[:, columns], *_scaling(features[_sample_rows(len(features))][:, columns]))
    directions = rng.choice(np.array([-1, 1], np.float32), (len(columns), _DIRECTIONS))
    projected = scaled @ directions
    first, second = _near_pairs(projected, _SLACK * NEAR * _typical_distance(projected))
    defined = np.isnan(features).mean(axis=1) <= _MAX_UNDEFINED
    comparable = defined[first] & defined[second]
    first, second = first[comparable], second[comparable]
    near = _near_in_all_columns(features, first, second)
    return connected_groups(first[near], second[near], len(features))


def drop_implied(groups: Groups, closer: Groups) -> Groups:
    """Drop the groups whose members all belong to one group of a closer relation.

    Parameters
    ----------
    groups : Groups [shape=(n_utterances,)]
        groups to reduce
    closer : Groups [shape=(n_utterances,)]
        groups of the closer relation

    Returns
    -------
    Groups [shape=(n_utterances,)]
        -1 for the members of dropped groups

    Examples
    --------
    >>> drop_implied(np.array([0, 0, 1, 1, 1]), np.array([5, 5, 7, 7, -1]))
    array([-1, -1,  1,  1,  1])
    """
    pairs = np.unique(np.stack([groups, closer]), axis=1)
    numbers, first, counts = np.unique(pairs[0], return_index=True, return_counts=True)
    implied = numbers[(counts == 1) & (pairs[1, first] >= 0)]
    return np.where(np.isin(groups, implied), -1, groups)


def connected_groups(first: Groups, second: Groups, n: int) -> Groups:
    """Group rows that are connected by pairs, directly or through other rows.

    Parameters
    ----------
    first, second : NDArray of int64 [shape=(n_pairs,)]
        row numbers of each pair
    n : int
        number of rows

    Returns
    -------
    Groups [shape=(n,)]
        -1 for rows without a pair
    """
    links = coo_array((np.ones(len(first), dtype=bool), (first, second)), shape=(n, n))
    return drop_singletons(connected_components(links, directed=False)[1].astype(np.int64))


def drop_singletons(groups: Groups) -> Groups:
    """Drop groups with one member.

    Parameters
    ----------
    groups : Groups [shape=(n_utterances,)]

    Returns
    -------
    Groups [shape=(n_utterances,)]
        -1 for the members of dropped groups
    """
    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return np.where(counts[inverse] > 1, groups, -1)


def _near_in_all_columns(features: NDArray[np.float32], first: Groups, second: Groups) -> NDArray[np.bool_]:
    """True for pairs of rows that are near over all columns, shape ``(n_pairs,)``."""
    sample = features[_sample_rows(len(features))]
    scaling = _scaling(sample)
    limit = NEAR * _typical_distance(_scaled(sample, *scaling))
    near = np.zeros(len(first), dtype=bool)
    for start in range(0, len(first), _BLOCK):
        pairs = slice(start, start + _BLOCK)
        one, other = (_scaled(features[rows[pairs]], *scaling) for rows in (first, second))
        near[pairs] = np.linalg.norm(one - other, axis=1) <= limit
    return near


def _scaling(sample: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Median and scale of each column of a sample; the scale is infinite for constant columns."""
    low, middle, high = _quartiles(sample)
    return middle, np.where(high > low, (high - low) / _IQR_OF_NORMAL, np.inf)


def _scaled(
    values: NDArray[np.float32], middle: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Values centred and scaled; 0 where undefined and in constant columns."""
    return np.clip(np.nan_to_num((values - middle) / scale), -_CLIP, _CLIP).astype(np.float32, copy=False)


def _quartiles(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Quartiles of the defined values of each column, shape ``(3, n_columns)``; 0 for columns without any."""
    ordered = np.sort(values, axis=0)  # NaN is sorted last
    last = np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0)
    rows = np.round(np.array([[0.25], [0.5], [0.75]]) * last).astype(np.int64)
    return np.nan_to_num(np.take_along_axis(ordered, rows, axis=0))


def _typical_distance(rows: NDArray[np.float32]) -> float:
    """Median Euclidean distance between up to 256 rows."""
    sample = rows[_sample_rows(len(rows))].astype(np.float64)
    lengths = np.square(sample).sum(axis=1)
    squares = lengths[:, None] + lengths - 2 * sample @ sample.T
    return float(np.sqrt(np.median(squares[np.triu_indices(len(sample), 1)])))


def _sample_rows(n: int) -> Groups:
    """Numbers of up to 256 evenly spaced rows of ``n``."""
    return np.linspace(0, n - 1, min(n, _SAMPLE)).astype(np.int64)


def _near_pairs(rows: NDArray[np.float32], limit: float) -> tuple[Groups, Groups]:
    """Pairs of rows at a distance of at most ``limit``, the lower row number first.

    ``|a - b| <= limit`` is evaluated as ``a b - b b / 2 >= (a a - limit^2) / 2``, a matrix product per block.
    """
    squares = np.square(rows).sum(axis=1)
    right = np.concatenate([rows, -squares[:, None] / 2], axis=1).T
    left = np.concatenate([rows, np.ones((len(rows), 1), rows.dtype)], axis=1)
    pairs = []
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        near = left[block] @ right[:, start:] >= (squares[block, None] - limit**2) / 2
        pairs.append(np.argwhere(near) + start)
    found = np.concatenate(pairs)
    found = found[found[:, 0] < found[:, 1]]
    return found[:, 0], found[:, 1]
