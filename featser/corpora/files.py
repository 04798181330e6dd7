"""Find the recordings in folders: by suffix only, in an order that does not depend on the file system."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path, PurePosixPath

from featser.errors import InputError, UsageError, listed

AUDIO_SUFFIXES = (
    *(".flac", ".wav", ".wave", ".aiff", ".aif", ".aifc", ".caf", ".w64", ".rf64", ".au", ".snd", ".sph"),
    *(".opus", ".ogg", ".oga", ".mp3", ".m4a", ".mp4", ".webm", ".mka", ".3gp", ".aac"),
    *(".ac3", ".amr", ".ape", ".mp2", ".ra", ".raw", ".spx", ".tta", ".wma", ".wv"),
)
"""Suffixes of recordings, in any case: formats without loss that are read, other formats that are read, and formats
that `featser.audio.read_signal` refuses with the reason. Of two files with one name the earlier suffix is preferred."""

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".xlsx")

_READ = ".wav, .flac, .mp3, .ogg, .opus, .m4a and others"


@dataclass(frozen=True)
class Found:
    """The recordings under one folder.

    Attributes
    ----------
    root : Path
        the folder
    audio : tuple of str
        POSIX paths relative to ``root``: those in the fewest folders first, then by name
    others : tuple of str
        paths of the other files, among which a corpus may have its labels
    """

    root: Path
    audio: tuple[str, ...]
    others: tuple[str, ...] = ()

    @cached_property
    def name(self) -> str:
        """Name of the folder, also where it was given as '.' or through a link."""
        return self.root.resolve().name


def find_audio(path: str | Path) -> Found:
    """Find all recordings under a folder, at any depth.

    Hidden files and the ``._*`` and ``__MACOSX`` entries of macOS archives are left out. Links to folders are
    followed, and no folder is entered twice. Files are not opened.

    Parameters
    ----------
    path : str or Path
        a folder, or a single recording, which may have any suffix but those of tables

    Returns
    -------
    Found

    Raises
    ------
    UsageError
        the path does not exist
    InputError
        it contains no recordings, is a table, or contains a folder that cannot be opened
    """
    path = Path(path)
    check_exists(path)
    if path.is_file():
        return _one_file(path)
    paths = _walk(path)
    audio = tuple(each for each in paths if _suffix(each) in AUDIO_SUFFIXES)
    if not audio:
        raise InputError(_no_audio(path, paths))
    return Found(path, audio, tuple(each for each in paths if _suffix(each) not in AUDIO_SUFFIXES))


def find_audio_files(paths: str | Path | Iterable[str | Path]) -> list[Path]:
    """Find the recordings under several files and folders.

    Parameters
    ----------
    paths : str, Path or iterable of these
        files with any suffix, and folders as for `find_audio`

    Returns
    -------
    list of Path
        each file once, in the order of ``paths``

    Raises
    ------
    UsageError, InputError
        as `find_audio`, for any of the folders
    """
    files: dict[Path, None] = {}
    for path in map(Path, [paths] if isinstance(paths, str | Path) else paths):
        found = Found(path.parent, (path.name,)) if path.is_file() else find_audio(path)
        files.update(dict.fromkeys(found.root / name for name in found.audio))
    return list(files)


def check_exists(path: Path) -> None:
    """Check that a path exists.

    Parameters
    ----------
    path : Path

    Raises
    ------
    UsageError
        it does not; the message names the existing path with the nearest spelling
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
    """List the names of the files in a folder, and of links to files.

    Parameters
    ----------
    folder : str

    Returns
    -------
    frozenset of str
        empty where the folder cannot be listed
    """
    try:
        with os.scandir(folder) as entries:
            return frozenset(entry.name for entry in entries if entry.is_file())
    except OSError:
        return frozenset()


def folder_names(folder: Path) -> list[str]:
    """List the names in a folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of str
        sorted, without hidden ones; empty where the folder cannot be opened
    """
    if not (folder.is_dir() and os.access(folder, os.R_OK)):
        return []
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))


def nearest_name(name: str, names: list[str]) -> str | None:
    """Find the name with the nearest spelling, in any case.

    Parameters
    ----------
    name : str
    names : list of str

    Returns
    -------
    str or None
        one of ``names``; None where none is near

    Examples
    --------
    >>> nearest_name("RAVDES", ["emodb", "Ravdess"])
    'Ravdess'
    """
    folded = {known.casefold(): known for known in names}
    close = get_close_matches(name.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def _walk(root: Path) -> list[str]:
    """POSIX paths of all files that are not hidden, in the order of `Found.audio`."""
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
    return [str(path) for path in sorted(found, key=_rank)]


def _rank(path: PurePosixPath) -> tuple[int, tuple[str, ...], str, int, str]:
    """Key that puts files of one name next to each other, the preferred format first."""
    suffix = path.suffix.lower()
    preference = AUDIO_SUFFIXES.index(suffix) if suffix in AUDIO_SUFFIXES else len(AUDIO_SUFFIXES)
    return len(path.parts), path.parts[:-1], path.stem, preference, path.suffix


def _is_shown(name: str) -> bool:
    return not name.startswith(".") and name != "__MACOSX"


def _cannot_open(error: OSError) -> None:
    raise InputError(f"Cannot open the folder '{error.filename}': {error.strerror}.") from error


def _one_file(file: Path) -> Found:
    if file.suffix.lower() not in TABLE_SUFFIXES:
        return Found(file.parent, (file.name,))
    hint = f" A table of labels goes with --manifest '{file}'." if file.suffix.lower() in (".csv", ".tsv") else ""
    raise InputError(f"'{file}' is a table, not a recording. Pass recordings ({_READ}) or folders of them.{hint}")


def _no_audio(root: Path, paths: list[str]) -> str:
    if not paths:
        return f"'{root}' is empty. Pass the folder that contains the recordings ({_READ})."
    counts = Counter(_suffix(path) or "without a suffix" for path in paths)
    others = listed([f"{count} {suffix}" for suffix, count in counts.most_common()], limit=3)
    return (
        f"No recordings ({_READ}) under '{root}', only {others}. "
        "Convert or unpack them, or pass the folder that contains the recordings."
    )


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower()
