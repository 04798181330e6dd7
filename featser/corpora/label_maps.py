"""Files that translate a user's labels to the vocabulary of emotions."""

import csv
import tomllib
from collections.abc import Mapping
from pathlib import Path

from featser.corpora.emotions import EMOTIONS, emotion_named, emotions_of, own_emotions
from featser.corpora.files import check_exists
from featser.errors import InputError, did_you_mean
from featser.limits import read_toml

LEFT_OUT = ""
"""Translation of labels whose recordings are left out."""


def read_label_map(file: str | Path) -> dict[str, str]:
    """Read a file that translates labels.

    Parameters
    ----------
    file : str or Path
        ``.toml``: lines ``label = "emotion"``; or ``.csv``: two columns, label and emotion. An empty emotion leaves the
        recordings of that label out.

    Returns
    -------
    dict
        label in lower case -> one of `EMOTIONS`, or `LEFT_OUT`

    Raises
    ------
    UsageError
        the file does not exist
    InputError
        it cannot be parsed, or an emotion is not known
    """
    file = Path(file)
    check_exists(file)
    try:
        toml = file.suffix.lower() == ".toml"
        pairs = read_toml(file).items() if toml else _pairs(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{file} cannot be read as a label map ({error}).") from error
    return {label.strip().casefold(): _emotion(label, word, file) for label, word in pairs}


def translated(
    counts: Mapping[str, int], labels: Mapping[str, str], own_labels: bool, where: str, unit: str
) -> dict[str, str]:
    """Translate labels, first by a user's map, then by the vocabulary.

    Parameters
    ----------
    counts : mapping
        label -> number of rows or files that have it
    labels : mapping
        what `read_label_map` returned
    own_labels : bool
        keep labels that the map does not have, without the vocabulary
    where, unit : str
        as for `featser.corpora.emotions.emotions_of`

    Returns
    -------
    dict
        label -> emotion, or `LEFT_OUT`

    Raises
    ------
    InputError
        unknown labels
    """
    given = {label: labels[label.casefold()] for label in counts if label.casefold() in labels}
    others = {label: count for label, count in counts.items() if label not in given}
    return given | (own_emotions(others) if own_labels else emotions_of(others, where, unit))


def _pairs(text: str) -> list[tuple[str, str]]:
    separator = max(",;\t", key=text.partition("\n")[0].count)
    rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(row)]
    return [(row[0], row[1] if len(row) > 1 else "") for row in rows if [each.lower() for each in row[:1]] != ["label"]]


def _emotion(label: str, word: object, file: Path) -> str:
    if word == LEFT_OUT:
        return LEFT_OUT
    emotion = emotion_named(word) if isinstance(word, str) else None
    if emotion is None:
        near = did_you_mean(str(word), EMOTIONS)
        raise InputError(f"{file}: '{word}' (of '{label}') is not an emotion.{near} Known: {', '.join(EMOTIONS)}.")
    return emotion
