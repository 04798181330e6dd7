"""Declaration of a corpus: how its files are named, and what the codes in the names mean."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from featser.corpora.files import Found, find_audio
from featser.corpora.manifest import Manifest, Rejected, assemble
from featser.corpora.utterances import Utterance

GROUPS = ("speaker", "emotion", "text", "intensity", "take", "channel")
"""Names of the groups that the patterns ``file_name`` and ``folder`` of a corpus may have."""


@dataclass(frozen=True)
class BestKnown:
    """Highest published score of handcrafted features on a corpus with no speaker on both sides of a split."""

    uar: float
    """unweighted average recall, 0 to 1"""
    n_emotions: int
    """emotions that it was measured on"""
    source: str
    """publication, features and protocol, as part of a sentence"""


@dataclass(frozen=True)
class Corpus:
    """A corpus whose file names state speaker and emotion.

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
    """regular expression for a whole stem, with groups named as in `GROUPS`"""
    emotions: Mapping[str, str]
    """native label -> one of `EMOTIONS`"""
    folder: str = ""
    """regular expression for a folder's name; used where the file name does not state the speaker"""
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """group -> code in the name -> its meaning; codes that are not listed are kept"""
    refused: Mapping[str, str] = field(default_factory=dict)
    """regular expression for stems of the corpus that must not be used -> reason"""
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
        return assemble(self.name, found.root, [self.parse(path, found.name) for path in found.audio], self.clean)

    def parse(self, path: str, root_name: str = "") -> Utterance | Rejected:
        """Read speaker, emotion and other facts from one path.

        Parameters
        ----------
        path : str
            POSIX path of a recording
        root_name : str
            name of the folder that the path is relative to

        Returns
        -------
        Utterance or Rejected
        """
        stem = PurePosixPath(path).stem
        for pattern, reason in self.refused.items():
            if re.fullmatch(pattern, stem):
                return Rejected(path, reason)
        groups = self._groups(path, root_name)
        if groups is None:
            return Rejected(path, f"not named like a file of {self.name}, e.g. {self.example}")
        meanings = {group: self._meanings.get((group, code.casefold()), code) for group, code in groups.items()}
        native = self._native_labels.get(meanings["emotion"].casefold())
        if native is None:
            return Rejected(path, f"'{meanings['emotion']}' is not an emotion of {self.name}")
        return self._utterance(path, groups["speaker"], native, meanings)

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
        stem = PurePosixPath(path).stem
        refused = any(re.fullmatch(pattern, stem) for pattern in self.refused)
        return refused or self._groups(path, root_name) is not None

    def _groups(self, path: str, root_name: str) -> dict[str, str] | None:
        """Codes by group, including the speaker; None where a name does not match."""
        match = re.fullmatch(self.file_name, PurePosixPath(path).stem)
        if match is None:
            return None
        groups = {group: code for group, code in match.groupdict().items() if code is not None}
        if "speaker" in groups:
            return groups
        for name in (*reversed(PurePosixPath(path).parts[:-1]), root_name):
            if match := re.fullmatch(self.folder, name):
                return groups | match.groupdict() if match.groupdict() else None
        return None

    def _utterance(self, path: str, speaker_code: str, native: str, meanings: Mapping[str, str]) -> Utterance:
        speaker = meanings["speaker"]
        return Utterance(
            utterance=f"{self.name}/{self._stem(path, speaker_code)}",
            path=path,
            corpus=self.name,
            speaker=f"{self.name}/{speaker}",
            emotion=self.emotions[native],
            native_label=native,
            sex=self.sexes.get(speaker),
            age=float(self.ages[speaker]) if speaker in self.ages else None,
            language=self.language or None,
            text=meanings.get("text"),
            intensity=meanings.get("intensity"),
            take=meanings.get("take"),
            channel=meanings.get("channel"),
        )

    def _stem(self, path: str, speaker: str) -> str:
        """Stem of the file, preceded by the speaker where only the folder states it."""
        stem = PurePosixPath(path).stem
        match = re.fullmatch(self.file_name, stem)
        in_name = match is not None and match.groupdict().get("speaker")
        return stem if in_name else f"{speaker}_{stem}"

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
