"""Detection of leaks: utterances that belong together but are on both sides of a split."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from featser.errors import InputError, UnknownNameError
from featser.evaluation.duplicates import (
    Groups,
    connected_groups,
    drop_implied,
    drop_singletons,
    equal_rows,
    near_rows,
)
from featser.evaluation.folds import Fold
from featser.evaluation.protocols import LEAKY, TEXTS_APART
from featser.evaluation.tuning_leak import find_tuning_leak
from featser.pipeline import Specification
from featser.table import Table

LEAK_RULES = ("refuse", "stamp")
"""``refuse``: raise an error if folds leak; ``stamp``: go on with a run that is marked as leaky."""

_TAKE = ("speaker", "text", "emotion", "intensity", "channel")


@dataclass(frozen=True, eq=False)
class Bond:
    """A reason why utterances must be on the same side of each split.

    Attributes
    ----------
    name : str
        short name of the reason
    because : str
        relation of one utterance to another of its group, for messages: "... is the same recording"
    groups : Groups [shape=(n_utterances,)]
        group of each utterance; -1 for utterances without a group
    """

    name: str
    because: str
    groups: Groups


@dataclass(frozen=True)
class Leak:
    """A bond with utterances on both sides of a split.

    Attributes
    ----------
    bond, because : str
        as in `Bond`
    fold : str
        name of the first fold that separates utterances of a group
    tested, trained : str
        two such utterances
    n_tested : int
        tested utterances, over all folds, with an utterance of their group in training
    """

    bond: str
    because: str
    fold: str
    tested: str
    trained: str
    n_tested: int

    def __str__(self) -> str:
        return (
            f"{self.bond}: {self.n_tested} tested utterances have one in training that {self.because}, "
            f"e.g. {self.tested} (tested in fold {self.fold}) and {self.trained}"
        )


def bonds(table: Table, protocol: str) -> list[Bond]:
    """Return the bonds between the utterances of a table.

    Recordings are compared by their features: equal recordings have equal features under any name or label.

    Parameters
    ----------
    table : Table
    protocol : str
        as resolved; protocols that separate sentences bind equal sentences

    Returns
    -------
    list of Bond
        closest relation first
    """
    manifest = table.manifest
    features = table.features.to_numpy(dtype=np.float32)
    with threadpool_limits(1):
        identical, near = equal_rows(features), near_rows(features)
    found = [
        Bond("identical audio", "is the same recording", identical),
        Bond("near-identical audio", "is nearly the same recording", drop_implied(near, identical)),
        Bond("derived copy", "was made from the same recording", _derivations(manifest)),
        Bond("take", "is another take of it", _takes(manifest)),
        Bond("speaker and text", "is the same sentence by the same speaker", _equal(manifest, ("speaker", "text"))),
        Bond("speaker", "is by the same speaker", _equal(manifest, ("speaker",))),
    ]
    if protocol in TEXTS_APART:
        found.append(Bond("text", "is the same sentence", _equal(manifest, ("corpus", "text"))))
    return found


def leak_checks(manifest: pd.DataFrame, protocol: str) -> list[str]:
    """Name the checks that `guard` makes on a table: those whose columns have values.

    Parameters
    ----------
    manifest : DataFrame
        manifest columns of the table
    protocol : str
        as resolved

    Returns
    -------
    list of str
        names of bonds, as `bonds` gives them
    """
    columns = {
        "identical audio": (),
        "near-identical audio": (),
        "derived copy": ("derived_from",),
        "take": ("take", "text", "speaker"),
        "speaker and text": ("speaker", "text"),
        "speaker": ("speaker",),
        **({"text": ("text",)} if protocol in TEXTS_APART else {}),
    }
    known = {name for name in manifest if manifest[name].notna().any()}
    return [name for name, needed in columns.items() if known.issuperset(needed)]


def find_leaks(folds: Sequence[Fold], manifest: pd.DataFrame, bound: Iterable[Bond]) -> list[Leak]:
    """Return the bonds that folds break, each with an example.

    Parameters
    ----------
    folds : sequence of Fold
    manifest : DataFrame
        utterances that the folds' rows refer to
    bound : iterable of Bond

    Returns
    -------
    list of Leak
    """
    names = manifest["utterance"].to_numpy(dtype=np.str_)
    leaks = []
    for bond in bound:
        broken = [(fold, _offending(fold, bond.groups)) for fold in folds]
        broken = [(fold, tested) for fold, tested in broken if len(tested)]
        if broken:
            fold, tested = broken[0]
            pair = fold.train[bond.groups[fold.train] == bond.groups[tested[0]]]
            n_tested = sum(len(each) for _, each in broken)
            leaks.append(Leak(bond.name, bond.because, fold.name, str(names[tested[0]]), str(names[pair[0]]), n_tested))
    return leaks


def guard(
    folds: Sequence[Fold],
    table: Table,
    protocol: str,
    rule: str = "refuse",
    specification: Specification | None = None,
) -> list[str]:
    """Check folds for leaks, and a tuned pipeline for the data that chose it.

    Parameters
    ----------
    folds : sequence of Fold
    table : Table
    protocol : str
        as resolved; protocols that leak by design are never refused
    rule : str
        ``refuse`` to raise an error, ``stamp`` to return the leaks
    specification : Specification, optional
        the pipeline that is tested

    Returns
    -------
    list of str
        a sentence about each leak, for the run; any makes it leaky

    Raises
    ------
    InputError
        the folds leak; the message has the kind of leak and a pair of utterances, or the numbers of utterances and
        speakers that chose the pipeline
    UnknownNameError
        no such rule
    """
    if rule not in LEAK_RULES:
        raise UnknownNameError("rule for leaks", rule, LEAK_RULES)
    leaks = find_leaks(folds, table.manifest, bonds(table, protocol))
    tuned = find_tuning_leak(folds, table, specification) if specification else None
    also = [str(tuned)] if tuned else []
    if protocol in LEAKY:
        return [_by_design(leaks, protocol, len(table.manifest)), *also]
    if rule == "refuse" and leaks:
        raise InputError(_refusal(leaks[0]))
    if rule == "refuse" and tuned:
        raise InputError(tuned.refusal)
    return [*map(str, leaks), *also]


def _by_design(leaks: Sequence[Leak], protocol: str, n: int) -> str:
    """Sentence about a protocol that leaks by design, short enough for a row of the report."""
    counts = ", ".join(f"{leak.n_tested} by {leak.bond}" for leak in reversed(leaks))
    return f"{protocol} split: {n} tested utterances; related ones in training: {counts or 'none'}"


def _refusal(leak: Leak) -> str:
    return (
        f"Fold {leak.fold} tests {leak.tested} while training has {leak.trained}, which {leak.because} "
        f"({leak.bond}; {leak.n_tested} tested utterances in all). Both belong on one side: remove one, or give both "
        "the same speaker. --allow-leak goes on and stamps the run LEAKY."
    )


def _offending(fold: Fold, groups: Groups) -> Groups:
    """Tested rows with a row of their group in training."""
    tested = groups[fold.test]
    return fold.test[(tested >= 0) & np.isin(tested, groups[fold.train])]


def _equal(manifest: pd.DataFrame, columns: Sequence[str]) -> Groups:
    """Groups of rows that agree in all columns; rows without one of the first two values have no group."""
    if any(column not in manifest for column in columns[:2]):
        return np.full(len(manifest), -1, dtype=np.int64)
    present = [column for column in columns if column in manifest]
    keys = manifest[present].astype(object).where(manifest[present].notna(), "")
    groups = keys.groupby(present, sort=True).ngroup().to_numpy(dtype=np.int64)
    known = manifest[list(columns[:2])].notna().all(axis=1).to_numpy()
    return drop_singletons(np.where(known, groups, -1))


def _takes(manifest: pd.DataFrame) -> Groups:
    """Groups of numbered takes of one sentence with one emotion by one speaker."""
    if "take" not in manifest or "text" not in manifest:
        return np.full(len(manifest), -1, dtype=np.int64)
    numbered = manifest["take"].notna().to_numpy()
    return drop_singletons(np.where(numbered, _equal(manifest, _TAKE), -1))


def _derivations(manifest: pd.DataFrame) -> Groups:
    """Groups of recordings that were made from one another, from the column ``derived_from``.

    Two copies of a recording are bound also if the recording itself is not in the table.
    """
    if "derived_from" not in manifest:
        return np.full(len(manifest), -1, dtype=np.int64)
    names = [*manifest["utterance"], *manifest["derived_from"].dropna()]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    copies = np.flatnonzero(manifest["derived_from"].notna())
    sources = np.array([numbers[name] for name in manifest["derived_from"].dropna()], dtype=np.int64)
    return drop_singletons(connected_groups(copies, sources, len(numbers))[: len(manifest)])
