"""Blocks: every one of some descriptors under every one of some functionals, and the share of one that is wanted."""

import re
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.functionals import find_functional
from featser.features.registry import DESCRIPTORS, Functional

_DELTA = re.compile(r"(?P<name>.+?)(?:_d(?P<order>[12]))?")

Part = tuple[str, str, int]
"""A name in a block, its descriptor, and the order of the derivative, 0 to 2."""

Dimensions = NDArray[np.intp] | slice
"""Which dimensions of a descriptor; a slice over all where all are wanted."""


@dataclass(frozen=True)
class Block:
    """Every one of some descriptors under every one of some functionals.

    Attributes
    ----------
    descriptors : tuple of str
        names of low-level descriptors, with ``_d1`` or ``_d2`` for their derivatives
    functionals : tuple of str
        names of functionals, with ``voiced_``, ``unvoiced_`` or ``active_`` before them for a part of the frames
    """

    descriptors: tuple[str, ...]
    functionals: tuple[str, ...]

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Each name of a descriptor taken apart."""
        split = [(name, *split_delta(name)) for name in self.descriptors]
        return tuple((name, base, int(suffix[2:] or 0)) for name, base, suffix in split)

    @cached_property
    def statistics(self) -> tuple[tuple[str, Functional], ...]:
        """Each functional with the region that it asks about."""
        return tuple(find_functional(name) for name in self.functionals)

    @cached_property
    def track_names(self) -> tuple[str, ...]:
        """Names of the tracks, one per dimension."""
        return tuple(
            f"{track}_d{order}" if order else track
            for _, base, order in self.parts
            for track in DESCRIPTORS[base].dimension_names()
        )

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Column names ``<lld>[_<dim>][_d1|_d2]__<functional>``."""
        return tuple(f"{track}__{functional}" for track in self.track_names for functional in self.functionals)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle what it is, not what follows from it: another process may know the functions by other objects."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, eq=False)
class Share:
    """What of a block is wanted.

    Attributes
    ----------
    block : Block
        descriptors and functionals that something is wanted of
    dimensions : tuple of Dimensions
        per descriptor, which of its dimensions
    wanted : NDArray of bool [shape=(n_tracks, n_functionals)]
        which numbers of these tracks and functionals
    """

    block: Block
    dimensions: tuple[Dimensions, ...]
    wanted: NDArray[np.bool_]


def share_of(block: Block, kept: NDArray[np.bool_]) -> Share | None:
    """Return what must be computed for some columns of a block, or None where none is kept.

    Parameters
    ----------
    kept : NDArray of bool [shape=(len(block.feature_names),)]
    """
    if not kept.any():
        return None
    table = kept.reshape(len(block.track_names), len(block.functionals))
    tracks: NDArray[np.bool_] = np.any(table, axis=1)
    functionals: NDArray[np.bool_] = np.any(table, axis=0)
    descriptors, dimensions = [], []
    first = 0
    for name, base, _ in block.parts:
        of_descriptor = tracks[first : first + DESCRIPTORS[base].n_dims]
        first += len(of_descriptor)
        if of_descriptor.any():
            descriptors.append(name)
            dimensions.append(slice(None) if of_descriptor.all() else np.flatnonzero(of_descriptor))
    names = [name for name, used in zip(block.functionals, functionals, strict=True) if used]
    return Share(Block(tuple(descriptors), tuple(names)), tuple(dimensions), table[np.ix_(tracks, functionals)])


def split_delta(name: str) -> tuple[str, str]:
    """Take a descriptor's name apart into the descriptor and the suffix of its derivative.

    >>> split_delta("mfcc_d1"), split_delta("rms")
    (('mfcc', '_d1'), ('rms', ''))
    """
    match = _DELTA.fullmatch(name)
    if match is None or match["order"] is None:
        return name, ""
    return match["name"], f"_d{match['order']}"
