"""Base class of featser's classifiers: input validation, and labels from probabilities."""

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

Matrix = NDArray[np.float64]
Labels = NDArray[np.str_]


class Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier whose subclasses define ``fit`` and ``predict_proba``.

    Attributes
    ----------
    classes_ : NDArray [shape=(n_classes,)]
        labels in the order of the columns of ``predict_proba``
    """

    @property
    def _allow_nan(self) -> bool:
        """Whether features may be undefined."""
        return False

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self._allow_nan
        return tags

    def predict(self, X: Matrix) -> Labels:
        """Return the most probable label of each row.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]

        Returns
        -------
        NDArray [shape=(n_utterances,)]
        """
        best = self.predict_proba(X).argmax(axis=1)
        labels: Labels = self.classes_[best]
        return labels

    def _check_training(self, X: Matrix, y: Labels) -> tuple[Matrix, Labels]:
        """Validate training data and set ``classes_`` and ``n_features_in_``."""
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite=self._finite)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(f"There is only 1 class ({self.classes_[0]}). Give utterances of two classes or more.")
        return X, y

    def _check_rows(self, X: Matrix) -> Matrix:
        """Validate rows to predict, which need the features of the training data."""
        check_is_fitted(self)
        rows: Matrix = validate_data(self, X, dtype=np.float64, ensure_all_finite=self._finite, reset=False)
        return rows

    @property
    def _finite(self) -> bool | str:
        return "allow-nan" if self._allow_nan else True
