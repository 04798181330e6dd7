"""Combination of several classifiers, by the mean of their log probabilities or by stacking."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils import get_tags

from featser.models.classifier import Classifier
from featser.models.definition import model
from featser.models.kernel import svm
from featser.models.limits import Positive
from featser.models.linear import lda, logreg
from featser.models.preparation import CLIPPED, Preparation
from featser.models.probabilities import (
    Probabilities,
    best_temperature,
    fit_with_groups,
    out_of_fold_scores,
    scores_of,
)

Matrix = NDArray[np.float64]

_N_FOLDS = 3


class Combined(Classifier):
    """Classifiers whose log probabilities are combined; how is learnt on inner folds split by speaker.

    Parameters
    ----------
    members : list of classifiers
    rule : str
        ``vote`` (mean log probability, then one temperature) or ``stack`` (logistic regression)
    C : float
        inverse strength of the penalty of the logistic regression
    seed : int
        seed of the inner folds

    Attributes
    ----------
    classes_ : NDArray [shape=(n_classes,)]
    members_ : list of classifiers
        fitted on all utterances
    temperatures_ : list of float
        temperature of each member
    temperature_ : float
        temperature of the vote
    second_ : LogisticRegression or None
        the classifier of ``stack``
    """

    @property
    def _allow_nan(self) -> bool:
        return all(get_tags(member).input_tags.allow_nan for member in self.members)

    def __init__(self, members: list[Any], rule: str = "vote", C: float = 0.1, seed: int = 0):
        self.members = members
        self.rule = rule
        self.C = C
        self.seed = seed

    def fit(self, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None = None) -> Self:
        """Learn the combination on inner folds, then fit the members on all utterances.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            NaN where a feature is undefined
        y : NDArray [shape=(n_utterances,)]
            emotions
        groups : NDArray [shape=(n_utterances,)], optional
            speakers; without them the inner folds are stratified by emotion only

        Returns
        -------
        Combined
            the fitted instance
        """
        X, y = self._check_training(X, y)
        tried = [out_of_fold_scores(member, X, y, groups, _N_FOLDS, self.seed) for member in self.members]
        held_out = [each for each in tried if each is not None]
        self.temperatures_ = [best_temperature(*each) for each in held_out] or [1.0] * len(self.members)
        self._learn_rule(held_out)
        self.members_ = [fit_with_groups(clone(member), X, y, groups) for member in self.members]
        return self

    def predict_proba(self, X: Matrix) -> Probabilities:
        """Return the combined probabilities.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            NaN where a feature is undefined

        Returns
        -------
        Probabilities [shape=(n_utterances, n_classes)]
        """
        X = self._check_rows(X)
        logs = self._log_probabilities([scores_of(member, X) for member in self.members_])
        if self.second_ is not None:
            probabilities: Probabilities = self.second_.predict_proba(logs)
            return probabilities
        return softmax(_mean(logs, len(self.members_)) / self.temperature_, axis=1)

    def _learn_rule(self, held_out: list[tuple[Matrix, NDArray[np.int64]]]) -> None:
        self.temperature_, self.second_ = 1.0, None
        if not held_out:
            return
        logs, truth = self._log_probabilities([scores for scores, _ in held_out]), held_out[0][1]
        if self.rule == "stack":
            second = LogisticRegression(C=self.C, class_weight="balanced", solver="newton-cholesky", tol=1e-10)
            self.second_ = second.fit(logs, self.classes_[truth])
        else:
            self.temperature_ = best_temperature(_mean(logs, len(self.members)), truth)

    def _log_probabilities(self, scores: list[Matrix]) -> Matrix:
        """Log probabilities of all members side by side, shape ``(n_utterances, n_members * n_classes)``."""
        pairs = zip(scores, self.temperatures_, strict=True)
        return np.concatenate([log_softmax(each / temperature, axis=1) for each, temperature in pairs], axis=1)


def _mean(logs: Matrix, n_members: int) -> Matrix:
    """Mean over members, shape ``(n_utterances, n_classes)``."""
    mean: Matrix = logs.reshape(len(logs), n_members, -1).mean(axis=1)
    return mean


def _members(before: Preparation, seed: int) -> list[ClassifierMixin]:
    """Members without their own calibration: their temperatures are learnt on the inner folds of the combination."""
    bare = Preparation(before.scaling, before.selection, before.n_selected, calibration="none")
    return [each.builder(before=bare, seed=seed) for each in (lda, logreg, svm)]


_STORES = ("featser.models.combination.Combined", *lda.stores, *logreg.stores, *svm.stores)


@model("ensemble", stores=_STORES, checks=svm.checks)
def ensemble(before: Preparation = CLIPPED, seed: int = 0) -> Combined:
    """Mean log probability of discriminant analysis, logistic regression and Gaussian SVM.

    Parameters
    ----------
    before : Preparation
        steps around each member
    seed : int
        seed of members, steps and inner folds

    Returns
    -------
    Combined

    References
    ----------
    Kittler, Hatef, Duin and Matas, On combining classifiers, IEEE Transactions on PAMI 20, 1998 (product rule).
    """
    return Combined(_members(before, seed), "vote", seed=seed)


@model("stack", search={"C": {"low": 0.001, "high": 10.0, "log": True}}, stores=_STORES, checks=svm.checks)
def stack(C: Positive = 0.1, before: Preparation = CLIPPED, seed: int = 0) -> Combined:
    """Logistic regression on the log probabilities that the members of ensemble give to held-out speakers.

    Parameters
    ----------
    C : float
        inverse strength of the penalty of the logistic regression
    before : Preparation
        steps around each member
    seed : int
        seed of members, steps and inner folds

    Returns
    -------
    Combined

    References
    ----------
    Wolpert, Stacked generalization, Neural Networks 5, 1992.
    """
    return Combined(_members(before, seed), "stack", C, seed)
