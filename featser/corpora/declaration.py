"""Declarations of further corpora: TOML files with the keys of `Corpus`, and checks of every declaration."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from string import Formatter
from typing import Any

from featser.corpora.corpus import GROUPS, BestKnown, Corpus, Download
from featser.corpora.emotions import EMOTIONS, SYNONYMS
from featser.corpora.label_files import Labels
from featser.corpora.manifest import Rejected
from featser.errors import UnknownNameError, UsageError, did_you_mean
from featser.limits import read_toml

REQUIRED = ("example", "file_name")
"""Keys that a file must have."""

RESERVED = ("auto", "fetch", "folder", "one", "unlabelled")
"""Values of ``--corpus`` and ``--speakers`` that cannot be names of corpora."""

MAX_PATTERN = 500
"""Characters of a regular expression."""

MAX_OPEN_REPEATS = 6
"""Repetitions without an upper limit in a regular expression; with more, a mismatch may take very long to find."""

_DEFAULTS = {
    **dict.fromkeys(("citation", "licence", "home"), "not stated"),
    "language": "",
    "n_utterances": 0,
    "n_speakers": 0,
}

KEYS = {
    **dict.fromkeys(("name", "title", "citation", "licence", "home", "language", "example", "audio"), "a text"),
    **dict.fromkeys(("file_name", "folder", "published_source", "speaker"), "a text"),
    **dict.fromkeys(("emotions", "refused", "foreign", "sexes", "texts"), "a table of texts"),
    **dict.fromkeys(("clean", "oddities", "trained_only", "layouts", "unverified"), "a list of texts"),
    **dict.fromkeys(("n_utterances", "n_speakers"), "a whole number"),
    "ages": "a table of numbers",
    "codes": "a table of tables of texts",
    "published_folds": "a list of lists of texts",
    "labels": "a table",
    "best_known": "a table",
    "download": "a list of tables of texts",
}
"""Keys of a file, and the kind of value of each."""


Part = type[Labels] | type[BestKnown] | type[Download]

_PARTS: Mapping[str, Part] = {"labels": Labels, "best_known": BestKnown, "download": Download}
"""Keys whose tables have keys of their own."""


def read_declaration(path: str | Path, check: bool = True) -> Corpus:
    """Read the declaration of a corpus.

    Parameters
    ----------
    path : str or Path
        TOML file with the keys of `Corpus`; `REQUIRED` are necessary, and the name is that of the file by default
    check : bool
        check that the parts agree, with `check_corpus`

    Returns
    -------
    Corpus

    Raises
    ------
    UsageError
        the file does not exist or is not TOML, a key is unknown, missing or of the wrong type, or `check_corpus` fails
    """
    path = Path(path)
    values = _toml(path)
    _check_keys(values, path)
    name = values.get("name", path.stem)
    found = {"name": name, "title": name, **_DEFAULTS, **values}
    for key, kind in _PARTS.items():
        if key in found:
            found[key] = _part(found[key], kind, f"{path}: '{key}'")
    corpus = Corpus(**{key: _frozen(value) for key, value in found.items()})
    if check:
        check_corpus(corpus, str(path))
    return corpus


def _toml(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except OSError as error:
        near = did_you_mean(path.name, [each.name for each in path.parent.glob("*.toml")])
        raise UsageError(f"No declaration of a corpus at {path} ({error.strerror}).{near} Give a TOML file.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not a TOML file ({error}).") from error


def _check_keys(values: Mapping[str, Any], path: Path) -> None:
    for key in values:
        if key not in KEYS:
            raise UnknownNameError("key", key, KEYS, str(path))
    missing = [key for key in REQUIRED if key not in values]
    if missing:
        raise UsageError(f"{path} has no '{missing[0]}'. A corpus needs {', '.join(REQUIRED)}.")
    for key, value in values.items():
        if not _is(value, KEYS[key]):
            raise UsageError(f"{path}: '{key}' must be {KEYS[key]}, not {value!r:.40}.")


def check_corpus(corpus: Corpus, where: str) -> None:
    """Check that the parts of a declaration agree.

    Parameters
    ----------
    corpus : Corpus
    where : str
        how errors name the declaration

    Raises
    ------
    UsageError
        a name that cannot be used, a pattern that is unsound, an unknown group or emotion, or an example that the
        patterns do not match
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", corpus.name) or corpus.name in RESERVED:
        raise UsageError(
            f"{where}: '{corpus.name}' cannot be the name of a corpus. Use small letters, digits, - and _, "
            f"and none of {', '.join(RESERVED)}."
        )
    found = {
        group
        for key, pattern in (("file_name", corpus.file_name), ("folder", corpus.folder))
        for group in _groups_of(pattern, f"{where}: '{key}'")
    }
    for pattern in (*corpus.refused, *corpus.foreign):
        _groups_of(pattern, f"{where}: 'refused'")
    _check_groups(corpus, found, _check_labels(corpus, found, where), where)
    _check_emotions(corpus, where)
    rows_of_example = corpus.rows_by_key(corpus.labels.rows_of_example() if corpus.labels else [])
    for example in (corpus.example, *corpus.layouts):
        reading = corpus.parse(example, rows=rows_of_example)
        if isinstance(reading, Rejected):
            raise UsageError(f"{where}: its patterns do not match its example '{example}': {reading.reason}.")


def _check_groups(corpus: Corpus, found: set[str], rows: set[str], where: str) -> None:
    """Check the groups of the patterns and of the rows of labels: none is unknown, and those that are needed exist."""
    parts = _parts_of_speaker(corpus.speaker, where)
    for group in (*found, *rows, *corpus.codes):
        if group not in {*GROUPS, *parts, *(found & rows), *(corpus.labels.votes if corpus.labels else ())}:
            raise UnknownNameError("group", group, GROUPS, where)
    for part in parts - found - rows:
        raise UnknownNameError("group in 'speaker'", part, found | rows, where)
    known = found | rows | ({"speaker"} if parts else set())
    for group in ("speaker", "emotion") if corpus.emotions else ():
        if group not in known:
            raise UsageError(f"{where}: 'file_name' has no group (?P<{group}>...). Add one.")
    if "emotion" in known and not corpus.emotions:
        raise UsageError(f"{where} has no 'emotions'. Give a table: label of the corpus = emotion.")


def _parts_of_speaker(template: str, where: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(template) if name}
    except ValueError as error:
        raise UsageError(f"{where}: 'speaker' = '{template}': {error}. Write groups as {{session}}.") from error


def _check_labels(corpus: Corpus, found: Iterable[str], where: str) -> set[str]:
    """Return the groups of the files of labels; some of them must be groups of the recordings' names."""
    if corpus.labels is None:
        return set()
    for key, pattern in (("file", corpus.labels.file), ("row", corpus.labels.row)):
        _groups_of(pattern, f"{where}: 'labels.{key}'")
    groups = corpus.labels.groups
    if not groups & set(found):
        raise UsageError(
            f"{where}: 'labels' and 'file_name' have no group in common. Name those alike that tell a recording."
        )
    return groups


def _check_emotions(corpus: Corpus, where: str) -> None:
    words = {synonym: word for word, synonyms in SYNONYMS.items() for synonym in synonyms}
    for label, word in corpus.emotions.items():
        if word not in EMOTIONS:
            near = f" Did you mean '{words[word]}'?" if word in words else did_you_mean(word, EMOTIONS)
            raise UsageError(f"{where}: '{word}' (of '{label}') is not an emotion.{near} Known: {', '.join(EMOTIONS)}.")
    for code, label in corpus.codes.get("emotion", {}).items():
        if label not in corpus.emotions:
            raise UnknownNameError(f"label of code '{code}'", label, corpus.emotions, where)


def _groups_of(pattern: str, where: str) -> Iterable[str]:
    """Names of the groups of a regular expression that is short enough and compiles."""
    if len(pattern) > MAX_PATTERN:
        raise UsageError(f"{where} has {len(pattern)} characters; at most {MAX_PATTERN} are read. Shorten it.")
    plain = re.sub(r"\[\^?\]?[^\]]*\]", "x", re.sub(r"\\.", "x", pattern))
    repeats = re.findall(r"[*+]|\{\d*,\d*\}", plain)
    if len(repeats) > MAX_OPEN_REPEATS or (repeats and re.search(r"\)[*+{]", plain)):
        raise UsageError(
            f"{where}: '{pattern}' may take very long to match. Use at most {MAX_OPEN_REPEATS} of * and +, "
            "and repeat no group."
        )
    try:
        return re.compile(pattern).groupindex
    except re.error as error:
        raise UsageError(f"{where}: '{pattern}' is not a regular expression ({error}).") from error


def _part(value: Any, kind: Part, where: str) -> Any:
    """Build a part of a declaration from its table, or several from a list of tables."""
    if isinstance(value, list):
        return [_part(each, kind, where) for each in value]
    known = [each.name for each in fields(kind)]
    for key, content in value.items():
        if key not in known:
            raise UnknownNameError("key", key, known, where)
        if not isinstance(content, str | int | float) and not _is(content, "a table of texts"):
            raise UsageError(f"{where}: '{key}' cannot be {content!r:.40}.")
    try:
        return kind(**value)
    except TypeError as error:
        raise UsageError(f"{where} lacks a key. It has {', '.join(known)}.") from error


def _is(value: Any, kind: str) -> bool:
    if kind == "a table":
        return isinstance(value, Mapping)
    if kind.startswith("a table of "):
        inner = {"texts": "a text", "numbers": "a number"}.get(kind.removeprefix("a table of "), "a table of texts")
        return isinstance(value, Mapping) and all(_is(each, inner) for each in value.values())
    if kind.startswith("a list of "):
        inner = {"a list of texts": "a text", "a list of tables of texts": "a table of texts"}.get(
            kind, "a list of texts"
        )
        return isinstance(value, list) and all(_is(each, inner) for each in value)
    if kind == "a text":
        return isinstance(value, str)
    return isinstance(value, int if kind == "a whole number" else int | float) and not isinstance(value, bool)


def _frozen(value: Any) -> Any:
    """Lists as tuples, at every level."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
