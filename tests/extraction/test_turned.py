"""Columns of a matrix that came in rows are those of the matrix, and take no memory that is asked back."""

import errno
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from featser.turned import turned


def blocks_of(matrix, n):
    return (matrix[start : start + n] for start in range(0, len(matrix), n))


@pytest.mark.parametrize("n", [1, 3, 7, 100])
@pytest.mark.parametrize("shape", [(1, 1), (7, 1), (1, 130), (50, 129)])
def test_columns_are_those_of_the_matrix(tmp_path, shape, n):
    matrix = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    with turned(blocks_of(matrix, n), *shape, tmp_path) as (columns, forget):
        for _ in range(2):
            assert [column.to_pylist() for column in columns] == matrix.T.tolist()
            forget()
    assert list(tmp_path.iterdir()) == []


def test_columns_outlive_their_file(tmp_path):
    matrix = np.arange(6, dtype=np.float32).reshape(3, 2)
    with turned(blocks_of(matrix, 2), 3, 2, tmp_path) as (columns, _):
        pass
    assert columns[1].to_pylist() == [1, 3, 5]


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="no account of memory")
def test_what_was_looked_at_is_given_back(tmp_path):
    """Eight megabytes."""
    n_rows, n_columns = 1 << 16, 32

    def resident():
        lines = Path("/proc/self/smaps").read_text().splitlines()
        at = next(number for number, line in enumerate(lines) if str(tmp_path) in line)
        return next(int(line.split()[1]) for line in lines[at:] if line.startswith("Rss:"))

    with turned([np.ones((n_rows, n_columns), np.float32)], n_rows, n_columns, tmp_path) as (columns, forget):
        assert sum(int(column.sum().as_py()) for column in columns) == n_rows * n_columns
        assert resident() > 7_000
        forget()
        assert resident() < 500


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no account of memory")
def test_nothing_is_left_of_a_file_that_nobody_looks_at(tmp_path):
    with turned([np.ones((4, 4), np.float32)], 4, 4, tmp_path) as (columns, forget):
        assert str(tmp_path) in Path("/proc/self/maps").read_text()
    del columns, forget
    assert str(tmp_path) not in Path("/proc/self/maps").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="no limits to the size of files")
def test_error_says_where_there_is_no_room(tmp_path):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with (
            pytest.raises(OSError, match=os.strerror(errno.EFBIG)) as raised,
            turned([np.ones((1000, 100), np.float32)], 1000, 100, tmp_path),
        ):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert raised.value.filename == str(tmp_path)
