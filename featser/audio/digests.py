"""Digests of files."""

import hashlib
from pathlib import Path

_PIECE = 1 << 16
"""Bytes that are hashed at once. `hashlib.file_digest` allocates four times as many for each file."""


def content_digest(path: Path) -> str:
    """SHA-256 of a file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        64 hexadecimal digits

    Raises
    ------
    OSError
        the file cannot be read
    """
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
