"""Recordings in one folder per emotion: ``mine/anger/x.wav`` or ``mine/anger/<speaker>/x.wav``."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from featser.corpora.emotions import emotion_named
from featser.corpora.files import Found, find_audio
from featser.corpora.label_maps import translated
from featser.corpora.manifest import (
    Manifest,
    Rejected,
    assemble,
    corpus_name,
    identifiers,
)
from featser.corpora.utterances import Utterance
from featser.errors import InputError


@dataclass(frozen=True)
class FolderPerClass:
    """The layout with one folder per emotion, which needs no declaration."""

    name: str = "folder"
    title: str = "Folder per class (folders named like emotions)"
    clean: tuple[str, ...] = ()

    def read(self, root: str | Path) -> Manifest:
        """Read the manifest of a folder, as `read_folder_per_class`.

        Parameters
        ----------
        root : str or Path

        Returns
        -------
        Manifest
        """
        return read_folder_per_class(root)


FOLDER_PER_CLASS = FolderPerClass()


def read_folder_per_class(
    root: str | Path, own_labels: bool = False, labels: Mapping[str, str] | None = None
) -> Manifest:
    """Read the manifest of a folder whose subfolders are named like emotions.

    The corpus is named like the folder. Where every recording is exactly one folder deeper, that folder is
    the speaker; otherwise speakers are not known. Ids are ``<corpus>/<stem>``, or the path without its
    suffix where stems repeat.

    Parameters
    ----------
    root : str or Path
        the folder above the emotions' folders
    own_labels : bool
        use the folders' names as labels, without the vocabulary of emotions
    labels : mapping, optional
        name of a folder in lower case -> emotion, or an empty text for folders to leave out, as of `read_label_map`

    Returns
    -------
    Manifest

    Raises
    ------
    UsageError
        the folder does not exist
    InputError
        it contains no recordings, or folders that are not named like emotions
    """
    found = find_audio(root)
    if Path(root).is_file():
        raise InputError(f"'{root}' is one recording. Pass the folder that contains one folder per emotion.")
    counts = class_folders(found)
    emotions = translated(counts, labels or {}, own_labels, f"'{root}'", "file")
    corpus = corpus_name(found.name)
    labelled = [path for path in found.audio if "/" in path and emotions[path.partition("/")[0]]]
    names = identifiers([(corpus, path) for path in labelled])
    has_speakers = all(path.count("/") == 2 for path in labelled)
    utterances = [
        _utterance(path, corpus, name, emotions, has_speakers) for path, name in zip(labelled, names, strict=True)
    ]
    kept = set(labelled)
    others = [path for path in found.audio if path not in kept]
    reasons = (
        "the label of its folder is left out" if "/" in path else "not in a folder of an emotion" for path in others
    )
    return assemble(corpus, found.root, [*utterances, *map(Rejected, others, reasons)])


def class_folders(found: Found) -> Counter[str]:
    """Count the recordings in each folder directly under the root, at any depth.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Counter
        name of a folder -> number of recordings
    """
    return Counter(PurePosixPath(path).parts[0] for path in found.audio if "/" in path)


def is_folder_per_class(found: Found) -> bool:
    """Whether all recordings, or all but one, are in folders that are named like emotions.

    Parameters
    ----------
    found : Found

    Returns
    -------
    bool
    """
    counts = class_folders(found)
    loose = len(found.audio) - counts.total()
    return bool(counts) and loose <= 1 and all(emotion_named(folder) for folder in counts)


def _utterance(path: str, corpus: str, name: str, emotions: dict[str, str], has_speakers: bool) -> Utterance:
    parts = PurePosixPath(path).parts
    speaker = f"{corpus}/{parts[1]}" if has_speakers else None
    return Utterance(name, path, corpus, speaker, emotion=emotions[parts[0]], native_label=parts[0])
