"""A packed sequence of utterances is like a tuple of them."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featser.corpora import Manifest, Utterance, Utterances

words = st.text(max_size=3)
maybe = st.none() | words
utterance_lists = st.lists(
    st.builds(Utterance, words, words, words, maybe, words, words, age=st.none() | st.floats(allow_nan=False)),
    max_size=5,
)


def numbered(n):
    return [Utterance(f"mine/{number:04}", f"{number}.wav", "mine", None, "joy", "joy") for number in range(n)]


@given(utterance_lists)
def test_they_come_back_as_they_were(given_ones):
    packed = Utterances(given_ones)
    assert list(packed) == given_ones
    assert [packed[at] for at in range(len(packed))] == given_ones
    assert all(isinstance(each, Utterance) for each in packed)
    assert packed == Utterances(given_ones) == pickle.loads(pickle.dumps(packed))
    assert hash(packed) == hash(Utterances(given_ones))


@pytest.mark.parametrize("n", [0, 1, 255, 256, 257, 600])
def test_any_number_of_blocks(n):
    plain = numbered(n)
    packed = Utterances(iter(plain))
    assert len(packed) == n
    assert list(packed) == plain
    assert list(reversed(packed)) == plain[::-1]


@pytest.mark.parametrize("which", [slice(None), slice(3), slice(250, 260), slice(599, 0, -150), slice(700, None)])
def test_slices_are_sequences_too(which):
    packed = Utterances(numbered(600))
    assert isinstance(packed[which], Utterances)
    assert list(packed[which]) == numbered(600)[which]


def test_places_count_from_both_ends():
    packed = Utterances(numbered(600))
    assert packed[-1] == packed[599] == numbered(600)[-1]
    for beyond in (600, -601):
        with pytest.raises(IndexError):
            packed[beyond]


def test_others_are_not_equal():
    packed = Utterances(numbered(3))
    assert packed != Utterances(numbered(2))
    assert packed != Utterances(numbered(4)[1:])
    assert packed != tuple(numbered(3))


@pytest.mark.parametrize("kind", [tuple, list, Utterances])
def test_a_manifest_puts_them_in_order(tmp_path, kind):
    manifest = Manifest("mine", tmp_path, kind(numbered(9)[::-1]), ())
    assert manifest.utterances == Utterances(numbered(9))


def test_they_take_little_memory():
    """A hundred bytes each; as tuples of text they take four hundred."""
    packed = Utterances(numbered(10_000))
    assert sum(map(len, packed._blocks)) < 100 * len(packed)
