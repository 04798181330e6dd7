"""Columns made from buffers are the columns that pyarrow makes."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from featser.arrow import Numbers, Texts, number_column

NUMBERS = st.floats(allow_nan=False)


def text_column(values, size=3):
    """Column of strings that are added a few at a time."""
    return _made(Texts(), values, size)


def numbers_column(values, size=3):
    return _made(Numbers(), values, size)


def _made(made, values, size):
    for start in range(0, len(values), size):
        made.extend(values[start : start + size])
    return made.column()


@settings(deadline=None)
@given(values=st.lists(st.none() | st.text()))
def test_text_column_equals_that_of_pyarrow(values):
    column = text_column(values)
    column.validate(full=True)
    assert column.equals(pa.array(values, pa.string()))
    assert column.null_count == values.count(None)


@settings(deadline=None)
@given(values=st.lists(st.none() | NUMBERS))
def test_number_column_equals_that_of_pyarrow(values):
    column = numbers_column(values)
    column.validate(full=True)
    assert column.equals(pa.array(values, pa.float64()))


@settings(deadline=None)
@given(values=hnp.arrays(st.sampled_from([np.float32, np.float64]), st.integers(0, 50), elements={"allow_nan": False}))
def test_vector_keeps_its_precision(values):
    column = number_column(values)
    column.validate(full=True)
    assert column.equals(pa.array(values))
    assert column.null_count == 0


def test_undefined_number_is_no_missing_one():
    column = number_column(np.array([1, np.nan], np.float32))
    assert column.null_count == 0
    assert np.isnan(column[1].as_py())


@pytest.mark.parametrize("values", [["Zürich", None, ""], ["怒り", "🙂", "e\u0301", "\0", '"\n,'], [None], []])
def test_texts_of_any_script_come_back(values):
    assert text_column(values).to_pylist() == values


@pytest.mark.parametrize("n", [1, 7, 8, 9, 17])
def test_missing_values_are_found_across_bytes(n):
    texts = ["" if i % 3 else None for i in range(n)]
    numbers = [0.0 if i % 3 else None for i in range(n)]
    assert text_column(texts).to_pylist() == texts
    assert numbers_column(numbers).to_pylist() == numbers


def test_column_of_a_matrix_is_that_column():
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert number_column(matrix.T[1]).to_pylist() == [1, 4]


def test_columns_outlive_what_they_were_made_from():
    values = np.arange(100_000, dtype=np.float64)
    column = number_column(values)
    total = values.sum()
    del values
    np.empty(100_000).fill(-1)
    assert column.to_numpy().sum() == total


def test_columns_need_no_pandas():
    script = """
import sys
import numpy as np
from featser.arrow import Numbers, Texts, number_column
for column, values in ((Texts(), ["a", None]), (Numbers(), [1.0, None])):
    column.extend(values)
    column.column()
number_column(np.ones(2))
sys.exit("pandas" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
