"""A user's own recordings, one folder per emotion: ``mine/anger/x.wav`` or ``mine/anger/<speaker>/x.wav``."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from featser.corpora.emotions import emotion_named, emotions_of, own_emotions
from featser.corpora.files import Found, find_audio
from featser.corpora.manifest import (
    Manifest,
    Rejected,
    assemble,
    corpus_name,
    foreign_rejected,
    identifiers,
)
from featser.corpora.utterances import Utterance
from featser.errors import InputError


@dataclass(frozen=True)
class FolderPerClass:
    """The layout that needs no declaration; read like a corpus."""

    name: str = "folder"
    title: str = "Folder per class (folders named like emotions)"
    clean: tuple[str, ...] = ()

    def read(self, root: Path) -> Manifest:
        """See `read_folder_per_class`."""
        return read_folder_per_class(root)


FOLDER_PER_CLASS = FolderPerClass()


def read_folder_per_class(root: Path, own_labels: bool = False) -> Manifest:
    """Manifest of a folder whose subfolders are named like emotions.

    The corpus is named like the folder. Where every recording lies exactly one folder deeper, that folder is
    the speaker; otherwise speakers are not known. Ids are ``<corpus>/<stem>``, or the path without its
    suffix where stems repeat.

    Parameters
    ----------
    root
        the folder above the emotions' folders
    own_labels
        keep the folders' names as emotions, whatever they are

    Raises
    ------
    UsageError
        there is no such folder
    InputError
        no recordings, or folders that are not named like emotions

    """
    found = find_audio(root)
    if root.is_file():
        raise InputError(f"'{root}' is one recording. Pass the folder that holds one folder per emotion.")
    counts = class_folders(found)
    emotions = own_emotions(counts) if own_labels else emotions_of(counts, f"'{root}'", "file")
    corpus = corpus_name(found.name)
    labelled = [path for path in found.audio if "/" in path]
    names = identifiers([(corpus, path) for path in labelled])
    tells_speaker = all(path.count("/") == 2 for path in labelled)
    utterances = [
        _utterance(path, corpus, name, emotions, tells_speaker) for path, name in zip(labelled, names, strict=True)
    ]
    loose = [Rejected(path, "lies in no emotion's folder") for path in found.audio if "/" not in path]
    return assemble(corpus, found.root, [*utterances, *loose, *foreign_rejected(found)])


def class_folders(found: Found) -> Counter[str]:
    """How many recordings each folder directly under the root holds, at any depth."""
    return Counter(PurePosixPath(path).parts[0] for path in found.audio if "/" in path)


def is_folder_per_class(found: Found) -> bool:
    """Whether all recordings, or all but one, lie in folders that are named like emotions."""
    counts = class_folders(found)
    loose = len(found.audio) - counts.total()
    return bool(counts) and loose <= 1 and all(emotion_named(folder) for folder in counts)


def _utterance(path: str, corpus: str, name: str, emotions: dict[str, str], tells_speaker: bool) -> Utterance:
    parts = PurePosixPath(path).parts
    speaker = f"{corpus}/{parts[1]}" if tells_speaker else None
    return Utterance(name, path, corpus, speaker, emotion=emotions[parts[0]], native_label=parts[0])
