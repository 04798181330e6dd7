"""Registry of corpora: those declared in this package, and those of installed packages."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from featser.corpora.corpus import Corpus
from featser.corpora.crema_d import CREMA_D
from featser.corpora.declaration import check_corpus, read_declaration
from featser.corpora.emodb import EMODB
from featser.corpora.esd import ESD
from featser.corpora.ravdess import RAVDESS
from featser.corpora.savee import SAVEE
from featser.corpora.tess import TESS
from featser.errors import UnknownNameError, UsageError

DECLARED = Path(__file__).parent / "declared"
"""Folder of declarations; a new corpus is a file there. Those with computed values are modules beside this one."""

CORPORA: dict[str, Corpus] = {
    corpus.name: corpus
    for corpus in (
        *(EMODB, RAVDESS, CREMA_D, TESS, SAVEE, ESD),
        *(read_declaration(file, check=False) for file in sorted(DECLARED.glob("*.toml"))),
    )
}
"""Corpora of this package by name."""

GROUP = "featser.corpora"
"""Group of entry points by which installed packages offer further corpora: names of `Corpus` objects."""


@cache
def known_corpora() -> Mapping[str, Corpus]:
    """Return all corpora that need no file: those of this package and those of installed packages.

    Returns
    -------
    mapping
        name -> corpus

    Raises
    ------
    UsageError
        an installed package offers something that is not a sound declaration, or whose name is taken
    """
    found = dict(CORPORA)
    for each in entry_points(group=GROUP):
        where = f"Corpus '{each.name}' of an installed package ({each.value})"
        try:
            corpus = each.load()
        except Exception as error:
            raise UsageError(f"{where} cannot be loaded: {type(error).__name__}: {error}.") from error
        if not isinstance(corpus, Corpus):
            raise UsageError(f"{where} is of type {type(corpus).__name__}, not featser.corpora.Corpus.")
        check_corpus(corpus, where)
        found[corpus.name] = _new(corpus, found, where)
    return found


def find_corpus(name: str) -> Corpus:
    """Return a corpus by its name, or read its declaration.

    Parameters
    ----------
    name : str
        a name, or the path of a TOML file

    Returns
    -------
    Corpus

    Raises
    ------
    UnknownNameError
        there is no such corpus
    UsageError
        as `read_declaration`; or the file declares the name of a known corpus

    Examples
    --------
    >>> find_corpus("emodb").n_speakers
    10
    """
    if name in CORPORA:
        return CORPORA[name]
    if name.endswith(".toml"):
        return _new(read_declaration(name), known_corpora(), name)
    if name not in known_corpora():
        raise UnknownNameError("corpus", name, known_corpora())
    return known_corpora()[name]


def _new(corpus: Corpus, known: Mapping[str, Corpus], where: str) -> Corpus:
    if corpus.name in known:
        raise UsageError(f"{where}: there is a corpus named '{corpus.name}' already. Choose another name.")
    return corpus
