"""Feature sets: which descriptors, summarised by which functionals, over which frames; data, not code."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from featser.audio import Signal
from featser.errors import InputError, UnknownNameError, UsageError
from featser.features import cepstral, energy, functionals, spectral  # noqa: F401 - importing a family registers it
from featser.features.deltas import delta
from featser.features.frames import Array, Frames, Framing
from featser.features.registry import DESCRIPTORS, FUNCTIONALS, LowLevelDescriptor, find_descriptor
from featser.features.tracks import Tracks

_SHORTEST_WINDOW = 0.005
"""Seconds; the bins of a shorter one are so far apart that the lowest bands hold none."""

_EXAMPLES = {"descriptors": '["mfcc", "rms"]', "functionals": '["mean", "std"]'}

_DELTA = re.compile(r"(?P<name>.+?)(?:_d(?P<order>[12]))?")
_COLUMN = re.compile(r"(?P<lld>[a-z][a-z0-9_]*?)(?:_d(?P<delta>[12]))?__(?P<functional>[a-z][a-z0-9_]*)")


@dataclass(frozen=True)
class FeatureSet:
    """Descriptors x functionals over frames; the columns of a feature table, in order.

    Attributes
    ----------
    descriptors : tuple of str
        names of low-level descriptors, with ``_d1`` or ``_d2`` for their derivatives
    functionals : tuple of str
    frames : Framing
    """

    name: str
    title: str
    descriptors: tuple[str, ...]
    functionals: tuple[str, ...]
    frames: Framing = field(default_factory=Framing)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Column names ``<lld>[_<dim>][_d1|_d2]__<functional>``."""
        return tuple(f"{track}__{functional}" for track in self._track_names for functional in self.functionals)

    @cached_property
    def _track_names(self) -> tuple[str, ...]:
        return tuple(
            track + suffix
            for name in self.descriptors
            for base, suffix in [_split_delta(name)]
            for track in DESCRIPTORS[base].dimension_names()
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for metadata and cache keys; `feature_set_from` is the way back."""
        return asdict(self)


@dataclass(frozen=True)
class FeatureName:
    """What a column name says: descriptor, dimension, derivative and functional.

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
    if match and match["functional"] in FUNCTIONALS:
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
    computed: dict[str, Array] = {}
    tracks = []
    for name in feature_set.descriptors:
        base, suffix = _split_delta(name)
        if base not in computed:
            computed[base] = np.atleast_2d(DESCRIPTORS[base].compute(frames))
        tracks.append(delta(computed[base], int(suffix[-1])) if suffix else computed[base])
    together = Tracks(np.concatenate(tracks))
    statistics = np.stack([FUNCTIONALS[name].compute(together) for name in feature_set.functionals], axis=1)
    return statistics.ravel()


def used_descriptors(feature_set: FeatureSet) -> list[LowLevelDescriptor]:
    """Return the descriptors that a set computes, without repetition for their derivatives."""
    return [DESCRIPTORS[name] for name in dict.fromkeys(_split_delta(name)[0] for name in feature_set.descriptors)]


def builtin_feature_sets() -> dict[str, FeatureSet]:
    """Return the sets that come with featser, by name."""
    folder = resources.files("featser.features") / "sets"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {
        file.name.removesuffix(".toml"): feature_set_from(
            tomllib.loads(file.read_text(encoding="utf-8")), file.name.removesuffix(".toml"), file.name
        )
        for file in files
    }


def find_feature_set(name: str) -> FeatureSet:
    """Return a built-in set by name, or read the TOML file of that path.

    Raises
    ------
    UsageError
        no such set or file, not TOML, or a key, descriptor or functional in it that featser does not know
    """
    if not name.endswith(".toml"):
        sets = builtin_feature_sets()
        if name not in sets:
            raise UnknownNameError("feature set", name, sets)
        return sets[name]
    path = Path(name)
    try:
        return feature_set_from(tomllib.loads(path.read_text(encoding="utf-8")), path.stem, name)
    except OSError as error:
        raise UsageError(
            f"No feature set at {name}. Give a name ({', '.join(builtin_feature_sets())}) or a file."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{name}: not a TOML file ({error}).") from error


def feature_set_from(values: Mapping[str, Any], name: str, where: str) -> FeatureSet:
    """Build a checked set from plain values, as TOML or metadata give them."""
    _check_keys(values, ["title", "descriptors", "functionals", "frames", "name"], where)
    frames = values.get("frames", {})
    _check_keys(frames, [each.name for each in fields(Framing)], f"{where} [frames]")
    descriptors = _names(values, "descriptors", where)
    statistics = _names(values, "functionals", where)
    for descriptor in descriptors:
        find_descriptor(_split_delta(descriptor)[0], where)
    for functional in statistics:
        if functional not in FUNCTIONALS:
            raise UnknownNameError("functional", functional, _without_most_percentiles(), where)
    return FeatureSet(name, str(values.get("title", name)), descriptors, statistics, _framing(frames, where))


def _framing(values: Mapping[str, Any], where: str) -> Framing:
    for key, seconds in values.items():
        shortest = 0.001 if key == "hop_seconds" else _SHORTEST_WINDOW
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not shortest <= seconds <= 1:
            raise UsageError(
                f"{where}: {key} = {seconds!r} is no length of a frame. Give seconds from {shortest} to 1."
            )
    return Framing(**values)


def _names(values: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    names = values.get(key)
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
        raise UsageError(f"{where}: '{key}' must be a list of names, for example {key} = {_EXAMPLES[key]}.")
    if len(set(names)) < len(names):
        raise UsageError(f"{where}: '{key}' names something twice. Name each once.")
    return tuple(names)


def _check_keys(values: Mapping[str, Any], known: list[str], where: str) -> None:
    if not isinstance(values, Mapping):
        raise UsageError(f"{where}: must be a table of keys and values, not {values!r}.")
    for key in values:
        if key not in known:
            raise UnknownNameError("key", key, known, where)


def _split_delta(name: str) -> tuple[str, str]:
    match = _DELTA.fullmatch(name)
    if match is None or match["order"] is None:
        return name, ""
    return match["name"], f"_d{match['order']}"


def _without_most_percentiles() -> list[str]:
    shown = ("p05", "p20", "p50", "p80", "p95")
    return [name for name in FUNCTIONALS if not re.fullmatch(r"p\d\d", name) or name in shown]
