"""Models by name, as unfitted scikit-learn classifiers."""

from collections.abc import Mapping
from typing import Any

from sklearn.base import ClassifierMixin

from featser.errors import UnknownNameError
from featser.models.combination import ensemble, stack
from featser.models.corpora import CorporaDiscriminant, lda_corpora
from featser.models.decision import Decision, decide
from featser.models.definition import ModelDefinition, model
from featser.models.file_checks import PartCheck
from featser.models.forests import extra_trees, random_forest
from featser.models.histograms import hist_gb
from featser.models.kernel import linear_svm, svm
from featser.models.linear import lda, logreg
from featser.models.neighbours import knn
from featser.models.on_columns import OnColumns, without_unused
from featser.models.perceptron import mlp
from featser.models.pooling import STORES as POOLING_STORES
from featser.models.pooling import PooledVote
from featser.models.preparation import SCALINGS, Preparation
from featser.models.preparation import STORES as PREPARATION_STORES
from featser.models.probabilities import CALIBRATIONS, Calibrated
from featser.models.selection import SELECTIONS
from featser.models.sequence import bilstm, cnn, cnn_lstm, gru, lstm
from featser.models.speaker import (
    MIN_ENROLLED,
    MIN_UTTERANCES,
    AverageSpeaker,
    average_speaker,
    enrolment_size,
    normalise_by_enrolment,
    normalise_by_few,
    normalise_by_others,
    normalise_by_speaker,
    shared_measures,
)
from featser.models.splits import strata
from featser.models.xgboost_trees import BalancedXGB, xgb

MODELS: dict[str, ModelDefinition] = {
    each.name: each
    for each in (
        svm,
        linear_svm,
        logreg,
        lda,
        lda_corpora,
        knn,
        random_forest,
        extra_trees,
        hist_gb,
        xgb,
        mlp,
        ensemble,
        stack,
        cnn,
        cnn_lstm,
        lstm,
        bilstm,
        gru,
    )
}
"""Definition of each model that ``--model`` takes. A new model needs a builder with the decorator `model` and a line
here."""

SEQUENCE_MODELS = tuple(name for name, each in MODELS.items() if each.sequence)
"""Models that read tracks frame by frame."""

DEFAULT_MODEL = "lda"
"""Model that ``fit`` uses if none is named."""

REASON = (
    "no model scored clearly higher on EmoDB or RAVDESS, with or without speaker normalisation, and those with similar "
    "scores on both take longer to train (reports/leaderboard.md)"
)
"""Reason for `DEFAULT_MODEL`."""


CORPORA_MODEL = "lda-corpora"
"""Model that ``fit`` uses with ``--protocol leave-one-corpus-out`` if none is named."""

CORPORA_REASON = "on unseen corpora it scored higher than lda by speaker, and it can be adapted (reports/corpora.md)"
"""Reason for `CORPORA_MODEL`."""


def find_model(name: str) -> ModelDefinition:
    """Return the definition of a model.

    Parameters
    ----------
    name : str

    Returns
    -------
    ModelDefinition

    Raises
    ------
    UnknownNameError
        no model of this name; the message suggests the nearest
    """
    if name not in MODELS:
        raise UnknownNameError("model", name, MODELS)
    return MODELS[name]


def default_parameters(name: str) -> dict[str, Any]:
    """Return the parameters of a model, those of its preparation among them, with their default values.

    Parameters
    ----------
    name : str
        name of a model

    Returns
    -------
    dict

    Raises
    ------
    UnknownNameError
        no model of this name
    """
    return find_model(name).defaults


def build_model(name: str, parameters: Mapping[str, Any], seed: int, where: str = "") -> ClassifierMixin:
    """Return an unfitted classifier.

    Parameters
    ----------
    name : str
        name of a model
    parameters : mapping
        values that differ from the defaults
    seed : int
        seed of all random numbers
    where : str, optional
        file that sets the parameters, for messages; the model's name by default

    Returns
    -------
    classifier
        scikit-learn estimator with ``predict_proba``

    Raises
    ------
    UnknownNameError
        no such model or parameter, or a text that is not among a parameter's choices
    UsageError
        a value of the wrong type, or outside the parameter's range
    """
    return find_model(name).build(parameters, seed, where)


def stored_names() -> frozenset[str]:
    """Return the full names of all classes and functions that the classifiers in model files consist of.

    Returns
    -------
    frozenset of str
    """
    return frozenset(
        (*PREPARATION_STORES, *POOLING_STORES, *(name for each in MODELS.values() for name in each.stores))
    )


def part_checks() -> tuple[PartCheck, ...]:
    """Return the checks of all classes in model files whose compiled code does not check indices.

    Returns
    -------
    tuple of PartCheck
    """
    return tuple(dict.fromkeys(check for each in MODELS.values() for check in each.checks))


__all__ = [
    "CALIBRATIONS",
    "CORPORA_MODEL",
    "CORPORA_REASON",
    "DEFAULT_MODEL",
    "MIN_ENROLLED",
    "MIN_UTTERANCES",
    "MODELS",
    "REASON",
    "SCALINGS",
    "SELECTIONS",
    "SEQUENCE_MODELS",
    "AverageSpeaker",
    "BalancedXGB",
    "Calibrated",
    "CorporaDiscriminant",
    "Decision",
    "ModelDefinition",
    "OnColumns",
    "PooledVote",
    "Preparation",
    "average_speaker",
    "build_model",
    "decide",
    "default_parameters",
    "enrolment_size",
    "find_model",
    "model",
    "normalise_by_enrolment",
    "normalise_by_few",
    "normalise_by_others",
    "normalise_by_speaker",
    "part_checks",
    "shared_measures",
    "stored_names",
    "strata",
    "without_unused",
]
