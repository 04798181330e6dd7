"""Shards: rows of some recordings in one file, which says what it holds and whether that is whole.

A shard is a head, the content digests and the lengths of its recordings, and then its values, little-endian.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from featser.atomic import written_whole

SHARD_SUFFIX = ".rows"

Digests = NDArray[np.bytes_]
"""Content digests in hex, one after the other: a string of Python takes three times the memory."""

_DIGEST_BYTES = 32

_HEAD = struct.Struct("<32s32sQQ")
"""SHA-256 of all that follows up to the values, that of the values, numbers of rows and of features."""

_PER_ROW = _DIGEST_BYTES + 8
"""Bytes that a row takes before the values: its recording's content digest, and its length in seconds."""


@dataclass(frozen=True)
class Shard:
    """What a shard says that it holds; its values are not read.

    Attributes
    ----------
    digests : Digests [shape=(n_rows,)]
        of the recordings, sorted
    seconds : NDArray of float [shape=(n_rows,)]
        lengths of the recordings
    checksum : bytes
        SHA-256 of the values
    """

    path: Path
    digests: Digests
    seconds: NDArray[np.float64]
    n_features: int
    checksum: bytes

    @property
    def start(self) -> int:
        """First byte of the values."""
        return _HEAD.size + _PER_ROW * len(self.digests)


def as_digests(names: Sequence[str]) -> Digests:
    """Pack digests in hex."""
    return np.array(names, f"S{2 * _DIGEST_BYTES}")


def write_shard(
    path: Path, digests: Digests, seconds: NDArray[np.float64], rows: Sequence[NDArray[np.float32]]
) -> Shard:
    """Write rows as one shard, whole or not at all."""
    of_values = hashlib.sha256()
    for row in rows:
        of_values.update(row.data)
    told = bytes.fromhex(digests.tobytes().decode()) + seconds.tobytes()
    head = _HEAD.pack(bytes(_DIGEST_BYTES), of_values.digest(), len(rows), len(rows[0]))[_DIGEST_BYTES:] + told
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as temporary, temporary.open("wb") as sink:
        sink.write(hashlib.sha256(head).digest() + head)
        sink.writelines(row.data for row in rows)
    return Shard(path, digests, seconds, len(rows[0]), of_values.digest())


def read_shard(path: Path) -> Shard | None:
    """What a shard says that it holds, or None where that is not what was written; no other bytes are parsed."""
    try:
        with path.open("rb") as file:
            return _read_head(path, file)
    except OSError:
        return None


def is_sound(path: Path) -> bool:
    """Whether every byte of a shard is what was written; its values pass by in pieces."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            shard = _read_head(path, file)
            while shard and (piece := file.read(1 << 20)):
                digest.update(piece)
    except OSError:
        return False
    return shard is not None and digest.digest() == shard.checksum


def _read_head(path: Path, file: BinaryIO) -> Shard | None:
    """Read a shard up to its values."""
    size = path.stat().st_size
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    checksum, of_values, n_rows, n_features = _HEAD.unpack(head)
    if size != _HEAD.size + n_rows * (_PER_ROW + 4 * n_features):
        return None
    told = file.read(_PER_ROW * n_rows)
    if hashlib.sha256(head[_DIGEST_BYTES:] + told).digest() != checksum:
        return None
    cut = _DIGEST_BYTES * n_rows
    digests = np.frombuffer(told[:cut].hex().encode(), f"S{2 * _DIGEST_BYTES}")
    return Shard(path, digests, np.frombuffer(told[cut:]), n_features, of_values)
