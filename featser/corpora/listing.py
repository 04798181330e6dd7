"""Recordings that a table lists with at least the columns path and emotion, or whose names fit a template."""

import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from sys import intern

from featser.corpora.files import check_exists, file_names, find_audio, folder_names, nearest_name
from featser.corpora.label_maps import translated
from featser.corpora.label_table import Columns, LabelRow, read_rows
from featser.corpora.manifest import (
    Manifest,
    Rejected,
    assemble,
    corpus_name,
    identifiers,
    marked,
    qualified,
)
from featser.corpora.raters import agreement_of, votes_of
from featser.corpora.rows import Key, expanded, key_of, merge_raters
from featser.corpora.segments import SEGMENT_SUFFIXES
from featser.corpora.templates import read_names
from featser.corpora.utterances import Utterance
from featser.errors import InputError

SEXES = {
    **dict.fromkeys(("f", "female", "w", "woman"), "female"),
    **dict.fromkeys(("m", "male", "man"), "male"),
}
"""Spellings of a sex; other words are kept unchanged."""

_MAX_SUGGESTIONS = 50  # the search for the nearest spelling is slow in tables of thousands of wrong paths


def read_manifest(
    csv: str | Path,
    own_labels: bool = False,
    *,
    columns: Columns | None = None,
    template: str = "",
    labels: Mapping[str, str] | None = None,
    unlabelled: bool = False,
    present: bool = True,
) -> Manifest:
    """Read the manifest of the recordings that a table lists, one per row.

    Paths are relative to the folder of the table, or absolute. Speakers are text: "03" stays "03". The column
    ``corpus`` names the corpus, else the file name of the table does. Ids are ``<corpus>/<stem>``, or the path
    without its suffix where stems repeat, or the column ``utterance``.

    With the columns ``start_s`` and ``end_s`` a row is a part of a recording. The column ``segments`` names a file of
    segments, see `featser.corpora.segments`: each is a row with the other cells of that row. With the column ``rater``
    several rows are about one recording, and the majority is its emotion.

    Parameters
    ----------
    csv : str or Path
        UTF-8 or UTF-16, separated by commas, semicolons or tabs, or Parquet; columns path and emotion, and where known
        speaker, sex, age, language, text, intensity, take, channel, derived_from, corpus, utterance, native_label,
        start_s, end_s, segments, rater. Or a file of segments with its recording beside. With ``template``, a folder
    own_labels : bool
        use the emotions as labels unchanged, without the vocabulary of emotions
    columns : mapping, optional
        column of this list -> names of the columns of the table that are meant, as of `parse_columns`
    template : str
        how the recordings of a folder are named, as of `featser.corpora.templates.template_pattern`
    labels : mapping, optional
        label in lower case -> emotion, or an empty text for recordings to leave out, as of `read_label_map`
    unlabelled : bool
        read recordings without a label too; by default they are rejected
    present : bool
        reject rows whose recording is not there

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
    if csv.is_dir() and not (template or unlabelled):
        raise InputError(f"Cannot read '{csv}': it is a folder. Give a table, or --template for its names.")
    root, rows, rejected = _read(csv, columns, template, unlabelled)
    full, incomplete = _complete(rows, unlabelled)
    counts = Counter(row.cells["emotion"] for row in full if "emotion" in row.cells)
    emotions = translated(counts, labels or {}, own_labels, csv.name, "row")
    rated, left_out = merge_raters(full, emotions, root, csv.name)
    once, repeated = _without_repeats(rated, root, csv.name)
    there, absent = _present(once, root) if present else (once, [])
    utterances = _utterances(there, emotions, csv)
    corpora = {utterance.corpus for utterance in utterances}
    corpus = corpora.pop() if len(corpora) == 1 else corpus_name(csv.resolve().stem)
    found = assemble(corpus, root, [*utterances, *rejected, *incomplete, *left_out, *absent], skipped=repeated)
    return marked(found) if csv.is_dir() else found


def _read(
    source: Path, columns: Columns | None, template: str, unlabelled: bool
) -> tuple[Path, list[LabelRow], list[Rejected]]:
    """Return the folder that paths are relative to, the rows, and the rows or recordings that cannot be read."""
    if template or source.is_dir():
        found = find_audio(source)
        if template:
            return found.root, *read_names(found, template)
        return found.root, [LabelRow(number, {"path": path}) for number, path in enumerate(found.audio, 1)], []
    if source.suffix.lower() in SEGMENT_SUFFIXES:
        row = LabelRow(1, {"segments": source.name})
        return source.parent, *expanded([row], source.parent)
    rows, rejected = read_rows(source, columns, unlabelled)
    wide, faulty = expanded(rows, source.parent)
    return source.parent, wide, [*rejected, *faulty]


def _complete(rows: Iterable[LabelRow], unlabelled: bool) -> tuple[list[LabelRow], list[Rejected]]:
    """Split rows into those with a path and an emotion, and rejections of the others."""
    full, rejected = [], []
    for row in rows:
        empty = next((name for name in ("path", "emotion") if name not in row.cells), None)
        if empty is None or (empty == "emotion" and unlabelled):
            full.append(row)
        else:
            path = row.cells.get("path", f"line {row.line}")
            rejected.append(Rejected(path, f"line {row.line} has no {empty}"))
    return full, rejected


def _without_repeats(rows: Iterable[LabelRow], root: Path, where: str) -> tuple[dict[Key, LabelRow], list[str]]:
    """Rows by recording and segment, and the paths of rows that repeat an earlier one.

    Raises
    ------
    InputError
        two rows about one recording differ
    """
    once: dict[Key, LabelRow] = {}
    repeated = []
    for row in rows:
        key = key_of(row, root)
        first = once.setdefault(key, row)
        if first is row:
            continue
        differing = _difference(first, row)
        if differing:
            values = [f"'{each.cells.get(differing, '')}' in line {each.line}" for each in (first, row)]
            raise InputError(
                f"{where}: two rows about {key.path} differ in '{differing}': {' and '.join(values)}. Keep one."
            )
        repeated.append(key.path)
    return once, repeated


def _difference(first: LabelRow, second: LabelRow) -> str | None:
    """First column in which two rows about one file differ; the emotion is compared first."""
    columns = ["emotion", *sorted({*first.cells, *second.cells} - {"emotion", "path"})]
    return next((name for name in columns if first.cells.get(name) != second.cells.get(name)), None)


def _present(rows: dict[Key, LabelRow], root: Path) -> tuple[dict[Key, LabelRow], list[Rejected]]:
    """Split rows into those whose file exists, and rejections of the others with the nearest spelling."""
    present: dict[Key, LabelRow] = {}
    absent: list[Rejected] = []
    listings: dict[Path, list[str]] = {}
    is_file = _look_up(root)
    for key, row in rows.items():
        if is_file(key.path):
            present[key] = row
            continue
        file = root / key.path
        if file.parent not in listings:
            listings[file.parent] = folder_names(file.parent)
        near = nearest_name(file.name, listings[file.parent]) if len(absent) < _MAX_SUGGESTIONS else None
        hint = f"; did you mean {Path(key.path).with_name(near).as_posix()}?" if near else ""
        absent.append(Rejected(key.path, f"no such file (line {row.line}){hint}"))
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


def _utterances(rows: dict[Key, LabelRow], emotions: dict[str, str], csv: Path) -> list[Utterance]:
    default = corpus_name(csv.resolve().stem)
    corpora = [corpus_name(row.cells.get("corpus", default)) for row in rows.values()]
    files = list(dict.fromkeys((corpus, key.path) for corpus, key in zip(corpora, rows, strict=True)))
    names = dict(zip(files, identifiers(files), strict=True))
    return [
        _utterance(key, row, corpus, f"{names[corpus, key.path]}{key.suffix}", emotions, csv.name)
        for (key, row), corpus in zip(rows.items(), corpora, strict=True)
    ]


def _utterance(key: Key, row: LabelRow, corpus: str, name: str, emotions: dict[str, str], where: str) -> Utterance:
    cells = row.cells
    speaker, sex, label = cells.get("speaker"), cells.get("sex"), cells.get("emotion")
    votes = votes_of(cells.get("votes"))
    return Utterance(
        utterance=qualified(corpus, cells.get("utterance", name)),
        path=key.path,
        corpus=corpus,
        speaker=intern(qualified(corpus, speaker)) if speaker else None,
        emotion=label if votes or not label else emotions[label],
        native_label=intern(cells.get("native_label", label)) if label else None,
        sex=SEXES.get(sex.lower(), sex) if sex else None,
        age=_age(row, where),
        language=cells.get("language"),
        text=cells.get("text"),
        intensity=cells.get("intensity"),
        take=cells.get("take"),
        channel=cells.get("channel"),
        derived_from=qualified(corpus, cells["derived_from"]) if "derived_from" in cells else None,
        votes=cells.get("votes"),
        agreement=agreement_of(votes),
        start_s=key.start_s,
        end_s=key.end_s,
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
