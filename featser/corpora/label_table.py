"""Read a CSV table of labels: check its encoding, separator and column names, and split it into rows."""

import csv
import io
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from featser.corpora.manifest import Rejected
from featser.errors import InputError, listed

REQUIRED = ("path", "emotion")
OPTIONAL = (
    *("speaker", "sex", "age", "language", "text", "intensity", "take", "channel"),
    "derived_from",
    *("corpus", "utterance", "native_label"),
)
COLUMNS = (*REQUIRED, *OPTIONAL)

OTHER_NAMES = {
    **dict.fromkeys(("file", "filename", "file_name", "filepath", "wav", "audio"), "path"),
    **dict.fromkeys(("label", "class", "target", "category"), "emotion"),
    **dict.fromkeys(("actor", "subject", "speakerid", "spk"), "speaker"),
    **dict.fromkeys(("gender",), "sex"),
}
"""Names of columns in other tools. Errors suggest the name used here; no column is renamed."""

_SEPARATORS = ",;\t"


class LabelRow(NamedTuple):
    """One row of a table of labels."""

    line: int
    """number of its first line"""
    cells: dict[str, str]
    """column -> content, without empty cells"""


def read_rows(file: Path) -> tuple[list[LabelRow], list[Rejected]]:
    """Read the rows of a table of labels.

    Column names are compared in lower case. Unknown columns are ignored, unless they look like misspelt known ones.

    Parameters
    ----------
    file : Path
        CSV, separated by commas, semicolons or tabs

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
    records = _records(file)
    _, header = next(records, (0, []))
    columns = [name.lower() for name in header]
    _check_columns(file.name, columns)
    known = [(name, at) for at, name in enumerate(columns) if name in COLUMNS]
    rows, rejected = [], []
    for line, cells in records:
        if len(cells) != len(columns):
            rejected.append(Rejected(cells[0], _wrong_width(line, len(cells), len(columns))))
            continue
        rows.append(LabelRow(line, {name: cells[at] for name, at in known if cells[at]}))
    if not rows and not rejected:
        raise InputError(f"{file.name} has a header but no rows. Write one row per recording.")
    return rows, rejected


def _records(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Stripped cells of each record that is not blank, with the number of its first line."""
    text = _text(file)
    heading = text.lstrip().partition("\n")[0]
    separator = max(_SEPARATORS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    line = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{file.name}, line {line}: {error}. Write a plain CSV file.") from error


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read '{file}': {error.strerror}.") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{file.name} is not UTF-8 (line {line}). Save it again as UTF-8; "
            "spreadsheets call this format 'CSV UTF-8'."
        ) from error


def _check_columns(where: str, columns: list[str]) -> None:
    if not columns:
        raise InputError(f"{where} is empty. Its first line names the columns: path,emotion,speaker.")
    doubled = sorted({name for name in columns if columns.count(name) > 1 and name in COLUMNS})
    if doubled:
        raise InputError(f"{where} has the column '{doubled[0]}' more than once. Keep one.")
    meant = {name: _meant(name) for name in columns if name not in COLUMNS}
    misspelt = {target: name for name, target in meant.items() if target and target not in columns}
    missing = [name for name in REQUIRED if name not in columns]
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
    right = f" To do: {', '.join(renames)}." if renames else " A table of labels starts with path,emotion,speaker."
    plural = "s" if len(missing) > 1 else ""
    return f"{where} has no column{plural} {names}; its columns are {listed(columns)}.{right}"


def _meant(name: str) -> str | None:
    """Known column for which an unknown name is probably a synonym or a misspelling."""
    if name in OTHER_NAMES:
        return OTHER_NAMES[name]
    close = get_close_matches(name, COLUMNS, n=1, cutoff=0.8)
    return close[0] if close else None


def _wrong_width(line: int, n_cells: int, n_columns: int) -> str:
    return f"line {line} has {n_cells} cells, the header has {n_columns}; put quotes around cells that hold a separator"
