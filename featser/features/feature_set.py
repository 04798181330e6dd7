"""Feature sets: descriptors, functionals that summarise them, and the framing."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from fnmatch import translate
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.errors import InputError, UsageError
from featser.features.blocks import Block, BlockSelection, select_columns
from featser.features.frames import Framing
from featser.features.naming import utterance_columns
from featser.features.plugins import Plugin, plugin_of, plugins_of
from featser.features.registry import DESCRIPTORS, LowLevelDescriptor, Registered
from featser.features.source import Source
from featser.features.utterance import UTTERANCE_FEATURES

SPANS = ("whole", "speech")
"""Frames that functionals summarise: the whole recording, or speech without leading and trailing silence."""


@dataclass(frozen=True)
class FeatureSet:
    """Definition of the columns of a feature table, in order.

    Attributes
    ----------
    name : str
        name of a built-in set, or stem of the TOML file
    title : str
        one line of description
    descriptors, functionals : tuple of str
        names of the main block; each descriptor is summarised by each functional
    frames : Framing
        frame geometry
    blocks : tuple of Block
        further blocks
    utterance : tuple of str
        names of groups of utterance features
    include : tuple of str
        patterns of columns to keep
    exclude : tuple of str
        patterns of columns to remove from those kept
    span : str
        frames that functionals summarise, one of `SPANS`
    columns : tuple of str
        features of another tool; a set with such columns has no others
    source : Source or None
        the tool of ``columns``, where it is known
    """

    name: str
    title: str
    descriptors: tuple[str, ...]
    functionals: tuple[str, ...]
    frames: Framing = field(default_factory=Framing)
    blocks: tuple[Block, ...] = ()
    utterance: tuple[str, ...] = ()
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    span: str = "whole"
    columns: tuple[str, ...] = ()
    source: Source | None = None

    @property
    def computable(self) -> bool:
        """Whether `compute_features` computes the set."""
        return not self.columns or (self.source is not None and self.source.config != "")

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Column names in order: the main block, ``blocks``, ``utterance``."""
        return tuple(name for name, kept in zip(self._all_names, self.kept, strict=True) if kept)

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """True for the columns selected by ``include`` and ``exclude``, shape ``(n_columns,)``."""
        return _fitting(self._all_names, self.include) & ~_fitting(self._all_names, self.exclude)

    @cached_property
    def all_blocks(self) -> tuple[Block, ...]:
        """The main block, followed by ``blocks``."""
        return (Block(self.descriptors, self.functionals), *self.blocks)

    @cached_property
    def selections(self) -> tuple[BlockSelection, ...]:
        """Selected columns of each block, without blocks that have none."""
        ends = np.cumsum([len(block.feature_names) for block in self.all_blocks])
        masks = np.split(self.kept[: ends[-1]], ends[:-1])
        selections = [select_columns(block, mask) for block, mask in zip(self.all_blocks, masks, strict=True)]
        return tuple(selection for selection in selections if selection is not None)

    @cached_property
    def utterance_selections(self) -> tuple[tuple[str, NDArray[np.bool_]], ...]:
        """Name and mask of selected values of each group of utterance features, without groups that have none."""
        masks = {}
        first = sum(len(block.feature_names) for block in self.all_blocks)
        for name in self.utterance:
            masks[name] = self.kept[first : first + len(UTTERANCE_FEATURES[name].names)]
            first += len(masks[name])
        return tuple((name, mask) for name, mask in masks.items() if mask.any())

    @cached_property
    def plugins(self) -> tuple[Plugin, ...]:
        """Plugins whose functions compute the columns, sorted by name."""
        return plugins_of(used_functions(self))

    @cached_property
    def _all_names(self) -> tuple[str, ...]:
        of_tracks = [name for block in self.all_blocks for name in block.feature_names]
        of_utterance = [column for name in self.utterance for column in utterance_columns(name)]
        return (*of_tracks, *of_utterance, *self.columns)

    def restricted_to(self, names: Iterable[str]) -> "FeatureSet":
        """Return a feature set of some of the columns, in the order of this set and with bitwise equal values.

        Only the descriptors, functionals, regions and groups of these columns are computed.

        Parameters
        ----------
        names : iterable of str
            column names

        Returns
        -------
        FeatureSet

        Raises
        ------
        InputError
            no names, or a name that is not a column of this set
        """
        selected = tuple(names)
        if not selected:
            raise InputError(f"No column of feature set '{self.name}' is given. Give at least one.")
        unknown = sorted(set(selected) - set(self.feature_names))
        if unknown:
            raise InputError(f"'{unknown[0]}' is not a column of feature set '{self.name}'. Give names of its columns.")
        return replace(self, include=selected)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain values for metadata and cache keys; `feature_set_from` is the inverse.

        Returns
        -------
        dict
            the fields, and name and SHA-256 of each plugin where the set uses any

        Raises
        ------
        UsageError
            the set uses a function registered outside featser and plugins, so that changes of its code would not
            change the cache key
        """
        for each in used_functions(self):
            if not each.builtin and plugin_of(each) is None:
                raise UsageError(
                    f"'{each.name}' is registered by {each.compute.__module__}, which is not a plugin, so the cache "
                    "could not detect changes of its code. Put it into a file and load it: load_plugin('my.py')."
                )
        plugins = [{"name": each.name, "sha256": each.sha256} for each in self.plugins]
        values = asdict(self) | ({"plugins": plugins} if plugins else {})
        return {name: value for name, value in values.items() if name != "source" or value}

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the fields and the plugins, without other cached properties."""
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"plugins": self.plugins}


def foreign_features(name: str, columns: Iterable[str], title: str = "", source: Source | None = None) -> FeatureSet:
    """Return the feature set of columns that another tool computed.

    Parameters
    ----------
    name : str
        name of the set
    columns : iterable of str
        feature names
    title : str
        one line of description, by default the name
    source : Source, optional
        the tool

    Returns
    -------
    FeatureSet
        `compute_features` refuses it, except where featser runs the tool
    """
    return FeatureSet(name, title or name, (), (), columns=tuple(columns), source=source)


def used_descriptors(feature_set: FeatureSet) -> list[LowLevelDescriptor]:
    """Return the descriptors that a feature set computes, each once.

    Parameters
    ----------
    feature_set : FeatureSet

    Returns
    -------
    list of LowLevelDescriptor
        in the order of the set
    """
    names = [each.base for selection in feature_set.selections for each in selection.block.parsed_descriptors]
    return [DESCRIPTORS[name] for name in dict.fromkeys(names)]


def used_functions(feature_set: FeatureSet) -> list[Registered]:
    """Return the descriptors, functionals and groups of utterance features that a feature set computes, each once.

    Parameters
    ----------
    feature_set : FeatureSet

    Returns
    -------
    list of Registered
    """
    functionals = [functional for selection in feature_set.selections for _, functional in selection.block.statistics]
    groups = [UTTERANCE_FEATURES[name] for name, _ in feature_set.utterance_selections]
    return list(dict.fromkeys([*used_descriptors(feature_set), *functionals, *groups]))


def _fitting(names: Sequence[str], patterns: Iterable[str]) -> NDArray[np.bool_]:
    """True for names that match one of the patterns; plain names are looked up in a set, since there may be many."""
    plain = set(patterns)
    if "*" in plain:
        return np.ones(len(names), bool)
    wild = [translate(each) for each in plain if set(each) & set("*?[")]
    fits = re.compile("|".join(wild or ["(?!)"])).match
    return np.array([name in plain or fits(name) is not None for name in names], bool)
