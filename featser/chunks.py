"""Recordings made of chunks (WAV, RF64, AIFF): what their headers promise, and 16-bit samples without a decoder."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

LENGTHS = {b"RIFF": "<I", b"RF64": "<I", b"RIFX": ">I", b"FORM": ">I"}
"""How the containers that are made of chunks write a length."""

_ALL_ONES = 0xFFFF_FFFF
_PCM, _EXTENSIBLE = 1, 0xFFFE
_PCM_GUID = b"\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"


@dataclass(frozen=True)
class Samples:
    """Where the samples of a file lie.

    Attributes
    ----------
    start, held, promised : int
        first byte, bytes that the file holds from there, bytes that its header promises
    pcm16 : tuple or None
        channels and rate in Hz where they are little-endian 16-bit integers
    """

    start: int
    held: int
    promised: int
    pcm16: tuple[int, int] | None


def is_chunked(head: bytes) -> bool:
    """Whether the first bytes are those of a WAV, RF64 or AIFF file."""
    return head[:4] in LENGTHS and head[8:12] in (b"WAVE", b"AIFF", b"AIFC")


def find_samples(file: BinaryIO, head: bytes, size: int) -> Samples | None:
    """Walk the chunks of an open file up to its samples; None where there is no such chunk."""
    form = LENGTHS[head[:4]]
    pcm16 = None
    file.seek(12)
    while len(header := file.read(8)) == 8:
        length = struct.unpack(form, header[4:])[0]
        if header[:4] in (b"data", b"SSND"):
            return Samples(file.tell(), size - file.tell(), _promised(head, length), pcm16)
        if header[:4] == b"fmt " and head[:4] == b"RIFF" and 16 <= length <= 64:
            pcm16 = _pcm16(file.read(length))
            file.seek(length & 1, 1)
        else:
            file.seek(length + (length & 1), 1)
    return None


def read_pcm16(path: Path, samples: Samples) -> NDArray[np.float32]:
    """Samples as numbers from -1 to 1, shape ``(n_frames, n_channels)``; the same that libsndfile would give."""
    n_channels = samples.pcm16[0] if samples.pcm16 else 1
    n_frames = samples.promised // (2 * n_channels)
    integers = np.fromfile(path, "<i2", n_frames * n_channels, offset=samples.start)
    return np.multiply(integers, np.float32(1 / 32768), dtype=np.float32).reshape(n_frames, n_channels)


def _pcm16(chunk: bytes) -> tuple[int, int] | None:
    if len(chunk) < 16:
        return None
    kind, n_channels, rate, _, width, bits = struct.unpack_from("<HHIIHH", chunk)
    plain = kind == _PCM or (kind == _EXTENSIBLE and chunk[24:40] == _PCM_GUID)
    usable = plain and bits == 16 and n_channels > 0 and width == 2 * n_channels and rate > 0
    return (n_channels, rate) if usable else None


def _promised(head: bytes, length: int) -> int:
    """Bytes of samples that a header promises.

    A length of all ones stands for the longer one that RF64 states first (EBU Tech 3306). In both headers of a
    RIFF file it is what streaming writers leave, and promises nothing.
    """
    if length != _ALL_ONES:
        return length
    if head[:4] == b"RF64":
        return int.from_bytes(head[28:36], "little") if head[12:16] == b"ds64" else 0
    return 0 if head[4:8] == b"\xff\xff\xff\xff" else length
