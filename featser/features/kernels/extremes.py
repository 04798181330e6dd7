"""Means of the few largest and smallest entries of each column: what spectral contrast reads of a band."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def extremes(rows: Array, n_kept: int) -> tuple[Array, Array]:
    """Sorted largest and smallest entries of each column.

    Parameters
    ----------
    rows : Array [shape=(n_rows, n_columns)]
        contiguous in the columns

    Returns
    -------
    tuple of Array [shape=(n_kept, n_columns)]
        the largest, in descending order, and the smallest, in ascending order
    """
    largest = np.full((n_kept, rows.shape[1]), -np.inf, dtype=np.float32)
    smallest = np.full((n_kept, rows.shape[1]), np.inf, dtype=np.float32)
    _insert(rows, largest, smallest)
    return largest, smallest


def extremes_plain(rows: Array, n_kept: int) -> tuple[Array, Array]:
    """Return the same by sorting whole columns."""
    ordered = np.sort(rows, axis=0)
    return ordered[::-1][:n_kept], ordered[:n_kept]


@numba.njit(nogil=True, cache=True)
def _insert(rows: Any, largest: Any, smallest: Any) -> None:
    """Pass each row down a chain of comparisons; columns are independent, so the loop over them vectorises."""
    n_rows, n_columns = rows.shape
    up, down = np.empty(n_columns, np.float32), np.empty(n_columns, np.float32)
    for row in range(n_rows):
        entering = rows[row]
        for column in range(n_columns):
            up[column] = entering[column]
            down[column] = entering[column]
        for place in range(len(largest)):
            high, low = largest[place], smallest[place]
            for column in range(n_columns):
                kept = max(high[column], up[column])
                up[column] = min(high[column], up[column])
                high[column] = kept
            for column in range(n_columns):
                kept = min(low[column], down[column])
                down[column] = max(low[column], down[column])
                low[column] = kept
