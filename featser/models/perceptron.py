"""A feed-forward network on functionals."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted

from featser.models.linear import Rotated
from featser.models.preparation import CLIPPED, Preparation


def mlp(
    n_units: int = 128,
    alpha: float = 1.0,
    n_epochs: int = 60,
    n_components: int = 300,
    before: Preparation = CLIPPED,
    seed: int = 0,
) -> ClassifierMixin:
    """Multi-layer perceptron with one hidden layer, on principal components of the functionals.

    References
    ----------
    Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, Nature 323, 1986.
    """
    return before.then(make_pipeline(Rotated(n_components), Perceptron(n_units, alpha, n_epochs, seed)), seed)


class Perceptron(MLPClassifier):  # type: ignore[misc]
    """A hidden layer trained by Adam for a fixed number of epochs, every emotion with the same total weight.

    Inputs are measured in the largest deviation among them: left as they are, leading principal components would
    saturate every unit before it has learnt anything.

    Parameters
    ----------
    n_units : int
        of the hidden layer
    alpha : float
        weight decay
    """

    def __init__(self, n_units: int = 128, alpha: float = 1.0, n_epochs: int = 60, seed: int = 0):
        super().__init__(hidden_layer_sizes=(n_units,), alpha=alpha)
        self.n_units = n_units
        self.n_epochs = n_epochs
        self.seed = seed

    def fit(self, X: NDArray[np.float64], y: NDArray[np.str_]) -> Self:
        """Start anew and train; what only training needs is forgotten, so that a model file holds weights alone."""
        for name in ("coefs_", "classes_", "_label_binarizer"):
            self.__dict__.pop(name, None)
        self.random_state = np.random.RandomState(self.seed)
        weights = compute_sample_weight("balanced", y)
        self.unit_ = float(X.std(axis=0).max()) or 1.0
        inputs = X / self.unit_
        for _ in range(self.n_epochs):
            self.partial_fit(inputs, y, sample_weight=weights, classes=np.unique(y))
        self.random_state = None  # type: ignore[assignment]
        for name in ("_optimizer", "_random_state", "loss_curve_"):
            self.__dict__.pop(name, None)
        return self

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of the emotions in ``classes_``, shape ``(n_utterances, n_classes)``."""
        check_is_fitted(self)
        probabilities: NDArray[np.float64] = super().predict_proba(X / self.unit_)
        return probabilities

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.str_]:
        """Return the most probable emotion of each row."""
        check_is_fitted(self)
        labels: NDArray[np.str_] = super().predict(X / self.unit_)
        return labels
