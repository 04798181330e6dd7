"""Steps around a classifier of functionals: imputation, scaling and feature selection before it, calibration after."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter, validate_data

from featser.errors import UnknownNameError
from featser.models.classifier import Classifier
from featser.models.limits import Choices, Count
from featser.models.probabilities import CALIBRATIONS, Calibrated
from featser.models.selection import SELECTIONS, Selected
from featser.models.shared import shared

Matrix = NDArray[np.float64]

SCALINGS = ("standard", "robust", "rank", "none")
"""``standard``: zero mean and unit variance; ``robust``: the same, clipped at three standard deviations; ``rank``:
ranks mapped to a normal distribution, clipped likewise; ``none``: unscaled."""

STORES = (
    "featser.models.preparation.Clipped",
    "featser.models.preparation.MeanImputer",
    "featser.models.preparation.Prepared",
    "featser.models.probabilities.Calibrated",
    "featser.models.selection.Selected",
    "sklearn.impute._base.SimpleImputer",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.QuantileTransformer",
    "sklearn.preprocessing._data.StandardScaler",
)
"""Classes that these steps put into a model file."""


_ROWS_AT_A_TIME, _SCALED_AT_A_TIME = 32, 128


@dataclass(frozen=True)
class Preparation:
    """Choice of the steps around a classifier; each of them is learnt inside a fold.

    Attributes
    ----------
    scaling : str
        one of `SCALINGS`
    selection : str
        one of `SELECTIONS`
    n_selected : int
        number of features that a selection keeps
    calibration : str
        one of `CALIBRATIONS`
    """

    scaling: Annotated[str, Choices(SCALINGS)] = "standard"
    selection: Annotated[str, Choices(SELECTIONS)] = "none"
    n_selected: Count = 1000
    calibration: Annotated[str, Choices(CALIBRATIONS)] = "temperature"

    def then(self, classifier: ClassifierMixin, seed: int = 0) -> ClassifierMixin:
        """Return a classifier with these steps around it.

        Parameters
        ----------
        classifier : classifier
            unfitted
        seed : int
            seed of the selection and of the inner folds of the calibration

        Returns
        -------
        Prepared or Calibrated

        Raises
        ------
        UnknownNameError
            no such scaling, selection or calibration
        """
        for kind, known in (("scaling", SCALINGS), ("selection", SELECTIONS), ("calibration", CALIBRATIONS)):
            if getattr(self, kind) not in known:
                raise UnknownNameError(kind, getattr(self, kind), known)
        prepared = Prepared(classifier, self.scaling, self.selection, self.n_selected, seed)
        return prepared if self.calibration == "none" else Calibrated(prepared, self.calibration, seed=seed)


CLIPPED = Preparation(scaling="robust")
"""Default of classifiers that compute distances or inner products."""

UNCALIBRATED = Preparation(scaling="none", calibration="none")
"""Default of trees, which depend on the order of values only and give probabilities themselves."""


class Prepared(Classifier):
    """A classifier of imputed, scaled and selected features.

    All steps are fitted together with the classifier, on the training part of a fold.

    Parameters
    ----------
    estimator : classifier
    scaling : str
        one of `SCALINGS`
    selection : str
        one of `SELECTIONS`
    n_selected : int
        number of features that a selection keeps
    seed : int
        seed of the selection

    Attributes
    ----------
    classes_ : NDArray [shape=(n_classes,)]
    estimator_ : classifier
        the fitted classifier
    scaler_ : Pipeline
        imputation and scaling
    selector_ : Selected
    """

    @property
    def _allow_nan(self) -> bool:
        return True

    def __init__(
        self,
        estimator: Any,
        scaling: str = "standard",
        selection: str = "none",
        n_selected: int = 1000,
        seed: int = 0,
    ):
        self.estimator = estimator
        self.scaling = scaling
        self.selection = selection
        self.n_selected = n_selected
        self.seed = seed

    def fit(self, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None = None) -> Self:
        """Fit all steps and the classifier.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            NaN where a feature is undefined
        y : NDArray [shape=(n_utterances,)]
            emotions
        groups : NDArray [shape=(n_utterances,)], optional
            speakers

        Returns
        -------
        Prepared
            the fitted instance
        """
        X, y = self._check_training(X, y)
        self.estimator_ = clone(self.estimator)
        known = {"groups": groups} if has_fit_parameter(self.estimator_, "groups") else {}
        with config_context(assume_finite=True):  # infinite values were refused above
            self.scaler_, scaled = shared("scaled", lambda: _fit_scaler(self.scaling, X), X, setting=self.scaling)
            self.selector_ = Selected(self.selection, self.n_selected, self.seed).fit(scaled, y, groups)
            self.estimator_.fit(self.selector_.transform(scaled), y, **known)
        return self

    @available_if(lambda self: hasattr(self.estimator, "decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Matrix) -> Matrix:
        """Return the classifier's scores of the classes; parameters as `predict_proba`."""
        prepared = self._prepare(X)
        return self.estimator_.decision_function(prepared)

    @available_if(lambda self: hasattr(self.estimator, "predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Matrix) -> Matrix:
        """Return the classifier's probabilities of the classes.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            NaN where a feature is undefined

        Returns
        -------
        Matrix [shape=(n_utterances, n_classes)]
        """
        prepared = self._prepare(X)
        return self.estimator_.predict_proba(prepared)

    def predict(self, X: Matrix) -> NDArray[np.str_]:
        """Return the classifier's labels, shape ``(n_utterances,)``; parameters as `predict_proba`."""
        prepared = self._prepare(X)
        return self.estimator_.predict(prepared)

    def _prepare(self, X: Matrix) -> Matrix:
        rows = self._check_rows(X)
        with config_context(assume_finite=True):
            return self.selector_.transform(self.scaler_.transform(rows))


class MeanImputer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Replace undefined values by the mean of the feature.

    Equal to scikit-learn's ``SimpleImputer(keep_empty_features=True)``, without its masks and copies of the table.

    Attributes
    ----------
    statistics_ : NDArray [shape=(n_features,)]
        mean of each feature; 0 for a feature that is undefined everywhere
    """

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: Matrix, y: object = None) -> Self:  # noqa: ARG002 - as every transformer
        """Estimate the means.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            NaN where a feature is undefined
        y : object
            ignored

        Returns
        -------
        MeanImputer
            the fitted instance
        """
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
        total, count = np.zeros(X.shape[1]), np.zeros(X.shape[1])
        for rows in _blocks(X):
            undefined = np.isnan(rows)
            count += len(rows) - undefined.sum(axis=0)
            total = np.add.reduce(np.vstack([total, np.where(undefined, 0.0, rows)]), axis=0)
        self.statistics_ = total / np.maximum(count, 1)
        return self

    def transform(self, X: Matrix) -> Matrix:
        """Return a copy without undefined values.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]

        Returns
        -------
        Matrix [shape=(n_utterances, n_features)]
        """
        check_is_fitted(self)
        filled = np.array(validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False))
        for rows in _blocks(filled):
            np.copyto(rows, self.statistics_, where=np.isnan(rows))
        return filled


def _blocks(X: Matrix, n_rows: int = _ROWS_AT_A_TIME) -> Iterator[Matrix]:
    """Views of a few rows at a time, which stay in the processor's cache."""
    return (X[start : start + n_rows] for start in range(0, len(X), n_rows))


class Clipped(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Clip standardised features, so that one outlier cannot outweigh all other features.

    Parameters
    ----------
    limit : float
        in standard deviations
    copy : bool
        False to clip the given array itself
    """

    def __init__(self, limit: float = 3.0, copy: bool = True):
        self.limit = limit
        self.copy = copy

    def fit(self, X: Matrix, y: object = None) -> Self:  # noqa: ARG002 - as every transformer
        """Check the features; there is nothing to learn.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
        y : object
            ignored

        Returns
        -------
        Clipped
            the fitted instance
        """
        validate_data(self, X, dtype=np.float64)
        return self

    def transform(self, X: Matrix) -> Matrix:
        """Return the features clipped to plus and minus the limit.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]

        Returns
        -------
        Matrix [shape=(n_utterances, n_features)]
        """
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        clipped: Matrix = np.clip(rows, -self.limit, self.limit, out=None if self.copy else rows)
        return clipped


def _fit_scaler(scaling: str, X: Matrix) -> tuple[Pipeline, Matrix]:
    """Return the fitted imputation and scaling, and the training features after both."""
    steps = _steps(scaling, len(X))
    for step in steps:
        if isinstance(step, StandardScaler):  # fit() would copy the table several times
            for rows in _blocks(X, _SCALED_AT_A_TIME):
                step.partial_fit(rows)
        else:
            step.fit(X)
        X = step.transform(X)
    return make_pipeline(*steps), X


def _steps(scaling: str, n_utterances: int) -> list[Any]:
    """Undefined values become the training mean, or the median where only the order of values counts.

    The first step copies the features, so the others change the copy itself.
    """
    impute = SimpleImputer(strategy="median", keep_empty_features=True)
    if scaling == "none":
        return [impute]
    if scaling == "rank":
        ranks = QuantileTransformer(
            n_quantiles=min(n_utterances, 1000), output_distribution="normal", subsample=None, random_state=0
        )
        return [impute, ranks, Clipped(copy=False)]
    return [MeanImputer(), StandardScaler(copy=False), *([Clipped(copy=False)] if scaling == "robust" else [])]
