"""Statistics that turn a track of any length into one number.

Every functional maps `Tracks` of shape ``(n_tracks, n_frames)`` to ``(n_tracks,)`` in single precision; NaN where it is
undefined, never infinity. One module per kind; importing this package registers them all. The kinds are those of
openSMILE (Eyben, Woellmer and Schuller, 2010); the definitions are the ones written here.
"""

import re

from featser.errors import UnknownNameError
from featser.features.functionals import course, moments, order, peaks, positions, trend
from featser.features.functionals.sequence import frame, is_frame
from featser.features.registry import FUNCTIONALS, Functional

__all__ = [
    "REGIONS",
    "course",
    "find_functional",
    "functionals_of_regions",
    "moments",
    "order",
    "peaks",
    "positions",
    "trend",
]

REGIONS = ("voiced", "unvoiced", "active")
"""Parts of an utterance that a functional may be asked about, as in ``voiced_mean``."""

_TIMELESS = (moments.__name__, order.__name__)
"""Modules whose functionals do not ask in which order the frames are, so that frames may be left out."""

_SHOWN_PERCENTILES = ("p05", "p20", "p50", "p80", "p95")


def find_functional(name: str, where: str = "") -> tuple[str, Functional]:
    """Take a name apart into the region it asks about and the functional.

    Only functionals that do not look at time can be asked about a region: its frames are not neighbours.

    Returns
    -------
    region : str
        one of `REGIONS`, or ``""`` for all frames
    functional : Functional

    Raises
    ------
    UnknownNameError
        no such functional, or none for a region

    Examples
    --------
    >>> region, functional = find_functional("voiced_p50")
    >>> region, functional.name
    ('voiced', 'p50')
    """
    if name in FUNCTIONALS:
        return "", FUNCTIONALS[name]
    if is_frame(name):
        return "", frame(name)
    region, _, rest = name.partition("_")
    timeless = functionals_of_regions()
    if region in REGIONS and rest in timeless:
        return region, timeless[rest]
    known = [f"{region}_{each}" for each in _shown(timeless)] if region in REGIONS else _shown(FUNCTIONALS)
    misspelt = [f"{each}_{rest}" for each in REGIONS if rest in timeless]
    raise UnknownNameError("functional", name, known + misspelt, where)


def functionals_of_regions() -> dict[str, Functional]:
    """Return the functionals that can be asked about a region, by name."""
    return {name: each for name, each in FUNCTIONALS.items() if each.compute.__module__ in _TIMELESS}


def _shown(names: dict[str, Functional]) -> list[str]:
    """Return the names worth listing: ninety-nine percentiles would hide the others."""
    return [name for name in names if not re.fullmatch(r"p\d\d", name) or name in _SHOWN_PERCENTILES]
