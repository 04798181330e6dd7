"""Normalisation by speaker: the same voice as its own measure."""

import numpy as np
from numpy.typing import NDArray

MIN_UTTERANCES = 3
"""Fewer recordings of one voice say nothing about its range."""


def normalise_by_speaker(features: NDArray[np.float64], speakers: NDArray[np.str_]) -> NDArray[np.float64]:
    """Centre and scale each feature within each speaker.

    It looks at all unlabelled recordings of a speaker, also of one who is only tested: transductive, and named so
    wherever a score made with it appears. Nothing is learnt across speakers, so no fold can leak into another.

    Parameters
    ----------
    features : NDArray [shape=(n_utterances, n_features)]
        NaN = undefined
    speakers : NDArray [shape=(n_utterances,)]

    Returns
    -------
    NDArray [shape=(n_utterances, n_features)]
        mean 0 and standard deviation 1 per speaker and feature; 0 for a feature that does not vary; NaN stays NaN
    """
    result = np.empty_like(features)
    for speaker in np.unique(speakers):
        rows = speakers == speaker
        result[rows] = _standardised(features[rows])
    return result


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    defined = ~np.isnan(values)
    n_defined = np.maximum(defined.sum(axis=0), 1)
    centred = values - np.where(defined, values, 0).sum(axis=0) / n_defined
    spread = np.sqrt(np.square(np.where(defined, centred, 0)).sum(axis=0) / n_defined)
    magnitude = np.abs(np.where(defined, values, 0)).max(axis=0)
    varies = spread > np.finfo(np.float32).eps * magnitude
    return centred / np.where(varies, spread, np.inf)
