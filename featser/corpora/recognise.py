"""Which corpus does a folder hold? Its file names decide, and where they do not, nobody guesses."""

from collections.abc import Mapping
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
from featser.corpora.manifest import Manifest, marked
from featser.corpora.registry import CORPORA
from featser.errors import InputError, UnknownNameError, listed

_HINT = "Name the corpus with --corpus NAME, or list the recordings in a table with --manifest FILE.csv."


def recognise(root: Path, corpora: Mapping[str, Corpus] = CORPORA) -> Corpus | FolderPerClass:
    """Corpus whose naming four fifths of the recordings under ``root`` follow, or all but one.

    Folders named like emotions are recognised only where no corpus fits, because some corpora lie in such
    folders themselves.

    Raises
    ------
    UsageError
        there is no such folder
    InputError
        no recordings, no corpus fits, or more than one does

    """
    found = find_audio(root)
    fits = {name: _count(corpus, found) for name, corpus in corpora.items()}
    good = [name for name, count in fits.items() if _are_most(count, len(found.audio))]
    if len(good) == 1:
        return corpora[good[0]]
    if not good and is_folder_per_class(found):
        return FOLDER_PER_CLASS
    raise InputError(_undecided(root, found, fits, several=len(good) > 1))


def read_corpus(root: Path, corpus: str = "auto", own_labels: bool = False) -> Manifest:
    """Manifest of a folder of recordings; a synthetic one is named so.

    Parameters
    ----------
    root
        folder that holds the recordings at any depth, or a single recording of a named corpus
    corpus
        name of a corpus, ``folder`` (one folder per emotion), or ``auto`` (recognise it)
    own_labels
        with a folder per emotion: keep the folders' names as emotions, whatever they are

    Raises
    ------
    UsageError
        no such folder, or no corpus of that name
    InputError
        no recordings, none of them named as the corpus names its files, or ``auto`` cannot tell

    """
    if corpus not in {*CORPORA, FOLDER_PER_CLASS.name, "auto"}:
        raise UnknownNameError("corpus", corpus, [*CORPORA, FOLDER_PER_CLASS.name, "auto"])
    reader = recognise(root) if corpus == "auto" else CORPORA.get(corpus, FOLDER_PER_CLASS)
    if isinstance(reader, FolderPerClass):
        return marked(read_folder_per_class(root, own_labels))
    found = find_audio(root)
    if not _count(reader, found):
        raise InputError(_none_fits(root, found, reader))
    return marked(reader.read(root))


def _count(corpus: Corpus, found: Found) -> int:
    return sum(corpus.fits(path, found.name) for path in found.audio)


def _are_most(count: int, n_files: int) -> bool:
    """Whether files that fit decide: four fifths of all, or all but one where these are the majority."""
    misfits = n_files - count
    return count > misfits and misfits <= max(1, n_files // 5)


def _undecided(root: Path, found: Found, fits: Mapping[str, int], several: bool) -> str:
    n_files = len(found.audio)
    some = [f"{count} like {name}'s" for name, count in sorted(fits.items(), key=_most_first) if count]
    none = [name for name, count in sorted(fits.items()) if not count]
    shares = listed([*some, *([f"none like those of {', '.join(none)}"] if none else [])])
    one_by_one = " Pass one corpus at a time." if len(some) > 1 and not several else ""
    return (
        f"{'More than one corpus fits' if several else 'No corpus fits'} '{root}': of its {n_files} "
        f"recording{'' if n_files == 1 else 's'} (e.g. {found.audio[0]}) so many are named like "
        f"a corpus's own: {shares}.{one_by_one}{_about_folders(found)} {_HINT}"
    )


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    name, count = item
    return -count, name


def _about_folders(found: Found) -> str:
    """What keeps this from being a folder per class, where some folders are named like emotions."""
    folders = class_folders(found)
    strange = [folder for folder in folders if not emotion_named(folder)]
    if not strange or len(strange) == len(folders):
        return ""
    near = {folder: nearest_emotion(folder) for folder in strange}
    described = [f"'{name}' (nearest '{word}')" if word else f"'{name}'" for name, word in near.items()]
    return f" Folders that are not named like emotions: {listed(described)}."


def _none_fits(root: Path, found: Found, corpus: Corpus) -> str:
    others = [other.name for other in CORPORA.values() if _are_most(_count(other, found), len(found.audio))]
    hint = f"They are named as {others[0]} names its own: --corpus {others[0]}." if others else _HINT
    return (
        f"{corpus.name}: no recording under '{root}' is named as this corpus names its files, "
        f"e.g. {corpus.example}; here is {found.audio[0]}. {hint}"
    )
