"""Which recordings lie under a folder: names only, in an order that no file system decides."""

import os
from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path, PurePosixPath

from featser.errors import InputError, UsageError, listed

AUDIO_SUFFIXES = (".wav", ".flac")
"""Suffixes of the files that are read, in any case."""

FOREIGN_SUFFIXES = (".aac", ".aif", ".aiff", ".au", ".m4a", ".mp3", ".ogg", ".opus", ".sph", ".wma")
"""Suffixes of recordings that are not read; they are reported rather than passed over."""


@dataclass(frozen=True)
class Found:
    """Recordings under one folder, the nearest to it first, then by name."""

    root: Path
    audio: tuple[str, ...]
    """POSIX paths relative to ``root`` of the files that can be read"""
    foreign: tuple[str, ...] = ()
    """those of recordings in formats that are not read"""

    @cached_property
    def name(self) -> str:
        """Name of the root folder, also where the root was given as '.' or through a link."""
        return self.root.resolve().name


def find_audio(root: Path) -> Found:
    """All recordings under a folder, at any depth, or the one recording that ``root`` itself is.

    Hidden files, the ``._*`` and ``__MACOSX`` entries of macOS archives are passed over. Links to folders
    are followed, but no folder is entered twice, so a loop of links ends.

    Raises
    ------
    UsageError
        there is no such file or folder
    InputError
        it holds no audio, or a folder in it cannot be opened

    """
    check_exists(root)
    if root.is_file():
        return _one_file(root)
    paths = _walk(root)
    audio = tuple(path for path in paths if _suffix(path) in AUDIO_SUFFIXES)
    if not audio:
        raise InputError(_no_audio(root, paths))
    return Found(root, audio, tuple(path for path in paths if _suffix(path) in FOREIGN_SUFFIXES))


def check_exists(path: Path) -> None:
    """Refuse a path that is not there, with the nearest spelling that is.

    Raises
    ------
    UsageError
        there is no such file or folder

    """
    if path.exists():
        return
    missing = path
    while not missing.parent.exists() and missing.parent != missing:
        missing = missing.parent
    near = nearest_name(missing.name, folder_names(missing.parent))
    hint = f" Did you mean '{missing.with_name(near)}'?" if near else ""
    raise UsageError(f"No such file or folder: '{path}'.{hint}")


def file_names(folder: str) -> frozenset[str]:
    """Names of the files in a folder, also of links to files; none where it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return frozenset(entry.name for entry in entries if entry.is_file())
    except OSError:
        return frozenset()


def folder_names(folder: Path) -> list[str]:
    """Names in a folder, sorted, without hidden ones; none where it cannot be opened."""
    if not (folder.is_dir() and os.access(folder, os.R_OK)):
        return []
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))


def nearest_name(name: str, names: list[str]) -> str | None:
    """Name whose spelling is nearest, whatever its case; None where none is near.

    >>> nearest_name("RAVDES", ["emodb", "Ravdess"])
    'Ravdess'
    """
    folded = {known.casefold(): known for known in names}
    close = get_close_matches(name.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def _walk(root: Path) -> list[str]:
    """POSIX paths of all files that are not hidden, fewest folders first, then by name."""
    entered: set[tuple[int, int]] = set()
    found = []
    for folder, subfolders, names in os.walk(root, followlinks=True, onerror=_cannot_open):
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in entered:
            subfolders.clear()
            continue
        entered.add((status.st_dev, status.st_ino))
        subfolders[:] = sorted(name for name in subfolders if _is_shown(name))
        here = PurePosixPath(Path(folder).relative_to(root).as_posix())
        found += [here / name for name in names if _is_shown(name)]
    return [str(path) for path in sorted(found, key=lambda path: (len(path.parts), path.parts))]


def _is_shown(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def _cannot_open(error: OSError) -> None:
    raise InputError(f"Cannot open the folder '{error.filename}': {error.strerror}.") from error


def _one_file(file: Path) -> Found:
    if file.suffix.lower() in AUDIO_SUFFIXES:
        return Found(file.parent, (file.name,))
    hint = f" A table of labels goes with --manifest '{file}'." if file.suffix.lower() in {".csv", ".tsv"} else ""
    raise InputError(f"'{file}' is not a recording: featser reads .wav and .flac files.{hint}")


def _no_audio(root: Path, paths: list[str]) -> str:
    if not paths:
        return f"'{root}' is empty. Pass the folder that holds the recordings (.wav or .flac)."
    counts = Counter(_suffix(path) or "without a suffix" for path in paths)
    others = listed([f"{count} {suffix}" for suffix, count in counts.most_common()], limit=3)
    return (
        f"No recordings under '{root}': featser reads .wav and .flac, here are {others}. "
        "Convert or unpack them, or pass the folder that holds the recordings."
    )


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower()
