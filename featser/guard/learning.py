"""Learn a guard from the features of the training recordings."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.guard.guard import LEVEL, Guard, Matrix, Space, TimeDirection, upper_tail
from featser.guard.reversal import Reversal, time_reversal

_COMPONENTS = 64
_MAX_ROWS = 1000
"""Recordings that a guard is learnt from at most; time and memory do not grow with larger tables."""
_DEFINED_SHARE = 0.95
_GROUPS = 5
"""Groups of speakers that the measures are calibrated on in turn."""
_SHRINKAGE = 0.3
"""Variance added to each direction of the discriminant, as a share of the total variance per recording."""


def learn_guard(
    features: Matrix, names: Sequence[str], voices: NDArray[np.str_], level: float = LEVEL
) -> tuple[Guard, dict[str, Any]]:
    """Learn a guard, and calibrate it on speakers that its parts did not learn from.

    Parameters
    ----------
    features : Matrix [shape=(n_utterances, n_features)]
        normalised as the classifier's; NaN where undefined
    names : sequence of str
        of the features; empty where they are normalised by speaker, which removes the direction of time
    voices : NDArray of str [shape=(n_utterances,)]
        speaker of each utterance; where there is no speaker, any name of its own
    level : float
        p-value below which a recording is rejected

    Returns
    -------
    guard : Guard
        learnt from all utterances
    summary : dict
        ``level``; ``false_alarms``, the share of utterances that are rejected by guards that did not learn from their
        speaker; ``reversed``, the share of the same utterances that are rejected when played backwards, None where no
        feature changes with the direction of time
    """
    reversal = time_reversal(names)
    distances, scores = np.empty(len(features)), np.zeros(len(features))
    for tested in _groups(voices):
        space, direction = _learn(features, np.flatnonzero(~tested), reversal)
        distances[tested] = space.distances(features[tested])
        scores[tested] = direction.scores(features[tested])
    rejected, caught = np.zeros(len(features), bool), np.zeros(len(features), bool)
    for tested in _groups(voices):
        far = upper_tail(_calibration(distances[~tested], voices[~tested]), distances[tested])
        turned = _calibration(-scores[~tested], voices[~tested])
        forwards, backwards = (upper_tail(turned, sign * scores[tested]) for sign in (-1, 1))
        n_measures = 2 if len(reversal.columns) else 1
        rejected[tested] = n_measures * np.minimum(far, forwards if n_measures == 2 else far) < level
        caught[tested] = n_measures * np.minimum(far, backwards) < level
    space, direction = _learn(features, np.arange(len(features)), reversal)
    guard = Guard(space, direction, _calibration(distances, voices), _calibration(-scores, voices))
    return guard, {
        "level": level,
        "false_alarms": float(rejected.mean()),
        "reversed": float(caught.mean()) if len(reversal.columns) else None,
    }


def _groups(voices: NDArray[np.str_]) -> Iterator[NDArray[np.bool_]]:
    """Yield the utterances of each group of voices, in turn."""
    names = np.unique(voices)
    for first in range(min(_GROUPS, len(names))):
        yield np.isin(voices, names[first::_GROUPS])


def _learn(features: Matrix, known: NDArray[np.int64], reversal: Reversal) -> tuple[Space, TimeDirection]:
    """Learn both measures from the rows ``known``."""
    rows = features[known[np.linspace(0, len(known) - 1, min(len(known), _MAX_ROWS)).astype(np.int64)]]
    return _space(rows), _direction(rows, reversal)


def _space(rows: Matrix) -> Space:
    defined = np.isfinite(rows)
    counts = np.maximum(defined.sum(axis=0), 1)
    centre = np.where(defined, rows, 0.0).sum(axis=0) / counts
    scale = np.sqrt(np.where(defined, np.square(rows - centre), 0.0).sum(axis=0) / counts)
    plain = Space(
        centre.astype(np.float32),
        np.where(scale > 0, scale, 1.0).astype(np.float32),
        defined.mean(axis=0) >= _DEFINED_SHARE,
        np.empty((0, rows.shape[1]), np.float32),
        np.empty(0, np.float32),
        1.0,
    )
    scaled = plain.standardise(rows)
    values, vectors = np.linalg.eigh(scaled @ scaled.T / len(scaled))
    leading = np.argsort(-values, kind="stable")[: min(_COMPONENTS, len(values))]
    leading = leading[values[leading] > 1e-9 * max(values.max(), 1e-300)]
    components = (vectors[:, leading] / np.sqrt(values[leading] * len(scaled))).T @ scaled
    rest = float(np.square(scaled).sum() / len(scaled) / min(scaled.shape)) or 1.0
    return Space(
        plain.centre,
        plain.scale,
        plain.defined,
        components.astype(np.float32),
        values[leading].astype(np.float32),
        rest,
    )


def _direction(rows: Matrix, reversal: Reversal) -> TimeDirection:
    """Ridge discriminant of asymmetries from their negatives, in as many unknowns as there are recordings."""
    asymmetry = reversal.asymmetry(rows)
    size = np.sqrt(np.nan_to_num(np.square(asymmetry)).sum(axis=0) / max(len(rows), 1))
    scale = np.where(size > 0, size, 1.0)
    scaled = np.nan_to_num(np.clip(asymmetry / scale, -3, 3))
    mean = scaled.mean(axis=0) if len(scaled) else np.zeros(len(scale))
    centred = scaled - mean
    gram = centred @ centred.T / len(scaled)
    ridge = _SHRINKAGE * np.trace(gram) / len(scaled) or 1.0
    solved = np.linalg.solve(gram + ridge * np.eye(len(scaled)), centred @ mean / len(scaled))
    weights = (mean - centred.T @ solved) / ridge
    return TimeDirection(reversal, scale.astype(np.float32), weights.astype(np.float32))


def _calibration(measures: NDArray[np.float64], voices: NDArray[np.str_]) -> NDArray[np.float64]:
    """Sorted measures, each with the weight of itself and all that follow; each voice has the same weight."""
    _, voice, counts = np.unique(voices, return_inverse=True, return_counts=True)
    weights = 1 / (len(counts) * counts[voice])
    order = np.argsort(measures, kind="stable")
    tails = np.cumsum(weights[order][::-1])[::-1]
    return np.column_stack([measures[order], np.minimum(tails, 1.0)])
