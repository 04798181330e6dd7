"""Read features of other tools: tables with the names of recordings. No file is unpickled."""

import hashlib
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featser.errors import InputError, UsageError, did_you_mean, listed
from featser.foreign.arff import read_arff

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

NAME_COLUMNS = ("name", "file", "filename", "file_name", "path", "utterance", "audio", "wav")
"""Columns that may name the recording, the first one that a table has."""

_TIMES = (("start", "start_s"), ("end", "end_s"))
_NO_FEATURES = ("", "unnamed: 0", "index", "id", "frametime", "frameindex", "class", "emotion", "label", "speaker")
"""Columns of other tools that may be numbers but are no features; a number of the row may tell the emotion."""

_UNDEFINED = ("?", "-nan", "nan(ind)", "-nan(ind)")
"""Spellings of NaN by other tools, besides those that pandas knows."""

_MOST_BYTES = 8 << 30
_PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth")


@dataclass(frozen=True, eq=False)
class Rows:
    """Features as another tool wrote them.

    Attributes
    ----------
    names : list of str
        name of the recording of each row
    times : NDArray of float [shape=(n_rows, 2)]
        begin and end in seconds, NaN for whole recordings
    features : DataFrame [shape=(n_rows, n_features)]
        numbers, NaN where undefined
    left_out : list of str
        columns that are no numbers
    tool : str
        the tool, where the file shows it, else ``""``
    sha256 : str
        digest of the file, or of all files of a folder
    """

    names: list[str]
    times: NDArray[np.float64]
    features: "pd.DataFrame"
    left_out: list[str]
    tool: str
    sha256: str


def read_foreign(path: str | Path) -> Rows:
    """Read features that another tool wrote.

    Parameters
    ----------
    path : str or Path
        ``.csv`` or ``.tsv`` separated by commas, semicolons or tabs, ``.arff``, ``.parquet``, with a column of
        `NAME_COLUMNS`; ``.npz`` with a matrix and the names of its rows, or one vector for each name; ``.npy`` with a
        matrix, and a text file of the same name with one name per line; or a folder of ``.npy`` files, one vector each

    Returns
    -------
    Rows

    Raises
    ------
    UsageError
        the file does not exist, or has a format that is not read
    InputError
        the file is damaged, has no names, or no numbers
    """
    path = Path(path)
    if not path.exists():
        near = did_you_mean(path.name, [each.name for each in path.parent.glob("*")] if path.parent.is_dir() else [])
        raise UsageError(f"No features at '{path}'.{near} Give a file or folder of features.")
    suffix = "folder" if path.is_dir() else path.suffix.lower()
    if suffix in _PICKLES:
        raise UsageError(f"'{path}' is a pickle, which may run code when it is read. Save it as CSV, Parquet or NPZ.")
    if suffix not in _READERS:
        raise UsageError(
            f"'{path}' does not end in {listed([each for each in _READERS if each != 'folder'])}. Convert it."
        )
    try:
        table, tool = _READERS[suffix](path)
        return _rows(_unpacked(table), tool, path)
    except (ValueError, OSError, KeyError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        reason = (str(error).splitlines() or [""])[0].rstrip(".")
        raise InputError(f"Cannot read '{path}' as {suffix.lstrip('.')} features: {reason}. Write it again.") from error


def _unpacked(table: "pd.DataFrame") -> "pd.DataFrame":
    """Replace a column of vectors by one column for each value."""
    vectors = [column for column in table.columns if len(table) and isinstance(table[column].iloc[0], np.ndarray)]
    if len(vectors) != 1:
        return table
    rows = _stacked((f"row {at}", np.asarray(each)) for at, each in enumerate(table[vectors[0]]))
    return table.drop(columns=vectors).join(rows.drop(columns="file").set_index(table.index))


def _rows(table: "pd.DataFrame", tool: str, path: Path) -> Rows:
    """Split a table into names, times and numbers."""
    import pandas as pd

    lower = {str(column).strip().lower(): column for column in table.columns}
    name = next((lower[each] for each in NAME_COLUMNS if each in lower), None)
    if name is None:
        raise InputError(
            f"'{path}' has no column that names the recordings (its first are {listed(list(table.columns), 3)}). "
            f"Call one of them 'file'."
        )
    times = np.full((len(table), len(_TIMES)), np.nan)
    for at, words in enumerate(_TIMES):
        for word in [each for each in words if each in lower]:
            times[:, at] = _seconds(table[lower[word]])
    known = {*_NO_FEATURES, *(word for words in _TIMES for word in words)}
    other = {name, *(column for word, column in lower.items() if word in known)}
    candidates = [column for column in table.columns if column not in other]
    numeric = [column for column in candidates if pd.api.types.is_numeric_dtype(table[column])]
    if not numeric:
        raise InputError(f"'{path}' has no column of numbers besides '{name}'. Give one row of features per recording.")
    features = table[numeric].astype(np.float64).replace([np.inf, -np.inf], np.nan)
    features.columns = [str(column).strip() for column in numeric]
    return Rows(
        [str(each).strip() for each in table[name]],
        times,
        features.reset_index(drop=True),
        [str(column) for column in candidates if column not in set(numeric)],
        tool,
        _digest(path),
    )


def _seconds(column: "pd.Series[Any]") -> NDArray[np.float64]:
    """Times in seconds, from numbers or from text such as ``0 days 00:00:01.5``."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(np.float64)
    return np.asarray(pd.to_timedelta(column).dt.total_seconds(), np.float64)


def _read_csv(path: Path) -> "tuple[pd.DataFrame, str]":
    import pandas as pd

    with path.open(encoding="utf-8-sig") as file:
        first = file.readline()
    separator = max(";,\t", key=first.count)
    tool = "openSMILE" if first.lower().startswith(f"name{separator}frametime") else ""
    quote = "'" if _second_line(path).startswith("'") else '"'
    settings: dict[str, Any] = {"encoding": "utf-8-sig", "index_col": False, "na_values": _UNDEFINED}
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            table = pd.read_csv(path, sep=separator, quotechar=quote, **settings)
        except pd.errors.ParserWarning as error:
            raise ValueError("some rows have more values than the first line has names") from error
    return table, tool


def _second_line(path: Path) -> str:
    with path.open(encoding="utf-8-sig") as file:
        file.readline()
        return file.readline()


def _read_arff(path: Path) -> "tuple[pd.DataFrame, str]":
    relation, table = read_arff(path.read_text(encoding="utf-8-sig"))
    return table, "openSMILE" if "opensmile" in relation.lower() or "frameTime" in table.columns else ""


def _read_parquet(path: Path) -> "tuple[pd.DataFrame, str]":
    import pyarrow.parquet as pq

    table = pq.read_table(path, page_checksum_verification=True).to_pandas()
    return table.reset_index() if any(table.index.names) else table, ""


def _read_npz(path: Path) -> "tuple[pd.DataFrame, str]":
    """A matrix with the names of its rows, or one vector for each name."""
    with zipfile.ZipFile(path) as archive:
        if sum(each.file_size for each in archive.infolist()) > _MOST_BYTES:
            raise ValueError("it has more than 8 GB")
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    names = [each for each in arrays.values() if each.dtype.kind in "US" and each.ndim == 1]
    matrices = [each for each in arrays.values() if each.dtype.kind in "fiu" and each.ndim == 2]
    if len(names) == 1 and len(matrices) == 1:
        return _frame([_text(each) for each in names[0]], matrices[0]), ""
    return _stacked(arrays.items()), ""


def _read_npy(path: Path) -> "tuple[pd.DataFrame, str]":
    names = path.with_suffix(".txt")
    if not names.is_file():
        raise ValueError(f"the names of its rows are missing; write them to {names.name}, one per line")
    lines = [line.strip() for line in names.read_text(encoding="utf-8-sig").splitlines()]
    return _frame([line for line in lines if line], np.load(path, allow_pickle=False, mmap_mode="r")), ""


def _read_folder(path: Path) -> "tuple[pd.DataFrame, str]":
    files = sorted(path.rglob("*.npy"))
    if not files:
        raise ValueError("it has no .npy files")
    vectors = ((each.relative_to(path).with_suffix("").as_posix(), np.load(each, allow_pickle=False)) for each in files)
    return _stacked(vectors), ""


def _stacked(vectors: Any) -> "pd.DataFrame":
    """One row for each name; vectors of equal length."""
    names: list[str] = []
    rows: list[NDArray[Any]] = []
    for name, values in vectors:
        vector = values[0] if values.ndim == 2 and len(values) == 1 else values
        if vector.ndim != 1 or vector.dtype.kind not in "fiu":
            raise ValueError(f"'{name}' has shape {values.shape}, not one vector of numbers; average over frames first")
        if rows and len(vector) != len(rows[0]):
            raise ValueError(f"'{name}' has {len(vector)} values, '{names[0]}' {len(rows[0])}")
        names.append(name)
        rows.append(vector)
    if not rows:
        raise ValueError("it is empty")
    return _frame(names, np.stack(rows))


def _frame(names: list[str], matrix: NDArray[Any]) -> "pd.DataFrame":
    import pandas as pd

    if matrix.ndim != 2 or matrix.dtype.kind not in "fiu":
        raise ValueError(f"its values have shape {matrix.shape} and type {matrix.dtype}, not rows of numbers")
    if len(names) != len(matrix):
        raise ValueError(f"it has {len(matrix)} rows and {len(names)} names")
    width = len(str(matrix.shape[1] - 1))
    columns = [f"embedding_{number:0{width}d}" for number in range(matrix.shape[1])]
    frame = pd.DataFrame(np.asarray(matrix), columns=columns)
    frame.insert(0, "file", names)
    return frame


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _digest(path: Path) -> str:
    """SHA-256 of a file; of a folder, of the names and contents of its files."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for each in sorted(path.rglob("*.npy")):
        digest.update(each.relative_to(path).as_posix().encode() + b"\0" + each.read_bytes())
    return digest.hexdigest()


_READERS: "dict[str, Callable[[Path], tuple[pd.DataFrame, str]]]" = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".arff": _read_arff,
    ".parquet": _read_parquet,
    ".npz": _read_npz,
    ".npy": _read_npy,
    "folder": _read_folder,
}
