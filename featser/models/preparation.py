"""What comes before a classifier of functionals: filling of gaps, scaling, selection; and its calibration after it."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from featser.errors import UnknownNameError
from featser.models.probabilities import CALIBRATIONS, Calibrated
from featser.models.selection import SELECTIONS, Selected
from featser.models.shared import shared

Matrix = NDArray[np.float64]

SCALINGS = ("standard", "robust", "rank", "none")
"""Mean 0 and deviation 1; the same, cut off at three deviations; the quantile of a normal distribution that has the
same rank; as it is."""

_LIMIT = 3.0


@dataclass(frozen=True)
class Preparation:
    """How features reach a classifier, and how its scores become probabilities; all of it learnt inside a fold.

    Attributes
    ----------
    scaling : str
        one of `SCALINGS`
    selection : str
        one of `SELECTIONS`
    n_selected : int
        features that a selection keeps
    calibration : str
        one of `CALIBRATIONS`
    """

    scaling: str = "standard"
    selection: str = "none"
    n_selected: int = 1000
    calibration: str = "temperature"

    def then(self, classifier: ClassifierMixin, seed: int = 0) -> ClassifierMixin:
        """Return the classifier with all of this around it.

        Raises
        ------
        UnknownNameError
            no such scaling, selection or calibration
        """
        self._check()
        prepared = Prepared(classifier, self.scaling, self.selection, self.n_selected, seed)
        return prepared if self.calibration == "none" else Calibrated(prepared, self.calibration, seed=seed)

    def _check(self) -> None:
        for kind, known in (("scaling", SCALINGS), ("selection", SELECTIONS), ("calibration", CALIBRATIONS)):
            if getattr(self, kind) not in known:
                raise UnknownNameError(kind, getattr(self, kind), known)


CLIPPED = Preparation(scaling="robust")
"""What suits classifiers that measure distances or angles."""


class Prepared(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that sees filled, scaled and selected features.

    Everything learnt from data sits in this one estimator, so no fold can leak into another.

    Parameters
    ----------
    classifier : classifier
    scaling, selection, n_selected
        as in `Preparation`
    seed : int
        of the selection
    """

    def __init__(
        self,
        classifier: Any,
        scaling: str = "standard",
        selection: str = "none",
        n_selected: int = 1000,
        seed: int = 0,
    ):
        self.classifier = classifier
        self.scaling = scaling
        self.selection = selection
        self.n_selected = n_selected
        self.seed = seed

    def fit(self, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None = None) -> Self:
        """Learn fillings, scales, selection and classifier.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            NaN = undefined
        y : NDArray [shape=(n_utterances,)]
        groups : NDArray [shape=(n_utterances,)], optional
            speakers
        """
        self.scaler_, scaled = shared("scaled", lambda: _fit_scaler(self.scaling, X), X, setting=self.scaling)
        self.selector_ = Selected(self.selection, self.n_selected, self.seed).fit(scaled, y, groups)
        self.classifier_ = clone(self.classifier)
        knows = {"groups": groups} if has_fit_parameter(self.classifier_, "groups") else {}
        self.classifier_.fit(self.selector_.transform(scaled), y, **knows)
        self.classes_ = self.classifier_.classes_
        self.n_features_in_ = X.shape[1]
        return self

    @available_if(lambda self: hasattr(self.classifier, "decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Matrix) -> Matrix:
        """Return the classifier's scores of the classes."""
        return self.classifier_.decision_function(self._prepare(X))

    @available_if(lambda self: hasattr(self.classifier, "predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Matrix) -> Matrix:
        """Return the classifier's probabilities of the classes."""
        return self.classifier_.predict_proba(self._prepare(X))

    def predict(self, X: Matrix) -> NDArray[np.str_]:
        """Return the classifier's labels."""
        return self.classifier_.predict(self._prepare(X))

    def _prepare(self, X: Matrix) -> Matrix:
        check_is_fitted(self)
        return self.selector_.transform(self.scaler_.transform(X))


class Clipped(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Cuts standardised features off at some deviations: one loud click cannot outvote a thousand features.

    Parameters
    ----------
    limit : float
        in standard deviations
    """

    def __init__(self, limit: float = _LIMIT):
        self.limit = limit

    def fit(self, X: Matrix, y: object = None) -> Self:  # noqa: ARG002 - as every transformer
        """Learn nothing."""
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Matrix) -> Matrix:
        """Return features between plus and minus the limit."""
        clipped: Matrix = np.clip(X, -self.limit, self.limit)
        return clipped


def _fit_scaler(scaling: str, X: Matrix) -> tuple[Pipeline, Matrix]:
    """Return the fitted filling and scaling, and the training features through it."""
    scaler = make_pipeline(*_steps(scaling, len(X)))
    return scaler, scaler.fit_transform(X)


def _steps(scaling: str, n_utterances: int) -> list[Any]:
    """Where a feature is undefined the training mean takes its place, or the median where only order counts."""
    strategy = "median" if scaling in ("none", "rank") else "mean"
    fill = SimpleImputer(strategy=strategy, keep_empty_features=True)
    if scaling == "none":
        return [fill]
    if scaling == "rank":
        ranks = QuantileTransformer(
            n_quantiles=min(n_utterances, 1000), output_distribution="normal", subsample=None, random_state=0
        )
        return [fill, ranks, Clipped()]
    return [fill, StandardScaler(), *([Clipped()] if scaling == "robust" else [])]
