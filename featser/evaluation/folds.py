"""One train/test split, and what several ways to split share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Fold:
    """One train/test split by row numbers; its name says who is tested."""

    name: str
    train: Rows
    test: Rows


def short_speaker(speaker: str) -> str:
    """Return a speaker's id without the corpus.

    >>> short_speaker("emodb/03")
    '03'
    """
    return speaker.split("/", 1)[-1]
