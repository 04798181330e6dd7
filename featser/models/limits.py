"""What the parameters of models may be, as data, in the words of search spaces."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from featser.errors import UnknownNameError, UsageError
from featser.models.preparation import SCALINGS
from featser.models.probabilities import CALIBRATIONS
from featser.models.selection import SELECTIONS
from featser.models.spaces import Choices, Range

_ANY_COUNT = 1_000_000

LIMITS: Mapping[str, Range | Choices] = {
    "C": Range(1e-9, 1e9),
    "alpha": Range(0.0, 1e6),
    "augment": Range(0.0, 5.0),
    "calibration": Choices(CALIBRATIONS),
    "colsample": Range(1e-6, 1.0),
    "dropout": Range(0.0, 0.9),
    "gamma": Range(1e-9, 1e9),
    "learning_rate": Range(1e-6, 1.0),
    "max_depth": Range(1, 30),
    "min_samples_leaf": Range(1, _ANY_COUNT),
    "n_components": Range(0, _ANY_COUNT),
    "n_epochs": Range(1, 1000),
    "n_neighbours": Range(1, _ANY_COUNT),
    "n_selected": Range(1, _ANY_COUNT),
    "n_tracks": Range(1, _ANY_COUNT),
    "n_trees": Range(1, 100_000),
    "n_units": Range(1, 100_000),
    "scaling": Choices(SCALINGS),
    "selection": Choices(SELECTIONS),
    "shrinkage": Range(1e-6, 1.0),
    "subsample": Range(1e-6, 1.0),
}
"""What each parameter may be, in whichever model; whole numbers only where both ends are whole."""


def check_parameter(name: str, value: Any, where: str) -> None:
    """Refuse a value that a parameter cannot have.

    Raises
    ------
    UnknownNameError
        a word that is none of the choices
    UsageError
        a value of another kind, or out of its range

    >>> check_parameter("n_trees", 10.5, "model xgb")
    Traceback (most recent call last):
    featser.errors.UsageError: model xgb: n_trees = 10.5 is no whole number. Give one from 1 to 100000.
    """
    limits = LIMITS[name]
    if isinstance(limits, Range):
        _check_number(limits, name, value, where)
    elif not isinstance(value, str):
        raise UsageError(f"{where}: {name} = {value!r} is no word. Give one of: {', '.join(limits.values)}.")
    elif not limits.holds(value):
        raise UnknownNameError(name, value, limits.values, where)


def _check_number(limits: Range, name: str, value: Any, where: str) -> None:
    kind, words = (Integral, "whole number") if limits.whole else (Real, "number")
    if value is True or value is False or not issubclass(type(value), Real):
        wrong = "is no number"
    elif not issubclass(type(value), kind):
        wrong = f"is no {words}"
    elif not limits.low <= value <= limits.high:
        wrong = "is out of range"
    else:
        return
    asked = "Give one" if wrong == f"is no {words}" else f"Give a {words}"
    ends = [str(end) if limits.whole else f"{end:g}" for end in (limits.low, limits.high)]
    raise UsageError(f"{where}: {name} = {value!r} {wrong}. {asked} from {' to '.join(ends)}.")
