"""The feature table: manifest columns and features side by side, as a file that says what it holds."""

import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featser import __version__
from featser.arrow import Numbers, Texts, number_column
from featser.audio import SAMPLE_RATE
from featser.cache import NUMERIC_LIBRARIES, read_values
from featser.corpora import Utterance
from featser.errors import InputError, UsageError, did_you_mean, listed
from featser.features import FeatureSet, feature_set_from
from featser.parquet import ROWS_PER_GROUP, Piece, write_parquet
from featser.places import Places
from featser.turned import turned

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FORMAT = 1
MANIFEST_COLUMNS = (*Utterance._fields, "duration_s")
_NUMBERS = ("age", "duration_s")
_REPEATING = tuple(name for name in MANIFEST_COLUMNS if name not in ("utterance", "path"))
_COMPARED = ("feature_set", "clean", "sample_rate")
"""Parts of the recipe that tables must share to be read as one."""

_VALUES_AT_ONCE = 1 << 21
"""Cells that are read from the cache at once: 8 MB."""

_UTTERANCES_AT_ONCE = 1024
"""Utterances that are turned into columns at once."""


@dataclass(frozen=True)
class Table:
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


def assemble_table(utterances: Sequence[Utterance], places: Places, schema: "pa.Schema") -> "pa.Table":
    """Put manifest columns and features side by side, all in memory."""
    import pyarrow as pa

    known = _known_columns(utterances, places)
    n_features = len(schema) - len(known)
    features = np.empty((n_features, len(places)), np.float32)
    for block in _blocks(len(places), n_features):
        features[:, block] = read_values(places[block], n_features).T
    return pa.Table.from_arrays([*known, *map(number_column, features)], schema=schema)


def stream_table(
    utterances: Sequence[Utterance], places: Places, schema: "pa.Schema", path: Path, folder: Path
) -> None:
    """Write the same file as `assemble_table` and `write_table`, with a part of it in memory at a time.

    Its numbers lie in a temporary file in ``folder`` meanwhile.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(schema, _pieces(utterances, places, schema, folder), path, _REPEATING)


def write_table(table: "pa.Table", path: Path) -> None:
    """Write a feature table as Parquet; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(table.schema, [Piece(table)], path, _REPEATING)


def _known_columns(utterances: Sequence[Utterance], places: Places) -> "list[pa.Array]":
    """Columns of the manifest."""
    columns: list[Numbers | Texts] = [Numbers() if name in _NUMBERS else Texts() for name in Utterance._fields]
    left = iter(utterances)
    while batch := list(islice(left, _UTTERANCES_AT_ONCE)):
        for column, values in zip(columns, zip(*batch, strict=True), strict=True):
            column.extend(values)
    return [*(column.column() for column in columns), number_column(places.seconds)]


def _blocks(n_rows: int, n_features: int) -> Iterator[slice]:
    """Rows whose features are in memory at once."""
    size = max(1, _VALUES_AT_ONCE // n_features)
    return (slice(start, start + size) for start in range(0, n_rows, size))


def _pieces(utterances: Sequence[Utterance], places: Places, schema: "pa.Schema", folder: Path) -> Iterator[Piece]:
    import pyarrow as pa

    for first in range(0, len(places), ROWS_PER_GROUP):
        group = slice(first, first + ROWS_PER_GROUP)
        known, lie = _known_columns(utterances[group], places[group]), places[group]
        n_features = len(schema) - len(known)
        blocks = (read_values(lie[block], n_features) for block in _blocks(len(lie), n_features))
        with turned(blocks, len(lie), n_features, folder) as (features, forget):
            yield Piece(pa.Table.from_arrays([*known, *features], schema=schema), forget)
        del features, forget  # and with them the file, before the next one is made


def read_table(paths: Sequence[Path]) -> Table:
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
    return Table(manifest, frame[list(feature_set.feature_names)], feature_set, tuple(recipes[0]["clean"]))


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
