"""The pipeline of a trial: parameters of the model, and column patterns of the features that are left out."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from featser.errors import UnknownNameError
from featser.features import FeatureSet
from featser.features.feature_set import used_descriptors
from featser.features.registry import Functional
from featser.features.utterance import UTTERANCE_FEATURES
from featser.models.limits import Choices
from featser.models.spaces import ALL, ANY, FEATURES, Space
from featser.pipeline import Specification, columns_that_fit

_DIGITS = 3
"""Significant digits of a parameter."""

Patterns = dict[str, tuple[str, ...]]


def resolve_space(specification: Specification, feature_set: FeatureSet) -> Space:
    """Return a pipeline's search space with the families and kinds of functionals of a feature set.

    Parameters
    ----------
    specification : Specification
    feature_set : FeatureSet
        of the table

    Returns
    -------
    dict
        `Range` or `Choices` of each dimension

    Raises
    ------
    UnknownNameError
        a family, or a kind of functionals, that is not in the set
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
    """Return the pipeline of a trial.

    Parameters
    ----------
    specification : Specification
        pipeline with which the search started
    values : mapping
        value of each dimension of the space; a choice that would leave no feature is ignored
    feature_set : FeatureSet
        of the table

    Returns
    -------
    Specification
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
    """Column patterns of the features that a trial leaves out, for each choice."""
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


def first_trial(specification: Specification, space: Space, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the first trial, which equals the pipeline that the search starts with.

    Parameters
    ----------
    specification : Specification
    space : dict
    defaults : mapping
        default parameters of the model

    Returns
    -------
    dict
        value of each dimension; dimensions whose space does not contain the pipeline's value are left to the sampler
    """
    values = {**defaults, **specification.parameters, "families": ALL, "functionals": ALL, "deltas": True}
    return {name: values[name] for name, dimension in space.items() if values[name] in dimension}


@lru_cache(maxsize=8)
def family_patterns(feature_set: FeatureSet) -> Patterns:
    """Return column patterns of each descriptor family of a set.

    Parameters
    ----------
    feature_set : FeatureSet

    Returns
    -------
    dict
        patterns by family; empty if the set has one family only
    """
    patterns: dict[str, list[str]] = {}
    for each in used_descriptors(feature_set):
        stem = each.name if each.n_dims == 1 else f"{each.name}_{'?' * len(str(each.n_dims - 1))}"
        patterns.setdefault(each.family, []).extend((f"{stem}__*", f"{stem}_d[12]__*"))
    for name in feature_set.utterance:
        patterns.setdefault(UTTERANCE_FEATURES[name].family, []).append(f"{name}__*")
    return _of_columns(patterns, feature_set)


@lru_cache(maxsize=8)
def kind_patterns(feature_set: FeatureSet) -> Patterns:
    """Return column patterns of each kind of functionals and of each region of frames.

    Parameters
    ----------
    feature_set : FeatureSet

    Returns
    -------
    dict
        patterns by kind; without kinds that all columns belong to
    """
    patterns: dict[str, list[str]] = {}
    for block in feature_set.all_blocks:
        for name, (region, functional) in zip(block.functionals, block.statistics, strict=True):
            patterns.setdefault(f"{region} frames" if region else _kind(functional), []).append(f"*__{name}")
    return _of_columns(patterns, feature_set)


@lru_cache(maxsize=8)
def delta_patterns(feature_set: FeatureSet) -> tuple[str, ...]:
    """Return column patterns of derivatives.

    Parameters
    ----------
    feature_set : FeatureSet

    Returns
    -------
    tuple of str
        empty if the set has no derivatives, or nothing else
    """
    return _of_columns({"deltas": ["*_d[12]__*"]}, feature_set).get("deltas", ())


def _kind(functional: Functional) -> str:
    return functional.compute.__module__.rsplit(".", 1)[-1]


def _of_columns(patterns: Mapping[str, list[str]], feature_set: FeatureSet) -> Patterns:
    """Remove repeated patterns, patterns that fit no column, and names whose patterns fit all columns."""
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
