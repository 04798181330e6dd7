"""Parts of a fitted classifier: the steps around it, and the weights of linear ones."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from featser.models.kernel import LinearKernel, PairwiseSVC
from featser.models.linear import EvenDiscriminant, Rotated
from featser.models.on_columns import OnColumns
from featser.models.preparation import Prepared
from featser.models.probabilities import Calibrated

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Chain:
    """Parts of a fitted classifier in the order in which they are applied.

    Attributes
    ----------
    columns : NDArray or None
        columns that the classifier takes; None for all
    prepared : Prepared or None
        imputation, scaling and selection; None if the classifier takes the features unchanged
    estimator : classifier
        the classifier itself
    calibrated : Calibrated or None
        temperature and step functions after the classifier
    """

    columns: NDArray[np.int64] | None
    prepared: Prepared | None
    estimator: Any
    calibrated: Calibrated | None

    @property
    def temperature(self) -> float:
        """Divisor of the scores; 1 without calibration."""
        return 1.0 if self.calibrated is None else float(self.calibrated.temperature_)

    def prepare(self, features: Matrix) -> Matrix:
        """Return the features as the estimator receives them.

        Parameters
        ----------
        features : Matrix [shape=(n_utterances, n_features)]
            NaN where a feature is undefined

        Returns
        -------
        Matrix [shape=(n_utterances, n_used)]
        """
        rows = features if self.columns is None else features[:, self.columns]
        if self.prepared is None:
            return rows
        prepared: Matrix = self.prepared.selector_.transform(self.prepared.scaler_.transform(rows))
        return prepared

    def expand(self, values: Matrix, n_features: int) -> Matrix:
        """Arrange values of the estimator's columns by the columns of the model.

        Parameters
        ----------
        values : Matrix [shape=(n_utterances, n_used)]
        n_features : int
            number of columns of the model

        Returns
        -------
        Matrix [shape=(n_utterances, n_features)]
            0 for columns that the estimator does not use
        """
        used = np.arange(n_features) if self.columns is None else np.asarray(self.columns)
        if self.prepared is not None:
            used = used[self.prepared.selector_.columns_]
        expanded = np.zeros((len(values), n_features))
        expanded[:, used] = values
        return expanded


def chain_of(classifier: Any) -> Chain:
    """Take a fitted classifier apart.

    Parameters
    ----------
    classifier : classifier
        of a model of `featser.models.MODELS`

    Returns
    -------
    Chain
    """
    columns = calibrated = prepared = None
    if isinstance(classifier, OnColumns):
        columns, classifier = np.asarray(classifier.columns, dtype=np.int64), classifier.classifier
    if isinstance(classifier, Calibrated):
        calibrated, classifier = classifier, classifier.estimator_
    if isinstance(classifier, Prepared):
        prepared, classifier = classifier, classifier.estimator_
    return Chain(columns, prepared, classifier, calibrated)


def linear_weights(estimator: Any) -> tuple[Matrix, Matrix] | None:
    """Return the weights of a linear classifier.

    Parameters
    ----------
    estimator : classifier
        fitted, without the steps around it

    Returns
    -------
    weights : Matrix [shape=(n_scores, n_features)]
        one row per class, or one row for two classes; one row per pair of classes for `PairwiseSVC`
    intercepts : Matrix [shape=(n_scores,)]
        None in place of both if the classifier is not linear in its features
    """
    if isinstance(estimator, EvenDiscriminant):
        return estimator.coef_, estimator.intercept_
    if isinstance(estimator, PairwiseSVC) and isinstance(estimator.machine_.kernel, LinearKernel):
        vectors, duals, intercepts = pair_duals(estimator.machine_)
        return duals @ vectors, intercepts
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else None
    if not isinstance(last, LogisticRegression) or len(estimator.steps) != 2:
        return None
    rotated: Rotated = estimator.steps[0][1]
    weights = last.coef_ @ rotated.directions_.T
    return weights, last.intercept_ - weights @ rotated.mean_


def pair_duals(machine: SVC) -> tuple[Matrix, Matrix, Matrix]:
    """Return the support vectors of pairwise machines and their weights in each pair.

    Parameters
    ----------
    machine : SVC
        fitted with a kernel of `featser.models.kernel`

    Returns
    -------
    vectors : Matrix [shape=(n_vectors, n_features)]
    duals : Matrix [shape=(n_pairs, n_vectors)]
        the margins of all pairs are the kernel with the vectors times the transposed duals, plus the intercepts
    intercepts : Matrix [shape=(n_pairs,)]
    """
    vectors, dual = machine._BaseLibSVM__Xfit[machine.support_], machine.dual_coef_
    ends = np.cumsum(machine.n_support_)
    if len(ends) == 2:
        return vectors, dual, machine.intercept_
    of = [slice(end - size, end) for end, size in zip(ends, machine.n_support_, strict=True)]
    duals = np.zeros((len(machine.intercept_), len(vectors)))
    for pair, (one, other) in enumerate(combinations(range(len(of)), 2)):
        duals[pair, of[one]] = dual[other - 1, of[one]]
        duals[pair, of[other]] = dual[one, of[other]]
    return vectors, duals, machine.intercept_
