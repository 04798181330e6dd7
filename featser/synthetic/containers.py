"""Audio files byte by byte, for those that no honest encoder writes."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PCM, FLOAT = 1, 3
"""Format tags of a WAV file, RFC 2361."""

Chunk = tuple[bytes, bytes]
"""Four letters and what they head."""

FLAC_MAX_SAMPLES = 2**36 - 1
"""Largest count that a STREAMINFO can state, RFC 9639, sec. 8.2."""

TERABYTE = 2**40


def wav(samples: NDArray[np.int16] | NDArray[np.float32], sample_rate: int) -> bytes:
    """Mono WAV file: 16-bit integers or 32-bit floats, by the type of the samples."""
    return riff([format_chunk(samples.dtype, sample_rate), (b"data", samples.tobytes())])


def format_chunk(kind: np.dtype[np.generic], sample_rate: int) -> Chunk:
    """Chunk that says how mono samples of this type are stored."""
    width = kind.itemsize
    tag = FLOAT if kind.kind == "f" else PCM
    return b"fmt ", struct.pack("<HHIIHH", tag, 1, sample_rate, sample_rate * width, width, 8 * width)


def riff(chunks: Sequence[Chunk]) -> bytes:
    """RIFF file of these chunks, in this order."""
    body = b"WAVE" + b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2) for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def rf64_of_a_terabyte(samples: NDArray[np.int16], sample_rate: int) -> bytes:
    """RF64 file (EBU Tech 3306) whose header claims a terabyte of data, and which holds these samples."""
    name, content = format_chunk(samples.dtype, sample_rate)
    sizes = struct.pack("<QQQI", TERABYTE + 72, TERABYTE, TERABYTE // 2, 0)
    unknown = struct.pack("<I", 0xFFFFFFFF)
    return b"".join(
        (
            b"RF64" + unknown + b"WAVE",
            b"ds64" + struct.pack("<I", len(sizes)) + sizes,
            name + struct.pack("<I", len(content)) + content,
            b"data" + unknown + samples.tobytes(),
        )
    )


def flac_with_count(flac: bytes, n_samples: int) -> bytes:
    """Same FLAC file, but its STREAMINFO claims another number of samples, up to `FLAC_MAX_SAMPLES`.

    The count is the low 36 bits of the 8 bytes that start 18 bytes into the file, RFC 9639, sec. 8.2.
    """
    (packed,) = struct.unpack(">Q", flac[18:26])
    claimed = packed >> 36 << 36 | n_samples
    return flac[:18] + struct.pack(">Q", claimed) + flac[26:]
