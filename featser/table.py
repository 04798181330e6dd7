"""The feature table: manifest columns and features side by side, as a file that says what it holds."""

import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from featser import __version__
from featser.arrow import number_column, text_column
from featser.audio import SAMPLE_RATE
from featser.cache import NUMERIC_LIBRARIES, Place, read_values
from featser.corpora import Utterance
from featser.errors import InputError, UsageError, did_you_mean, listed
from featser.features import FeatureSet, feature_set_from

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FORMAT = 1
MANIFEST_COLUMNS = (*Utterance._fields, "duration_s")
_NUMBERS = ("age", "duration_s")
_COMPARED = ("feature_set", "clean", "sample_rate")
"""Parts of the recipe that tables must share to be read as one."""

_VALUES_PER_GROUP = 1 << 24
"""Cells of a row group: 64 MB in memory; every group costs a table of thousands of columns a longer footer."""

_BLOCK = 128
"""Rows that are read and turned into columns at once."""


@dataclass(frozen=True)
class FeatureTable:
    """One or more feature tables, read back.

    Attributes
    ----------
    manifest : DataFrame
        who said what, one row per utterance
    features : DataFrame [shape=(n_utterances, n_features)]
        float32, NaN = undefined for this utterance; same index as ``manifest``
    feature_set : FeatureSet
    clean : tuple of str
        cleaning steps the features were computed after
    """

    manifest: "pd.DataFrame"
    features: "pd.DataFrame"
    feature_set: FeatureSet
    clean: tuple[str, ...]

    @property
    def corpus(self) -> str:
        """Name of the corpus, or of all corpora joined by ``+``."""
        return "+".join(sorted(set(self.manifest["corpus"])))

    @property
    def has_copies(self) -> bool:
        """Whether some rows are changed copies of others."""
        return "derived_from" in self.manifest and bool(self.manifest["derived_from"].notna().any())


def table_recipe(feature_set: FeatureSet, clean: tuple[str, ...]) -> dict[str, Any]:
    """What a table's features are, in plain values."""
    return {
        "format": FORMAT,
        "featser": __version__,
        "feature_set": feature_set.to_dict(),
        "clean": list(clean),
        "sample_rate": SAMPLE_RATE,
        "libraries": {name: version(name) for name in NUMERIC_LIBRARIES},
    }


def table_schema(feature_set: FeatureSet, clean: tuple[str, ...]) -> "pa.Schema":
    """Columns of a feature table, with the recipe in the metadata."""
    import pyarrow as pa

    kinds = {name: pa.float64() if name in _NUMBERS else pa.string() for name in MANIFEST_COLUMNS}
    columns = [*kinds.items(), *((name, pa.float32()) for name in feature_set.feature_names)]
    return pa.schema(columns, {"featser": json.dumps(table_recipe(feature_set, clean), sort_keys=True)})


def assemble_table(rows: Sequence[tuple[Utterance, Place]], schema: "pa.Schema") -> "pa.Table":
    """Put manifest columns and features side by side, all in memory."""
    import pyarrow as pa

    return pa.Table.from_batches([_row_group(rows, schema)])


def stream_table(rows: Sequence[tuple[Utterance, Place]], schema: "pa.Schema", path: Path) -> None:
    """Write the same file as `assemble_table` and `write_table`, with one row group in memory at a time."""
    import pyarrow as pa

    size = rows_per_group(schema)
    starts = range(0, len(rows), size)
    _write(schema, (pa.Table.from_batches([_row_group(rows[at : at + size], schema)]) for at in starts), path)


def write_table(table: "pa.Table", path: Path) -> None:
    """Write a feature table as Parquet; the file appears whole or not at all."""
    size = rows_per_group(table.schema)
    _write(table.schema, (table.slice(start, size) for start in range(0, len(table), size)), path)


def rows_per_group(schema: "pa.Schema") -> int:
    """Rows that are written at once: the file depends on the columns alone, not on where rows came from."""
    return max(1, _VALUES_PER_GROUP // len(schema))


def _row_group(rows: Sequence[tuple[Utterance, Place]], schema: "pa.Schema") -> "pa.RecordBatch":
    """Some rows of the table, each column in one piece."""
    import pyarrow as pa

    columns: list[Any] = []
    for name in Utterance._fields:
        column = number_column if name in _NUMBERS else text_column
        columns.append(column([getattr(utterance, name) for utterance, _ in rows]))
    columns.append(number_column([place.seconds for _, place in rows]))
    matrix = np.empty((len(schema) - len(columns), len(rows)), np.float32)
    for start in range(0, len(rows), _BLOCK):
        places = [place for _, place in rows[start : start + _BLOCK]]
        matrix[:, start : start + _BLOCK] = read_values(places, len(matrix)).T
    return pa.RecordBatch.from_arrays([*columns, *map(number_column, matrix)], schema=schema)


def _write(schema: "pa.Schema", groups: Iterable["pa.Table"], path: Path) -> None:
    """Write row groups under a name that nobody else uses, and then rename it.

    Single-precision numbers hardly repeat: their bytes are sorted by significance before they are compressed, which
    makes them smaller than a dictionary does, in less than half the time.
    """
    import pyarrow.parquet as pq

    known = [name for name in schema.names if name in MANIFEST_COLUMNS]
    features = [name for name in schema.names if name not in MANIFEST_COLUMNS]
    how: dict[str, Any] = {"compression": "zstd", "compression_level": 1, "write_page_checksum": True}
    how |= {"use_dictionary": known, "write_statistics": known, "use_byte_stream_split": features}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with pq.ParquetWriter(temporary, schema, **how) as writer:
            for group in groups:
                writer.write_table(group, row_group_size=len(group))
                del group  # before the next one is made, or there are two in memory
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_table(paths: Sequence[Path]) -> FeatureTable:
    """Read one or more feature tables of the same feature set as one.

    Raises
    ------
    UsageError
        a path that is not there
    InputError
        a file that is no feature table, two tables that do not go together, or one utterance in both
    """
    import pandas as pd

    tables = [_read_parquet(path) for path in paths]
    recipes = [json.loads(table.schema.metadata[b"featser"]) for table in tables]
    for path, recipe in zip(paths, recipes, strict=True):
        if any(recipe[part] != recipes[0][part] for part in _COMPARED):
            raise InputError(f"{path} and {paths[0]} hold different features. Extract both with the same --features.")
    feature_set = feature_set_from(recipes[0]["feature_set"], recipes[0]["feature_set"].get("name", ""), str(paths[0]))
    for path, table in zip(paths, tables, strict=True):
        _check_columns(path, table.column_names, feature_set)
    frame = pd.concat([table.to_pandas() for table in tables], ignore_index=True)
    twice = frame["utterance"][frame["utterance"].duplicated()]
    if len(twice):
        raise InputError(
            f"{len(twice)} utterances are in more than one table: {listed(list(twice), 3)}. Give each once."
        )
    manifest = frame[[name for name in MANIFEST_COLUMNS if name in frame]]
    return FeatureTable(manifest, frame[list(feature_set.feature_names)], feature_set, tuple(recipes[0]["clean"]))


def library_versions() -> dict[str, str]:
    """Python and the libraries that numbers depend on."""
    names = (*NUMERIC_LIBRARIES, "scipy", "scikit-learn", "xgboost")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def _read_parquet(path: Path) -> "pa.Table":
    import pyarrow.parquet as pq

    if not path.is_file():
        near = did_you_mean(path.name, [each.name for each in path.parent.glob("*.parquet")])
        raise UsageError(f"No feature table at {path}.{near} Make one: featser extract FOLDER --out {path}.")
    try:
        table = pq.read_table(path, page_checksum_verification=True)
        recipe = json.loads((table.schema.metadata or {}).get(b"featser", b"{}"))
        whole = {"utterance", "corpus"} <= set(table.column_names) and set(_COMPARED) <= recipe.keys()
    except (OSError, ValueError) as error:  # damage surfaces as either, according to where it is
        raise InputError(
            f"{path} is not a Parquet file, or a damaged one. Give a table that 'featser extract' wrote."
        ) from error
    if not whole or recipe.get("format") != FORMAT:
        raise InputError(f"{path} is not a feature table of this featser. Extract it again: featser extract FOLDER.")
    return table


def _check_columns(path: Path, columns: Sequence[str], feature_set: FeatureSet) -> None:
    there = set(columns)
    missing = [name for name in feature_set.feature_names if name not in there]
    if missing:
        raise InputError(f"{path} lacks the columns {listed(missing, 3)}. Extract it again: featser extract FOLDER.")
