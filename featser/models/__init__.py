"""Names in, unfitted scikit-learn classifiers out."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from sklearn.base import ClassifierMixin

from featser.errors import UnknownNameError
from featser.models.columns import OnColumns, without_unused
from featser.models.combination import ensemble, stack
from featser.models.kernel import linear_svm, svm
from featser.models.limits import LIMITS, check_parameter
from featser.models.linear import lda, logreg
from featser.models.neighbours import knn
from featser.models.perceptron import mlp
from featser.models.preparation import SCALINGS, Preparation
from featser.models.probabilities import CALIBRATIONS, Calibrated, Decision, decide, strata
from featser.models.selection import SELECTIONS
from featser.models.sequence import MODELS as _MODELS_OF_SEQUENCES
from featser.models.sequence import SEQUENCE_MODELS
from featser.models.speaker import (
    MIN_ENROLLED,
    MIN_UTTERANCES,
    enrolment_size,
    normalise_by_enrolment,
    normalise_by_others,
    normalise_by_speaker,
    shared_measures,
)
from featser.models.trees import BalancedXGB, extra_trees, hist_gb, random_forest, xgb

MODELS: dict[str, Callable[..., ClassifierMixin]] = {
    "svm": svm,
    "linear-svm": linear_svm,
    "logreg": logreg,
    "lda": lda,
    "knn": knn,
    "random-forest": random_forest,
    "extra-trees": extra_trees,
    "hist-gb": hist_gb,
    "xgb": xgb,
    "mlp": mlp,
    "ensemble": ensemble,
    "stack": stack,
    **_MODELS_OF_SEQUENCES,
}
"""Every model that ``--model`` takes: a function of its parameters, of what comes before it, and of a seed."""

_PREPARATION = tuple(each.name for each in fields(Preparation))

DEFAULT_MODEL = "lda"
"""The model that ``fit`` takes when nobody names one."""

REASON = (
    "nothing scored clearly higher on EmoDB or RAVDESS, for unknown voices or with speaker normalisation, and what "
    "scored alike on both takes longer to train (reports/leaderboard.md)"
)
"""Why that one."""


def default_parameters(name: str) -> dict[str, Any]:
    """Parameters of a model, those of its `Preparation` among them, with the values they have unless one is given."""
    found: dict[str, Any] = {}
    for each in inspect.signature(find_model(name)).parameters.values():
        if isinstance(each.default, Preparation):
            found |= asdict(each.default)
        elif each.name != "seed":
            found[each.name] = each.default
    return found


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
        no such model, a parameter that it does not have, or a choice that a parameter does not have
    UsageError
        a parameter of the wrong kind, or out of its range (`featser.models.limits`)
    """
    known = default_parameters(name)
    for parameter, value in parameters.items():
        if parameter not in known:
            raise UnknownNameError("parameter", parameter, known, where or f"model {name}")
        check_parameter(parameter, value, where or f"model {name}")
    build = find_model(name)
    before = {key: value for key, value in parameters.items() if key in _PREPARATION}
    own = {key: value for key, value in parameters.items() if key not in _PREPARATION}
    if before:
        own["before"] = replace(inspect.signature(build).parameters["before"].default, **before)
    return build(**own, seed=seed)


__all__ = [
    "CALIBRATIONS",
    "DEFAULT_MODEL",
    "LIMITS",
    "MIN_ENROLLED",
    "MIN_UTTERANCES",
    "MODELS",
    "REASON",
    "SCALINGS",
    "SELECTIONS",
    "SEQUENCE_MODELS",
    "BalancedXGB",
    "Calibrated",
    "Decision",
    "OnColumns",
    "Preparation",
    "build_model",
    "check_parameter",
    "decide",
    "default_parameters",
    "enrolment_size",
    "find_model",
    "normalise_by_enrolment",
    "normalise_by_others",
    "normalise_by_speaker",
    "shared_measures",
    "strata",
    "without_unused",
]
