"""Feature sets: which descriptors, summarised by which functionals, over which frames; data, not code."""

import re
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.audio import Signal
from featser.errors import InputError
from featser.features import families  # noqa: F401 - registers every descriptor
from featser.features.activity import active, speech_span
from featser.features.deltas import delta
from featser.features.frames import Array, Frames, Framing
from featser.features.functionals import REGIONS, find_functional, functionals_of_regions
from featser.features.pitch import track_pitch
from featser.features.registry import DESCRIPTORS, FUNCTIONALS, Functional, LowLevelDescriptor
from featser.features.tracks import Tracks
from featser.features.utterance import UTTERANCE_FEATURES

SPANS = ("whole", "speech")
"""What functionals look at: the whole recording, or what lies between leading and trailing silence."""

_DELTA = re.compile(r"(?P<name>.+?)(?:_d(?P<order>[12]))?")
_COLUMN = re.compile(r"(?P<lld>[a-z][a-z0-9_]*?)(?:_d(?P<delta>[12]))?__(?P<functional>[a-z][a-z0-9_]*)")


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
    def parts(self) -> tuple[tuple[str, str, int], ...]:
        """Each name of a descriptor with the descriptor and the order of its derivative, 0 to 2."""
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
    exclude : tuple of str
        patterns of columns to leave out
    span : str
        one of `SPANS`
    """

    name: str
    title: str
    descriptors: tuple[str, ...]
    functionals: tuple[str, ...]
    frames: Framing = field(default_factory=Framing)
    blocks: tuple[Block, ...] = ()
    utterance: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    span: str = "whole"

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Column names, in order; those of `blocks` and `utterance` follow the main block."""
        return tuple(name for name, kept in zip(self._all_names, self.kept, strict=True) if kept)

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """Which of all columns the patterns of `exclude` leave."""
        return np.array([not any(fnmatchcase(name, each) for each in self.exclude) for name in self._all_names], bool)

    @cached_property
    def all_blocks(self) -> tuple[Block, ...]:
        """The main block and the others."""
        return (Block(self.descriptors, self.functionals), *self.blocks)

    @cached_property
    def _all_names(self) -> tuple[str, ...]:
        of_tracks = [name for block in self.all_blocks for name in block.feature_names]
        of_utterance = [column for name in self.utterance for column in utterance_columns(name)]
        return (*of_tracks, *of_utterance)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for metadata and cache keys; `feature_set_from` is the way back."""
        return asdict(self)


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


def compute_features(signal: Signal, feature_set: FeatureSet) -> Array:
    """One signal in, one row of numbers out.

    Parameters
    ----------
    signal : Signal [shape=(n_samples,)]
        mono at 16 kHz, as `featser.audio.read_signal` returns it

    Returns
    -------
    Array [shape=(n_features,)]
        in the order of ``feature_set.feature_names``; NaN where a feature is undefined for this signal
    """
    frames = Frames(signal, feature_set.frames)
    span = speech_span(frames) if feature_set.span == "speech" else slice(None)
    computed: dict[str, Array] = {}
    parts = [_statistics(frames, block, span, computed) for block in feature_set.all_blocks]
    parts += [UTTERANCE_FEATURES[name].compute(frames) for name in feature_set.utterance]
    row = np.concatenate(parts)
    return row[feature_set.kept] if feature_set.exclude else row


def used_descriptors(feature_set: FeatureSet) -> list[LowLevelDescriptor]:
    """Return the descriptors that a set computes, without repetition for their derivatives."""
    names = [split_delta(name)[0] for block in feature_set.all_blocks for name in block.descriptors]
    return [DESCRIPTORS[name] for name in dict.fromkeys(names)]


def split_delta(name: str) -> tuple[str, str]:
    """Take a descriptor's name apart into the descriptor and the suffix of its derivative.

    >>> split_delta("mfcc_d1"), split_delta("rms")
    (('mfcc', '_d1'), ('rms', ''))
    """
    match = _DELTA.fullmatch(name)
    if match is None or match["order"] is None:
        return name, ""
    return match["name"], f"_d{match['order']}"


def _statistics(frames: Frames, block: Block, span: slice, computed: dict[str, Array]) -> Array:
    """Columns of one block; ``computed`` remembers the tracks of descriptors for the next block."""
    tracks = []
    for name, base, order in block.parts:
        if base not in computed:
            computed[base] = np.atleast_2d(frames.shared(DESCRIPTORS[base].compute))
        if name not in computed:
            computed[name] = delta(computed[base], order)
        tracks.append(computed[name])
    everywhere = Tracks(np.concatenate(tracks)[:, span], frames.framing.hop_seconds)
    parts = {"": everywhere}
    columns = []
    for region, functional in block.statistics:
        if region not in parts:
            parts[region] = everywhere.restrict(_frames_of(region, frames)[span])
        columns.append(functional.compute(parts[region]))
    return np.stack(columns, axis=1).ravel()


def _frames_of(region: str, frames: Frames) -> NDArray[np.bool_]:
    """Frames that belong to a region."""
    speaking = frames.shared(active)
    if region == "active":
        return speaking
    voiced = np.isfinite(frames.shared(track_pitch).hz)
    return voiced if region == "voiced" else speaking & ~voiced


def utterance_columns(name: str) -> list[str]:
    """Return the columns of a group of utterance features, ``rhythm__active_share`` for ``rhythm_active_share``."""
    return [f"{name}__{each.removeprefix(f'{name}_')}" for each in UTTERANCE_FEATURES[name].names]


def is_functional(name: str) -> bool:
    """Whether a name is that of a functional, of all frames or of a region."""
    region, _, rest = name.partition("_")
    return name in FUNCTIONALS or (region in REGIONS and rest in functionals_of_regions())
