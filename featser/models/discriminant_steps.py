"""Discriminant analysis of large tables: its linear system is factorised in single precision and refined in double."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import spotrf, spotrs

Matrix = NDArray[np.float64]

_ROWS_AT_A_TIME = 64

_CONVERGED, _MAX_STEPS = 1e-13, 15
"""Relative size of the last step, and the largest number of steps."""


@dataclass(frozen=True, eq=False)
class Deviations:
    """Weighted deviations of utterances from the means of their classes, which are not stored in double precision.

    Attributes
    ----------
    X : Matrix [shape=(n_utterances, n_features)]
    codes : NDArray of int [shape=(n_utterances,)]
        class of each utterance
    centre : Matrix [shape=(n_features,)]
        mean of all utterances
    means : Matrix [shape=(n_classes, n_features)]
        means of the classes, relative to the centre
    weights : Matrix [shape=(n_utterances, 1)]
        factor of each row, by which all classes have the same weight
    """

    X: Matrix
    codes: NDArray[np.int64]
    centre: Matrix
    means: Matrix
    weights: Matrix

    @classmethod
    def of(cls, X: Matrix, codes: NDArray[np.int64]) -> Self:
        """Estimate the means."""
        counts = np.bincount(codes)
        centre = X.mean(axis=0)
        means = (np.eye(len(counts))[codes].T @ X) / counts[:, None] - centre
        return cls(X, codes, centre, means, 1 / np.sqrt(len(counts) * counts)[codes, None])

    def times(self, columns: Matrix) -> Matrix:
        """Deviations times columns, shape ``(n_utterances, n_columns)``."""
        return self.weights * (self.X @ columns - self.centre @ columns - (self.means @ columns)[self.codes])

    def transposed_times(self, columns: Matrix) -> Matrix:
        """Transposed deviations times columns, shape ``(n_features, n_columns)``."""
        weighted = self.weights * columns
        by_class = np.eye(len(self.means))[self.codes].T @ weighted
        return self.X.T @ weighted - (self.centre + self.means).T @ by_class

    def in_single_precision(self) -> tuple[NDArray[np.float32], float]:
        """Return the deviations, and the sum of their squares in double precision."""
        single, total = np.empty(self.X.shape, dtype=np.float32), 0.0
        for start in range(0, len(single), _ROWS_AT_A_TIME):
            rows = slice(start, start + _ROWS_AT_A_TIME)
            block = self.weights[rows] * (self.X[rows] - (self.centre + self.means[self.codes[rows]]))
            single[rows] = block
            total += float(np.vdot(block, block))
        return single, total


def weights_in_steps(X: Matrix, codes: NDArray[np.int64], shrinkage: float) -> tuple[Matrix, Matrix] | None:
    """Return the class means and the inverse of the shrunk covariance times these means.

    The smaller Gram matrix is formed and factorised in single precision, which takes half the time and a quarter of the
    memory. Its solution is corrected by residuals in double precision until the steps are rounding errors.

    Parameters
    ----------
    X : Matrix [shape=(n_utterances, n_features)]
    codes : NDArray of int [shape=(n_utterances,)]
        class of each utterance, from 0
    shrinkage : float
        weight of the identity in the covariance, above 0 up to 1

    Returns
    -------
    means : Matrix [shape=(n_classes, n_features)]
        relative to the mean of all utterances
    weights : Matrix [shape=(n_classes, n_features)]
        None in place of both if the steps do not converge, because the shrinkage is too small

    References
    ----------
    Higham, Accuracy and stability of numerical algorithms, 2002, sec. 12.
    """
    deviations = Deviations.of(X, codes)
    n_utterances, n_features = X.shape
    single, squares = deviations.in_single_precision()
    own, common = 1 - shrinkage, shrinkage * (squares / min(n_utterances - 1, n_features) or 1.0)
    wide = n_features > n_utterances
    gram = single @ single.T if wide else single.T @ single
    del single
    gram *= np.float32(own)
    gram[np.diag_indices_from(gram)] += np.float32(common)
    inner, outer = deviations.transposed_times, deviations.times
    if not wide:
        inner, outer = outer, inner
    means = deviations.means
    target = own * deviations.times(means.T) if wide else means.T
    factor, failed = spotrf(gram.T, lower=1, overwrite_a=1, clean=0)
    solution, residual = np.zeros_like(target), target
    for _ in range(0 if failed else _MAX_STEPS):
        step = spotrs(factor, residual.astype(np.float32), lower=1)[0]
        solution = solution + step
        if np.linalg.norm(step) <= _CONVERGED * np.linalg.norm(solution):
            return means, ((means - deviations.transposed_times(solution).T) / common if wide else solution.T)
        residual = target - own * outer(inner(solution)) - common * solution
    return None
