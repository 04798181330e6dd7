"""Manifests -> recordings: what is known of each, where it lies, and the digest of what it holds."""

import heapq
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat

import numpy as np
from numpy.typing import NDArray

from featser.cache import Cache
from featser.corpora import Manifest, Utterance, Utterances
from featser.errors import UsageError, listed
from featser.index import remembered_digests
from featser.shards import Digests
from featser.workers import Task

_UNREADABLE = "~"
"""Begins what stands for the digest of a file that cannot be read; no digest comes after it."""


@dataclass(frozen=True)
class Recordings:
    """All recordings of some manifests, in the order of the ids of their utterances.

    Attributes
    ----------
    utterances : sequence of Utterance
    roots : tuple of str
        folders that their paths go out from
    root : NDArray of int [shape=(n_recordings,)]
        which of them
    contents : Digests [shape=(n_contents,)]
        what they hold: sorted, each once. Two recordings may hold the same; what cannot be read holds something of
        its own.
    content : NDArray of int [shape=(n_recordings,)]
        which of them
    """

    utterances: Sequence[Utterance]
    roots: tuple[str, ...]
    root: NDArray[np.int32]
    contents: Digests
    content: NDArray[np.int32]

    def file(self, number: int) -> str:
        """Where a recording lies; put together when it is asked for, because there may be a hundred thousand."""
        return _file(self.utterances[number], self.roots[self.root[number]])

    def firsts(self, contents: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the first recording that holds each of some contents, in the order of the recordings."""
        first = np.unique(self.content, return_index=True)[1]
        return np.sort(first[contents])

    def is_readable(self, number: int) -> bool:
        """Whether a recording could be read when its digest was made."""
        return not bytes(self.contents[self.content[number]]).startswith(_UNREADABLE.encode())


def find_recordings(manifests: Sequence[Manifest], cache: Cache, task: Task, jobs: int | None) -> Recordings:
    """All recordings of some manifests; ``task`` and ``jobs`` are as for `featser.index.remembered_digests`.

    Raises
    ------
    UsageError
        two utterances have one id
    """
    roots = tuple(os.path.join(manifest.root, "") for manifest in manifests)  # noqa: PTH118
    utterances, root = _merged(manifests)
    _check_once(utterances)
    files = [_file(each, roots[number]) for each, number in zip(utterances, root, strict=True)]
    names = remembered_digests(cache, files, task, jobs)
    unreadable = np.flatnonzero(names == b"")
    names[unreadable] = [f"{_UNREADABLE}{number}".encode() for number in unreadable]
    contents, content = np.unique(names, return_inverse=True)
    return Recordings(utterances, roots, root, contents, content.astype(np.int32))


def _merged(manifests: Sequence[Manifest]) -> tuple[Sequence[Utterance], NDArray[np.int32]]:
    """Utterances in the order of their ids, and the number of the manifest that each comes from."""
    if len(manifests) == 1:
        return manifests[0].utterances, np.zeros(len(manifests[0].utterances), np.int32)
    numbered = (zip(manifest.utterances, repeat(number)) for number, manifest in enumerate(manifests))
    numbers: list[int] = []

    def merged() -> Iterator[Utterance]:
        for utterance, number in heapq.merge(*numbered, key=lambda each: each[0].utterance):
            numbers.append(number)
            yield utterance

    return Utterances(merged()), np.array(numbers, np.int32)


def _check_once(utterances: Iterable[Utterance]) -> None:
    twice = {one.utterance for one, other in pairwise(utterances) if one.utterance == other.utterance}
    if twice:
        raise UsageError(f"{len(twice)} utterances appear twice: {listed(sorted(twice), 3)}. Name each folder once.")


def _file(utterance: Utterance, root: str) -> str:
    return utterance.path if os.path.isabs(utterance.path) else root + utterance.path  # noqa: PTH117
