"""A first table of one's own recordings, to be edited: what their names and folders tell, and empty cells."""

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from featser.corpora.emotions import emotion_named
from featser.corpora.files import Found, find_audio
from featser.corpora.label_table import COLUMNS
from featser.corpora.manifest import stem_of
from featser.corpora.recognise import recognise
from featser.corpora.templates import read_names
from featser.corpora.utterances import Utterance
from featser.errors import InputError
from featser.limits import path_cell

_ALWAYS = ("path", "speaker", "emotion")
_WORDS = " _-.()"
"""Characters between the words of a name."""


def draft_manifest(folder: str | Path, template: str = "", beside: str | Path = ".") -> tuple[str, str]:
    """Write the text of a first table of labels.

    With a template its fields are columns. Without one the recordings are read as a known corpus if they are named like
    one; else words of emotions in names and folders, and folders of several recordings, are proposed.

    Parameters
    ----------
    folder : str or Path
        folder of recordings
    template : str
        as of `featser.corpora.templates.template_pattern`
    beside : str or Path
        folder that the table will be in; paths are relative to it

    Returns
    -------
    text : str
        CSV with a header
    how : str
        how speakers and emotions were found, as a sentence

    Raises
    ------
    UsageError
        the folder does not exist, or the template is faulty
    InputError
        it contains no recordings
    """
    found = find_audio(folder)
    rows, how = _rows(found, template)
    for row in rows:
        row["path"] = Path(os.path.relpath(found.root / row["path"], beside)).as_posix()
    return _text(rows), how


def _rows(found: Found, template: str) -> tuple[list[dict[str, str]], str]:
    if template:
        fitting, others = read_names(found, template)
        rows = [dict(row.cells) for row in fitting] + [{"path": each.path} for each in others]
        return rows, f"{len(fitting)} of {len(rows)} recordings are named like {template}"
    try:
        recognised = recognise(found.root)
    except InputError:
        return _guessed(found), "speakers and emotions are guesses from the names; check them"
    manifest = recognised.reader.read(found.root)
    rejected = [{"path": each.path} for each in manifest.rejected]
    return [*map(_cells, manifest.utterances), *rejected], recognised.reason


def _cells(utterance: Utterance) -> dict[str, str]:
    values = utterance._asdict() | {"speaker": utterance.speaker and utterance.speaker.partition("/")[2]}
    columns = (name for name in COLUMNS if name in values and name not in ("corpus", "utterance"))
    return {name: str(values[name]) for name in columns if values[name] is not None}


def _guessed(found: Found) -> list[dict[str, str]]:
    """Cells for each recording: an emotion that is a word of its path, and the folder that may be its speaker."""
    folders = [_speaker_folder(path) for path in found.audio]
    several = len(Counter(folders) - Counter([""])) > 1
    rows = []
    for path, folder in zip(found.audio, folders, strict=True):
        cells = {"path": path, "speaker": folder if several else "", "emotion": _emotion_in(path)}
        rows.append({name: cell for name, cell in cells.items() if cell})
    return rows


def _speaker_folder(path: str) -> str:
    """Innermost folder that is not named like an emotion."""
    names = reversed(PurePosixPath(path).parts[:-1])
    return next((name for name in names if not emotion_named(name)), "")


def _emotion_in(path: str) -> str:
    parts = [*PurePosixPath(path).parts[:-1], stem_of(path)]
    words = [word for part in reversed(parts) for word in (part, *_words(part))]
    return next((emotion for word in words if len(word) > 2 and (emotion := emotion_named(word))), "")


def _words(part: str) -> Sequence[str]:
    return part.translate(str.maketrans(_WORDS, " " * len(_WORDS))).split()


def _text(rows: Iterable[dict[str, str]]) -> str:
    rows = list(rows)
    columns = [name for name in COLUMNS if name in _ALWAYS or any(row.get(name) for row in rows)]
    columns = [*_ALWAYS, *(name for name in columns if name not in _ALWAYS)]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(row | {"path": path_cell(row["path"])} for row in sorted(rows, key=lambda row: row["path"]))
    return out.getvalue()
