"""Names in, unfitted scikit-learn classifiers out."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from sklearn.base import ClassifierMixin

from featser.errors import UnknownNameError, UsageError
from featser.models.kernel import linear_svm, svm
from featser.models.linear import logreg
from featser.models.probabilities import Decision, TemperatureScaled, decide
from featser.models.speaker import MIN_UTTERANCES, normalise_by_speaker
from featser.models.trees import BalancedXGB, random_forest, xgb

MODELS: dict[str, Callable[..., ClassifierMixin]] = {
    "svm": svm,
    "linear-svm": linear_svm,
    "logreg": logreg,
    "random-forest": random_forest,
    "xgb": xgb,
}
"""Every model that ``--model`` takes: a function of its parameters and a seed."""


def default_parameters(name: str) -> dict[str, Any]:
    """Parameters of a model with the values they have when nobody says otherwise."""
    parameters = inspect.signature(find_model(name)).parameters.values()
    return {each.name: each.default for each in parameters if each.name != "seed"}


def find_model(name: str) -> Callable[..., ClassifierMixin]:
    """Return the builder of that model, or raise `UnknownNameError` with the nearest one."""
    if name not in MODELS:
        raise UnknownNameError("model", name, MODELS)
    return MODELS[name]


def build_model(name: str, parameters: Mapping[str, Any], seed: int, where: str = "") -> ClassifierMixin:
    """Return an unfitted classifier.

    Raises
    ------
    UnknownNameError
        no such model, or a parameter that it does not have
    UsageError
        a parameter of the wrong kind
    """
    known = default_parameters(name)
    for parameter, value in parameters.items():
        if parameter not in known:
            raise UnknownNameError("parameter", parameter, known, where or f"model {name}")
        if isinstance(value, str) != isinstance(known[parameter], str) and not isinstance(known[parameter], str):
            raise UsageError(
                f"{where or name}: {parameter} = {value!r} is no number. It would be like {known[parameter]!r}."
            )
    return find_model(name)(**parameters, seed=seed)


__all__ = [
    "MIN_UTTERANCES",
    "MODELS",
    "BalancedXGB",
    "Decision",
    "TemperatureScaled",
    "build_model",
    "decide",
    "default_parameters",
    "find_model",
    "normalise_by_speaker",
]
