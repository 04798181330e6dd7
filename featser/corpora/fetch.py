"""Download a corpus from its official page, and unpack it."""

import shutil
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from featser.corpora.corpus import Corpus
from featser.corpora.transfer import Progress, download
from featser.corpora.unpack import unpack
from featser.errors import InputError, UsageError


def fetch(corpus: Corpus, out: str | Path = "data/raw", progress: Progress | None = None) -> Path:
    """Download the official files of a corpus and unpack them.

    An interrupted download continues in the next call. The corpus appears whole or not at all.

    Parameters
    ----------
    corpus : Corpus
    out : str or Path
        folder for corpora; the corpus goes to a folder of its name there
    progress : callable, optional
        called with the number of bytes of the current file done and to do

    Returns
    -------
    Path
        folder of the corpus

    Raises
    ------
    UsageError
        the folder exists already
    InputError
        the licence does not allow anyone to download it, or a file cannot be downloaded or unpacked
    """
    if not corpus.download:
        raise InputError(
            f"{corpus.name} cannot be downloaded by featser; its licence: {corpus.licence}. "
            f"Get it from {corpus.home}, and pass the folder to featser extract."
        )
    folder, work = Path(out) / corpus.name, Path(out) / f".{corpus.name}.partial"
    if folder.exists():
        raise UsageError(f"'{folder}' exists already. Delete it, or give another folder with --out.")
    work.mkdir(parents=True, exist_ok=True)
    unpacked = work / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    archives = []
    for number, each in enumerate(corpus.download):
        archive = work / f"{number:02}-{PurePosixPath(unquote(urlsplit(each.url).path)).name}"
        download(each.url, archive, each.checksum, progress)
        archives.append(archive)
    for archive in archives:
        unpack(archive, unpacked / _own_folder(archive) if len(archives) > 1 else unpacked)
    unpacked.replace(folder)
    shutil.rmtree(work)
    return folder


def _own_folder(archive: Path) -> str:
    """Name of an archive without number and suffix: several may have files of the same names."""
    return archive.name[3:].partition(".")[0]
