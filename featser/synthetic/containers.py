"""WAV and FLAC files composed byte by byte, including malformed ones that encoders do not write."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PCM, FLOAT = 1, 3
"""Format tags of WAV files, RFC 2361."""

Chunk = tuple[bytes, bytes]
"""Identifier of four bytes and content of a RIFF chunk."""

FLAC_MAX_SAMPLES = 2**36 - 1
"""Largest number of samples in a STREAMINFO block, RFC 9639, sec. 8.2."""

TERABYTE = 2**40


def wav(samples: NDArray[np.int16] | NDArray[np.float32], sample_rate: int) -> bytes:
    """Compose a mono WAV file.

    Parameters
    ----------
    samples : NDArray of int16 or float32 [shape=(n_samples,)]
        stored as 16-bit integers or 32-bit floats
    sample_rate : int
        in Hz

    Returns
    -------
    bytes
    """
    return riff([format_chunk(samples.dtype, sample_rate), (b"data", samples.tobytes())])


def format_chunk(kind: np.dtype[np.generic], sample_rate: int) -> Chunk:
    """Compose the ``fmt`` chunk of a mono WAV file.

    Parameters
    ----------
    kind : np.dtype
        type of the samples
    sample_rate : int
        in Hz

    Returns
    -------
    Chunk
    """
    width = kind.itemsize
    tag = FLOAT if kind.kind == "f" else PCM
    return b"fmt ", struct.pack("<HHIIHH", tag, 1, sample_rate, sample_rate * width, width, 8 * width)


def riff(chunks: Sequence[Chunk]) -> bytes:
    """Compose a RIFF file.

    Parameters
    ----------
    chunks : sequence of Chunk
        in the order of the file

    Returns
    -------
    bytes
    """
    body = b"WAVE" + b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2) for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def rf64_of_a_terabyte(samples: NDArray[np.int16], sample_rate: int) -> bytes:
    """Compose an RF64 file (EBU Tech 3306) whose header claims 1 TB of data.

    Parameters
    ----------
    samples : NDArray of int16 [shape=(n_samples,)]
        actual data
    sample_rate : int
        in Hz

    Returns
    -------
    bytes
    """
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
    """Replace the number of samples in the STREAMINFO block of a FLAC file.

    The number is the low 36 bits of the 8 bytes from byte 18 on, RFC 9639, sec. 8.2.

    Parameters
    ----------
    flac : bytes
        FLAC file
    n_samples : int
        number to claim, up to `FLAC_MAX_SAMPLES`

    Returns
    -------
    bytes
    """
    (packed,) = struct.unpack(">Q", flac[18:26])
    claimed = packed >> 36 << 36 | n_samples
    return flac[:18] + struct.pack(">Q", claimed) + flac[26:]
