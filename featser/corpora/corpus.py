"""A corpus is a declaration: how its files are named and what the codes mean. One reader serves all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from featser.corpora.files import find_audio
from featser.corpora.manifest import Manifest, Rejected, assemble, foreign_rejected
from featser.corpora.utterances import Utterance

GROUPS = ("speaker", "emotion", "text", "intensity", "take", "channel")
"""Names of the groups that a corpus's ``file_name`` and ``folder`` may have."""


@dataclass(frozen=True)
class Corpus:
    """A published corpus whose file names say who speaks and how.

    Speakers are written without the corpus's name here (``03``); in a manifest they carry it (``emodb/03``).
    """

    name: str
    title: str
    citation: str
    licence: str
    home: str
    """where to get it"""
    language: str
    """ISO 639-1 code"""
    n_utterances: int
    """as published"""
    n_speakers: int
    """as published"""
    example: str
    """path of one of its files, as its own archive lays them out"""
    file_name: str
    """pattern of a whole stem, with groups named as in `GROUPS`"""
    emotions: Mapping[str, str]
    """native label -> word of the vocabulary"""
    folder: str = ""
    """pattern of a folder's name; asked where the file name does not tell the speaker"""
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """group -> code in the name -> what it stands for; a code that is not listed stands for itself"""
    refused: Mapping[str, str] = field(default_factory=dict)
    """pattern of stems that belong to the corpus but must not be used -> why"""
    sexes: Mapping[str, str] = field(default_factory=dict)
    """speaker -> female or male"""
    ages: Mapping[str, float] = field(default_factory=dict)
    """speaker -> years"""
    texts: Mapping[str, str] = field(default_factory=dict)
    """sentence code -> sentence"""
    clean: tuple[str, ...] = ()
    """cleaning steps without which the recordings give their speaker away"""
    oddities: tuple[str, ...] = ()
    """what every user should know, one sentence or more each"""
    published_folds: tuple[tuple[str, ...], ...] = ()
    """test speakers of each fold of the literature; empty where no published split keeps speakers apart"""
    trained_only: tuple[str, ...] = ()
    """speakers that the published split never tests"""
    published_source: str = ""

    def read(self, root: Path) -> Manifest:
        """Manifest of the folder (or of the single recording) at ``root``; looks at names, not at audio.

        Raises
        ------
        UsageError
            there is no such folder
        InputError
            it holds no recordings

        """
        found = find_audio(root)
        readings = [self.parse(path, found.name) for path in found.audio]
        return assemble(self.name, found.root, [*readings, *foreign_rejected(found)], self.clean)

    def parse(self, path: str, root_name: str = "") -> Utterance | Rejected:
        """What one path says; ``root_name`` is the folder above it."""
        stem = PurePosixPath(path).stem
        for pattern, reason in self.refused.items():
            if re.fullmatch(pattern, stem):
                return Rejected(path, reason)
        groups = self._groups(path, root_name)
        if groups is None:
            return Rejected(path, f"not named as {self.name} names its files, e.g. {self.example}")
        return self._utterance(path, groups)

    def fits(self, path: str, root_name: str = "") -> bool:
        """Whether a file is named as this corpus names its own, usable or not."""
        stem = PurePosixPath(path).stem
        refused = any(re.fullmatch(pattern, stem) for pattern in self.refused)
        return refused or self._groups(path, root_name) is not None

    def _groups(self, path: str, root_name: str) -> dict[str, str] | None:
        """Codes by group, the speaker among them; None where the names do not tell."""
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

    def _utterance(self, path: str, groups: Mapping[str, str]) -> Utterance:
        said = {group: self._meanings.get((group, code.casefold()), code) for group, code in groups.items()}
        native = self._native_labels[said["emotion"].casefold()]
        speaker = said["speaker"]
        return Utterance(
            utterance=f"{self.name}/{self._stem(path, groups['speaker'])}",
            path=path,
            corpus=self.name,
            speaker=f"{self.name}/{speaker}",
            emotion=self.emotions[native],
            native_label=native,
            sex=self.sexes.get(speaker),
            age=float(self.ages[speaker]) if speaker in self.ages else None,
            language=self.language,
            text=said.get("text"),
            intensity=said.get("intensity"),
            take=said.get("take"),
            channel=said.get("channel"),
        )

    def _stem(self, path: str, speaker: str) -> str:
        """Stem of the file, with the speaker before it where only the folder tells who speaks."""
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
