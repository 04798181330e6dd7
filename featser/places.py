"""Places of rows in files, in little memory: there may be hundreds of thousands."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NOWHERE = -1
"""Number in place of a shard's where there is no row."""


@dataclass(frozen=True)
class Places:
    """Where each of some rows lies; `put` changes it.

    Attributes
    ----------
    shards : list of Path
        files that rows lie in, or lay in
    shard : NDArray of int [shape=(n_rows,)]
        which of them; `NOWHERE` where there is no row
    offset : NDArray of int [shape=(n_rows,)]
        first byte there
    seconds : NDArray of float [shape=(n_rows,)]
        length of the recording
    """

    shards: list[Path]
    shard: NDArray[np.int32]
    offset: NDArray[np.int64]
    seconds: NDArray[np.float64]

    @classmethod
    def nowhere(cls, n_rows: int) -> "Places":
        """Return places of rows of which none is there."""
        return cls([], np.full(n_rows, NOWHERE, np.int32), np.zeros(n_rows, np.int64), np.zeros(n_rows))

    @classmethod
    def joined(cls, parts: Sequence["Places"]) -> "Places":
        """Return the places of all parts, one part after the other."""
        shards = [shard for part in parts for shard in part.shards]
        first = np.cumsum([0, *(len(part.shards) for part in parts)])
        numbers = [
            np.where(part.held, part.shard + start, NOWHERE) for part, start in zip(parts, first[:-1], strict=True)
        ]
        offset, seconds = (np.concatenate([getattr(part, name) for part in parts]) for name in ("offset", "seconds"))
        return cls(shards, np.concatenate(numbers).astype(np.int32), offset, seconds)

    def __len__(self) -> int:
        return len(self.shard)

    def __getitem__(self, which: slice | NDArray[np.bool_ | np.integer]) -> "Places":
        return Places(self.shards, self.shard[which], self.offset[which], self.seconds[which])

    @property
    def held(self) -> NDArray[np.bool_]:
        """Which rows are there, shape ``(n_rows,)``."""
        return self.shard != NOWHERE

    @property
    def shards_in_use(self) -> list[Path]:
        """Files in which one of the rows lies, each once."""
        return list(dict.fromkeys(self.shards[number] for number in np.unique(self.shard[self.held])))

    def put(self, rows: NDArray[np.intp], path: Path, offset: NDArray[np.int64], seconds: NDArray[np.float64]) -> None:
        """Write down where some rows lie, in place of what was known of them."""
        self.shard[rows] = len(self.shards)
        self.offset[rows] = offset
        self.seconds[rows] = seconds
        self.shards.append(path)

    def without(self, shards: Collection[Path]) -> "Places":
        """Return the places of the rows that are not in certain files; the others are nowhere."""
        paths = set(shards)
        gone = np.array([path in paths for path in self.shards] + [False])  # the last is that of nowhere
        shard = np.where(gone[self.shard], NOWHERE, self.shard)
        return Places([*self.shards], shard, self.offset.copy(), self.seconds.copy())

    def by_shard(self) -> Iterator[tuple[Path, NDArray[np.intp], NDArray[np.int64]]]:
        """Each file with the rows that lie in it, and their first bytes, in order.

        Raises
        ------
        ValueError
            a row is nowhere
        """
        if not self.held.all():
            raise ValueError("a row that is nowhere cannot be read")
        order = np.lexsort((self.offset, self.shard))
        numbers, first = np.unique(self.shard[order], return_index=True)
        for number, rows in zip(numbers, np.split(order, first)[1:], strict=True):
            yield self.shards[number], rows, self.offset[rows]
