"""Rows in, columns out, by way of the disk: of a matrix of any size only the part in hand is in memory."""

import mmap
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featser.atomic import named

if TYPE_CHECKING:
    import pyarrow as pa

_BYTES = np.dtype(np.float32).itemsize

_TURNED = 64
"""Columns that are copied at once: few, for the sake of memory, and enough for each cache line to be read but once."""


@contextmanager
def turned(
    blocks: Iterable[NDArray[np.float32]], n_rows: int, n_columns: int, folder: Path
) -> "Iterator[tuple[list[pa.Array], Callable[[], None]]]":
    """Columns of a matrix that comes in blocks of rows, and how to give back the memory of those that were looked at.

    The columns lie in a temporary file, are read when they are looked at, and take its disk until nobody holds them.

    Parameters
    ----------
    blocks : iterable of ndarray [shape=(n, n_columns)]
        rows, from the first to the last
    n_rows, n_columns : int
        of the whole matrix, neither of them 0
    folder : Path
        where the file lies; it takes four bytes for each number

    Raises
    ------
    OSError
        there is no room for it, for example; it names the folder

    Examples
    --------
    >>> blocks = [np.array([[1, 10]], np.float32), np.array([[2, 20], [3, 30]], np.float32)]
    >>> with turned(blocks, 3, 2, Path()) as (columns, forget):
    ...     [column.to_pylist() for column in columns]
    [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]
    """
    import pyarrow as pa

    with named(folder), tempfile.TemporaryFile(dir=folder) as file:
        start = 0
        for rows in blocks:
            for first in range(0, n_columns, _TURNED):
                for column, values in enumerate(np.ascontiguousarray(rows[:, first : first + _TURNED].T), first):
                    file.seek((column * n_rows + start) * _BYTES)
                    file.write(values)
            start += len(rows)
            del rows  # before the next ones are made, or there are two blocks in memory
        file.flush()
        view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    whole, length = pa.py_buffer(view), n_rows * _BYTES
    slices = (whole.slice(column * length, length) for column in range(n_columns))

    def forget() -> None:
        if hasattr(mmap, "MADV_DONTNEED"):
            view.madvise(mmap.MADV_DONTNEED)

    yield [pa.Array.from_buffers(pa.float32(), n_rows, [None, each]) for each in slices], forget
