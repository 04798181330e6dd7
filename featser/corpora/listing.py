"""Recordings that are listed in a CSV file with at least the columns path and emotion."""

import math
import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from sys import intern

from featser.corpora.emotions import emotions_of, own_emotions
from featser.corpora.files import check_exists, file_names, folder_names, nearest_name
from featser.corpora.label_table import LabelRow, read_rows
from featser.corpora.manifest import (
    Manifest,
    Rejected,
    assemble,
    corpus_name,
    identifiers,
    qualified,
)
from featser.corpora.utterances import Utterance
from featser.errors import InputError

SEXES = {
    **dict.fromkeys(("f", "female", "w", "woman"), "female"),
    **dict.fromkeys(("m", "male", "man"), "male"),
}
"""Spellings of a sex; other words are kept unchanged."""

_MAX_SUGGESTIONS = 50  # the search for the nearest spelling is slow in tables of thousands of wrong paths


def read_manifest(csv: str | Path, own_labels: bool = False) -> Manifest:
    """Read the manifest of the recordings that a CSV file lists, one per row.

    Paths are relative to the folder of the table, or absolute. Speakers are text: "03" stays "03". The column
    ``corpus`` names the corpus, else the file name of the table does. Ids are ``<corpus>/<stem>``, or the path
    without its suffix where stems repeat, or the column ``utterance``.

    Parameters
    ----------
    csv : str or Path
        UTF-8, separated by commas, semicolons or tabs; columns path and emotion, and where known speaker,
        sex, age, language, text, intensity, take, channel, derived_from, corpus, utterance, native_label
    own_labels : bool
        use the emotions as labels unchanged, without the vocabulary of emotions

    Returns
    -------
    Manifest
        the recordings with their labels, and the rows that cannot be used

    Raises
    ------
    UsageError
        the file does not exist
    InputError
        a table that cannot be parsed, unknown labels, or two rows that contradict each other
    """
    csv = Path(csv)
    check_exists(csv)
    rows, rejected = read_rows(csv)
    full, incomplete = _complete(rows)
    labels = Counter(row.cells["emotion"] for row in full)
    emotions = own_emotions(labels) if own_labels else emotions_of(labels, csv.name, "row")
    root = csv.parent
    once, repeated = _without_repeats(full, root, csv.name)
    present, absent = _present(once, root)
    utterances = _utterances(present, emotions, csv)
    corpora = {utterance.corpus for utterance in utterances}
    corpus = corpora.pop() if len(corpora) == 1 else corpus_name(csv.stem)
    return assemble(corpus, root, [*utterances, *rejected, *incomplete, *absent], skipped=repeated)


def _complete(rows: Iterable[LabelRow]) -> tuple[list[LabelRow], list[Rejected]]:
    """Split rows into those with a path and an emotion, and rejections of the others."""
    full, rejected = [], []
    for row in rows:
        empty = next((name for name in ("path", "emotion") if name not in row.cells), None)
        if empty is None:
            full.append(row)
        else:
            path = row.cells.get("path", f"line {row.line}")
            rejected.append(Rejected(path, f"line {row.line} has no {empty}"))
    return full, rejected


def _without_repeats(rows: Iterable[LabelRow], root: Path, where: str) -> tuple[dict[str, LabelRow], list[str]]:
    """Rows by path, and the paths of rows that repeat an earlier one.

    Raises
    ------
    InputError
        two rows about one file differ
    """
    once: dict[str, LabelRow] = {}
    repeated = []
    for row in rows:
        path = _relative(row.cells["path"], root)
        first = once.setdefault(path, row)
        if first is row:
            continue
        differing = _difference(first, row)
        if differing:
            values = [f"'{each.cells.get(differing, '')}' in line {each.line}" for each in (first, row)]
            raise InputError(
                f"{where}: two rows about {path} differ in '{differing}': {' and '.join(values)}. Keep one."
            )
        repeated.append(path)
    return once, repeated


def _difference(first: LabelRow, second: LabelRow) -> str | None:
    """First column in which two rows about one file differ; the emotion is compared first."""
    columns = ["emotion", *sorted({*first.cells, *second.cells} - {"emotion", "path"})]
    return next((name for name in columns if first.cells.get(name) != second.cells.get(name)), None)


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


def _present(rows: dict[str, LabelRow], root: Path) -> tuple[dict[str, LabelRow], list[Rejected]]:
    """Split rows into those whose file exists, and rejections of the others with the nearest spelling."""
    present: dict[str, LabelRow] = {}
    absent: list[Rejected] = []
    listings: dict[Path, list[str]] = {}
    is_file = _look_up(root)
    for path, row in rows.items():
        if is_file(path):
            present[path] = row
            continue
        file = root / path
        if file.parent not in listings:
            listings[file.parent] = folder_names(file.parent)
        near = nearest_name(file.name, listings[file.parent]) if len(absent) < _MAX_SUGGESTIONS else None
        hint = f"; did you mean {Path(path).with_name(near).as_posix()}?" if near else ""
        absent.append(Rejected(path, f"no such file (line {row.line}){hint}"))
    return present, absent


def _look_up(root: Path) -> Callable[[str], bool]:
    """Return a test whether a path from the root is a file, which lists each folder only once."""
    here = os.fspath(root)
    names: dict[str, frozenset[str]] = {}

    def is_file(path: str) -> bool:
        folder, _, name = path.rpartition("/")
        if folder not in names:
            names[folder] = file_names(os.path.join(here, folder))  # noqa: PTH118
        # the file system may accept another spelling than the listed one
        return name in names[folder] or os.path.isfile(os.path.join(here, path))  # noqa: PTH113, PTH118

    return is_file


def _utterances(rows: dict[str, LabelRow], emotions: dict[str, str], csv: Path) -> list[Utterance]:
    default = corpus_name(csv.stem)
    corpora = [corpus_name(row.cells.get("corpus", default)) for row in rows.values()]
    names = identifiers(list(zip(corpora, rows, strict=True)))
    return [
        _utterance(path, row, corpus, name, emotions, csv.name)
        for (path, row), corpus, name in zip(rows.items(), corpora, names, strict=True)
    ]


def _utterance(path: str, row: LabelRow, corpus: str, name: str, emotions: dict[str, str], where: str) -> Utterance:
    cells = row.cells
    speaker, sex = cells.get("speaker"), cells.get("sex")
    return Utterance(
        utterance=qualified(corpus, cells.get("utterance", name)),
        path=path,
        corpus=corpus,
        speaker=intern(qualified(corpus, speaker)) if speaker else None,
        emotion=emotions[cells["emotion"]],
        native_label=intern(cells.get("native_label", cells["emotion"])),
        sex=SEXES.get(sex.lower(), sex) if sex else None,
        age=_age(row, where),
        language=cells.get("language"),
        text=cells.get("text"),
        intensity=cells.get("intensity"),
        take=cells.get("take"),
        channel=cells.get("channel"),
        derived_from=qualified(corpus, cells["derived_from"]) if "derived_from" in cells else None,
    )


def _age(row: LabelRow, where: str) -> float | None:
    cell = row.cells.get("age")
    if cell is None:
        return None
    try:
        years = float(cell)
    except ValueError:
        years = math.nan
    if not 0 <= years < 150:
        raise InputError(f"{where}, line {row.line}: age '{cell}' is not a number of years. Correct or empty it.")
    return years
