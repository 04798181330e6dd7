"""Whether a recording is like the training recordings: a conformal p-value of two measures.

The first measure is the distance from the training recordings: a Mahalanobis distance whose covariance has its leading
components estimated, and one variance for all others. The second is the direction of time: a linear discriminant of
speech from reversed speech, see `featser.guard.reversal`. The p-value is the share of training utterances, with equal
weight of each speaker, that are as unusual for guards that did not learn from their speaker.

References
----------
Tipping and Bishop, Probabilistic principal component analysis, JRSS B 61, 1999.
Vovk, Gammerman and Shafer, Algorithmic learning in a random world, 2005, sec. 2.
Bates, Candes, Lei, Romano and Sesia, Testing for outliers with conformal p-values, Annals of Statistics 51, 2023.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featser.guard.reversal import Reversal

LEVEL = 0.03
"""Default level: recordings with a smaller p-value get no answer."""

LIMIT = 5.0
"""Standard deviations at which features are clipped; also the value of one that is undefined, against expectation."""

FAR = 5.0
"""Distance, as a multiple of the median of the training utterances, from which a sound is taken for no speech at all.
With `wide`, 95 % of the recordings of four other corpora lie below 4.4 times that of the first, and those of rain,
engines and typing mostly above."""

Matrix = NDArray[np.float64]
Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Space:
    """Mean, spread and leading components of the training recordings.

    Attributes
    ----------
    centre, scale : NDArray of float32 [shape=(n_features,)]
    defined : NDArray of bool [shape=(n_features,)]
        features that are defined for nearly all training recordings
    components : NDArray of float32 [shape=(n_components, n_features)]
        orthonormal
    variances : NDArray of float32 [shape=(n_components,)]
        of the components
    rest : float
        mean variance, added to each component's and used for all other directions
    """

    centre: Vector
    scale: Vector
    defined: NDArray[np.bool_]
    components: Vector
    variances: Vector
    rest: float

    def standardise(self, features: Matrix) -> Matrix:
        """Return standardised features within plus and minus `LIMIT`; an undefined one is 0 if that is usual."""
        scaled = np.clip((features - self.centre) / self.scale, -LIMIT, LIMIT)
        return np.where(np.isnan(scaled), np.where(self.defined, LIMIT, 0.0), scaled)

    def distances(self, features: Matrix) -> NDArray[np.float64]:
        """Return squared distances from the training recordings, shape ``(n_recordings,)``."""
        scaled = self.standardise(features)
        projected = scaled @ self.components.T.astype(np.float64)
        inside = np.square(projected)
        outside = np.square(scaled).sum(axis=1) - inside.sum(axis=1)
        distances: NDArray[np.float64] = (inside / (self.variances + self.rest)).sum(axis=1) + outside / self.rest
        return distances


@dataclass(frozen=True)
class TimeDirection:
    """Linear discriminant of speech from reversed speech.

    Attributes
    ----------
    reversal : Reversal
    scale, weights : NDArray of float32 [shape=(n_changed,)]
        of the asymmetries
    """

    reversal: Reversal
    scale: Vector
    weights: Vector

    def scores(self, features: Matrix) -> NDArray[np.float64]:
        """Return the discriminant of each recording; it is negative for reversed speech."""
        asymmetry = self.reversal.asymmetry(features) / self.scale
        scores: NDArray[np.float64] = np.nan_to_num(np.clip(asymmetry, -3, 3)) @ self.weights.astype(np.float64)
        return scores


@dataclass(frozen=True)
class Guard:
    """Test of whether recordings are like the training recordings.

    Attributes
    ----------
    space : Space
        of the training recordings
    direction : TimeDirection
        of speech; without weights where features are normalised by speaker, which removes the direction
    distances, directions : NDArray of float64 [shape=(n_utterances, 2)]
        measures of the training utterances by guards that did not learn from their speakers, in ascending order,
        each with the weight of all that follow and its own
    """

    space: Space
    direction: TimeDirection
    distances: NDArray[np.float64]
    directions: NDArray[np.float64]

    def p_values(self, features: Matrix) -> NDArray[np.float64]:
        """Return how usual recordings are among the training recordings.

        Parameters
        ----------
        features : Matrix [shape=(n_recordings, n_features)]
            normalised as those that the guard learnt from

        Returns
        -------
        NDArray [shape=(n_recordings,)]
            p-values above 0 up to 1; a value below 0.03 occurs for about 3 % of utterances of unseen speakers that
            were recorded like the training speakers
        """
        far = upper_tail(self.distances, self.space.distances(features))
        if not len(self.direction.weights):
            return far
        backwards = upper_tail(self.directions, -self.direction.scores(features))
        return np.minimum(1.0, 2 * np.minimum(far, backwards))

    def far(self, features: Matrix) -> NDArray[np.bool_]:
        """Whether recordings are much further away than any speech of other voices and languages was in tests.

        Parameters
        ----------
        features : Matrix [shape=(n_recordings, n_features)]
            normalised as those that the guard learnt from

        Returns
        -------
        NDArray of bool [shape=(n_recordings,)]
            distances above `FAR` times the median of the training utterances
        """
        far: NDArray[np.bool_] = self.space.distances(features) > FAR * np.median(self.distances[:, 0])
        return far


def upper_tail(calibration: NDArray[np.float64], measures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return conformal p-values of measures.

    Parameters
    ----------
    calibration : NDArray [shape=(n_utterances, 2)]
        as in `Guard`
    measures : NDArray [shape=(n_recordings,)]

    Returns
    -------
    NDArray [shape=(n_recordings,)]
        weighted share of calibration measures that are as large, above 0
    """
    n = len(calibration)
    first = np.searchsorted(calibration[:, 0], measures, side="left")
    shares: NDArray[np.float64] = (np.append(calibration[:, 1], 0.0)[first] * n + 1) / (n + 1)
    return shares
