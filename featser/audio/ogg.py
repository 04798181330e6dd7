"""Ogg files (Vorbis, Opus): check the pages, because libsndfile reads a damaged stream short without an error."""

import zlib
from typing import BinaryIO

_HEADER = 27
"""Bytes of a page before its table of segment lengths (RFC 3533)."""

_BEGINS = 2
"""Flag of the first page of a stream."""

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
"""Each byte with its bits in reverse order."""


def find_fault(file: BinaryIO) -> str | None:
    """Find what would keep libsndfile from reading all of an Ogg file.

    Parameters
    ----------
    file : BinaryIO
        open for reading, at any position

    Returns
    -------
    str or None
        a reason; None where all pages are whole and of one stream
    """
    file.seek(0)
    n_pages = n_streams = 0
    while header := file.read(_HEADER):
        n_segments = header[26] if len(header) == _HEADER and header[:4] == b"OggS" else None
        table = file.read(n_segments or 0)
        body = file.read(sum(table))
        if len(table) != n_segments or len(body) < sum(table):
            return f"truncated: page {n_pages + 1} of the Ogg stream is incomplete"
        if _checksum(header[:22] + bytes(4) + header[26:] + table + body) != int.from_bytes(header[22:26], "little"):
            return f"damaged: the checksum of page {n_pages + 1} of the Ogg stream is wrong"
        n_pages += 1
        n_streams += bool(header[5] & _BEGINS)
    return f"{n_streams} Ogg streams in one file, of which only the first can be read" if n_streams > 1 else None


def _checksum(page: bytes) -> int:
    """CRC-32 of an Ogg page: the polynomial of zlib, but no inversion and the most significant bit first."""
    reflected = zlib.crc32(page.translate(_REVERSED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int(f"{reflected:032b}"[::-1], 2)
