"""Functionals: statistics that summarise a track of any length as one number.

Every functional maps `Tracks` of shape ``(n_tracks, n_frames)`` to an array of shape ``(n_tracks,)`` in single
precision. A value is NaN where the functional is undefined, and never infinite. There is one module per group of
functionals; importing this package registers all of them. The groups follow openSMILE (Eyben, Woellmer and Schuller,
2010); the definitions may differ from it.
"""

import re

from featser.errors import UnknownNameError
from featser.features.functionals import dynamics, moments, peaks, positions, quantiles, trend
from featser.features.functionals.sequence import frame_functional, is_frame
from featser.features.registry import FUNCTIONALS, Functional

__all__ = [
    "REGIONS",
    "dynamics",
    "find_functional",
    "moments",
    "peaks",
    "positions",
    "quantiles",
    "region_functionals",
    "trend",
]

REGIONS = ("voiced", "unvoiced", "active")
"""Subsets of the frames that a functional can be restricted to, as in ``voiced_mean``."""

_ORDER_INDEPENDENT = (moments.__name__, quantiles.__name__)
"""Modules whose functionals do not depend on the order of the frames."""

_SHOWN_PERCENTILES = ("p05", "p20", "p50", "p80", "p95")


def find_functional(name: str, where: str = "") -> tuple[str, Functional]:
    """Split a name into region and functional.

    The frames of a region need not be adjacent, so only functionals that do not depend on the order of the frames can
    be restricted to a region.

    Parameters
    ----------
    name : str
        ``mean``, ``voiced_mean`` or ``t017``, for example
    where : str
        file or setting that contains the name, for the error message

    Returns
    -------
    region : str
        one of `REGIONS`, or ``""`` for all frames
    functional : Functional
        functional of the name without its region

    Raises
    ------
    UnknownNameError
        the functional does not exist, or cannot be restricted to a region

    Examples
    --------
    >>> region, functional = find_functional("voiced_p50")
    >>> region, functional.name
    ('voiced', 'p50')
    """
    if name in FUNCTIONALS:
        return "", FUNCTIONALS[name]
    if is_frame(name):
        return "", frame_functional(name)
    region, _, rest = name.partition("_")
    restrictable = region_functionals()
    if region in REGIONS and rest in restrictable:
        return region, restrictable[rest]
    known = [f"{region}_{each}" for each in _shown(restrictable)] if region in REGIONS else _shown(FUNCTIONALS)
    misspelt = [f"{each}_{rest}" for each in REGIONS if rest in restrictable]
    raise UnknownNameError("functional", name, known + misspelt, where)


def region_functionals() -> dict[str, Functional]:
    """Return the functionals that can be restricted to a region.

    Returns
    -------
    dict of str to Functional
        functionals that do not depend on the order of the frames, by name
    """
    return {name: each for name, each in FUNCTIONALS.items() if each.compute.__module__ in _ORDER_INDEPENDENT}


def _shown(names: dict[str, Functional]) -> list[str]:
    """Return the names to list in an error message, with five of the 99 percentiles."""
    return [name for name in names if not re.fullmatch(r"p\d\d", name) or name in _SHOWN_PERCENTILES]
