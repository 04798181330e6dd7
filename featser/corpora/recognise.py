"""Recognise the corpus in a folder by the names of its files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from featser.corpora.corpus import Corpus
from featser.corpora.emotions import emotion_named, nearest_emotion
from featser.corpora.files import Found, find_audio
from featser.corpora.folders import (
    FOLDER_PER_CLASS,
    FolderPerClass,
    class_folders,
    is_folder_per_class,
    read_folder_per_class,
)
from featser.corpora.manifest import Manifest, Rejected, marked
from featser.corpora.registry import CORPORA, find_corpus, known_corpora
from featser.errors import InputError, UnknownNameError, listed

_HINT = "Name the corpus with --corpus NAME, or list the recordings in a table with --manifest FILE.csv."


@dataclass(frozen=True)
class Recognised:
    """The corpus that a folder contains, and the evidence for it.

    Attributes
    ----------
    reader : Corpus or FolderPerClass
    reason : str
        for example "read as emodb: 534 of 535 recordings are named like files of this corpus"
    """

    reader: Corpus | FolderPerClass
    reason: str


def recognise(root: str | Path, corpora: Mapping[str, Corpus] | None = None) -> Recognised:
    """Recognise the corpus under a folder.

    A corpus fits where four fifths of the recordings are named like its files, or all but one. Folders that are named
    like emotions are labels only where no corpus fits, because some corpora are distributed in such folders.

    Parameters
    ----------
    root : str or Path
    corpora : mapping, optional
        name -> corpus; `known_corpora` by default

    Returns
    -------
    Recognised

    Raises
    ------
    UsageError
        the folder does not exist
    InputError
        no recordings, no corpus or more than one fits, or the folders are named like other emotions than the files
    """
    corpora = known_corpora() if corpora is None else corpora
    found = find_audio(root)
    n_files = len(found.audio)
    fits = {name: _count(corpus, found) for name, corpus in corpora.items()}
    good = [name for name, count in fits.items() if _are_most(count, n_files)]
    if len(good) == 1:
        _check_folders(root, found, corpora[good[0]])
        reason = f"{fits[good[0]]} of {n_files} {_recordings(n_files)} named like files of this corpus"
        return Recognised(corpora[good[0]], f"read as {good[0]}: {reason}")
    if not good and is_folder_per_class(found):
        folders = sorted(class_folders(found))
        return Recognised(FOLDER_PER_CLASS, f"read as one folder per emotion: {listed(folders)}")
    raise InputError(_undecided(root, found, fits, several=len(good) > 1))


def read_corpus(
    root: str | Path, corpus: str | Path | Corpus | FolderPerClass = "auto", own_labels: bool = False
) -> Manifest:
    """Read the manifest of a folder of recordings. Synthetic corpora are renamed, see `marked`.

    Parameters
    ----------
    root : str or Path
        folder that contains the recordings at any depth, or a single recording of a named corpus
    corpus : str, Path, Corpus or FolderPerClass
        a corpus or its name, the TOML file of a declaration, ``folder`` (one folder per emotion), or ``auto``
        (see `recognise`)
    own_labels : bool
        with one folder per emotion: use the folders' names as labels, without the vocabulary of emotions

    Returns
    -------
    Manifest
        the recordings with their labels, and the files that cannot be used

    Raises
    ------
    UsageError
        the folder or the corpus does not exist
    InputError
        no recordings, none of them named like a file of the corpus, or ``auto`` cannot decide
    """
    root = Path(root)
    reader = _reader(root, str(corpus)) if isinstance(corpus, str | Path) else corpus
    if isinstance(reader, FolderPerClass):
        return marked(read_folder_per_class(root, own_labels))
    found = find_audio(root)
    if not any(reader.fits(path, found.name) for path in found.audio):
        raise InputError(_none_fits(root, found, reader))
    return marked(reader.read_found(found))


def _reader(root: str | Path, name: str) -> Corpus | FolderPerClass:
    if name == "auto":
        return recognise(root).reader
    if name == FOLDER_PER_CLASS.name:
        return FOLDER_PER_CLASS
    if name in CORPORA or name.endswith(".toml") or name in known_corpora():
        return find_corpus(name)
    raise UnknownNameError("corpus", name, [*known_corpora(), FOLDER_PER_CLASS.name, "auto"])


def _count(corpus: Corpus, found: Found) -> int:
    n_files = _named(corpus, found)
    return 0 if n_files and corpus.excluded(found) else n_files


def _named(corpus: Corpus, found: Found) -> int:
    return sum(corpus.fits(path, found.name) for path in found.audio)


def _are_most(count: int, n_files: int) -> bool:
    """Whether enough files fit: four fifths of all, or all but one where these are the majority."""
    misfits = n_files - count
    return count > misfits and misfits <= max(1, n_files // 5)


def _check_folders(root: str | Path, found: Found, corpus: Corpus) -> None:
    """Refuse to choose between two labels where the folders are named like other emotions than the files."""
    if not is_folder_per_class(found):
        return
    differing = []
    for path in found.audio:
        reading, label = corpus.parse(path, found.name), emotion_named(path.partition("/")[0])
        if "/" in path and not isinstance(reading, Rejected) and reading.emotion != label:
            differing.append((path, reading.emotion, label))
    if differing:
        path, emotion, label = differing[0]
        raise InputError(
            f"'{root}' can be read in two ways. By their names the recordings are files of {corpus.name}, but for "
            f"{len(differing)} of {len(found.audio)} the folder names another emotion (e.g. {path}: {emotion} by its "
            f"name, {label} by its folder). Choose one: --corpus {corpus.name} or --corpus folder."
        )


def _undecided(root: str | Path, found: Found, fits: Mapping[str, int], several: bool) -> str:
    n_files = len(found.audio)
    some = [f"{count} of {name}" for name, count in sorted(fits.items(), key=_most_first) if count]
    shares = f"named like files of a corpus are {listed(some)}" if some else "none is named like files of a corpus"
    near = [corpus for corpus in known_corpora().values() if _are_most(_named(corpus, found), n_files)]
    excluded = [corpus.excluded(found) for corpus in near]
    but = "".join(f" {reason[0].upper()}{reason[1:]}." for reason in excluded if reason)
    one_by_one = " Pass one corpus at a time." if len(some) > 1 and not several else ""
    return (
        f"{'More than one corpus fits' if several else 'No corpus fits'} '{root}': of {n_files} "
        f"recording{'' if n_files == 1 else 's'} (e.g. {found.audio[0]}) {shares}.{but}{one_by_one}"
        f"{_about_folders(found)} {_HINT}"
    )


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    name, count = item
    return -count, name


def _recordings(n_files: int) -> str:
    return "recording is" if n_files == 1 else "recordings are"


def _about_folders(found: Found) -> str:
    """Sentence on the folders that are not named like emotions, where others are."""
    folders = class_folders(found)
    strange = [folder for folder in folders if not emotion_named(folder)]
    if not strange or len(strange) == len(folders):
        return ""
    near = {folder: nearest_emotion(folder) for folder in strange}
    described = [f"'{name}' (nearest '{word}')" if word else f"'{name}'" for name, word in near.items()]
    return f" Folders that are not named like emotions: {listed(described)}."


def _none_fits(root: str | Path, found: Found, corpus: Corpus) -> str:
    others = [other.name for other in known_corpora().values() if _are_most(_count(other, found), len(found.audio))]
    hint = f"They are named like files of {others[0]}: --corpus {others[0]}." if others else _HINT
    return (
        f"{corpus.name}: no recording under '{root}' is named like a file of this corpus, "
        f"e.g. {corpus.example}; here is {found.audio[0]}. {hint}"
    )
