"""The feature table: columns of the manifest and features side by side, in memory and as a Parquet file."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featser.atomic import atomic_write
from featser.audio import SAMPLE_RATE
from featser.corpora import Rejected, Utterance
from featser.errors import InputError, UsageError, did_you_mean, listed
from featser.features import FeatureSet, feature_set_from, foreign_features, same_features
from featser.limits import label_fault, read_parquet
from featser.versions import NUMERIC_LIBRARIES, __version__, library_versions

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FORMAT = 1
MANIFEST_COLUMNS = (*Utterance._fields, "duration_s", "sha256")
"""Columns before the features: the manifest's, the duration in seconds, and the digest of the recording's bytes."""

ROWS_PER_GROUP = 1 << 12
"""Rows of a Parquet row group. A group of 5,304 columns takes 87 MB in memory while it is written, and 10 MB of the
file's index, which is in memory whole."""

_NUMBERS = ("age", "agreement", "start_s", "end_s", "duration_s")
_REPEATING = tuple(name for name in MANIFEST_COLUMNS if name not in ("utterance", "path", "sha256"))
_KEYS = ("feature_set", "clean", "sample_rate")
"""Parts of a table's metadata without which it cannot be read."""


@dataclass(frozen=True, eq=False)
class Table:
    """Feature table of some utterances.

    Attributes
    ----------
    manifest : DataFrame
        one row per utterance, columns as in `MANIFEST_COLUMNS`; missing values where something is not known
    features : DataFrame [shape=(n_utterances, n_features)]
        float32, NaN where a feature is undefined; the same index as ``manifest``
    feature_set : FeatureSet
        what the columns are
    clean : tuple of str
        cleaning steps before the features were computed
    rejected : tuple of Rejected
        recordings that could not be used, with reasons; known only to the call that extracted them
    """

    manifest: "pd.DataFrame"
    features: "pd.DataFrame"
    feature_set: FeatureSet
    clean: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()

    @classmethod
    def from_frame(cls, frame: "pd.DataFrame", name: str = "foreign") -> "Table":
        """Make a table of the features of another tool, to be scored and compared like ours.

        Parameters
        ----------
        frame : DataFrame
            one row per utterance, with the columns ``utterance``, ``corpus``, ``speaker`` and ``emotion``, any other
            columns of `MANIFEST_COLUMNS`, and numeric columns, which are the features
        name : str
            name of the feature set in runs and reports

        Returns
        -------
        Table
            models trained on it predict from rows of features only, not from recordings

        Raises
        ------
        InputError
            a column is missing or not numeric, or an utterance occurs twice

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"utterance": ["a/1", "a/2"], "corpus": "a", "speaker": ["a/x", "a/y"],
        ...                       "emotion": ["joy", "anger"], "loudness": [0.5, 0.9]})
        >>> Table.from_frame(frame, "mine").features.columns.to_list()
        ['loudness']
        """
        missing = [column for column in ("utterance", "corpus", "speaker", "emotion") if column not in frame]
        if missing:
            raise InputError(f"The frame lacks the columns {listed(missing)}. Add them, one row per utterance.")
        _check_unique(frame["utterance"])
        columns = [str(column) for column in frame.columns if column not in MANIFEST_COLUMNS]
        odd = [column for column in columns if frame[column].dtype.kind not in "biuf"]
        if odd or not columns:
            what = f"The columns {listed(odd, 3)} are not numeric" if odd else "The frame has no column of features"
            raise InputError(f"{what}. Features are numeric columns; leave out others.")
        features = frame[columns].astype("float32").reset_index(drop=True)
        manifest = frame[[column for column in MANIFEST_COLUMNS if column in frame]].reset_index(drop=True)
        return cls(manifest, features, foreign_features(name, columns))

    @property
    def corpus(self) -> str:
        """Name of the corpus; several are joined by ``+``."""
        return "+".join(sorted(set(self.manifest["corpus"])))

    @property
    def has_copies(self) -> bool:
        """Whether some rows are changed copies of others."""
        return "derived_from" in self.manifest and bool(self.manifest["derived_from"].notna().any())

    def __len__(self) -> int:
        return len(self.manifest)

    def __repr__(self) -> str:
        emotions = self.manifest["emotion"].nunique()
        return (
            f"<Table of {self.corpus}: {len(self)} utterances x {self.features.shape[1]} features "
            f"('{self.feature_set.name}'), {self.manifest['speaker'].nunique()} speakers, {emotions} emotions>"
        )


def table_metadata(feature_set: FeatureSet, clean: tuple[str, ...]) -> dict[str, Any]:
    """Return what is written into a table's metadata: feature set, cleaning, versions."""
    return {
        "format": FORMAT,
        "featser": __version__,
        "feature_set": feature_set.to_dict(),
        "clean": list(clean),
        "sample_rate": SAMPLE_RATE,
        "libraries": {name: library_versions()[name] for name in NUMERIC_LIBRARIES},
    }


def arrow_manifest(manifest: "pd.DataFrame") -> "pa.Table":
    """Return the columns `MANIFEST_COLUMNS` of a manifest as Arrow columns; missing ones are empty.

    Parameters
    ----------
    manifest : DataFrame
        one row per utterance, with any of these columns
    """
    import pyarrow as pa

    schema = pa.schema(_manifest_fields())
    return pa.Table.from_pandas(manifest.reindex(columns=schema.names), schema, preserve_index=False)


def _manifest_fields() -> "list[tuple[str, pa.DataType]]":
    import pyarrow as pa

    return [(name, pa.float64() if name in _NUMBERS else pa.string()) for name in MANIFEST_COLUMNS]


def write_table(table: Table, path: str | Path) -> None:
    """Write a feature table as Parquet; the file appears whole or not at all.

    Parameters
    ----------
    table : Table
        table to write
    path : str or Path
        file; its folder is made

    Raises
    ------
    OSError
        it cannot be written; the error names the file
    """
    parts = range(0, len(table), ROWS_PER_GROUP)
    blocks = (
        (
            table.manifest.iloc[first : first + ROWS_PER_GROUP],
            table.features.to_numpy()[first : first + ROWS_PER_GROUP].T,
        )
        for first in parts
    )
    write_blocks(blocks, table.feature_set, table.clean, Path(path))


def write_blocks(
    blocks: "Iterable[tuple[pd.DataFrame, Any]]", feature_set: FeatureSet, clean: tuple[str, ...], path: Path
) -> None:
    """Write a feature table that comes in blocks of rows, with one block in memory at a time.

    Single-precision numbers hardly repeat: their bytes are ordered by significance before they are compressed, which
    gives smaller files than a dictionary in less than half the time.

    Parameters
    ----------
    blocks : iterable of (DataFrame, NDArray [shape=(n_features, n_rows)])
        manifest and features of `ROWS_PER_GROUP` utterances, or of fewer in the last block
    feature_set : FeatureSet
        what the features are
    clean : tuple of str
        cleaning steps before the features
    path : Path
        file; its folder is made
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = feature_set.feature_names
    metadata = {"featser": json.dumps(table_metadata(feature_set, clean), sort_keys=True)}
    schema = pa.schema([*_manifest_fields(), *((name, pa.float32()) for name in names)], metadata)
    settings: dict[str, Any] = {"compression": "zstd", "compression_level": 1, "write_page_checksum": True}
    settings |= {"use_dictionary": list(_REPEATING), "write_statistics": list(MANIFEST_COLUMNS)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        atomic_write(path) as temporary,
        pq.ParquetWriter(temporary, schema, use_byte_stream_split=list(names), **settings) as writer,
    ):
        for manifest, features in blocks:
            columns = [
                *arrow_manifest(manifest).columns,
                *(pa.array(column, pa.float32(), from_pandas=False) for column in features),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=ROWS_PER_GROUP)


def read_table(paths: str | Path | Sequence[str | Path]) -> Table:
    """Read one or more feature tables of the same feature set as one.

    Parameters
    ----------
    paths : str, Path or sequence of these
        Parquet files that ``featser extract`` or `write_table` wrote

    Returns
    -------
    Table
        all utterances, in the order of the files

    Raises
    ------
    UsageError
        a file does not exist
    InputError
        a file is not a feature table, two tables hold different features, or two hold the same utterance
    """
    import pandas as pd

    files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    frames, recipes = zip(*(_read_parquet(file) for file in files), strict=True)
    for file, recipe in zip(files[1:], recipes[1:], strict=True):
        _check_same(files[0], recipes[0], file, recipe)
    feature_set = feature_set_from(recipes[0]["feature_set"], recipes[0]["feature_set"].get("name", ""), str(files[0]))
    feature_set = _with_digests(feature_set, recipes)
    for file, frame in zip(files, frames, strict=True):
        _check_columns(file, frame.columns, feature_set)
    frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    _check_unique(frame["utterance"])
    manifest = frame[[name for name in MANIFEST_COLUMNS if name in frame]]
    return Table(manifest, frame[list(feature_set.feature_names)], feature_set, tuple(recipes[0]["clean"]))


def select_rows(table: Table, rows: Any) -> Table:
    """Return the table of some of its utterances.

    Parameters
    ----------
    table : Table
        whole table
    rows : sequence of int, slice or NDArray of bool [shape=(n_utterances,)]
        which utterances to keep
    """
    manifest, features = (part.iloc[rows].reset_index(drop=True) for part in (table.manifest, table.features))
    return replace(table, manifest=manifest, features=features)


def labelled(table: Table) -> Table:
    """Return the rows that have an emotion; corpora without emotions have none.

    Parameters
    ----------
    table : Table

    Returns
    -------
    Table

    Raises
    ------
    InputError
        no row has one
    """
    known = table.manifest["emotion"].notna().to_numpy()
    if not known.any():
        raise InputError(
            f"None of the {len(table)} utterances of {table.corpus} has an emotion. Give a table of labelled ones."
        )
    return table if known.all() else select_rows(table, known)


def _read_parquet(path: Path) -> "tuple[pd.DataFrame, dict[str, Any]]":
    if not path.is_file():
        near = did_you_mean(path.name, [each.name for each in path.parent.glob("*.parquet")])
        raise UsageError(f"No feature table at {path}.{near} Make one: featser extract FOLDER --out {path}.")
    try:
        table = read_parquet(path, page_checksum_verification=True)
        recipe = json.loads((table.schema.metadata or {}).get(b"featser", b"{}"))
        whole = {"utterance", "corpus"} <= set(table.column_names) and _is_recipe(recipe)
    except (OSError, ValueError, RecursionError) as error:  # damage surfaces as either, according to where it is
        raise InputError(f"{path} is not a Parquet file, or is damaged. Give a table of 'featser extract'.") from error
    if not whole or recipe.get("format") != FORMAT:
        raise InputError(f"{path} is not a feature table of this featser. Extract it again: featser extract FOLDER.")
    frame = table.to_pandas(split_blocks=True, self_destruct=True)
    _check_labels(path, frame)
    return frame, recipe


def _is_recipe(recipe: Any) -> bool:
    """Whether a table's metadata has the parts that reading needs, each of its type."""
    if not isinstance(recipe, dict) or not set(_KEYS) <= recipe.keys():
        return False
    steps, described = recipe["clean"], recipe["feature_set"]
    named = isinstance(described, dict) and isinstance(described.get("name", ""), str)
    return named and isinstance(steps, list) and all(isinstance(each, str) for each in steps)


def _check_labels(path: Path, frame: "pd.DataFrame") -> None:
    """Refuse labels that are no texts, or that a terminal or spreadsheet would obey."""
    for name in ("corpus", "speaker", "emotion"):
        values = frame[name].dropna().unique().tolist() if name in frame else []
        faults = (label_fault(each) if isinstance(each, str) else f"{each!r:.40} is no text" for each in values)
        if fault := next(filter(None, faults), ""):
            raise InputError(f"{path}: {name} {fault}. Correct the labels, and extract the table again.")


def _check_same(first: Path, expected: dict[str, Any], other: Path, found: dict[str, Any]) -> None:
    """Refuse tables of different features; the message names what differs."""
    sets = expected["feature_set"], found["feature_set"]
    if not same_features(*sets):
        names = [f"'{each.get('name', '?')}'" for each in sets]
        alike = " of the same name but other content" if names[0] == names[1] else ""
        raise InputError(
            f"{first} holds the features {names[0]}, {other} {names[1]}{alike}. Extract both with the same --features."
        )
    if expected["clean"] != found["clean"]:
        steps = [", ".join(each["clean"]) or "none" for each in (expected, found)]
        wanted = sorted({*expected["clean"], *found["clean"]})
        raise InputError(
            f"{first} was cleaned by: {steps[0]}; {other} by: {steps[1]}. "
            f"Extract both with {' '.join(f'--clean {step}' for step in wanted)}."
        )
    if expected["sample_rate"] != found["sample_rate"]:
        raise InputError(f"{first} and {other} have different sample rates. Extract both again.")


def _with_digests(feature_set: FeatureSet, recipes: Iterable[Mapping[str, Any]]) -> FeatureSet:
    """Add the digests of the files that the other tables were imported from."""
    if feature_set.source is None:
        return feature_set
    digests = [digest for each in recipes for digest in each["feature_set"].get("source", {}).get("sha256", ())]
    return replace(feature_set, source=replace(feature_set.source, sha256=tuple(dict.fromkeys(digests))))


def _check_columns(path: Path, columns: Iterable[str], feature_set: FeatureSet) -> None:
    there = set(columns)
    missing = [name for name in feature_set.feature_names if name not in there]
    if missing:
        raise InputError(f"{path} lacks the columns {listed(missing, 3)}. Extract it again: featser extract FOLDER.")


def _check_unique(utterances: "pd.Series[str]") -> None:
    twice = utterances[utterances.duplicated()].to_list()
    if twice:
        raise InputError(f"{len(twice)} utterances occur more than once: {listed(twice, 3)}. Give each once.")
