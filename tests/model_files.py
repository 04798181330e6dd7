"""Model files with other contents than ``featser fit`` writes."""

import hashlib
import json
import pickletools
from pathlib import Path
from typing import Any

from featser.bundle.file import file_content, read_card


def pickle_of(path: Path) -> bytes:
    """The pickle at the beginning of a model file."""
    content = path.read_bytes()
    *_, (_, _, stop) = pickletools.genops(content)
    return content[: stop + 1]


def with_card(path: Path, **changes: Any) -> Path:
    """The same pickle with a changed card."""
    path.write_bytes(file_content(pickle_of(path), json.dumps(read_card(path) | changes).encode()))
    return path


def with_pickle(path: Path, body: bytes, card: dict[str, Any]) -> Path:
    """A file with a pickle and a card that has the pickle's checksum."""
    text = json.dumps(card | {"sha256": hashlib.sha256(body).hexdigest()}).encode()
    path.write_bytes(file_content(body, text))
    return path
