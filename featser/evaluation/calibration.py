"""Log loss, Brier score, expected calibration error and risk-coverage curve of predictions.

A table of predictions has the columns ``truth`` and ``predicted`` and one column ``p_<emotion>`` per class.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_BINS = 15
_SHARES = tuple(number / 20 for number in range(1, 21))


def class_names(predictions: pd.DataFrame) -> list[str]:
    """Return the classes of a table of predictions.

    Parameters
    ----------
    predictions : DataFrame

    Returns
    -------
    list of str
        emotions, in the order of the probability columns
    """
    return [column.removeprefix("p_") for column in probability_columns(predictions)]


def probability_columns(predictions: pd.DataFrame) -> list[str]:
    """Return the names of the probability columns.

    Parameters
    ----------
    predictions : DataFrame

    Returns
    -------
    list of str
        ``p_<emotion>``
    """
    return [column for column in predictions.columns if column.startswith("p_")]


def probabilities(predictions: pd.DataFrame) -> NDArray[np.float64]:
    """Return the probabilities as a matrix.

    Parameters
    ----------
    predictions : DataFrame

    Returns
    -------
    NDArray of float64 [shape=(n_utterances, n_classes)]
        classes in the order of `class_names`
    """
    return predictions[probability_columns(predictions)].to_numpy(dtype=np.float64)


def truth_codes(predictions: pd.DataFrame) -> NDArray[np.int64]:
    """Return the index of the true emotion of each utterance.

    Parameters
    ----------
    predictions : DataFrame

    Returns
    -------
    NDArray of int64 [shape=(n_utterances,)]
        indices into `class_names`
    """
    return np.searchsorted(class_names(predictions), predictions["truth"].to_numpy(dtype=str))


def log_loss(predictions: pd.DataFrame) -> float:
    """Log loss: mean negative log probability of the true emotion.

    Parameters
    ----------
    predictions : DataFrame

    Returns
    -------
    float
        in nats, 0 or more; uniform probabilities over ``n`` classes score ``log(n)``
    """
    of_truth = probabilities(predictions)[np.arange(len(predictions)), truth_codes(predictions)]
    return float(-np.log(np.maximum(of_truth, np.finfo(np.float64).tiny)).mean())


def brier_score(predictions: pd.DataFrame) -> float:
    """Brier score: mean squared difference of the probabilities and the one-hot truth, summed over the classes.

    Parameters
    ----------
    predictions : DataFrame

    Returns
    -------
    float
        0 (correct with probability 1) to 2 (wrong with probability 1); uniform probabilities over ``n`` classes score
        ``1 - 1 / n``

    References
    ----------
    Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78, 1950.
    """
    truth = np.eye(len(class_names(predictions)))[truth_codes(predictions)]
    return float(((probabilities(predictions) - truth) ** 2).sum(axis=1).mean())


def expected_calibration_error(predictions: pd.DataFrame) -> float:
    """Expected calibration error (ECE): mean absolute difference of confidence and accuracy over 15 bins.

    Bins have equal width and are weighted by their number of utterances.

    Parameters
    ----------
    predictions : DataFrame

    Returns
    -------
    float
        0 to 1

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, ICML 2017.
    """
    gaps = [abs(each["confidence"] - each["hit_rate"]) * each["n"] for each in reliability(predictions)]
    return float(sum(gaps) / len(predictions))


def reliability(predictions: pd.DataFrame) -> list[dict[str, float]]:
    """Reliability diagram: confidence and accuracy of the bins of `expected_calibration_error` that are not empty.

    Parameters
    ----------
    predictions : DataFrame

    Returns
    -------
    list of dict
        ``confidence`` (mean of the highest probabilities), ``hit_rate`` (share of correct answers) and ``n`` of each
        bin, in ascending order of confidence
    """
    confidence, right = _confidence_and_hits(predictions)
    bins = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
    found = []
    for at in np.unique(bins):
        inside = bins == at
        found.append(
            {
                "confidence": float(confidence[inside].mean()),
                "hit_rate": float(right[inside].mean()),
                "n": int(inside.sum()),
            }
        )
    return found


def risk_coverage(predictions: pd.DataFrame) -> list[tuple[float, float]]:
    """Risk-coverage curve: error rate among the most confident utterances, by their share of all utterances.

    Parameters
    ----------
    predictions : DataFrame

    Returns
    -------
    list of (share, error)
        at shares from 0.05 to 1 in steps of 0.05; utterances of equal confidence have their mean error, so the result
        does not depend on the order of the rows

    References
    ----------
    El-Yaniv and Wiener, On the foundations of noise-free selective classification, JMLR 11, 2010.
    """
    errors = _errors_by_confidence(predictions)
    counts = [max(round(share * len(errors)), 1) for share in _SHARES]
    return [(share, float(errors[:count].mean())) for share, count in zip(_SHARES, counts, strict=True)]


def area_under_risk_coverage(predictions: pd.DataFrame) -> float:
    """Area under the risk-coverage curve, over all utterances.

    Parameters
    ----------
    predictions : DataFrame

    Returns
    -------
    float
        0 to 1; lower is better
    """
    errors = _errors_by_confidence(predictions)
    return float((np.cumsum(errors) / np.arange(1, len(errors) + 1)).mean())


def _errors_by_confidence(predictions: pd.DataFrame) -> NDArray[np.float64]:
    """Errors in descending order of confidence, averaged over utterances of equal confidence, shape ``(n,)``."""
    confidence, right = _confidence_and_hits(predictions)
    values, index, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    means = np.bincount(index, 1 - right, len(values)) / counts
    return np.repeat(means[::-1], counts[::-1])


def _confidence_and_hits(predictions: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Highest probability of each utterance, and 1 where the answer is correct."""
    right = np.where(predictions["truth"] == predictions["predicted"], 1.0, 0.0)
    confidence: NDArray[np.float64] = probabilities(predictions).max(axis=1)
    return confidence, right
