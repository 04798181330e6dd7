"""A feed-forward network on functionals."""

from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils.class_weight import compute_sample_weight

from featser.models.classifier import Classifier
from featser.models.definition import model
from featser.models.limits import Epochs, NonNegative, Range
from featser.models.linear import Rotated
from featser.models.preparation import CLIPPED, Preparation

Matrix = NDArray[np.float64]

_ONLY_FOR_TRAINING = ("_optimizer", "_random_state", "loss_curve_")


class Perceptron(Classifier):
    """Network with one hidden layer, trained by Adam for a fixed number of epochs with balanced class weights.

    Inputs are divided by the largest standard deviation among them, so that leading principal components do not
    saturate the hidden units.

    Parameters
    ----------
    n_units : int
        size of the hidden layer
    alpha : float
        weight decay
    n_epochs : int
        number of passes over the training data
    seed : int
        seed of the first weights and of the batches

    Attributes
    ----------
    classes_ : NDArray [shape=(n_classes,)]
    network_ : MLPClassifier
    scale_ : float
        divisor of the inputs
    """

    def __init__(self, n_units: int = 128, alpha: float = 1.0, n_epochs: int = 60, seed: int = 0):
        self.n_units = n_units
        self.alpha = alpha
        self.n_epochs = n_epochs
        self.seed = seed

    def fit(self, X: Matrix, y: NDArray[np.str_]) -> Self:
        """Train the network.

        What only training needs is removed, so that a model file contains weights only.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
        y : NDArray [shape=(n_utterances,)]

        Returns
        -------
        Perceptron
            the fitted instance
        """
        X, y = self._check_training(X, y)
        random = np.random.RandomState(self.seed)  # an integer would repeat the same batches in every epoch
        self.network_ = MLPClassifier((self.n_units,), alpha=self.alpha, random_state=random)
        self.scale_ = float(X.std(axis=0).max()) or 1.0
        inputs, weights = X / self.scale_, compute_sample_weight("balanced", y)
        for _ in range(self.n_epochs):
            self.network_.partial_fit(inputs, y, sample_weight=weights, classes=self.classes_)
        self.network_.random_state = None
        for name in _ONLY_FOR_TRAINING:
            vars(self.network_).pop(name, None)
        return self

    def predict_proba(self, X: Matrix) -> Matrix:
        """Return the outputs of the network.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]

        Returns
        -------
        Matrix [shape=(n_utterances, n_classes)]
        """
        rows = self._check_rows(X)
        probabilities: Matrix = self.network_.predict_proba(rows / self.scale_)
        return probabilities


@model(
    "mlp",
    search={"n_units": {"low": 32, "high": 512, "log": True}, "alpha": {"low": 0.01, "high": 10.0, "log": True}},
    stores=(
        "featser.models.linear.Rotated",
        "featser.models.perceptron.Perceptron",
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._label.LabelBinarizer",
    ),
)
def mlp(
    n_units: Annotated[int, Range(1, 100_000)] = 128,
    alpha: Annotated[float, Range(0.0, 1e6)] = 1.0,
    n_epochs: Epochs = 60,
    n_components: NonNegative = 300,
    before: Preparation = CLIPPED,
    seed: int = 0,
) -> ClassifierMixin:
    """Multi-layer perceptron with one hidden layer, on principal components of the functionals.

    Parameters
    ----------
    n_units : int
        size of the hidden layer
    alpha : float
        weight decay
    n_epochs : int
        number of passes over the training data
    n_components : int
        number of principal components; 0 for all
    before : Preparation
        steps around the classifier
    seed : int
        seed of the network and of these steps

    Returns
    -------
    classifier

    References
    ----------
    Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, Nature 323, 1986.
    """
    return before.then(make_pipeline(Rotated(n_components), Perceptron(n_units, alpha, n_epochs, seed)), seed)
