"""What a table contains: emotions, speakers, sex, durations, and the labels that corpora share."""

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from featser.training.label_maps import LABEL_MAPS

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "not known"
"""Name of the group of rows without a value."""


@dataclass(frozen=True)
class Crossing:
    """Numbers of utterances by two columns of the manifest.

    Attributes
    ----------
    rows, columns : tuple of str
        values of both, in alphabetical order, `UNKNOWN` last
    counts : tuple of tuple of int
        one tuple for each row
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Combination:
    """Labels that some corpora would be trained on together.

    Attributes
    ----------
    name : str
        ``all labels``, ``shared by all corpora``, or the name of a label map
    counts : dict of str to int
        label -> utterances of all corpora
    left_out : int
        utterances that have another label
    """

    name: str
    counts: dict[str, int]
    left_out: int


def crossing(manifest: "pd.DataFrame", rows: str, columns: str) -> Crossing:
    """Count the utterances by two columns of a manifest.

    Parameters
    ----------
    manifest : DataFrame
        one row per utterance
    rows, columns : str
        names of columns, which may be missing

    Returns
    -------
    Crossing
    """
    one, other = (named(manifest, name) for name in (rows, columns))
    down, across = (_ordered(set(each)) for each in (one, other))
    counts = dict.fromkeys(product(down, across), 0)
    for pair in zip(one, other, strict=True):
        counts[pair] += 1
    return Crossing(down, across, tuple(tuple(counts[first, second] for second in across) for first in down))


def named(manifest: "pd.DataFrame", column: str) -> list[str]:
    """Return the values of a column as text, `UNKNOWN` where there is none."""
    if column not in manifest:
        return [UNKNOWN] * len(manifest)
    return [str(each) if isinstance(each, str) else UNKNOWN for each in manifest[column]]


def combinations(manifest: "pd.DataFrame") -> list[Combination]:
    """Count the labels of several corpora: all of them, those that all corpora have, and those of the label maps.

    Parameters
    ----------
    manifest : DataFrame
        with the columns ``corpus`` and ``emotion``

    Returns
    -------
    list of Combination
        label maps of which a corpus has none are left out
    """
    labelled = manifest[manifest["emotion"].notna()]
    by_corpus = [set(each) for _, each in labelled.groupby("corpus")["emotion"]]
    everything = set().union(*by_corpus)
    choices = {"all labels": everything, "shared by all corpora": set.intersection(*by_corpus) if by_corpus else set()}
    choices |= {name: everything & set(known) for name, known in LABEL_MAPS.items()}
    counts = {str(label): int(count) for label, count in labelled["emotion"].value_counts().items()}
    return [
        Combination(
            name, kept := {label: counts[label] for label in sorted(chosen)}, len(labelled) - sum(kept.values())
        )
        for name, chosen in choices.items()
        if name in ("all labels", "shared by all corpora") or all(chosen & each for each in by_corpus)
    ]


def quantiles(values: "np.ndarray") -> tuple[float, ...]:
    """Return the 5th, 25th, 50th, 75th and 95th percentile of the defined values; empty where there are none."""
    finite = values[np.isfinite(values)]
    return tuple(float(each) for each in np.percentile(finite, (5, 25, 50, 75, 95))) if len(finite) else ()


def _ordered(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (name == UNKNOWN, name)))
