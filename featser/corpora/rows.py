"""Rows of a table of labels that are not one recording each: segments, files of segments, and several raters."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from featser.corpora.label_table import LabelRow
from featser.corpora.manifest import Rejected
from featser.corpora.raters import majority, tie_words, votes_text
from featser.corpora.segments import read_segments, recording_beside, seconds
from featser.errors import InputError, UsageError


class Key(NamedTuple):
    """What a row is about: a recording, or a part of it."""

    path: str
    """POSIX path relative to the folder of the table"""
    start_s: float | None = None
    end_s: float | None = None

    @property
    def suffix(self) -> str:
        """End of the id of a segment."""
        return "" if self.start_s is None else f"@{self.start_s:.3f}-{self.end_s:.3f}"


def expanded(rows: Iterable[LabelRow], root: Path) -> tuple[list[LabelRow], list[Rejected]]:
    """Replace rows that name a file of segments by one row for each segment.

    Parameters
    ----------
    rows : iterable of LabelRow
    root : Path
        folder of the table

    Returns
    -------
    rows : list of LabelRow
    rejected : list of Rejected
        rows whose times or files of segments cannot be read, with reasons
    """
    found, rejected = [], []
    for row in rows:
        path = row.cells.get("path", row.cells.get("segments", f"line {row.line}"))
        try:
            for each in _segments_of(row, root):
                _check_times(each)
                found.append(each)
        except (InputError, UsageError, ValueError) as error:
            rejected.append(Rejected(path, f"line {row.line}: {str(error).rstrip('.')}"))
    return found, rejected


def _segments_of(row: LabelRow, root: Path) -> list[LabelRow]:
    if "segments" not in row.cells:
        return [row]
    name = row.cells["segments"]
    given = {column: cell for column, cell in row.cells.items() if column != "segments"}
    stem = Path(given["path"]).stem if "path" in given else ""
    names = ("", stem, "_".join(stem.split()))  # names of recordings have no blanks in an RTTM file
    rows = []
    for each in read_segments(root / name):
        if stem and each.recording not in names:
            continue
        path = given.get("path") or (Path(name).parent / recording_beside(root / name, each.recording)).as_posix()
        stated = {"speaker": each.speaker, "emotion": each.label}
        times = {"path": path, "start_s": repr(each.start_s), "end_s": repr(each.end_s)}
        rows.append(LabelRow(row.line, given | {key: text for key, text in stated.items() if text} | times))
    if not rows:
        raise InputError(f"{name} has no segment of {stem}")
    return rows


def _check_times(row: LabelRow) -> None:
    key = key_of(row, Path())
    if (key.start_s is None) != (key.end_s is None):
        raise InputError("a segment needs both start_s and end_s")
    if key.start_s is not None and key.end_s is not None and key.end_s <= key.start_s:
        raise InputError(f"the segment ends at {key.end_s:g} s, before or when it begins ({key.start_s:g} s)")


def key_of(row: LabelRow, root: Path) -> Key:
    """Return what a row is about.

    Parameters
    ----------
    row : LabelRow
    root : Path
        folder of the table

    Returns
    -------
    Key

    Raises
    ------
    InputError
        a time that is not a number of seconds
    """
    times = []
    for name in ("start_s", "end_s"):
        cell = row.cells.get(name)
        try:
            times.append(seconds(cell) if cell else None)
        except ValueError as error:
            raise InputError(f"{name} '{cell}' is not a number of seconds") from error
    return Key(_relative(row.cells.get("path", ""), root), *times)


def merge_raters(
    rows: Iterable[LabelRow], emotions: Mapping[str, str], root: Path, where: str
) -> tuple[list[LabelRow], list[Rejected]]:
    """Merge the rows of several raters about one recording; leave out rows whose label is translated to nothing.

    Parameters
    ----------
    rows : iterable of LabelRow
    emotions : mapping
        label -> emotion, or an empty text for labels that are left out
    root : Path
        folder of the table
    where : str
        how errors name the table

    Returns
    -------
    rows : list of LabelRow
        those of raters with the emotion of the majority and the cell ``votes``
    rejected : list of Rejected
        recordings that are left out, or whose raters do not agree
    """
    plain: list[LabelRow] = []
    rejected: list[Rejected] = []
    rated: dict[Key, list[LabelRow]] = {}
    for row in rows:
        label = row.cells.get("emotion")
        if "rater" in row.cells:
            rated.setdefault(key_of(row, root), []).append(row)
        elif label is not None and not emotions[label]:
            rejected.append(Rejected(row.cells["path"], f"line {row.line}: the label '{label}' is left out"))
        else:
            plain.append(row)
    for key, same in rated.items():
        merged = _merged(same, emotions, f"{where}: two rows about {key.path}")
        if isinstance(merged, Rejected):
            rejected.append(merged)
        else:
            plain.append(merged)
    return plain, rejected


def _merged(rows: list[LabelRow], emotions: Mapping[str, str], where: str) -> LabelRow | Rejected:
    first, *others = [
        {name: cell for name, cell in row.cells.items() if name not in ("emotion", "rater")} for row in rows
    ]
    for other, row in zip(others, rows[1:], strict=True):
        if other != first:
            raise InputError(f"{where} differ in more than rater and emotion (lines {rows[0].line} and {row.line}).")
    votes = Counter(emotions[row.cells["emotion"]] for row in rows if emotions.get(row.cells.get("emotion", "")))
    if not votes:
        return Rejected(first["path"], f"line {rows[0].line}: no rater gave a label that is used")
    emotion = majority(votes)
    if emotion is None:
        return Rejected(first["path"], tie_words(votes))
    return LabelRow(rows[0].line, first | {"emotion": emotion, "votes": votes_text(votes) or ""})


def _relative(cell: str, root: Path) -> str:
    """POSIX path relative to the table's folder; backslashes separate too, unless a file is named so."""
    if "\\" in cell and not (root / cell).exists():
        cell = cell.replace("\\", "/")
    if os.sep == "/" and not cell.startswith("/"):
        return os.path.normpath(cell)  # ten times faster than pathlib, for tables of tens of thousands of rows
    path = Path(cell)
    if not path.is_absolute():
        return Path(os.path.normpath(path)).as_posix()
    if path.drive != root.absolute().drive:
        return path.as_posix()
    return Path(os.path.relpath(path, root)).as_posix()
