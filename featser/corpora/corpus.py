"""Declaration of a corpus: how its files are named, and what the codes in the names mean."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from featser.corpora.facts import GROUPS, BestKnown, Download, Rows, years_of
from featser.corpora.files import Found, find_audio
from featser.corpora.label_files import Labels, groups_in_folders, match_end
from featser.corpora.manifest import Manifest, Rejected, assemble, stem_of
from featser.corpora.raters import agreement_of, votes_text
from featser.corpora.utterances import Utterance
from featser.errors import InputError

__all__ = ["GROUPS", "BestKnown", "Corpus", "Download", "Rows"]


@dataclass(frozen=True)
class Corpus:
    """A corpus whose file names, folders or files of labels state speaker and emotion.

    Speakers are written without the name of the corpus here (``03``), and with it in a manifest (``emodb/03``).
    """

    name: str
    title: str
    citation: str
    licence: str
    home: str
    """where to get it"""
    language: str
    """ISO 639-1 code; empty where it is not known"""
    n_utterances: int
    """as published; 0 where it is not known"""
    n_speakers: int
    """as published; 0 where it is not known"""
    example: str
    """path of one of its files in the original archive"""
    file_name: str
    """regular expression for a whole stem, with groups named as in `GROUPS`; or for folders and stem, with slashes"""
    emotions: Mapping[str, str] = field(default_factory=dict)
    """native label -> one of `EMOTIONS`; empty for recordings without labels of emotion"""
    layouts: tuple[str, ...] = ()
    """other paths of the same file in copies that circulate"""
    speaker: str = ""
    """name of a speaker made of several groups, as ``{session}{sex}``"""
    labels: Labels | None = None
    """files beside the recordings that state what the names do not"""
    folder: str = ""
    """regular expression for a folder's name; used where the file name does not state the speaker"""
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """group -> code in the name -> its meaning; codes that are not listed are kept"""
    refused: Mapping[str, str] = field(default_factory=dict)
    """regular expression for stems of the corpus that must not be used -> reason"""
    foreign: Mapping[str, str] = field(default_factory=dict)
    """regular expression for stems that show that a folder holds another corpus with names of this form -> reason"""
    sexes: Mapping[str, str] = field(default_factory=dict)
    """speaker -> female or male"""
    ages: Mapping[str, float] = field(default_factory=dict)
    """speaker -> years"""
    texts: Mapping[str, str] = field(default_factory=dict)
    """sentence code -> sentence"""
    clean: tuple[str, ...] = ()
    """cleaning steps that remove traces of the recording equipment by which speakers can be identified"""
    oddities: tuple[str, ...] = ()
    """known peculiarities, one sentence or more each"""
    published_folds: tuple[tuple[str, ...], ...] = ()
    """test speakers of each fold in the literature; empty where no published split is speaker-disjoint"""
    trained_only: tuple[str, ...] = ()
    """speakers that the published split uses for training only"""
    published_source: str = ""
    best_known: BestKnown | None = None
    """a score above this one is reported with a request to look for leaks"""
    audio: str = ""
    """format and duration of the recordings"""
    download: tuple[Download, ...] = ()
    """official files, where the licence allows anyone to download them"""
    unverified: tuple[str, ...] = ()
    """names of those fields that were not checked against the recordings or the corpus's own documents"""

    def read(self, root: str | Path) -> Manifest:
        """Read the manifest of a folder from the names of its files; no audio is opened.

        Parameters
        ----------
        root : str or Path
            a folder, or a single recording

        Returns
        -------
        Manifest

        Raises
        ------
        UsageError
            the folder does not exist
        InputError
            it contains no recordings
        """
        return self.read_found(find_audio(root))

    def read_found(self, found: Found) -> Manifest:
        """Read the manifest of recordings that `find_audio` has found.

        Parameters
        ----------
        found : Found

        Returns
        -------
        Manifest
        """
        rows = self.rows(found)
        readings = [self.parse(path, found.name, rows) for path in found.audio]
        return assemble(self.name, found.root, readings, self.clean)

    def rows(self, found: Found) -> Rows:
        """Read the rows of the files of labels.

        Parameters
        ----------
        found : Found

        Returns
        -------
        mapping
            empty where the corpus has no such files

        Raises
        ------
        InputError
            the files of labels are missing, or the recordings are those of another corpus
        """
        if reason := self.excluded(found):
            raise InputError(f"'{found.root}': {reason}.")
        if self.labels is None:
            return {}
        return self.rows_by_key(self.labels.read(found))

    def excluded(self, found: Found) -> str:
        """Return why a folder cannot be this corpus whatever the names of its files; empty where it can.

        Parameters
        ----------
        found : Found

        Returns
        -------
        str
        """
        for pattern, reason in self.foreign.items():
            for path in found.audio:
                if re.fullmatch(pattern, stem_of(path)):
                    return f"{path} shows that this is not {self.name}: {reason}"
        if self.labels_are_needed and self.labels and not self.labels.are_in(found):
            return f"the labels of {self.name} are missing, e.g. {min(self.labels.example)}"
        return ""

    def rows_by_key(self, rows: Sequence[Mapping[str, str]]) -> Rows:
        """Return rows of labels by the values of the groups that recordings have too; the first of equal ones."""
        return {tuple(self._meaning(group, row[group]) for group in self._keys): row for row in reversed(rows)}

    @property
    def labels_are_needed(self) -> bool:
        """Whether only the files of labels state the emotion."""
        return bool(self.labels and self.emotions and "emotion" not in self._pattern.groupindex)

    def parse(self, path: str, root_name: str = "", rows: Rows | None = None) -> Utterance | Rejected:
        """Read speaker, emotion and other facts from one path.

        Parameters
        ----------
        path : str
            POSIX path of a recording
        root_name : str
            name of the folder that the path is relative to
        rows : mapping, optional
            what `rows` returned; without it, what only files of labels state is not known

        Returns
        -------
        Utterance or Rejected
        """
        stem = stem_of(path)
        for pattern, reason in (*self.refused.items(), *self.foreign.items()):
            if re.fullmatch(pattern, stem):
                return Rejected(path, reason)
        groups = self._groups(path, root_name)
        if groups is None:
            return Rejected(path, f"not named like a file of {self.name}, e.g. {self.example}")
        meanings = {group: self._meaning(group, code) for group, code in groups.items()}
        row = (rows or {}).get(tuple(meanings[group] for group in self._keys)) if self._keys else None
        unread = rows is None and self.labels_are_needed
        if row is None and self.labels_are_needed and not unread:
            return Rejected(path, f"the labels of {self.name} have no row for it")
        meanings |= {group: self._meaning(group, code) for group, code in (row or {}).items() if code}
        speaker = (
            self.speaker.format_map(defaultdict(str, {**(row or {}), **groups}))
            if self.speaker
            else meanings.get("speaker", "")
        )
        label = self._native_labels.get(meanings.get("emotion", "").casefold())
        if label is None and self.emotions and not unread:
            return Rejected(path, f"'{meanings.get('emotion', '')}' is not an emotion of {self.name}")
        votes = self._votes(row or {})
        match = self._match(path, root_name)
        by_folder = bool(self.folder) and match is not None and match.groupdict().get("speaker") is None
        folders = [meanings[group] for group in (["speaker"] if by_folder else groups_in_folders(match))]
        return self._utterance(path, "_".join([*folders, stem]), speaker, label, meanings)._replace(
            votes=votes_text(votes), agreement=agreement_of(votes)
        )

    def fits(self, path: str, root_name: str = "") -> bool:
        """Whether a file is named like one of this corpus, usable or not.

        Parameters
        ----------
        path, root_name : str
            as for `parse`

        Returns
        -------
        bool
        """
        stem = stem_of(path)
        refused = any(re.fullmatch(pattern, stem) for pattern in self.refused)
        return refused or self._groups(path, root_name) is not None

    def _groups(self, path: str, root_name: str) -> dict[str, str] | None:
        """Codes by group, including the speaker; None where a name does not match."""
        match = self._match(path, root_name)
        if match is None:
            return None
        groups = {group: code for group, code in match.groupdict().items() if code is not None}
        if "speaker" in groups or not self.folder:
            return groups
        for name in (*reversed(path.split("/")[:-1]), root_name):
            if found := re.fullmatch(self.folder, name):
                return groups | found.groupdict() if found.groupdict() else None
        return None

    def _votes(self, row: Mapping[str, str]) -> dict[str, int]:
        """Number of raters by emotion, where a row of labels states it."""
        groups = self.labels.votes if self.labels else {}
        return {self.emotions[native]: int(row[group]) for group, native in groups.items() if row.get(group)}

    def _match(self, path: str, root_name: str) -> re.Match[str] | None:
        folders, slash, _ = path.rpartition("/")
        return match_end(self._pattern, folders + slash + stem_of(path), root_name)

    def _utterance(
        self, path: str, name: str, speaker: str, native: str | None, meanings: Mapping[str, str]
    ) -> Utterance:
        age = years_of(meanings["age"]) if "age" in meanings else self.ages.get(speaker)
        return Utterance(
            utterance=f"{self.name}/{name}",
            path=path,
            corpus=self.name,
            speaker=f"{self.name}/{speaker}" if speaker else None,
            emotion=self.emotions[native] if native else None,
            native_label=native,
            sex=meanings.get("sex", self.sexes.get(speaker)),
            age=None if age is None else float(age),
            language=meanings.get("language", self.language) or None,
            text=meanings.get("text"),
            intensity=meanings.get("intensity"),
            take=meanings.get("take"),
            channel=meanings.get("channel"),
        )

    def _meaning(self, group: str, code: str) -> str:
        return self._meanings.get((group, code.casefold()), code)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.file_name)

    @cached_property
    def _keys(self) -> tuple[str, ...]:
        """Groups by which a recording finds its row in the files of labels."""
        return tuple(sorted(self._pattern.groupindex.keys() & self.labels.groups)) if self.labels else ()

    @cached_property
    def _meanings(self) -> dict[tuple[str, str], str]:
        return {
            (group, code.casefold()): meaning
            for group, meanings in self.codes.items()
            for code, meaning in meanings.items()
        }

    @cached_property
    def _native_labels(self) -> dict[str, str]:
        return {label.casefold(): label for label in self.emotions}
