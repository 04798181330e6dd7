"""Headers of uncompressed audio files (WAV, RF64, AIFF, W64, AU, CAF, NIST): where the samples start, and how many.

libsndfile reads truncated files of these formats short without an error. 16-bit WAV files are read here without it.
"""

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

LENGTHS = {b"RIFF": "<I", b"RF64": "<I", b"RIFX": ">I", b"FORM": ">I"}
"""Format of a chunk's length, by the first four bytes of the file."""

AU_LENGTHS = {b".snd": ">II", b"dns.": "<II"}
"""Format of the start and the length of the samples in an AU file, by its first four bytes."""

_W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
_W64_HEADER = 24
"""Bytes of a chunk's name and length in W64; the length includes them."""

_NIST_HEADER = 1024
_ALL_ONES = 0xFFFF_FFFF
_PCM, _EXTENSIBLE = 1, 0xFFFE
_PCM_GUID = b"\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"


@dataclass(frozen=True)
class Samples:
    """Position and size of the samples in a file.

    Attributes
    ----------
    start : int
        offset of their first byte
    n_present : int
        bytes from there to the end of the file
    n_declared : int
        bytes that the header declares; 0 where it declares none
    pcm16 : tuple or None
        number of channels and rate in Hz of little-endian 16-bit integers; None for other encodings
    """

    start: int
    n_present: int
    n_declared: int
    pcm16: tuple[int, int] | None = None


def find_samples(file: BinaryIO, head: bytes, size: int) -> Samples | None:
    """Find the samples of an open file.

    Parameters
    ----------
    file : BinaryIO
        open for reading, at any position
    head : bytes
        the first bytes of the file, 1024 or more where it has them
    size : int
        length of the file in bytes

    Returns
    -------
    Samples or None
        None for other formats, and where the samples are missing or compressed
    """
    if len(head) < _W64_HEADER:
        return None
    if head[:4] in AU_LENGTHS:
        start, length = struct.unpack(AU_LENGTHS[head[:4]], head[4:12])
        return Samples(start, max(0, size - start), 0 if length == _ALL_ONES else length)
    if head[:16] == _W64:
        return _find_w64_samples(file, size)
    if head[:4] == b"caff":
        return _find_caf_samples(file, size)
    if head[:7] == b"NIST_1A":
        return _find_nist_samples(head[:_NIST_HEADER], size)
    if head[:4] in LENGTHS and head[8:12] in (b"WAVE", b"AIFF", b"AIFC"):
        return _find_riff_samples(file, head, size)
    return None


def read_pcm16(path: Path, samples: Samples) -> NDArray[np.float32]:
    """Read 16-bit samples; the values equal those of libsndfile.

    Parameters
    ----------
    path : Path
    samples : Samples
        with ``pcm16``, and no more bytes declared than present

    Returns
    -------
    NDArray [shape=(n_samples, n_channels), range=[-1, 1)]
    """
    n_channels = samples.pcm16[0] if samples.pcm16 else 1
    n_samples = samples.n_declared // (2 * n_channels)
    integers = np.fromfile(path, "<i2", n_samples * n_channels, offset=samples.start)
    return np.multiply(integers, np.float32(1 / 32768), dtype=np.float32).reshape(n_samples, n_channels)


def _find_riff_samples(file: BinaryIO, head: bytes, size: int) -> Samples | None:
    """Walk the chunks of a WAV, RF64 or AIFF file, which start at even offsets."""
    form = LENGTHS[head[:4]]
    pcm16 = None
    file.seek(12)
    while len(header := file.read(8)) == 8:
        length = struct.unpack(form, header[4:])[0]
        if header[:4] in (b"data", b"SSND"):
            return Samples(file.tell(), size - file.tell(), _declared(head, length), pcm16)
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
            return Samples(file.tell(), size - file.tell(), length)
        if length > size:
            return None
        file.seek(length + -length % 8, 1)
    return None


def _find_caf_samples(file: BinaryIO, size: int) -> Samples | None:
    """Walk the chunks of a Core Audio file; a data length of -1 stands for the rest of the file."""
    file.seek(8)
    while len(header := file.read(12)) == 12:
        length = int.from_bytes(header[4:], "big", signed=True)
        if header[:4] == b"data":
            return Samples(file.tell(), size - file.tell(), max(0, length))
        if not 0 <= length <= size:
            return None
        file.seek(length, 1)
    return None


def _find_nist_samples(header: bytes, size: int) -> Samples | None:
    """Read the fields of a NIST SPHERE header: lines of name, type and value."""
    fields = dict(re.findall(rb"^(\w+) -\w+ ([^\n]+)$", header, flags=re.MULTILINE))
    numbers = [fields.get(name, b"") for name in (b"sample_count", b"sample_n_bytes", b"channel_count")]
    if b"," in fields.get(b"sample_coding", b"") or not all(each.isdigit() for each in numbers):
        return None
    n_samples, n_bytes, n_channels = map(int, numbers)
    return Samples(_NIST_HEADER, max(0, size - _NIST_HEADER), n_samples * n_bytes * n_channels)


def _pcm16(chunk: bytes) -> tuple[int, int] | None:
    """Channels and rate of a ``fmt`` chunk that describes 16-bit integers."""
    if len(chunk) < 16:
        return None
    kind, n_channels, rate, _, width, bits = struct.unpack_from("<HHIIHH", chunk)
    plain = kind == _PCM or (kind == _EXTENSIBLE and chunk[24:40] == _PCM_GUID)
    usable = plain and bits == 16 and n_channels > 0 and width == 2 * n_channels and rate > 0
    return (n_channels, rate) if usable else None


def _declared(head: bytes, length: int) -> int:
    """Bytes of samples that a header declares.

    In RF64 a length of all ones stands for the 64-bit length in the ``ds64`` chunk (EBU Tech 3306). Programs that
    write a RIFF stream leave all ones in both lengths, which declares nothing.
    """
    if length != _ALL_ONES:
        return length
    if head[:4] == b"RF64":
        return int.from_bytes(head[28:36], "little") if head[12:16] == b"ds64" else 0
    return 0 if head[4:8] == b"\xff\xff\xff\xff" else length
