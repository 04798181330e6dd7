"""Train/test splits of a table."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Fold:
    """One train/test split.

    Attributes
    ----------
    name : str
        tested speakers, sentences or corpus, for example ``03``
    train, test : Rows
        row numbers of the training and of the test part
    """

    name: str
    train: Rows
    test: Rows


def short_speaker(speaker: str) -> str:
    """Return the id of a speaker without the corpus.

    Parameters
    ----------
    speaker : str
        ``<corpus>/<id>``

    Returns
    -------
    str

    Examples
    --------
    >>> short_speaker("emodb/03")
    '03'
    """
    return speaker.split("/", 1)[-1]
