"""Arrow columns from plain values, by their buffers.

``pyarrow.array`` imports pandas to ask whether it was given a Series; a command that reads its rows from the cache
would spend half of its time on that.
"""

from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


def number_column(values: NDArray[Any]) -> "pa.Array":
    """Column of a vector of floats, of its own precision.

    >>> number_column(np.array([1.5, 2.0])).to_pylist()
    [1.5, 2.0]
    """
    import pyarrow as pa

    held = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.from_numpy_dtype(held.dtype), len(held), [None, pa.py_buffer(held)])


class Numbers:
    """A column of numbers in the making; None becomes null.

    >>> ages = Numbers()
    >>> ages.extend([31.0, None])
    >>> ages.column().to_pylist()
    [31.0, None]
    """

    def __init__(self) -> None:
        self._values = array("d")
        self._there = bytearray()

    def extend(self, values: Sequence[float | None]) -> None:
        """Add some numbers."""
        self._values.extend(0.0 if value is None else value for value in values)
        self._there += _there(values)

    def column(self) -> "pa.Array":
        """Return the column, after which nothing is added."""
        import pyarrow as pa

        buffers = [_validity(self._there), pa.py_buffer(self._values)]
        return pa.Array.from_buffers(pa.float64(), len(self._there), buffers)


class Texts:
    """A column of strings in the making; None becomes null.

    >>> places = Texts()
    >>> places.extend(["Zürich", None, ""])
    >>> places.column().to_pylist()
    ['Zürich', None, '']
    """

    def __init__(self) -> None:
        self._text = bytearray()
        self._ends = array("i", [0])
        self._there = bytearray()

    def extend(self, values: Sequence[str | None]) -> None:
        """Add some strings."""
        encoded = [(value or "").encode() for value in values]
        self._text += b"".join(encoded)
        self._ends.extend(accumulate(map(len, encoded), initial=self._ends.pop()))
        self._there += _there(values)

    def column(self) -> "pa.Array":
        """Return the column, after which nothing is added."""
        import pyarrow as pa

        buffers = [_validity(self._there), pa.py_buffer(self._ends), pa.py_buffer(self._text)]
        return pa.Array.from_buffers(pa.string(), len(self._there), buffers)


def _there(values: Sequence[object]) -> bytes:
    """One byte for each value: whether it is there."""
    return bytes(value is not None for value in values)


def _validity(there: bytearray) -> "pa.Buffer | None":
    """Bitmap of the values that are there; None where all are."""
    import pyarrow as pa

    bits = np.frombuffer(there, bool)
    return None if bits.all() else pa.py_buffer(np.packbits(bits, bitorder="little").tobytes())
