"""Ranges and choices of values: limits of parameters and dimensions of search spaces."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Annotated, Any

from featser.errors import UnknownNameError, UsageError


@dataclass(frozen=True)
class Range:
    """Numbers between two ends, both included.

    Attributes
    ----------
    low, high : float
        ends of the range; if both are integers, the range contains integers only
    log : bool
        whether a search draws from the range on a logarithmic scale

    Examples
    --------
    >>> 2.5 in Range(1.0, 9.0), 2.5 in Range(1, 9), 10 in Range(1, 9)
    (True, False, False)
    """

    low: float
    high: float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether the range contains integers only."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def __contains__(self, value: Any) -> bool:
        return not _wrong_type(self, value) and bool(self.low <= value <= self.high)


@dataclass(frozen=True)
class Choices:
    """A finite set of values.

    Attributes
    ----------
    values : tuple
    """

    values: tuple[Any, ...]

    def __contains__(self, value: object) -> bool:
        return value in self.values


Limits = Range | Choices

Positive = Annotated[float, Range(1e-9, 1e9)]
Fraction = Annotated[float, Range(1e-6, 1.0)]
Count = Annotated[int, Range(1, 1_000_000)]
NonNegative = Annotated[int, Range(0, 1_000_000)]
Depth = Annotated[int, Range(1, 30)]
Epochs = Annotated[int, Range(1, 1000)]
TreeCount = Annotated[int, Range(1, 100_000)]


def check_value(limits: Limits, name: str, value: Any, where: str) -> None:
    """Raise an error if a parameter's value is outside its limits.

    Parameters
    ----------
    limits : Range or Choices
    name : str
        name of the parameter, for the message
    value : object
    where : str
        file or model that sets the parameter, for the message

    Raises
    ------
    UnknownNameError
        a text that is not among the choices; the message suggests the nearest choice
    UsageError
        a value of another type, or outside the range

    Examples
    --------
    >>> check_value(Range(1, 100), "n_trees", 10.5, "model xgb")
    Traceback (most recent call last):
    featser.errors.UsageError: model xgb: n_trees = 10.5 is not a whole number. Give a whole number from 1 to 100.
    """
    if value in limits:
        return
    if isinstance(limits, Choices):
        if isinstance(value, str):
            raise UnknownNameError(name, value, limits.values, where)
        raise UsageError(f"{where}: {name} = {value!r} is not a text. Give one of: {', '.join(limits.values)}.")
    kind = "whole number" if limits.whole else "number"
    low, high = (str(end) if limits.whole else f"{end:g}" for end in (limits.low, limits.high))
    wrong = _wrong_type(limits, value) or "is out of range"
    raise UsageError(f"{where}: {name} = {value!r} {wrong}. Give a {kind} from {low} to {high}.")


def _wrong_type(limits: Range, value: Any) -> str:
    """Return what is wrong with the type of a value, or an empty text."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return "is not a number"
    if limits.whole and not isinstance(value, Integral):
        return "is not a whole number"
    return ""
