"""Utterances: what is known of labelled recordings, few or hundreds of thousands."""

import pickle
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import eq
from typing import NamedTuple, overload

_BLOCK = 256
"""Utterances that are packed together: enough for what they share to be there once."""


class Utterance(NamedTuple):
    """One labelled recording; None stands for "not known"."""

    utterance: str
    """``<corpus>/<stem>``, unique in its manifest"""
    path: str
    """POSIX path relative to the manifest's root"""
    corpus: str
    speaker: str | None
    """``<corpus>/<id>``, so that two corpora never share a speaker by accident"""
    emotion: str
    """word of the vocabulary, or the user's own label"""
    native_label: str
    """the label as the corpus itself spells it"""
    sex: str | None = None
    """female or male"""
    age: float | None = None
    """years"""
    language: str | None = None
    """ISO 639-1 code"""
    text: str | None = None
    """code of the sentence: equal codes, equal words"""
    intensity: str | None = None
    take: str | None = None
    channel: str | None = None
    """speech or song"""
    derived_from: str | None = None
    """utterance that this one is a changed copy of: the two belong on the same side of every split"""


class Utterances(Sequence[Utterance]):
    """A sequence of utterances that takes a fifth of the memory of a tuple: each block is unpacked when looked at.

    >>> one = Utterance("mine/a", "a.wav", "mine", None, "joy", "joy")
    >>> utterances = Utterances([one, one._replace(utterance="mine/b", path="b.wav")])
    >>> utterances[1].path, len(utterances), one in utterances
    ('b.wav', 2, True)
    """

    def __init__(self, utterances: Iterable[Utterance] = ()):
        left, self._length = iter(utterances), 0
        self._blocks: list[bytes] = []
        self._open: tuple[int, list[Utterance]] = (-1, [])
        while block := [tuple(each) for each in islice(left, _BLOCK)]:
            self._blocks.append(pickle.dumps(block))
            self._length += len(block)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, which: int) -> Utterance: ...
    @overload
    def __getitem__(self, which: slice) -> "Utterances": ...
    def __getitem__(self, which: int | slice) -> "Utterance | Utterances":
        places = range(self._length)[which]
        if isinstance(places, range):
            return self if len(places) == self._length and places.step == 1 else Utterances(map(self._at, places))
        return self._at(places)

    def __iter__(self) -> Iterator[Utterance]:
        return (each for block in range(len(self._blocks)) for each in self._unpacked(block))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Utterances) and len(self) == len(other) and all(map(eq, self, other))

    def __hash__(self) -> int:
        return hash(self._length)

    def _at(self, place: int) -> Utterance:
        block, within = divmod(place, _BLOCK)
        number, unpacked = self._open
        if number != block:
            unpacked = self._unpacked(block)
            self._open = (block, unpacked)  # as one, for another thread may look
        return unpacked[within]

    def _unpacked(self, block: int) -> list[Utterance]:
        return list(map(Utterance._make, pickle.loads(self._blocks[block])))
