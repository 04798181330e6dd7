"""Utterances in few dimensions: principal components, UMAP, neighbours and medoids."""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featser.explore.effects import Codes, Matrix

N_COMPONENTS = 50
"""Principal components in which distances are computed."""

N_NEIGHBOURS = 10
_MOST_ROWS = 3000
"""Utterances among which neighbours are counted, and which are drawn; a larger table is thinned evenly."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Coordinates of utterances.

    Attributes
    ----------
    components : Matrix [shape=(n_utterances, n_components)]
        principal components of the standardised features, up to `N_COMPONENTS`
    explained : tuple of float
        share of the variance that each explains
    umap : Matrix [shape=(n_drawn, 2)] or None
        UMAP of the components of the drawn utterances; None without the extra ``explore``
    drawn : NDArray of int [shape=(n_drawn,)]
        utterances to draw
    """

    components: Matrix
    explained: tuple[float, ...]
    umap: Matrix | None
    drawn: NDArray[np.int64]


def project(features: Matrix, seed: int = 0) -> Projection:
    """Project standardised features.

    Parameters
    ----------
    features : Matrix [shape=(n_utterances, n_features)]
        NaN where undefined; replaced by the mean of the feature
    seed : int
        of both methods

    Returns
    -------
    Projection

    References
    ----------
    McInnes, Healy and Melville, UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction, 2018.
    """
    from sklearn.decomposition import PCA

    scaled = standardised(features)
    n_components = min(N_COMPONENTS, *scaled.shape)
    pca = PCA(n_components, svd_solver="randomized" if n_components < min(scaled.shape) else "full", random_state=seed)
    components = np.asarray(pca.fit_transform(scaled), np.float64)
    drawn = np.unique(np.linspace(0, len(features) - 1, min(len(features), _MOST_ROWS)).astype(np.int64))
    explained = tuple(float(share) for share in np.nan_to_num(pca.explained_variance_ratio_))
    return Projection(components, explained, _umap(components[drawn], seed), drawn)


def standardised(features: Matrix) -> Matrix:
    """Return features with mean 0 and variance 1; undefined values and constant features are 0."""
    finite = np.isfinite(features)
    filled = np.where(finite, features, 0.0)
    mean = filled.sum(axis=0) / np.maximum(finite.sum(axis=0), 1)
    centred = np.where(finite, features - mean, 0.0)
    spread = np.sqrt((centred**2).mean(axis=0))
    constant = spread <= 1e-9 * np.maximum(np.abs(mean), 1e-300)
    return np.divide(centred, spread, out=np.zeros_like(centred), where=~constant)


def neighbours_alike(projection: Projection, groups: Codes) -> tuple[float, float]:
    """Return how often near utterances are of the same group.

    Parameters
    ----------
    projection : Projection
    groups : Codes [shape=(n_utterances,)]
        number of the group, negative where it is not known; such utterances are left out

    Returns
    -------
    share : float
        share of the `N_NEIGHBOURS` nearest utterances, in the principal components, that are of the same group
    chance : float
        the same of utterances drawn at random
    """
    from sklearn.neighbors import NearestNeighbors

    rows = projection.drawn[groups[projection.drawn] >= 0]
    codes = groups[rows]
    n_others = len(rows) - 1
    if n_others < 1:
        return float("nan"), float("nan")
    places = projection.components[rows]
    near = NearestNeighbors(n_neighbors=min(N_NEIGHBOURS, n_others)).fit(places).kneighbors(return_distance=False)
    counts = np.bincount(codes)[codes]
    return float((codes[near] == codes[:, None]).mean()), float(((counts - 1) / n_others).mean())


def medoid(projection: Projection, rows: NDArray[np.int64]) -> int:
    """Return the utterance with the smallest sum of distances to the others of a group.

    Parameters
    ----------
    projection : Projection
    rows : NDArray of int [shape=(n_rows,)]
        utterances of the group; from more than 3,000, every k-th is a candidate

    Returns
    -------
    int
        one of ``rows``
    """
    from scipy.spatial.distance import cdist

    candidates = rows[:: len(rows) // _MOST_ROWS + 1]
    places = projection.components[candidates]
    return int(candidates[np.argmin(cdist(places, places).sum(axis=1).round(6))])


def _umap(components: Matrix, seed: int) -> Matrix | None:
    try:
        with warnings.catch_warnings():  # that Tensorflow is not installed
            warnings.simplefilter("ignore", ImportWarning)
            from umap import UMAP
    except ImportError:
        return None
    if len(components) < N_NEIGHBOURS:
        return None
    found = UMAP(n_neighbors=min(15, len(components) - 1), random_state=seed, n_jobs=1).fit_transform(components)
    return np.asarray(found, np.float64)
