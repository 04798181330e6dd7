"""Labels in files beside the recordings: lines of text (IEMOCAP) or columns of a table (MELD)."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from featser.corpora.files import Found
from featser.errors import InputError

MAX_BYTES = 100_000_000
"""Larger files are not read as labels."""


@dataclass(frozen=True)
class Labels:
    """Where a corpus keeps labels that its file names do not state.

    A row is about the recordings that have the same values in all groups that both have.
    """

    file: str
    """regular expression for the path of a file of labels, or the end of it; its groups belong to each row"""
    row: str = ""
    """regular expression for a line of the file, with groups; other lines are ignored"""
    columns: Mapping[str, str] = field(default_factory=dict)
    """in place of ``row``: group -> column of a table separated by commas or tabs"""
    votes: Mapping[str, str] = field(default_factory=dict)
    """group with a number of raters -> native label that they chose"""
    example: Mapping[str, str] = field(default_factory=dict)
    """path of one file -> content with the row of the example"""

    def read(self, found: Found) -> list[dict[str, str]]:
        """Read all rows of the files of labels.

        Parameters
        ----------
        found : Found
            files under a folder, as `find_audio` lists them

        Returns
        -------
        list of dict
            group -> value
        """
        texts = ((path, _text(found.root / path)) for path in sorted(found.others) if self._about(path, found.name))
        return [row for path, text in texts for row in self._rows(path, text, found.name)]

    def rows_of_example(self) -> list[dict[str, str]]:
        """Return the rows of ``example``."""
        return [row for path, text in self.example.items() for row in self._rows(path, text)]

    def are_in(self, found: Found) -> bool:
        """Whether there is a file of labels."""
        return any(self._about(path, found.name) for path in found.others)

    @property
    def groups(self) -> set[str]:
        """Names of all groups of a row."""
        return {*self._file.groupindex, *self._row.groupindex, *self.columns}

    def _about(self, path: str, root_name: str = "") -> re.Match[str] | None:
        return match_end(self._file, path, root_name)

    def _rows(self, path: str, text: str, root_name: str = "") -> Iterator[dict[str, str]]:
        """Yield the rows of the text of one file, with the groups of its path."""
        match = self._about(path, root_name)
        of_path = match.groupdict("") if match else {}
        if not self.columns:
            matches = (self._row.fullmatch(line) for line in text.splitlines())
            yield from (of_path | found.groupdict("") for found in matches if found)
            return
        separator = "\t" if "\t" in text.partition("\n")[0] else ","
        try:
            for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=separator):
                yield of_path | {group: (row.get(name) or "").strip() for group, name in self.columns.items()}
        except csv.Error as error:
            raise InputError(f"{path}: {error}. Replace it by the file of the corpus.") from error

    @cached_property
    def _file(self) -> re.Pattern[str]:
        return re.compile(self.file)

    @cached_property
    def _row(self) -> re.Pattern[str]:
        return re.compile(self.row)


def match_end(pattern: re.Pattern[str], path: str, root_name: str = "") -> re.Match[str] | None:
    r"""Match a pattern with the end of a path, from as many folders as the pattern has slashes.

    Parameters
    ----------
    pattern : Pattern
    path : str
        POSIX path
    root_name : str
        name of the folder that the path is relative to; it precedes the path

    Returns
    -------
    Match or None

    Examples
    --------
    >>> match_end(re.compile(r"(?:(fast|slow)/)?\d+"), "a/slow/01").groups()
    ('slow',)
    """
    parts = [root_name, *path.split("/")] if root_name else path.split("/")
    found = None
    for n_parts in range(1, min(pattern.pattern.count("/") + 1, len(parts)) + 1):
        found = pattern.fullmatch("/".join(parts[-n_parts:])) or found
    return found


def groups_in_folders(match: re.Match[str] | None) -> list[str]:
    """Return the groups of a match that folders state and not the name of the file, in their order."""
    if match is None:
        return []
    last = match[0].rfind("/")
    inside = (group for group, code in match.groupdict().items() if code and match.start(group) - match.start() < last)
    return sorted(inside, key=match.start)


def _text(file: Path) -> str:
    """Text of a file; empty where it cannot be read or is too large."""
    try:
        if file.stat().st_size > MAX_BYTES:
            return ""
        return file.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return ""
