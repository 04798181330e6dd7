"""A matrix that comes by rows and leaves by columns: it lies on disk, and only the part in hand is in memory."""

import mmap
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from types import TracebackType

    import pyarrow as pa

_BYTES = np.dtype(np.float32).itemsize

_TURNED = 64
"""Columns of which a copy is made at once: each cache line of theirs is read but once or twice."""


class Transposed:
    """Single-precision numbers in a file without a name, which is gone when it is closed or the process ends.

    Parameters
    ----------
    n_rows, n_columns : int
        of the whole matrix
    folder : Path
        where the file lies; it takes four bytes for each number

    Examples
    --------
    >>> with Transposed(3, 2, Path()) as matrix:
    ...     matrix.put(0, np.array([[1, 10]], np.float32))
    ...     matrix.put(1, np.array([[2, 20], [3, 30]], np.float32))
    ...     [column.to_pylist() for column in matrix.columns()]
    [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]
    """

    def __init__(self, n_rows: int, n_columns: int, folder: Path):
        self._n_rows, self._n_columns = n_rows, n_columns
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._view: mmap.mmap | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self._file.close()

    def put(self, start: int, rows: NDArray[np.float32]) -> None:
        """Write some rows, shape ``(n, n_columns)``, of which ``start`` is the first."""
        for first in range(0, self._n_columns, _TURNED):
            for column, values in enumerate(np.ascontiguousarray(rows[:, first : first + _TURNED].T), first):
                self._file.seek((column * self._n_rows + start) * _BYTES)
                self._file.write(values)

    def columns(self) -> "list[pa.Array]":
        """Return all columns, which are read from the file when they are looked at."""
        import pyarrow as pa

        self._file.flush()
        self._view = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        whole, length = pa.py_buffer(self._view), self._n_rows * _BYTES
        buffers = (whole.slice(column * length, length) for column in range(self._n_columns))
        return [pa.Array.from_buffers(pa.float32(), self._n_rows, [None, each]) for each in buffers]

    def forget(self) -> None:
        """Give back the memory of what has been looked at, where the system lets us; it is read again if need be."""
        if self._view is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._view.madvise(mmap.MADV_DONTNEED)
