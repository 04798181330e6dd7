"""Recordings made of chunks (WAV, RF64, AIFF, W64, AU): what headers promise, and 16-bit samples without a decoder."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

LENGTHS = {b"RIFF": "<I", b"RF64": "<I", b"RIFX": ">I", b"FORM": ">I"}
"""How the containers that are made of chunks write a length."""

AU_LENGTHS = {b".snd": ">II", b"dns.": "<II"}
"""How AU files, whose samples are their only chunk, write where that starts and how long it is."""

_W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
_W64_HEADER = 24
"""Bytes of a chunk's name and length in W64, both of which its length counts in."""

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
    """Whether the first bytes are those of a WAV, RF64, AIFF, W64 or AU file."""
    if len(head) >= _W64_HEADER and (head[:4] in AU_LENGTHS or head[:16] == _W64):
        return True
    return head[:4] in LENGTHS and head[8:12] in (b"WAVE", b"AIFF", b"AIFC")


def find_samples(file: BinaryIO, head: bytes, size: int) -> Samples | None:
    """Walk the chunks of an open file up to its samples; None where there is no such chunk."""
    if head[:4] in AU_LENGTHS:
        start, length = struct.unpack(AU_LENGTHS[head[:4]], head[4:12])
        return Samples(start, max(0, size - start), 0 if length == _ALL_ONES else length, None)
    if head[:16] == _W64:
        return _find_w64_samples(file, size)
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


def _find_w64_samples(file: BinaryIO, size: int) -> Samples | None:
    """Walk the chunks of a Sony Wave64 file, which start at multiples of eight bytes."""
    file.seek(40)
    while len(header := file.read(_W64_HEADER)) == _W64_HEADER:
        length = max(0, int.from_bytes(header[16:], "little") - _W64_HEADER)
        if header[:16] == _W64_DATA:
            return Samples(file.tell(), size - file.tell(), length, None)
        if length > size:
            return None
        file.seek(length + -length % 8, 1)
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
