"""Search spaces in the grammar of ``[search]``, and the default space of a model.

A space maps each parameter either to ``{low, high}``, with ``log = true`` for a logarithmic scale, or to a list of
values. The names ``families``, ``functionals`` and ``deltas`` choose features instead.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from featser.errors import UnknownNameError, UsageError
from featser.models.definition import ModelDefinition
from featser.models.limits import Choices, Range

FEATURES = ("families", "functionals", "deltas")
"""Dimensions that choose features: a family to leave out, a kind of functionals to leave out, deltas or none."""

ALL = "all"
"""Value of ``families`` and ``functionals`` that leaves nothing out."""

ANY = "any"
"""Space of ``families`` and ``functionals`` that contains all those of a table."""

PREPARATION: dict[str, Any] = {
    "scaling": ["standard", "rank", "robust"],
    "selection": ["none", "univariate"],
    "n_selected": {"low": 300, "high": 3000, "log": True},
}
"""Default space of the steps before a classifier."""

_GRAMMAR = "Give { low = 0.001, high = 10.0, log = true } or a list of values"

Space = dict[str, Range | Choices]


def default_space(model: ModelDefinition) -> dict[str, Any]:
    """Return the space that a search uses if a pipeline has none.

    Parameters
    ----------
    model : ModelDefinition

    Returns
    -------
    dict
        space in the grammar of ``[search]``: parameters of the model and of its preparation, and choices of features
        unless the model reads tracks frame by frame
    """
    defaults = model.defaults
    space = {**PREPARATION, **model.search}
    if defaults.get("scaling") == "none":
        del space["scaling"]  # the model depends on the order of values only
    features = {} if model.sequence else {"families": ANY, "functionals": ANY, "deltas": [True, False]}
    return {name: dimension for name, dimension in space.items() if name in defaults} | features


def read_space(values: Mapping[str, Any], known: Sequence[str] | Mapping[str, Any], where: str) -> Space:
    """Check a space and return its dimensions.

    Parameters
    ----------
    values : mapping
        space in the grammar of ``[search]``
    known : collection of str
        parameters of the model
    where : str
        file and section, for messages

    Returns
    -------
    dict
        `Range` or `Choices` of each dimension

    Raises
    ------
    UnknownNameError
        a name that is neither a parameter of the model nor a choice of features
    UsageError
        a value that does not follow the grammar
    """
    for name in values:
        if name not in known and name not in FEATURES:
            raise UnknownNameError("parameter", name, [*known, *FEATURES], where)
    return {name: _dimension(name, value, f"{where}: {name}") for name, value in values.items()}


def _dimension(name: str, value: Any, where: str) -> Range | Choices:
    if name in ("families", "functionals"):
        return _left_out(value, where)
    if isinstance(value, Mapping):
        return _range(value, where)
    if not isinstance(value, list | tuple) or not value:
        raise UsageError(f"{where} = {value!r} is not a search space. {_GRAMMAR}.")
    return Choices(tuple(value))


def _left_out(value: Any, where: str) -> Choices:
    if value == ANY:
        return Choices((ANY,))
    if not isinstance(value, list | tuple) or not value or not all(isinstance(each, str) for each in value):
        raise UsageError(f'{where} = {value!r} is not a search space. Give "{ANY}" or a list of names to leave out.')
    return Choices((ALL, *(each for each in value if each != ALL)))


def _range(value: Mapping[str, Any], where: str) -> Range:
    for key in value:
        if key not in ("low", "high", "log"):
            raise UnknownNameError("key", key, ("low", "high", "log"), where)
    low, high, log = value.get("low"), value.get("high"), value.get("log", False)
    if not _is_number(low) or not _is_number(high) or not isinstance(log, bool):
        raise UsageError(f"{where} = {dict(value)} is not a search space. {_GRAMMAR}.")
    if low >= high or (log and low <= 0):
        raise UsageError(f"{where} goes from {low} to {high}. low must be below high{', and above 0' if log else ''}.")
    return Range(low, high, log)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
