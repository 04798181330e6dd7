"""Files that appear whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a name in the same folder that nobody else uses; what was written there is renamed when all went well.

    Raises
    ------
    OSError
        it could not be written; it names the file
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with named(path):
            yield temporary
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Have errors of the operating system say where: a write to a full disk does not by itself."""
    try:
        yield
    except OSError as error:
        if error.errno and not error.filename:
            error.filename = str(path)
        raise
