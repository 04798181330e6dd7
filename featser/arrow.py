"""Arrow columns from plain values, by their buffers.

``pyarrow.array`` imports pandas to ask whether it was given a Series; a command that reads its rows from the cache
would spend half of its time on that.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


def number_column(values: NDArray[Any] | Sequence[float | None]) -> "pa.Array":
    """Column of a vector of floats, of its own precision; None in a list of numbers becomes null.

    >>> number_column([1.5, None]).to_pylist()
    [1.5, None]
    """
    import pyarrow as pa

    if isinstance(values, np.ndarray):
        held = np.ascontiguousarray(values)
        return pa.Array.from_buffers(pa.from_numpy_dtype(held.dtype), len(held), [None, pa.py_buffer(held)])
    held = np.array([0.0 if value is None else value for value in values], dtype=np.float64)
    return pa.Array.from_buffers(pa.float64(), len(held), [_validity(values), pa.py_buffer(held)])


def text_column(values: Sequence[str | None]) -> "pa.Array":
    """Column of strings; None becomes null.

    >>> text_column(["Zürich", None, ""]).to_pylist()
    ['Zürich', None, '']
    """
    import pyarrow as pa

    encoded = [(value or "").encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    buffers = [_validity(values), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def _validity(values: Sequence[object]) -> "pa.Buffer | None":
    """Bitmap of the values that are there; None where all are."""
    import pyarrow as pa

    there = np.array([value is not None for value in values], dtype=bool)
    return None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little").tobytes())
