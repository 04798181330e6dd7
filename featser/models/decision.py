"""The decision rule of featser: the most probable emotion."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from featser.errors import InputError

_TOLERANCE = 1e-4
"""Of the sum of probabilities in single precision."""


@dataclass(frozen=True)
class Decision:
    """Emotions of some utterances, with probabilities.

    Attributes
    ----------
    classes : tuple of str
        emotions in the order of the columns of ``probabilities``
    labels : NDArray [shape=(n_utterances,)]
        the decided emotions
    probabilities : NDArray [shape=(n_utterances, n_classes)]
        each row sums to 1
    """

    classes: tuple[str, ...]
    labels: NDArray[np.str_]
    probabilities: NDArray[np.float64]


def decide(classifier: ClassifierMixin, features: NDArray[np.float64]) -> Decision:
    """Label each utterance with its most probable emotion.

    Cross-validation and prediction both use this function, so recordings are labelled by the rule that was scored.
    Ties go to the first emotion in alphabetical order.

    Parameters
    ----------
    classifier : classifier
        fitted, with ``predict_proba`` and ``classes_``
    features : NDArray [shape=(n_utterances, n_features)]

    Returns
    -------
    Decision

    Raises
    ------
    InputError
        the classifier gives no probabilities: numbers that are not finite, are negative, or do not sum to 1
    """
    probabilities = classifier.predict_proba(features).astype(np.float64)
    classes = np.asarray(classifier.classes_, dtype=np.str_)
    _check_probabilities(probabilities, (len(features), len(classes)))
    return Decision(tuple(map(str, classes)), classes[probabilities.argmax(axis=1)], probabilities)


def _check_probabilities(probabilities: NDArray[np.float64], shape: tuple[int, int]) -> None:
    sound = probabilities.shape == shape and bool((probabilities >= 0).all())  # false for NaN
    if not sound or not np.allclose(probabilities.sum(axis=1), 1, rtol=0, atol=_TOLERANCE):
        raise InputError(
            "The model gives no probabilities for these features: numbers that are undefined, negative, or do not sum "
            "to 1. Fit it again."
        )
