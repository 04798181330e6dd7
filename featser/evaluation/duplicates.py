"""Which rows of a feature table are one recording: equal in every bit, or nearer than two takes ever come."""

import hashlib

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

NEAR = 0.25
"""Distance of near-identical recordings, as a share of the distance between two recordings by chance.

Over the columns of `wide` and `classic`, copies that were made quieter, resampled, or cut by some milliseconds lie at
0.00 to 0.25; of EmoDB and RAVDESS the nearest two takes of one speaker lie at 0.35, and two speakers at 0.45. Copies
under audible noise lie as far apart as strangers: those can only be named, in the column ``derived_from``.
"""
MIN_COLUMNS = 100
"""With fewer columns two recordings come near by chance, and only equal rows count."""

_TELLING = 4
"""A row with fewer different values, all of a small set aside, says nothing: silence has the same zeros everywhere."""
_UNDEFINED = 0.5
"""Rows with a larger share of undefined values are not compared: they would meet where nothing is known of either."""

_SAMPLE = 256
_COLUMNS = 1024
_DIRECTIONS = 64
_SLACK = 1.4
"""Distances along 64 directions are off by 9 % (standard deviation); what is nearer is looked at in full."""
_CLIP = 4.0
_QUARTILES_APART = 1.349
"""Of a normal distribution, in standard deviations."""
_BLOCK = 512

Groups = NDArray[np.int64]
"""Shape ``(n_utterances,)``; equal numbers belong together, -1 belongs to none."""


def equal_rows(features: NDArray[np.float32]) -> Groups:
    """Groups of rows that are equal in every bit, of those that say enough to tell recordings apart."""
    numbers: dict[bytes, int] = {}
    digests = [hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in features]
    groups = np.array([numbers.setdefault(digest, len(numbers)) for digest in digests], dtype=np.int64)
    return only_shared(np.where(_telling(features), groups, -1))


def _telling(features: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether rows have enough different values, shape ``(n_utterances,)``."""
    needed = min(_TELLING, features.shape[1])
    different = [len(np.unique(row[~np.isnan(row)])) for row in features]
    return np.array(different, dtype=np.int64) >= needed


def near_rows(features: NDArray[np.float32]) -> Groups:
    """Groups of rows that are near-identical, equal ones among them.

    Columns are centred and scaled by quartiles and cut at 4, so that no single column decides. Distances are first
    taken along 64 random directions through some of the columns, block by block, and in full for the few pairs that
    are near there: 35,000 rows need neither their square in memory nor minutes.

    References
    ----------
    Achlioptas, Database-friendly random projections, JCSS 66(4), 2003.
    """
    if len(features) < 2 or features.shape[1] < MIN_COLUMNS:
        return equal_rows(features)
    rng = np.random.default_rng(0)
    columns = np.sort(rng.permutation(features.shape[1])[:_COLUMNS])
    scaled = _scaled(features[:, columns], features[_spread(len(features))][:, columns])
    directions = rng.choice(np.array([-1, 1], np.float32), (len(columns), _DIRECTIONS))
    projected = scaled @ directions
    first, second = _near_pairs(projected, _SLACK * NEAR * _typical_distance(projected))
    defined = np.isnan(features).mean(axis=1) <= _UNDEFINED
    telling = defined[first] & defined[second]
    first, second = first[telling], second[telling]
    near = _near_in_full(features, first, second)
    return connected(first[near], second[near], len(features))


def beyond(groups: Groups, closer: Groups) -> Groups:
    """The groups, without those of which a closer bond holds all members together already.

    >>> beyond(np.array([0, 0, 1, 1, 1]), np.array([5, 5, 7, 7, -1]))
    array([-1, -1,  1,  1,  1])
    """
    pairs = np.unique(np.stack([groups, closer]), axis=1)
    numbers, first, counts = np.unique(pairs[0], return_index=True, return_counts=True)
    held = numbers[(counts == 1) & (pairs[1, first] >= 0)]
    return np.where(np.isin(groups, held), -1, groups)


def connected(first: Groups, second: Groups, n: int) -> Groups:
    """Groups that pairs of rows make, however long the chain between two of them."""
    links = coo_array((np.ones(len(first), dtype=bool), (first, second)), shape=(n, n))
    return only_shared(connected_components(links, directed=False)[1].astype(np.int64))


def only_shared(groups: Groups) -> Groups:
    """The groups, with -1 for whoever is alone."""
    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return np.where(counts[inverse] > 1, groups, -1)


def _near_in_full(features: NDArray[np.float32], first: Groups, second: Groups) -> NDArray[np.bool_]:
    """Whether pairs of rows are near over all columns."""
    some = features[_spread(len(features))]
    limit = NEAR * _typical_distance(_scaled(some, some))
    starts = range(0, len(first), _BLOCK)
    pairs = [(features[first[at : at + _BLOCK]], features[second[at : at + _BLOCK]]) for at in starts]
    distances = [np.linalg.norm(_scaled(one, some) - _scaled(other, some), axis=1) for one, other in pairs]
    return np.concatenate([np.zeros(0), *distances]) <= limit


def _scaled(values: NDArray[np.float32], some: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centred and scaled by the quartiles of ``some`` rows; 0 where undefined and in columns that do not vary."""
    low, middle, high = _quartiles(some)
    scale = np.where(high > low, (high - low) / _QUARTILES_APART, np.inf)
    return np.clip(np.nan_to_num((values - middle) / scale), -_CLIP, _CLIP).astype(np.float32, copy=False)


def _quartiles(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Quartiles of each column over the rows where it is defined, shape ``(3, n_columns)``; 0 where it never is."""
    ordered = np.sort(values, axis=0)  # NaN come last
    last = np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0)
    places = np.round(np.array([[0.25], [0.5], [0.75]]) * last).astype(np.int64)
    return np.nan_to_num(np.take_along_axis(ordered, places, axis=0))


def _typical_distance(rows: NDArray[np.float32]) -> float:
    """Median distance between some rows."""
    some = rows[_spread(len(rows))].astype(np.float64)
    lengths = np.square(some).sum(axis=1)
    squares = lengths[:, None] + lengths - 2 * some @ some.T
    return float(np.sqrt(np.median(squares[np.triu_indices(len(some), 1)])))


def _spread(n: int) -> Groups:
    """Numbers of some rows of ``n``, evenly spread."""
    return np.linspace(0, n - 1, min(n, _SAMPLE)).astype(np.int64)


def _near_pairs(rows: NDArray[np.float32], limit: float) -> tuple[Groups, Groups]:
    """Pairs of rows at most ``limit`` apart, the lower number first.

    ``|a - b| <= limit`` is ``a b - b b / 2 >= (a a - limit^2) / 2``: one product and one comparison for a block.
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
