"""Where rows lie, by arrays."""

from pathlib import Path

import numpy as np
import pytest

from featser.places import Places

FIRST, SECOND = Path("first"), Path("second")


@pytest.fixture
def places():
    """Five rows: two in each file, one nowhere."""
    made = Places.nowhere(5)
    made.put(np.array([3, 0]), FIRST, np.array([40, 20]), np.array([1.0, 2.0]))
    made.put(np.array([1, 4]), SECOND, np.array([60, 20]), np.array([3.0, 4.0]))
    return made


def told(places):
    """Each file with its rows and their first bytes."""
    return [(path, rows.tolist(), offsets.tolist()) for path, rows, offsets in places.by_shard()]


def test_what_was_never_put_anywhere_is_not_held(places):
    assert places.held.tolist() == [True, True, False, True, True]
    assert not Places.nowhere(3).held.any()


def test_rows_come_by_file_in_the_order_of_their_bytes(places):
    assert told(places[places.held]) == [(FIRST, [0, 2], [20, 40]), (SECOND, [3, 1], [20, 60])]
    assert told(places[:0]) == []


def test_what_is_put_again_lies_there_alone(places):
    places.put(np.array([0, 3]), SECOND, np.array([80, 90]), np.array([5.0, 6.0]))
    assert places.shards_in_use == [SECOND]
    assert places.seconds.tolist() == [5, 3, 0, 6, 4]


def test_only_files_of_these_rows_are_in_use(places):
    assert places.shards_in_use == [FIRST, SECOND]
    assert places[1:3].shards_in_use == [SECOND]
    assert places[2:3].shards_in_use == []


@pytest.mark.parametrize(
    ("shards", "held"), [((), [0, 1, 3, 4]), ((FIRST,), [1, 4]), ((SECOND,), [0, 3]), ((FIRST, SECOND), [])]
)
def test_without_a_file_its_rows_are_nowhere(places, shards, held):
    left = places.without(shards)
    assert np.flatnonzero(left.held).tolist() == held
    left.put(np.arange(5), FIRST, np.zeros(5, int), np.zeros(5))
    assert told(places[places.held]) == [(FIRST, [0, 2], [20, 40]), (SECOND, [3, 1], [20, 60])]


def test_parts_are_joined_one_after_the_other(places):
    other = Places.nowhere(2)
    other.put(np.array([1]), FIRST, np.array([7]), np.array([9.0]))
    joined = Places.joined([places, Places.nowhere(1), other])
    assert joined.held.tolist() == [*places.held.tolist(), False, False, True]
    assert joined[np.array([0, 7])].seconds.tolist() == [2.0, 9.0]
    assert told(joined[np.array([7, 4])]) == [(SECOND, [1], [20]), (FIRST, [0], [7])]
    assert [joined.shards[number] for number in joined.shard[[0, 4, 7]]] == [FIRST, SECOND, FIRST]


def test_what_is_nowhere_is_not_read(places):
    with pytest.raises(ValueError, match="nowhere"):
        told(places)
