"""Rules for the names of descriptors, functionals and utterance features, which keep column names unambiguous."""

import re

from featser.features.functionals import REGIONS
from featser.features.registry import DESCRIPTORS, Functional, LowLevelDescriptor, Registered
from featser.features.utterance import UTTERANCE_FEATURES, UtteranceFeature

_NAME = re.compile(r"[a-z](_?[a-z0-9])*")


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
