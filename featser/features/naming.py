"""Names of features: how a column name is composed, and which names descriptors and functionals may have."""

import re
from dataclasses import dataclass

from featser.errors import InputError
from featser.features.functionals import REGIONS, region_functionals
from featser.features.functionals.sequence import is_frame
from featser.features.registry import DESCRIPTORS, FUNCTIONALS, Functional, LowLevelDescriptor, Registered
from featser.features.utterance import UTTERANCE_FEATURES, UtteranceFeature

_NAME = re.compile(r"[a-z](_?[a-z0-9])*")
_COLUMN = re.compile(r"(?P<lld>[a-z][a-z0-9_]*?)(?:_d(?P<delta>[12]))?__(?P<functional>[a-z][a-z0-9_]*)")


@dataclass(frozen=True)
class FeatureName:
    """Parts of a column name.

    Attributes
    ----------
    descriptor : str
        low-level descriptor, or group of an utterance feature
    dimension : int or None
        dimension of the descriptor, None if it has only one
    delta : int
        order of the derivative, 0 to 2
    functional : str
        functional with its region, or name of the utterance feature within its group
    """

    descriptor: str
    dimension: int | None
    delta: int
    functional: str


def parse_feature_name(column: str) -> FeatureName:
    """Split a column name into its parts.

    Parameters
    ----------
    column : str
        ``<descriptor>[_<dimension>][_d1|_d2]__<functional>``

    Returns
    -------
    FeatureName

    Raises
    ------
    InputError
        no registered descriptor and functional have this name

    Examples
    --------
    >>> parse_feature_name("mfcc_03_d1__p95")
    FeatureName(descriptor='mfcc', dimension=3, delta=1, functional='p95')
    """
    match = _COLUMN.fullmatch(column)
    if match and match["lld"] in UTTERANCE_FEATURES and column in utterance_columns(match["lld"]):
        return FeatureName(match["lld"], None, 0, match["functional"])
    if match and is_functional(match["functional"]):
        for descriptor in DESCRIPTORS.values():
            if match["lld"] in descriptor.dimension_names():
                dimension = descriptor.dimension_names().index(match["lld"]) if descriptor.n_dims > 1 else None
                return FeatureName(descriptor.name, dimension, int(match["delta"] or 0), match["functional"])
    raise InputError(
        f"'{column}' is not a feature name. Feature names have the form '<descriptor>[_<dim>][_d1|_d2]__<functional>'."
    )


def utterance_columns(name: str) -> list[str]:
    """Return the columns of a group of utterance features.

    Parameters
    ----------
    name : str
        registered name of the group

    Returns
    -------
    list of str
        ``rhythm__active_share`` for ``rhythm_active_share``
    """
    return [f"{name}__{each.removeprefix(f'{name}_')}" for each in UTTERANCE_FEATURES[name].names]


def is_functional(name: str) -> bool:
    """Whether a name denotes a functional, one restricted to a region, or a single frame.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool
    """
    region, _, rest = name.partition("_")
    return name in FUNCTIONALS or is_frame(name) or (region in REGIONS and rest in region_functionals())


def name_fault(entry: Registered) -> str:
    """Check the name of an entry, and the names of its columns.

    Parameters
    ----------
    entry : Registered
        descriptor, functional or group of utterance features

    Returns
    -------
    str
        description of the fault, or ``""`` for valid names

    Examples
    --------
    >>> name_fault(DESCRIPTORS["rms"])
    ''
    """
    if not _NAME.fullmatch(entry.name):
        return "is not a valid name; use lower-case letters, digits and single underscores"
    if isinstance(entry, LowLevelDescriptor):
        return _fault_of_descriptor(entry)
    if isinstance(entry, UtteranceFeature):
        return _fault_of_group(entry)
    if isinstance(entry, Functional) and entry.name.startswith(tuple(f"{region}_" for region in REGIONS)):
        return f"must not begin with a region ({', '.join(f'{region}_' for region in REGIONS)})"
    return ""


def _fault_of_descriptor(entry: LowLevelDescriptor) -> str:
    if entry.name.endswith(("_d1", "_d2")):
        return "must not end in _d1 or _d2, the suffixes of derivatives"
    taken = {name for each in DESCRIPTORS.values() if each.name != entry.name for name in each.dimension_names()}
    double = sorted((taken | set(UTTERANCE_FEATURES)) & set(entry.dimension_names()))
    return f"has the track '{double[0]}', whose name is taken" if double else ""


def _fault_of_group(entry: UtteranceFeature) -> str:
    wrong = [name for name in entry.names if not _NAME.fullmatch(name) or not name.startswith(f"{entry.name}_")]
    if wrong:
        return (
            f"has the value '{wrong[0]}'; names of values begin with '{entry.name}_' and have lower-case letters, "
            "digits and single underscores"
        )
    if len(set(entry.names)) < len(entry.names):
        return "has two values of the same name"
    tracks = {name for each in DESCRIPTORS.values() for name in each.dimension_names()}
    return "is the name of a track" if entry.name in tracks else ""
