"""Read and validate feature sets from TOML files, and expand patterns of names."""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from fnmatch import fnmatchcase
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from featser.errors import UnknownNameError, UsageError
from featser.features.blocks import Block, split_delta
from featser.features.feature_set import SPANS, FeatureSet, foreign_features
from featser.features.frames import Framing
from featser.features.functionals import find_functional
from featser.features.functionals.sequence import expand_frame_range
from featser.features.opensmile_sets import OPENSMILE_SETS, opensmile_set
from featser.features.plugins import check_plugins, load_installed_plugins
from featser.features.registry import DESCRIPTORS, FUNCTIONALS, find_descriptor
from featser.features.source import Source
from featser.features.utterance import UTTERANCE_FEATURES
from featser.limits import read_toml

_SHORTEST_WINDOW = 0.005
"""Shortest window in seconds; with shorter ones, the lowest bands would contain no bin."""

_KEYS = ["title", "descriptors", "functionals", "frames", "blocks", "utterance", "include", "exclude", "span"]
_META_KEYS = ["name", "plugins", "columns"]
_EXAMPLES = {
    "descriptors": '["mfcc", "rms"]',
    "functionals": '["mean", "std"]',
    "utterance": '["rhythm"]',
    "include": '["f0__*"]',
    "exclude": '["chroma_*"]',
    "columns": '["loudness"]',
}


_SETS = resources.files("featser.features") / "sets"


class Known(NamedTuple):
    """Names that patterns are matched against."""

    descriptors: tuple[str, ...]
    functionals: tuple[str, ...]


@cache
def feature_sets() -> dict[str, FeatureSet]:
    """Return the built-in feature sets. Their patterns never match functions of plugins.

    Returns
    -------
    dict of str to FeatureSet
        by name
    """
    return {name: _builtin(name) for name in _builtin_names()}


def find_feature_set(name: str) -> FeatureSet:
    """Return a built-in feature set, or read one from a TOML file.

    Parameters
    ----------
    name : str
        name of a built-in set, ``egemaps`` or ``compare`` of openSMILE, or path that ends in ``.toml``

    Returns
    -------
    FeatureSet

    Raises
    ------
    UsageError
        the set or file does not exist, the file is not TOML, or it contains an unknown key or name
    MissingExtraError
        openSMILE is not installed
    """
    if name in OPENSMILE_SETS:
        return opensmile_set(name)
    if not name.endswith(".toml"):
        if name not in _builtin_names():
            raise UnknownNameError("feature set", name, [*_builtin_names(), *OPENSMILE_SETS])
        return _builtin(name)
    path = Path(name)
    load_installed_plugins()
    try:
        return feature_set_from(read_toml(path), path.stem, name)
    except OSError as error:
        raise UsageError(f"No feature set at {name}. Give a name ({', '.join(_builtin_names())}) or a file.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: not a TOML file ({error}).") from error


@cache
def _builtin_names() -> tuple[str, ...]:
    return tuple(sorted(each.name.removesuffix(".toml") for each in _SETS.iterdir() if each.name.endswith(".toml")))


@cache
def _builtin(name: str) -> FeatureSet:
    """Read one built-in feature set."""
    known = Known(*(tuple(each.name for each in all_.values() if each.builtin) for all_ in (DESCRIPTORS, FUNCTIONALS)))
    file = _SETS / f"{name}.toml"
    return _feature_set(tomllib.loads(file.read_text(encoding="utf-8")), name, file.name, known)


def feature_set_from(values: Mapping[str, Any], name: str, where: str) -> FeatureSet:
    """Build a feature set from plain values and validate it.

    Names of descriptors and functionals may be patterns with ``*`` and ``?``: ``*`` matches all descriptors, ``*_d1``
    the first derivatives of all.

    Parameters
    ----------
    values : mapping
        contents of a TOML file, or result of `FeatureSet.to_dict`
    name : str
        name of the set
    where : str
        file or table that contains the values, for error messages

    Returns
    -------
    FeatureSet

    Raises
    ------
    UsageError
        an unknown key or name, an invalid value, or a plugin that is not loaded
    InputError
        a plugin has changed
    """
    check_plugins(values.get("plugins", ()), where)
    if values.get("columns"):
        source = _source(values["source"], where) if values.get("source") else None
        return foreign_features(name, _names(values, "columns", where), str(values.get("title", "")), source)
    return _feature_set(values, name, where, Known(tuple(DESCRIPTORS), tuple(FUNCTIONALS)))


def _source(values: Mapping[str, Any], where: str) -> Source:
    _check_keys(values, [each.name for each in fields(Source)], f"{where} [source]")
    texts = {name: str(value) for name, value in values.items() if name != "sha256"}
    return Source(**{"tool": "", **texts}, sha256=tuple(map(str, values.get("sha256", ()))))


def _feature_set(values: Mapping[str, Any], name: str, where: str, known: Known) -> FeatureSet:
    _check_keys(values, [*_KEYS, *_META_KEYS], where)
    frames = values.get("frames", {})
    _check_keys(frames, [each.name for each in fields(Framing)], f"{where} [frames]")
    blocks = values.get("blocks", ())
    if not isinstance(blocks, Sequence) or isinstance(blocks, str):
        raise UsageError(f"{where}: 'blocks' must be sections, [[blocks]] on a line of its own before each.")
    utterance = _names(values, "utterance", where) if values.get("utterance") else ()
    for each in utterance:
        if each not in UTTERANCE_FEATURES:
            raise UnknownNameError("utterance feature", each, UTTERANCE_FEATURES, where)
    main = _block({key: values[key] for key in ("descriptors", "functionals") if key in values}, where, known)
    found = FeatureSet(
        name=name,
        title=str(values.get("title", name)),
        descriptors=main.descriptors,
        functionals=main.functionals,
        frames=_framing(frames, where),
        blocks=tuple(_block(each, f"{where} [[blocks]]", known) for each in blocks),
        utterance=utterance,
        include=_names(values, "include", where) if "include" in values else ("*",),
        exclude=_names(values, "exclude", where) if values.get("exclude") else (),
        span=_span(values.get("span", SPANS[0]), where),
    )
    _check_columns(found, where)
    return found


def _block(values: Mapping[str, Any], where: str, known: Known) -> Block:
    _check_keys(values, ["descriptors", "functionals"], where)
    descriptors = _expanded(_names(values, "descriptors", where), partial(_tracks_of, known.descriptors))
    named = [each for name in _names(values, "functionals", where) for each in expand_frame_range(name)]
    functionals = _expanded(named, lambda _: known.functionals)
    for descriptor in descriptors:
        find_descriptor(split_delta(descriptor)[0], where)
    for functional in functionals:
        find_functional(functional, where)
    return Block(descriptors, functionals)


def _expanded(names: Iterable[str], known: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """Replace patterns by the names that they match; a pattern without a match is kept and refused later by name."""
    found: dict[str, None] = {}
    for name in names:
        matching = [each for each in known(name) if fnmatchcase(each, name)] if set(name) & set("*?") else []
        found.update(dict.fromkeys(matching or [name]))
    return tuple(found)


def _tracks_of(descriptors: Iterable[str], pattern: str) -> list[str]:
    """Names that a pattern is matched against: descriptors, or derivatives if it ends in ``_d1`` or ``_d2``."""
    suffix = split_delta(pattern)[1]
    return [name + suffix for name in descriptors]


def _span(span: Any, where: str) -> str:
    if span not in SPANS:
        raise UnknownNameError("span", str(span), SPANS, where)
    return str(span)


def _check_columns(feature_set: FeatureSet, where: str) -> None:
    names = feature_set.feature_names
    if not names:
        raise UsageError(f"{where}: 'include' and 'exclude' select no feature. Change a pattern.")
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})[:3]
        raise UsageError(f"{where}: two blocks contain the same features ({', '.join(twice)}). Remove them from one.")


def _framing(values: Mapping[str, Any], where: str) -> Framing:
    for key, seconds in values.items():
        shortest = 0.001 if key == "hop_seconds" else _SHORTEST_WINDOW
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not shortest <= seconds <= 1:
            raise UsageError(f"{where}: {key} = {seconds!r} is not a duration. Give seconds from {shortest} to 1.")
    return Framing(**values)


def _names(values: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    names = values.get(key)
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
        raise UsageError(f"{where}: '{key}' must be a list of names, for example {key} = {_EXAMPLES[key]}.")
    if len(set(names)) < len(names):
        raise UsageError(f"{where}: '{key}' contains a name twice. Give each once.")
    return tuple(names)


def _check_keys(values: Mapping[str, Any], known: list[str], where: str) -> None:
    if not isinstance(values, Mapping):
        raise UsageError(f"{where}: must be a table of keys and values, not {values!r}.")
    for key in values:
        if key not in known:
            raise UnknownNameError("key", key, known, where)
