"""Read a table of labels: check its encoding, separator and column names, and split it into rows."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from featser.corpora.manifest import Rejected
from featser.errors import InputError, UnknownNameError, UsageError, listed
from featser.limits import MAX_LABEL_BYTES, read_parquet

REQUIRED = ("path", "emotion")
OPTIONAL = (
    *("speaker", "sex", "age", "language", "text", "intensity", "take", "channel"),
    "derived_from",
    *("corpus", "utterance", "native_label"),
    *("start_s", "end_s", "segments", "rater"),
)
COLUMNS = (*REQUIRED, *OPTIONAL)

OTHER_NAMES = {
    **dict.fromkeys(("file", "filename", "file_name", "filepath", "wav", "audio"), "path"),
    **dict.fromkeys(("label", "class", "target", "category"), "emotion"),
    **dict.fromkeys(("actor", "subject", "speakerid", "spk"), "speaker"),
    **dict.fromkeys(("gender",), "sex"),
}
"""Names of columns in other tools. Errors suggest the name used here; no column is renamed without ``--map``."""

_GUESSED = tuple(name for name in COLUMNS if name not in ("rater", "segments"))
"""Columns for which others may be misspellings; names such as rate are not."""

Columns = Mapping[str, Sequence[str]]
"""Column of `COLUMNS` -> the columns of the table that are meant; several of emotions are those of several raters."""

_SEPARATORS = ",;\t"

_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""First bytes of the encodings besides UTF-8 that spreadsheets write."""


class LabelRow(NamedTuple):
    """One row of a table of labels."""

    line: int
    """number of its first line"""
    cells: dict[str, str]
    """column -> content, without empty cells"""


def parse_columns(pairs: Sequence[str]) -> Columns:
    """Read ``--map speaker=caller_id`` and others.

    Parameters
    ----------
    pairs : sequence of str
        ``NAME=COLUMN``; a name may be repeated for ``emotion``

    Returns
    -------
    mapping
        name -> columns

    Raises
    ------
    UsageError
        a text of another form, an unknown name, or two columns for one name
    """
    found: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, column = (part.strip() for part in pair.partition("="))
        if not equals or not column:
            raise UsageError(
                f"--map '{pair}' is not of the form NAME=COLUMN. Write for example --map speaker=caller_id."
            )
        if name not in COLUMNS:
            raise UnknownNameError("column", name, COLUMNS, f"--map '{pair}'")
        found.setdefault(name, []).append(column)
        if len(found[name]) > 1 and name != "emotion":
            raise UsageError(f"--map gives two columns for '{name}': {' and '.join(found[name])}. Give one.")
    return found


def read_rows(
    file: Path, columns: Columns | None = None, unlabelled: bool = False
) -> tuple[list[LabelRow], list[Rejected]]:
    """Read the rows of a table of labels.

    Column names are compared in lower case. Unknown columns are ignored, unless they look like misspelt known ones.
    Several columns of emotions are those of several raters: each gives a row.

    Parameters
    ----------
    file : Path
        CSV, separated by commas, semicolons or tabs; or Parquet
    columns : mapping, optional
        what `parse_columns` returned
    unlabelled : bool
        the column ``emotion`` may be missing

    Returns
    -------
    rows : list of LabelRow
    rejected : list of Rejected
        rows with more or fewer cells than the header

    Raises
    ------
    InputError
        not UTF-8, no rows, or a column that is missing, repeated or misspelt
    """
    records = _parquet(file) if file.suffix.lower() == ".parquet" else _records(file)
    _, header = next(records, (0, []))
    names = _renamed([name.lower() for name in header], columns or {}, file.name)
    _check_columns(file.name, names, [name for name in REQUIRED if name != "emotion" or not unlabelled])
    rows: list[LabelRow] = []
    rejected: list[Rejected] = []
    for line, cells in records:
        if len(cells) != len(names):
            rejected.append(Rejected(cells[0], _wrong_width(line, len(cells), len(names))))
            continue
        rows += _rows_of(line, names, cells, header)
    if not rows and not rejected:
        raise InputError(f"{file.name} has a header but no rows. Write one row per recording.")
    return rows, rejected


def _renamed(header: Sequence[str], columns: Columns, where: str) -> list[str]:
    """Return the names of the columns here; those that others are mapped to lose their own meaning."""
    doubled = sorted({name for name in header if header.count(name) > 1 and name in COLUMNS})
    if doubled:
        raise InputError(f"{where} has the column '{doubled[0]}' more than once. Keep one.")
    meant: dict[str, str] = {}
    for name, originals in columns.items():
        for original in originals:
            if original.lower() not in header:
                raise InputError(
                    f"{where} has no column '{original}' (--map {name}={original}); its columns are {listed(header)}."
                )
            meant[original.lower()] = name
    return [meant.get(name, f"({name})" if name in columns else name) for name in header]


def _rows_of(line: int, names: Sequence[str], cells: Sequence[str], header: Sequence[str]) -> Iterator[LabelRow]:
    """Yield a row; one for each rater where there are several columns of emotions."""
    known = [(name, at) for at, name in enumerate(names) if name in COLUMNS and cells[at]]
    raters = [at for name, at in known if name == "emotion"]
    if names.count("emotion") < 2 or not raters:
        yield LabelRow(line, {name: cells[at] for name, at in known})
        return
    for rater in raters:
        yield LabelRow(
            line, {name: cells[at] for name, at in known} | {"emotion": cells[rater], "rater": header[rater]}
        )


def _parquet(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Header and rows of a Parquet file as text; whole numbers have no decimals, and missing values are empty."""
    try:
        table = read_parquet(file)
    except (OSError, ValueError) as error:
        raise InputError(f"{file.name} is not a Parquet file, or is damaged ({error!s:.80}).") from error
    yield 1, [str(name).strip() for name in table.column_names]
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True) if table.column_names else ()
    for number, row in enumerate(rows, 1):
        yield number, [_cell_text(value) for value in row]


def _cell_text(value: object) -> str:
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _records(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Stripped cells of each record that is not blank, with the number of its first line."""
    text = _text(file)
    declared = text[:5].lower() == "sep=" + text[4:5] and text[4:5] in _SEPARATORS
    line = 2 if declared else 1
    heading = text.lstrip().partition("\n")[0]
    separator = text[4] if declared else max(_SEPARATORS, key=heading.count)
    body = io.StringIO(text, newline="")
    if declared:
        body.readline()
    reader, first = csv.reader(body, delimiter=separator), line
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield line, cells
            line = reader.line_num + first
    except csv.Error as error:
        raise InputError(f"{file.name}, line {line}: {error}. Write a plain CSV file.") from error


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_LABEL_BYTES:
            raise InputError(f"{file.name} has more than {MAX_LABEL_BYTES:,} bytes. Give a table of labels.")
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read '{file}': {error.strerror}.") from error
    try:
        return content.decode(_BOMS.get(content[:2], "utf-8-sig")).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{file.name} is not UTF-8 (line {line}). Save it again as UTF-8; "
            "spreadsheets call this format 'CSV UTF-8'."
        ) from error


def _check_columns(where: str, columns: list[str], required: Sequence[str]) -> None:
    if not columns:
        raise InputError(f"{where} is empty. Its first line names the columns: path,emotion,speaker.")
    meant = {name: _meant(name) for name in columns if name not in COLUMNS}
    misspelt = {target: name for name, target in meant.items() if target and target not in columns}
    missing = [name for name in required if name not in columns]
    if missing:
        raise InputError(_missing(where, missing, columns, misspelt))
    for target, name in misspelt.items():
        raise InputError(
            f"{where}: is the column '{name}' meant to be '{target}'? Rename it to '{target}', "
            "or to something quite different."
        )


def _missing(where: str, missing: list[str], columns: list[str], misspelt: dict[str, str]) -> str:
    names = " and ".join(f"'{name}'" for name in missing)
    renames = [f"rename '{misspelt[name]}' to '{name}'" for name in missing if name in misspelt]
    mapped = " ".join(f"--map {name}={misspelt[name]}" for name in missing if name in misspelt)
    right = (
        f" To do: {', '.join(renames)}, or {mapped}."
        if renames
        else " A table of labels starts with path,emotion,speaker."
    )
    plural = "s" if len(missing) > 1 else ""
    return f"{where} has no column{plural} {names}; its columns are {listed(columns)}.{right}"


def _meant(name: str) -> str | None:
    """Known column for which an unknown name is probably a synonym or a misspelling."""
    if name in OTHER_NAMES:
        return OTHER_NAMES[name]
    close = get_close_matches(name, _GUESSED, n=1, cutoff=0.8)
    return close[0] if close else None


def _wrong_width(line: int, n_cells: int, n_columns: int) -> str:
    return f"line {line} has {n_cells} cells, the header has {n_columns}; put quotes around cells that hold a separator"
