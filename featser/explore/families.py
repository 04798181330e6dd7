"""Families of descriptors: which column belongs to which, and how alike families order the utterances."""

import re
from dataclasses import dataclass

import numpy as np

from featser.explore.effects import Matrix
from featser.explore.projection import standardised
from featser.features import DESCRIPTORS, UTTERANCE_FEATURES, FeatureSet, parse_feature_name

_MOST_ROWS = 1000
_LEVELS = re.compile("mean|std|p[0-9]{2}|iqr|range90")
"""Functionals in the unit of their descriptor; a descriptor is shown by one of them where it has any."""


@dataclass(frozen=True)
class Column:
    """A feature, its descriptor and family; features of other tools have the family ``""``.

    Attributes
    ----------
    name, descriptor, family : str
    unit : str
        unit of the values, ``""`` where it is not that of the descriptor
    plain : bool
        whether it is a level or spread of the track itself
    """

    name: str
    descriptor: str
    family: str
    unit: str
    plain: bool


def columns_of(feature_set: FeatureSet) -> list[Column]:
    """Describe the columns of a feature set.

    Parameters
    ----------
    feature_set : FeatureSet
        with plugins loaded; each column of another tool is a descriptor of its own

    Returns
    -------
    list of Column
        in the order of the set
    """
    if feature_set.columns:
        return [Column(name, name, "", "", True) for name in feature_set.feature_names]
    return [_column(name) for name in feature_set.feature_names]


def _column(name: str) -> Column:
    parts = parse_feature_name(name)
    if parts.descriptor in UTTERANCE_FEATURES:
        return Column(name, parts.descriptor, UTTERANCE_FEATURES[parts.descriptor].family, "", True)
    entry = DESCRIPTORS[parts.descriptor]
    plain = parts.delta == 0 and _LEVELS.fullmatch(parts.functional) is not None
    return Column(name, entry.name, entry.family, entry.unit if plain else "", plain)


def strongest(columns: list[Column], effects: Matrix, limit: int) -> list[int]:
    """Choose one feature of each descriptor.

    Parameters
    ----------
    columns : list of Column
    effects : Matrix [shape=(n_features,)]
        NaN where undefined
    limit : int
        number of features at most

    Returns
    -------
    list of int
        the feature with the largest effect of each descriptor, among levels and spreads where the descriptor has any;
        the largest first
    """
    best: dict[str, int] = {}
    order = sorted(range(len(columns)), key=lambda at: (not columns[at].plain, -np.nan_to_num(effects[at]), at))
    for at in order:
        if np.isfinite(effects[at]):
            best.setdefault(columns[at].descriptor, at)
    return sorted(best.values(), key=lambda at: (-effects[at], at))[:limit]


def family_similarity(features: Matrix, columns: list[Column]) -> tuple[list[str], Matrix]:
    """Compare families of descriptors by the modified RV coefficient.

    Parameters
    ----------
    features : Matrix [shape=(n_utterances, n_features)]
        of more than 1,000 utterances, every k-th is used
    columns : list of Column

    Returns
    -------
    names : list of str
        families in alphabetical order
    similarity : Matrix [shape=(n_families, n_families)]
        1 where two families give the same distances between utterances, about 0 where these are unrelated

    References
    ----------
    Smilde et al., Matrix correlations for high-dimensional data: the modified RV-coefficient, Bioinformatics 25, 2009.
    """
    names = sorted({column.family for column in columns if column.family})
    scaled = standardised(features[:: len(features) // _MOST_ROWS + 1])
    configurations = []
    for name in names:
        part = scaled[:, [at for at, column in enumerate(columns) if column.family == name]]
        products: Matrix = part @ part.T
        np.fill_diagonal(products, 0.0)
        configurations.append((products / max(float(np.linalg.norm(products)), 1e-300)).ravel())
    stacked = np.stack(configurations) if configurations else np.zeros((0, 1))
    return names, np.asarray(stacked @ stacked.T)
