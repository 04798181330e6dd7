"""Every corpus that featser knows. A new one is one file beside this one and one name in this list."""

from featser.corpora.corpus import Corpus
from featser.corpora.crema_d import CREMA_D
from featser.corpora.emodb import EMODB
from featser.corpora.ravdess import RAVDESS
from featser.corpora.savee import SAVEE
from featser.corpora.tess import TESS
from featser.errors import UnknownNameError

CORPORA: dict[str, Corpus] = {corpus.name: corpus for corpus in (EMODB, RAVDESS, CREMA_D, TESS, SAVEE)}


def find_corpus(name: str) -> Corpus:
    """Corpus of that name.

    Raises
    ------
    UnknownNameError
        there is none; it names the nearest

    >>> find_corpus("emodb").n_speakers
    10

    """
    if name not in CORPORA:
        raise UnknownNameError("corpus", name, CORPORA)
    return CORPORA[name]
