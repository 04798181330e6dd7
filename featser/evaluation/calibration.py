"""What probabilities are worth: held against the truth, by how sure they are, and what silence would buy."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_BINS = 15
_SHARES = tuple(number / 20 for number in range(1, 21))


def class_names(predictions: pd.DataFrame) -> list[str]:
    """Emotions of a table of predictions, in the order of its probability columns."""
    return [column.removeprefix("p_") for column in probability_columns(predictions)]


def probability_columns(predictions: pd.DataFrame) -> list[str]:
    """Names of the columns ``p_<emotion>``."""
    return [column for column in predictions.columns if column.startswith("p_")]


def probabilities(predictions: pd.DataFrame) -> NDArray[np.float64]:
    """Probabilities as a matrix, shape ``(n_utterances, n_classes)``, classes in the order of `class_names`."""
    return predictions[probability_columns(predictions)].to_numpy(dtype=np.float64)


def truth_codes(predictions: pd.DataFrame) -> NDArray[np.int64]:
    """Place of each utterance's true emotion among `class_names`."""
    return np.searchsorted(class_names(predictions), predictions["truth"].to_numpy(dtype=str))


def log_loss(predictions: pd.DataFrame) -> float:
    """Mean negative log probability of the true emotion, in nats; a guess by chance scores the log of the classes."""
    of_truth = probabilities(predictions)[np.arange(len(predictions)), truth_codes(predictions)]
    return float(-np.log(np.maximum(of_truth, np.finfo(np.float64).tiny)).mean())


def brier_score(predictions: pd.DataFrame) -> float:
    """Mean squared distance of the probabilities from the truth, summed over the classes: 0 (sure and right) to 2.

    A guess by chance over ``n`` classes scores ``1 - 1 / n``.

    References
    ----------
    Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78, 1950.
    """
    truth = np.eye(len(class_names(predictions)))[truth_codes(predictions)]
    return float(((probabilities(predictions) - truth) ** 2).sum(axis=1).mean())


def expected_calibration_error(predictions: pd.DataFrame) -> float:
    """ECE: mean gap between confidence and hit rate over 15 bins of equal width, 0 to 1.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, ICML 2017.
    """
    gaps = [abs(each["confidence"] - each["hit_rate"]) * each["n"] for each in reliability(predictions)]
    return float(sum(gaps) / len(predictions))


def reliability(predictions: pd.DataFrame) -> list[dict[str, float]]:
    """How often a decision is right that is so sure: the bins of `expected_calibration_error` that hold utterances.

    Returns
    -------
    list of dict
        ``confidence`` (mean of the highest probabilities), ``hit_rate`` (share that is right) and ``n``, from the
        least sure bin to the surest
    """
    confidence, right = _sure_and_right(predictions)
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
    """Error among the surest utterances, against the share of utterances that they are.

    Returns
    -------
    list of (share, error)
        at every twentieth, from the surest 5 % to all; utterances that are equally sure count as one, by their mean
        error, so that their order does not matter

    References
    ----------
    El-Yaniv and Wiener, On the foundations of noise-free selective classification, JMLR 11, 2010.
    """
    errors = _errors_by_confidence(predictions)
    counts = [max(round(share * len(errors)), 1) for share in _SHARES]
    return [(share, float(errors[:count].mean())) for share, count in zip(_SHARES, counts, strict=True)]


def area_under_risk_coverage(predictions: pd.DataFrame) -> float:
    """Mean error over all shares of utterances that may be answered, the surest first; 0 to 1, lower is better."""
    errors = _errors_by_confidence(predictions)
    return float((np.cumsum(errors) / np.arange(1, len(errors) + 1)).mean())


def _errors_by_confidence(predictions: pd.DataFrame) -> NDArray[np.float64]:
    """Whether each utterance is wrong, the surest first; equally sure ones share their mean."""
    confidence, right = _sure_and_right(predictions)
    values, place, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    means = np.bincount(place, 1 - right, len(values)) / counts
    return np.repeat(means[::-1], counts[::-1])


def _sure_and_right(predictions: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    right = np.where(predictions["truth"] == predictions["predicted"], 1.0, 0.0)
    confidence: NDArray[np.float64] = probabilities(predictions).max(axis=1)
    return confidence, right
