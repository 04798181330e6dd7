"""Several classifiers heard together: by a vote of their probabilities, or by one that learns whom to trust."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from featser.models.kernel import svm
from featser.models.linear import lda, logreg
from featser.models.preparation import CLIPPED, Preparation
from featser.models.probabilities import Probabilities, best_temperature, fit_knowing, out_of_fold_scores, scores_of

Matrix = NDArray[np.float64]

_N_FOLDS = 3


def ensemble(before: Preparation = CLIPPED, seed: int = 0) -> "Combined":
    """Mean log probability of discriminant analysis, logistic regression and Gaussian SVM.

    References
    ----------
    Kittler, Hatef, Duin and Matas, On combining classifiers, IEEE Transactions on PAMI 20, 1998 (product rule).
    """
    return Combined(_members(before, seed), "vote", seed=seed)


def stack(C: float = 0.1, before: Preparation = CLIPPED, seed: int = 0) -> "Combined":
    """Logistic regression on what the members of `ensemble` say of speakers that they did not hear.

    References
    ----------
    Wolpert, Stacked generalization, Neural Networks 5, 1992.
    """
    return Combined(_members(before, seed), "stack", C, seed)


def _members(before: Preparation, seed: int) -> list[ClassifierMixin]:
    """Members without calibration of their own: one temperature for each is learnt here, on the same inner folds."""
    bare = Preparation(before.scaling, before.selection, before.n_selected, calibration="none")
    return [build(before=bare, seed=seed) for build in (lda, logreg, svm)]


class Combined(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classifiers whose probabilities are put together by what inner folds, split by speaker, say of them.

    Parameters
    ----------
    members : list of classifiers
    rule : str
        ``vote`` (mean log probability, then one temperature) or ``stack`` (logistic regression)
    C : float
        inverse penalty of the logistic regression
    seed : int
        of the inner folds
    """

    def __init__(self, members: list[Any], rule: str = "vote", C: float = 0.1, seed: int = 0):
        self.members = members
        self.rule = rule
        self.C = C
        self.seed = seed

    def fit(self, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None = None) -> Self:
        """Learn how to put the members together on inner folds, then the members on everything."""
        self.classes_ = np.unique(y)
        heard = [out_of_fold_scores(member, X, np.asarray(y), groups, _N_FOLDS, self.seed) for member in self.members]
        known = [each for each in heard if each is not None]
        self.temperatures_ = [best_temperature(*each) for each in known] or [1.0] * len(self.members)
        self._learn_rule(known)
        self.members_ = [fit_knowing(clone(member), X, y, groups) for member in self.members]
        self.n_features_in_ = X.shape[1]
        return self

    def predict_proba(self, X: Matrix) -> Probabilities:
        """Probabilities of the emotions in ``classes_``."""
        check_is_fitted(self)
        said = self._together([scores_of(member, X) for member in self.members_])
        if self.second_ is not None:
            probabilities: Probabilities = self.second_.predict_proba(said)
            return probabilities
        return softmax(_mean(said, len(self.members_)) / self.temperature_, axis=1)

    def predict(self, X: Matrix) -> NDArray[np.str_]:
        """Return the most probable emotion of each row."""
        labels: NDArray[np.str_] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels

    def _learn_rule(self, heard: list[tuple[Matrix, NDArray[np.int64]]]) -> None:
        self.temperature_, self.second_ = 1.0, None
        if not heard:
            return
        said, truth = self._together([scores for scores, _ in heard]), heard[0][1]
        if self.rule == "stack":
            second = LogisticRegression(C=self.C, class_weight="balanced", solver="newton-cholesky", tol=1e-10)
            self.second_ = second.fit(said, self.classes_[truth])
        else:
            self.temperature_ = best_temperature(_mean(said, len(self.members)), truth)

    def _together(self, scores: list[Matrix]) -> Matrix:
        """Log probabilities side by side, shape ``(n_utterances, n_members * n_classes)``."""
        return np.concatenate(
            [
                log_softmax(each / temperature, axis=1)
                for each, temperature in zip(scores, self.temperatures_, strict=True)
            ],
            axis=1,
        )


def _mean(said: Matrix, n_members: int) -> Matrix:
    """Mean over members, shape ``(n_utterances, n_classes)``."""
    mean: Matrix = said.reshape(len(said), n_members, -1).mean(axis=1)
    return mean
