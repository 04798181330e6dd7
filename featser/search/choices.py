"""What one trial chooses, as a pipeline: parameters of the model, and column patterns of the features it leaves out."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from featser.errors import UnknownNameError
from featser.features import FeatureSet
from featser.features.feature_set import used_descriptors
from featser.features.registry import Functional
from featser.features.utterance import UTTERANCE_FEATURES
from featser.models.spaces import ALL, ANY, FEATURES, Choices, Space
from featser.pipeline import Specification, columns_that_fit

_DIGITS = 3
"""Significant digits of a parameter: what makes a difference, and what one can read."""

Patterns = dict[str, tuple[str, ...]]


def resolve_space(specification: Specification, feature_set: FeatureSet) -> Space:
    """Return the pipeline's search space with the families and functionals that a feature set has.

    Raises
    ------
    UnknownNameError
        a family, or a kind of functionals, that the set does not have
    """
    space = dict(specification.search_space())
    for name, patterns in (("families", family_patterns(feature_set)), ("functionals", kind_patterns(feature_set))):
        if name not in space:
            continue
        wanted = space[name].values  # type: ignore[union-attr]
        if wanted == (ANY,):
            wanted = (ALL, *patterns)
        for each in wanted:
            if each != ALL and each not in patterns:
                raise UnknownNameError(name, each, patterns, f"{specification.name} [search]")
        space[name] = Choices(wanted)
    if not delta_patterns(feature_set):
        space.pop("deltas", None)
    return space


def pipeline_of_trial(
    specification: Specification, values: Mapping[str, Any], feature_set: FeatureSet
) -> Specification:
    """Return the pipeline that a trial stands for.

    Parameters
    ----------
    values : mapping
        what the trial chose, by name in the space; a choice that would leave no feature is passed over
    """
    parameters = {name: _readable(value) for name, value in values.items() if name not in FEATURES}
    parameters = {**specification.parameters, **parameters}
    if parameters.get("selection") == "none":
        parameters.pop("n_selected", None)
    exclude = specification.exclude
    for patterns in _left_out(values, feature_set):
        more = tuple(dict.fromkeys((*exclude, *patterns)))
        if _leaves_something(specification.include, more, feature_set):
            exclude = more
    return replace(specification, parameters=parameters, exclude=exclude)


def _left_out(values: Mapping[str, Any], feature_set: FeatureSet) -> list[tuple[str, ...]]:
    """Patterns of what a trial leaves out, one choice after another."""
    found = []
    if values.get("families", ALL) != ALL:
        found.append(family_patterns(feature_set)[values["families"]])
    if values.get("functionals", ALL) != ALL:
        found.append(kind_patterns(feature_set)[values["functionals"]])
    if not values.get("deltas", True):
        found.append(delta_patterns(feature_set))
    return found


def _leaves_something(include: tuple[str, ...], exclude: tuple[str, ...], feature_set: FeatureSet) -> bool:
    names = feature_set.feature_names
    wanted, unwanted = (
        frozenset().union(*(columns_that_fit(each, names) for each in those)) for those in (include, exclude)
    )
    return bool(wanted - unwanted)


def start_of(specification: Specification, space: Space, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pipeline as it stands as the choices of a first trial; those that its space does not hold are free."""
    values = {**known, **specification.parameters, "families": ALL, "functionals": ALL, "deltas": True}
    return {name: values[name] for name, each in space.items() if each.holds(values[name])}


@lru_cache(maxsize=8)
def family_patterns(feature_set: FeatureSet) -> Patterns:
    """Column patterns of each descriptor family of a set; a family that is all of it cannot be left out."""
    patterns: dict[str, list[str]] = {}
    for each in used_descriptors(feature_set):
        stem = each.name if each.n_dims == 1 else f"{each.name}_{'?' * len(str(each.n_dims - 1))}"
        patterns.setdefault(each.family, []).extend((f"{stem}__*", f"{stem}_d[12]__*"))
    for name in feature_set.utterance:
        patterns.setdefault(UTTERANCE_FEATURES[name].family, []).append(f"{name}__*")
    return _of_columns(patterns, feature_set)


@lru_cache(maxsize=8)
def kind_patterns(feature_set: FeatureSet) -> Patterns:
    """Column patterns of each kind of functionals, and of the regions, that a set has beside others."""
    patterns: dict[str, list[str]] = {}
    for block in feature_set.all_blocks:
        for name, (region, functional) in zip(block.functionals, block.statistics, strict=True):
            patterns.setdefault(f"{region} frames" if region else _kind(functional), []).append(f"*__{name}")
    return _of_columns(patterns, feature_set)


@lru_cache(maxsize=8)
def delta_patterns(feature_set: FeatureSet) -> tuple[str, ...]:
    """Column patterns of derivatives; none where a set has none."""
    return _of_columns({"deltas": ["*_d[12]__*"]}, feature_set).get("deltas", ())


def _kind(functional: Functional) -> str:
    return functional.compute.__module__.rsplit(".", 1)[-1]


def _of_columns(patterns: Mapping[str, list[str]], feature_set: FeatureSet) -> Patterns:
    """Keep the patterns that fit some column, without repetition, and the names that do not stand for all columns."""
    names = feature_set.feature_names
    fitting = {
        name: tuple(each for each in dict.fromkeys(those) if columns_that_fit(each, names))
        for name, those in sorted(patterns.items())
    }
    return {
        name: those
        for name, those in fitting.items()
        if those and len(frozenset().union(*(columns_that_fit(each, names) for each in those))) < len(names)
    }


def _readable(value: Any) -> Any:
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
