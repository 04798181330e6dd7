"""Blocks of a feature set: all combinations of some descriptors with some functionals."""

import re
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featser.features.functionals import find_functional
from featser.features.registry import DESCRIPTORS, Functional

_DELTA = re.compile(r"(?P<name>.+?)(?:_d(?P<order>[12]))?")

Dimensions = NDArray[np.intp] | slice
"""Indices of the selected dimensions of a descriptor, or a slice if all are selected."""


class ParsedDescriptor(NamedTuple):
    """Name of a descriptor or of its derivative, split into its parts.

    Attributes
    ----------
    name : str
        name in the block, for example ``mfcc_d1``
    base : str
        name of the registered descriptor, ``mfcc``
    order : int
        order of the derivative, 0 to 2
    """

    name: str
    base: str
    order: int


@dataclass(frozen=True)
class Block:
    """All combinations of some descriptors with some functionals.

    Attributes
    ----------
    descriptors : tuple of str
        names of low-level descriptors, with the suffix ``_d1`` or ``_d2`` for their derivatives
    functionals : tuple of str
        names of functionals, with the prefix ``voiced_``, ``unvoiced_`` or ``active_`` to restrict them to a region
    """

    descriptors: tuple[str, ...]
    functionals: tuple[str, ...]

    @cached_property
    def parsed_descriptors(self) -> tuple[ParsedDescriptor, ...]:
        """Descriptors of the block, split into base and order of the derivative."""
        split = [(name, *split_delta(name)) for name in self.descriptors]
        return tuple(ParsedDescriptor(name, base, int(suffix[2:] or 0)) for name, base, suffix in split)

    @cached_property
    def statistics(self) -> tuple[tuple[str, Functional], ...]:
        """Region and functional of each name in ``functionals``."""
        return tuple(find_functional(name) for name in self.functionals)

    @cached_property
    def track_names(self) -> tuple[str, ...]:
        """Names of the tracks, one per dimension of each descriptor."""
        return tuple(
            f"{track}_d{each.order}" if each.order else track
            for each in self.parsed_descriptors
            for track in DESCRIPTORS[each.base].dimension_names()
        )

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Column names ``<lld>[_<dim>][_d1|_d2]__<functional>``."""
        return tuple(f"{track}__{functional}" for track in self.track_names for functional in self.functionals)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the fields without cached properties, which hold function objects of this process."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, eq=False)
class BlockSelection:
    """Columns of a block that have to be computed.

    Attributes
    ----------
    block : Block
        descriptors and functionals of the selected columns
    dimensions : tuple of Dimensions
        selected dimensions of each descriptor
    mask : NDArray of bool [shape=(n_tracks, n_functionals)]
        selected combinations of these tracks and functionals
    """

    block: Block
    dimensions: tuple[Dimensions, ...]
    mask: NDArray[np.bool_]


def select_columns(block: Block, kept: NDArray[np.bool_]) -> BlockSelection | None:
    """Find what has to be computed for some columns of a block.

    Parameters
    ----------
    block : Block
    kept : NDArray of bool [shape=(len(block.feature_names),)]
        True for the selected columns

    Returns
    -------
    BlockSelection or None
        None if no column is selected
    """
    if not kept.any():
        return None
    table = kept.reshape(len(block.track_names), len(block.functionals))
    tracks: NDArray[np.bool_] = np.any(table, axis=1)
    functionals: NDArray[np.bool_] = np.any(table, axis=0)
    descriptors, dimensions = [], []
    first = 0
    for each in block.parsed_descriptors:
        of_descriptor = tracks[first : first + DESCRIPTORS[each.base].n_dims]
        first += len(of_descriptor)
        if of_descriptor.any():
            descriptors.append(each.name)
            dimensions.append(slice(None) if of_descriptor.all() else np.flatnonzero(of_descriptor))
    names = [name for name, used in zip(block.functionals, functionals, strict=True) if used]
    selected = Block(tuple(descriptors), tuple(names))
    return BlockSelection(selected, tuple(dimensions), table[np.ix_(tracks, functionals)])


def split_delta(name: str) -> tuple[str, str]:
    """Split the name of a derivative into descriptor and suffix.

    Parameters
    ----------
    name : str
        descriptor or derivative, for example ``mfcc_d1``

    Returns
    -------
    descriptor : str
        name without the suffix
    suffix : str
        ``_d1``, ``_d2`` or ``""``

    Examples
    --------
    >>> split_delta("mfcc_d1"), split_delta("rms")
    (('mfcc', '_d1'), ('rms', ''))
    """
    match = _DELTA.fullmatch(name)
    if match is None or match["order"] is None:
        return name, ""
    return match["name"], f"_d{match['order']}"
