"""Names of columns: which name a function may have, so that a column says by itself where it comes from."""

import re

from featser.features.functionals import REGIONS
from featser.features.registry import DESCRIPTORS, Functional, LowLevelDescriptor, Registered
from featser.features.utterance import UTTERANCE_FEATURES, UtteranceFeature

_NAME = re.compile(r"[a-z](_?[a-z0-9])*")


def name_fault(entry: Registered) -> str:
    """Say what is wrong with the name of a function, or nothing: ``""``.

    >>> name_fault(DESCRIPTORS["rms"])
    ''
    """
    if not _NAME.fullmatch(entry.name):
        return "cannot be part of a column: take small letters, digits and single underscores"
    if isinstance(entry, LowLevelDescriptor):
        return _fault_of_descriptor(entry)
    if isinstance(entry, UtteranceFeature):
        return _fault_of_group(entry)
    if isinstance(entry, Functional) and entry.name.startswith(tuple(f"{region}_" for region in REGIONS)):
        return "begins like a functional of a region"
    return ""


def _fault_of_descriptor(entry: LowLevelDescriptor) -> str:
    if entry.name.endswith(("_d1", "_d2")):
        return "ends like a derivative"
    taken = {name for each in DESCRIPTORS.values() if each.name != entry.name for name in each.dimension_names()}
    double = sorted((taken | set(UTTERANCE_FEATURES)) & set(entry.dimension_names()))
    return f"makes the track '{double[0]}', which is there already" if double else ""


def _fault_of_group(entry: UtteranceFeature) -> str:
    wrong = [name for name in entry.names if not _NAME.fullmatch(name) or not name.startswith(f"{entry.name}_")]
    if wrong:
        return f"names the number '{wrong[0]}': each would be '{entry.name}_' and small letters, digits, underscores"
    if len(set(entry.names)) < len(entry.names):
        return "names a number twice"
    tracks = {name for each in DESCRIPTORS.values() for name in each.dimension_names()}
    return "is the name of a track already" if entry.name in tracks else ""
