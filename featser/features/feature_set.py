"""Feature sets: which descriptors, summarised by which functionals, over which frames; data, not code."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from fnmatch import translate
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.errors import InputError, UsageError
from featser.features.blocks import Block, Share, share_of
from featser.features.frames import Framing
from featser.features.functionals import REGIONS, region_functionals
from featser.features.functionals.sequence import is_frame
from featser.features.plugins import Plugin, plugin_of, plugins_of
from featser.features.registry import DESCRIPTORS, FUNCTIONALS, LowLevelDescriptor, Registered
from featser.features.utterance import UTTERANCE_FEATURES

SPANS = ("whole", "speech")
"""What functionals look at: the whole recording, or what lies between leading and trailing silence."""

_COLUMN = re.compile(r"(?P<lld>[a-z][a-z0-9_]*?)(?:_d(?P<delta>[12]))?__(?P<functional>[a-z][a-z0-9_]*)")


@dataclass(frozen=True)
class FeatureSet:
    """Descriptors x functionals over frames, and features of the utterance; the columns of a table, in order.

    Attributes
    ----------
    descriptors, functionals : tuple of str
        the main block
    blocks : tuple of Block
        more of them
    utterance : tuple of str
        features that are no statistic of a track, by name
    include : tuple of str
        patterns of columns to keep
    exclude : tuple of str
        patterns of columns to leave out of those
    span : str
        one of `SPANS`
    columns : tuple of str
        features that another tool computed; a set has these alone, or none
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

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Column names, in order; those of `blocks` and `utterance` follow the main block."""
        return tuple(name for name, kept in zip(self._all_names, self.kept, strict=True) if kept)

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """Which of all columns the patterns of `include` and `exclude` leave."""
        return _fitting(self._all_names, self.include) & ~_fitting(self._all_names, self.exclude)

    @cached_property
    def all_blocks(self) -> tuple[Block, ...]:
        """The main block and the others."""
        return (Block(self.descriptors, self.functionals), *self.blocks)

    @cached_property
    def shares(self) -> tuple[Share, ...]:
        """What must be computed of each block for the columns that are kept."""
        ends = np.cumsum([len(block.feature_names) for block in self.all_blocks])
        masks = np.split(self.kept[: ends[-1]], ends[:-1])
        shares = [share_of(block, mask) for block, mask in zip(self.all_blocks, masks, strict=True)]
        return tuple(share for share in shares if share is not None)

    @cached_property
    def groups(self) -> tuple[tuple[str, NDArray[np.bool_]], ...]:
        """Groups of features of the utterance of which something is kept, each with which of its numbers."""
        masks = {}
        first = sum(len(block.feature_names) for block in self.all_blocks)
        for name in self.utterance:
            masks[name] = self.kept[first : first + len(UTTERANCE_FEATURES[name].names)]
            first += len(masks[name])
        return tuple((name, mask) for name, mask in masks.items() if mask.any())

    @cached_property
    def plugins(self) -> tuple[Plugin, ...]:
        """The plugins that its columns come from, by name."""
        return plugins_of(used_functions(self))

    @cached_property
    def _all_names(self) -> tuple[str, ...]:
        of_tracks = [name for block in self.all_blocks for name in block.feature_names]
        of_utterance = [column for name in self.utterance for column in utterance_columns(name)]
        return (*of_tracks, *of_utterance, *self.columns)

    def restricted_to(self, names: Iterable[str]) -> "FeatureSet":
        """Return the set with these of its columns alone, in its own order; their numbers are the same to the bit.

        Only what they need is computed: the descriptors, functionals, regions and groups that they are made of.

        Raises
        ------
        InputError
            a name that is none of its columns, or no name
        """
        wanted = tuple(names)
        if not wanted:
            raise InputError(f"No column of the set '{self.name}' is named. Name one at least.")
        strange = sorted(set(wanted) - set(self.feature_names))
        if strange:
            raise InputError(f"'{strange[0]}' is no column of the set '{self.name}'. Take names of its columns.")
        return replace(self, include=wanted)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for metadata and cache keys; `feature_set_from` is the way back.

        Where the set uses plugins, each is in it by name and SHA-256.

        Raises
        ------
        UsageError
            a function of one's own is in no plugin: rows could not be told from those of its earlier versions
        """
        for each in used_functions(self):
            if not each.builtin and plugin_of(each) is None:
                raise UsageError(
                    f"'{each.name}' is registered by {each.compute.__module__}, which is no plugin, so rows could not "
                    "be told from those of its earlier versions. Put it into a file and load it: load_plugin('my.py')."
                )
        plugins = [{"name": each.name, "sha256": each.sha256} for each in self.plugins]
        return asdict(self) | ({"plugins": plugins} if plugins else {})

    def __getstate__(self) -> dict[str, Any]:
        """Pickle what it is and where its plugins are, not what follows from it."""
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"plugins": self.plugins}


def foreign_features(name: str, columns: Iterable[str]) -> FeatureSet:
    """Return the set of features that another tool computed; it cannot be computed from a recording.

    Parameters
    ----------
    name : str
        name of the set
    columns : iterable of str
        names of the features
    """
    return FeatureSet(name, name, (), (), columns=tuple(columns))


@dataclass(frozen=True)
class FeatureName:
    """What a column name says: descriptor, dimension, derivative and functional.

    For a feature of the utterance, ``functional`` is its own name and ``descriptor`` that of its group.

    >>> parse_feature_name("mfcc_03_d1__p95")
    FeatureName(descriptor='mfcc', dimension=3, delta=1, functional='p95')
    """

    descriptor: str
    dimension: int | None
    delta: int
    functional: str


def parse_feature_name(column: str) -> FeatureName:
    """Read a column name; `InputError` where no registered descriptor and functional makes it."""
    match = _COLUMN.fullmatch(column)
    if match and match["lld"] in UTTERANCE_FEATURES and column in utterance_columns(match["lld"]):
        return FeatureName(match["lld"], None, 0, match["functional"])
    if match and is_functional(match["functional"]):
        for descriptor in DESCRIPTORS.values():
            if match["lld"] in descriptor.dimension_names():
                dimension = descriptor.dimension_names().index(match["lld"]) if descriptor.n_dims > 1 else None
                return FeatureName(descriptor.name, dimension, int(match["delta"] or 0), match["functional"])
    raise InputError(f"'{column}' is no feature column. It would be '<descriptor>[_<dim>][_d1|_d2]__<functional>'.")


def used_descriptors(feature_set: FeatureSet) -> list[LowLevelDescriptor]:
    """Return the descriptors that a set computes, without repetition for their derivatives."""
    names = [base for share in feature_set.shares for _, base, _ in share.block.parts]
    return [DESCRIPTORS[name] for name in dict.fromkeys(names)]


def used_functions(feature_set: FeatureSet) -> list[Registered]:
    """Return all that a set computes by: descriptors, functionals, groups of features of the utterance."""
    functionals = [functional for share in feature_set.shares for _, functional in share.block.statistics]
    groups = [UTTERANCE_FEATURES[name] for name, _ in feature_set.groups]
    return list(dict.fromkeys([*used_descriptors(feature_set), *functionals, *groups]))


def utterance_columns(name: str) -> list[str]:
    """Return the columns of a group of utterance features, ``rhythm__active_share`` for ``rhythm_active_share``."""
    return [f"{name}__{each.removeprefix(f'{name}_')}" for each in UTTERANCE_FEATURES[name].names]


def is_functional(name: str) -> bool:
    """Whether a name is that of a functional: of all frames, of a region, or of one frame."""
    region, _, rest = name.partition("_")
    return name in FUNCTIONALS or is_frame(name) or (region in REGIONS and rest in region_functionals())


def _fitting(names: Sequence[str], patterns: Iterable[str]) -> NDArray[np.bool_]:
    """Which names are among the patterns, or fit one of them; many may be there that are plain names."""
    plain = set(patterns)
    if "*" in plain:
        return np.ones(len(names), bool)
    wild = [translate(each) for each in plain if set(each) & set("*?[")]
    fits = re.compile("|".join(wild or ["(?!)"])).match
    return np.array([name in plain or fits(name) is not None for name in names], bool)
