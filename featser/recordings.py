"""Manifests -> recordings: what is known of each, where it lies, and the digest of what it holds."""

import os
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from featser.cache import Cache
from featser.corpora import Manifest, Utterance
from featser.errors import UsageError, listed
from featser.index import remembered_digests
from featser.workers import Task


class Recording(NamedTuple):
    """An utterance, the folder that its path goes out from, and its name in the cache.

    That is its content digest, or the path of what cannot be read.
    """

    utterance: Utterance
    root: str
    name: str

    @property
    def file(self) -> str:
        """Where it lies; put together when it is asked for, because there may be a hundred thousand."""
        return _file(self.utterance, self.root)


def find_recordings(manifests: Sequence[Manifest], cache: Cache, task: Task, jobs: int | None) -> tuple[Recording, ...]:
    """All recordings of some manifests, in the order of the ids of their utterances.

    ``task`` and ``jobs`` are as for `featser.index.remembered_digests`.

    Raises
    ------
    UsageError
        two utterances have one id
    """
    counts = Counter(each.utterance for manifest in manifests for each in manifest.utterances)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        raise UsageError(f"{len(twice)} utterances appear twice: {listed(twice, 3)}. Name each folder once.")
    roots = [os.path.join(manifest.root, "") for manifest in manifests]  # noqa: PTH118
    rooted = [(each, root) for manifest, root in zip(manifests, roots, strict=True) for each in manifest.utterances]
    rooted.sort(key=lambda each: each[0].utterance)
    files = [_file(utterance, root) for utterance, root in rooted]
    digests = remembered_digests(cache, files, task, jobs)
    return tuple(
        Recording(utterance, root, digests.get(file, file))
        for (utterance, root), file in zip(rooted, files, strict=True)
    )


def _file(utterance: Utterance, root: str) -> str:
    return utterance.path if os.path.isabs(utterance.path) else root + utterance.path  # noqa: PTH117
