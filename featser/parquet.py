"""Row groups in, one Parquet file out, whole or not at all."""

import io
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

if TYPE_CHECKING:
    import pyarrow as pa
    from _typeshed import ReadableBuffer

ROWS_PER_GROUP = 1 << 16
"""A quarter of a megabyte of each feature. Every group makes the footer of a table longer; where there are thousands of
columns, whoever writes or reads it needs ten megabytes for that."""

_WRITES_KEPT = 128
"""Pieces that are written before the memory of their columns is given back: some columns' worth."""


class RowGroup(NamedTuple):
    """Rows that go together, as many as `ROWS_PER_GROUP`; ``forget`` gives back the memory of what was looked at."""

    table: "pa.Table"
    forget: Callable[[], None] = lambda: None


class _Sink(io.BufferedWriter):
    """A file that now and then has forgotten what was written to it."""

    def __init__(self, path: Path):
        super().__init__(io.FileIO(path, "wb"))
        self.forget: Callable[[], None] = lambda: None
        self._n_writes = 0

    def write(self, piece: "ReadableBuffer") -> int:
        self._n_writes += 1
        if self._n_writes % _WRITES_KEPT == 0:
            self.forget()
        return super().write(piece)


def write_groups(schema: "pa.Schema", groups: Iterable[RowGroup], path: Path, repeating: Collection[str]) -> None:
    """Write row groups under a name that nobody else uses, and then rename it.

    Single-precision numbers hardly repeat: their bytes are sorted by significance before they are compressed, which
    makes them smaller than a dictionary does, in less than half the time.

    Parameters
    ----------
    repeating
        names of the columns that are no such numbers
    """
    import pyarrow.parquet as pq

    known = [name for name in schema.names if name in repeating]
    numbers = [name for name in schema.names if name not in repeating]
    how: dict[str, Any] = {"compression": "zstd", "compression_level": 1, "write_page_checksum": True}
    how |= {"use_dictionary": known, "write_statistics": known, "use_byte_stream_split": numbers}
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with _Sink(temporary) as sink, pq.ParquetWriter(sink, schema, **how) as writer:
            for group in groups:
                sink.forget = group.forget
                writer.write_table(group.table, row_group_size=ROWS_PER_GROUP)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
