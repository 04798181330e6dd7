"""Pieces of a table in, one Parquet file out, whole or not at all."""

import io
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from featser.atomic import written_whole

if TYPE_CHECKING:
    import pyarrow as pa
    from _typeshed import ReadableBuffer

ROWS_PER_GROUP = 1 << 16
"""A quarter of a megabyte of each feature. Every group makes the footer of a table longer; where there are thousands of
columns, whoever writes or reads it needs ten megabytes for that."""

_KEPT_BYTES = 1 << 22
"""Bytes of numbers after which their memory is given back: some columns' worth."""

_BYTES = 4
"""Of a single-precision number."""


class Piece(NamedTuple):
    """Some rows of a table: all that are left, or a multiple of `ROWS_PER_GROUP`, so that files do not tell pieces.

    ``forget``, if any, gives back the memory of those columns that were looked at.
    """

    table: "pa.Table"
    forget: Callable[[], None] | None = None


class _Sink(io.BufferedWriter):
    """A file that now and then has forgotten what was written to it."""

    def __init__(self, path: Path):
        super().__init__(io.FileIO(path, "wb"))
        self.forget: Callable[[], None] | None = None
        self.every = 1
        self._n_writes = 0

    def write(self, written: "ReadableBuffer") -> int:
        self._n_writes += 1
        if self.forget and self._n_writes % self.every == 0:
            self.forget()
        return super().write(written)


def write_parquet(schema: "pa.Schema", pieces: Iterable[Piece], path: Path, repeating: Collection[str]) -> None:
    """Write pieces of a table under a name that nobody else uses, and then rename it.

    Single-precision numbers hardly repeat: their bytes are sorted by significance before they are compressed, which
    makes them smaller than a dictionary does, in less than half the time.

    Parameters
    ----------
    repeating
        columns whose values repeat, which get a dictionary

    Raises
    ------
    OSError
        as `featser.atomic.written_whole`
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = [field.name for field in schema if field.type == pa.float32()]
    others = [field.name for field in schema if field.type != pa.float32()]
    how: dict[str, Any] = {"compression": "zstd", "compression_level": 1, "write_page_checksum": True}
    how |= {"use_dictionary": list(repeating), "write_statistics": others, "use_byte_stream_split": numbers}
    with written_whole(path) as temporary, _Sink(temporary) as sink, pq.ParquetWriter(sink, schema, **how) as writer:
        for piece in pieces:
            sink.forget = piece.forget
            sink.every = max(1, _KEPT_BYTES // (_BYTES * max(1, len(piece.table))))  # a column takes a write or more
            writer.write_table(piece.table, row_group_size=ROWS_PER_GROUP)
            sink.forget = None
            del piece  # and with it what it is made of, before the next one is made
