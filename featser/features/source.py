"""Features of other tools: where they come from, their names, and whether two sets are the same."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Source:
    """Tool other than featser that computes features.

    Attributes
    ----------
    tool : str
        its name, for example ``openSMILE``
    version : str
        its version, ``""`` where it is not known
    config : str
        configuration of openSMILE that featser runs itself; ``""`` for features that were imported
    sha256 : tuple of str
        digests of the files that were imported
    """

    tool: str
    version: str = ""
    config: str = ""
    sha256: tuple[str, ...] = ()


def column_names(names: Iterable[str]) -> tuple[str, ...]:
    """Write names of another tool with letters, digits and underscores.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    tuple of str
        each once; the second of two equal ones ends in ``_2``

    Examples
    --------
    >>> column_names(["audSpec_Rfilt_sma[0]_range", "F0semitoneFrom27.5Hz_sma3nz_amean", "a-b", "a.b"])
    ('audSpec_Rfilt_sma_0_range', 'F0semitoneFrom27_5Hz_sma3nz_amean', 'a_b', 'a_b_2')
    """
    written: dict[str, None] = {}
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "feature"
        number = 2
        unique = plain
        while unique in written:
            unique, number = f"{plain}_{number}", number + 1
        written[unique] = None
    return tuple(written)


def same_features(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two feature sets, as plain values, have the same features.

    Parameters
    ----------
    one, other : mapping
        as `FeatureSet.to_dict` returns them; digests of imported files do not count

    Returns
    -------
    bool
    """
    return _without_digests(one) == _without_digests(other)


def _without_digests(values: Mapping[str, Any]) -> dict[str, Any]:
    source = {name: value for name, value in (values.get("source") or {}).items() if name != "sha256"}
    return {**values, "source": source}
