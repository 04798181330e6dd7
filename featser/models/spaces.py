"""Search spaces: what of each model is worth searching, and between which limits; data, in the grammar of ``[search]``.

A space says of each parameter either ``{low, high}``, with ``log = true`` where it is searched by its logarithm, or a
list of values. Three more names choose features: ``families``, ``functionals`` and ``deltas``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from featser.errors import UnknownNameError, UsageError
from featser.models.sequence import SPACES as SPACES_OF_SEQUENCES

FEATURES = ("families", "functionals", "deltas")
"""Choices of features: the family, and the kind of functionals, that is left out if any; deltas kept or not."""

ALL = "all"
"""The choice of features that leaves nothing out."""

ANY = "any"
"""Stands for every family or kind of functionals that a table has."""

PREPARATION: dict[str, Any] = {
    "scaling": ["standard", "rank", "robust"],
    "selection": ["none", "univariate"],
    "n_selected": {"low": 300, "high": 3000, "log": True},
}
"""What is searched of the preparation before a classifier, where a model takes it."""

SPACES: dict[str, Mapping[str, Any]] = {
    "svm": {"C": {"low": 1.0, "high": 100.0, "log": True}, "gamma": {"low": 0.1, "high": 3.0, "log": True}},
    "linear-svm": {"C": {"low": 1e-5, "high": 0.1, "log": True}},
    "logreg": {"C": {"low": 1e-5, "high": 1.0, "log": True}},
    "lda": {"shrinkage": {"low": 0.1, "high": 0.9}},
    "knn": {"n_neighbours": {"low": 3, "high": 50, "log": True}, "n_components": {"low": 20, "high": 300, "log": True}},
    "mlp": {"n_units": {"low": 32, "high": 512, "log": True}, "alpha": {"low": 0.01, "high": 10.0, "log": True}},
    "hist-gb": {"max_depth": {"low": 2, "high": 6}, "learning_rate": {"low": 0.03, "high": 0.3, "log": True}},
    "ensemble": {},
    "stack": {"C": {"low": 0.001, "high": 10.0, "log": True}},
    "random-forest": {"min_samples_leaf": {"low": 1, "high": 8}},
    "extra-trees": {"min_samples_leaf": {"low": 1, "high": 8}},
    "xgb": {
        "max_depth": {"low": 1, "high": 4},
        "learning_rate": {"low": 0.03, "high": 0.2, "log": True},
        "colsample": [0.01, 0.02, 0.05, 0.1],
        "subsample": {"low": 0.4, "high": 1.0},
    },
    **SPACES_OF_SEQUENCES,
}
"""What is searched of each model, beside features and preparation."""

_DRAFT_FACTOR = 6
"""A trial of boosting takes a sixth of the rounds at six times the rate."""

_GRAMMAR = "It would be { low = 0.001, high = 10.0, log = true } or a list of values"


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; whole ones where both ends are."""

    low: float
    high: float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def holds(self, value: Any) -> bool:
        """Whether a value lies in the range."""
        return isinstance(value, int | float) and self.low <= value <= self.high


@dataclass(frozen=True)
class Choices:
    """One of several values."""

    values: tuple[Any, ...]

    def holds(self, value: Any) -> bool:
        """Whether a value is one of them."""
        return value in self.values


Space = dict[str, Range | Choices]


def default_space(model: str, known: Mapping[str, Any], sequence: Sequence[str] = ()) -> dict[str, Any]:
    """Return what is searched of a model when nobody says otherwise, in the grammar of ``[search]``.

    Parameters
    ----------
    known : mapping
        the model's parameters
    sequence : sequence of str
        models that read tracks frame by frame, for which there are no functionals to choose
    """
    own = {**PREPARATION, **SPACES.get(model, {})}
    features = {} if model in sequence else {"families": ANY, "functionals": ANY, "deltas": [True, False]}
    if known.get("scaling") == "none":
        own.pop("scaling")  # trees ask for order, which no scaling changes
    return {name: space for name, space in own.items() if name in known} | features


def read_space(values: Mapping[str, Any], known: Mapping[str, Any], where: str) -> Space:
    """Check a space that is written in the grammar of ``[search]``.

    Parameters
    ----------
    known : mapping
        the model's parameters

    Raises
    ------
    UnknownNameError
        neither a parameter of the model nor a choice of features
    UsageError
        no space
    """
    for name in values:
        if name not in known and name not in FEATURES:
            raise UnknownNameError("parameter", name, [*known, *FEATURES], where)
    return {name: _dimension(name, value, f"{where}: {name}") for name, value in values.items()}


def draft(model: str, parameters: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters with which a trial is run: those of the pipeline, or cheaper ones that rank alike.

    Boosting takes a sixth of the rounds at six times the learning rate; every other model is tried as it is.
    """
    if model != "xgb":
        return dict(parameters)
    whole = {**known, **parameters}
    n_trees = max(1, round(whole["n_trees"] / _DRAFT_FACTOR))
    rate = whole["learning_rate"] * whole["n_trees"] / n_trees
    return {**parameters, "n_trees": n_trees, "learning_rate": min(1.0, rate)}


def _dimension(name: str, value: Any, where: str) -> Range | Choices:
    if name in ("families", "functionals"):
        return _leaving_out(value, where)
    if isinstance(value, Mapping):
        return _range(value, where)
    if not isinstance(value, list | tuple) or not value:
        raise UsageError(f"{where} = {value!r} is no space. {_GRAMMAR}.")
    return Choices(tuple(value))


def _leaving_out(value: Any, where: str) -> Choices:
    if value == ANY:
        return Choices((ANY,))
    if not isinstance(value, list | tuple) or not value or not all(isinstance(each, str) for each in value):
        raise UsageError(f'{where} = {value!r} is no space. It would be "{ANY}" or a list of those to try without.')
    return Choices((ALL, *(each for each in value if each != ALL)))


def _range(value: Mapping[str, Any], where: str) -> Range:
    for key in value:
        if key not in ("low", "high", "log"):
            raise UnknownNameError("key", key, ("low", "high", "log"), where)
    low, high, log = value.get("low"), value.get("high"), value.get("log", False)
    if not _is_number(low) or not _is_number(high) or not isinstance(log, bool):
        raise UsageError(f"{where} = {dict(value)} is no space. {_GRAMMAR}.")
    if low >= high or (log and low <= 0):
        raise UsageError(f"{where} goes from {low} to {high}. low must be below high{', and above 0' if log else ''}.")
    return Range(low, high, log)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
