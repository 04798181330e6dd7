"""Manifests -> recordings: what is known of each, where it lies, and the digest of what it holds."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featser.cache import Cache
from featser.corpora import Manifest, Utterance
from featser.errors import UsageError, listed
from featser.index import remembered_digests
from featser.shards import Digests, as_digests
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
    counts = Counter(each.utterance for manifest in manifests for each in manifest.utterances)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        raise UsageError(f"{len(twice)} utterances appear twice: {listed(twice, 3)}. Name each folder once.")
    roots = tuple(os.path.join(manifest.root, "") for manifest in manifests)  # noqa: PTH118
    rooted = [(each, root) for root, manifest in enumerate(manifests) for each in manifest.utterances]
    rooted.sort(key=lambda each: each[0].utterance)
    files = [_file(utterance, roots[root]) for utterance, root in rooted]
    digests = remembered_digests(cache, files, task, jobs)
    names = as_digests([digests.get(file) or f"{_UNREADABLE}{number}" for number, file in enumerate(files)])
    contents, content = np.unique(names, return_inverse=True)
    return Recordings(
        utterances=tuple(utterance for utterance, _ in rooted),
        roots=roots,
        root=np.array([root for _, root in rooted], np.int32),
        contents=contents,
        content=content.astype(np.int32),
    )


def _file(utterance: Utterance, root: str) -> str:
    return utterance.path if os.path.isabs(utterance.path) else root + utterance.path  # noqa: PTH117
