"""The leak guard: what must stay together in every split, and a refusal by name of folds that cut it."""

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
from featser.table import Table

LEAK_RULES = ("refuse", "stamp")
"""What happens to folds that leak: an error, or a run that says so."""

_TAKE = ("speaker", "text", "emotion", "intensity", "channel")


@dataclass(frozen=True, eq=False)
class Bond:
    """One reason why utterances must stay on the same side of every split.

    Attributes
    ----------
    name : str
        kind of the bond
    because : str
        what two bound utterances are, after "they"
    groups : Groups [shape=(n_utterances,)]
        equal numbers are bound; -1 is bound to nobody
    """

    name: str
    because: str
    groups: Groups


@dataclass(frozen=True)
class Leak:
    """A bond that folds cut, with an offending pair.

    Attributes
    ----------
    n_tested : int
        tested utterances that have a bound one in the training part of their fold
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
    """Return what must stay together in a table, the most telling bond first.

    Sounds are compared through their features: the same recording under two names, speakers or labels has equal ones.
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
    """Return the bonds that folds cut, each with its first offending pair."""
    names = manifest["utterance"].to_numpy(dtype=np.str_)
    leaks = []
    for bond in bound:
        cut = [(fold, _offending(fold, bond.groups)) for fold in folds]
        cut = [(fold, tested) for fold, tested in cut if len(tested)]
        if cut:
            fold, tested = cut[0]
            pair = fold.train[bond.groups[fold.train] == bond.groups[tested[0]]]
            n_tested = sum(len(each) for _, each in cut)
            leaks.append(Leak(bond.name, bond.because, fold.name, str(names[tested[0]]), str(names[pair[0]]), n_tested))
    return leaks


def guard(folds: Sequence[Fold], table: Table, protocol: str, rule: str = "refuse") -> list[str]:
    """Check that folds cut no bond; return sentences for the run where a cut is let through.

    Parameters
    ----------
    rule : str
        ``refuse``, or ``stamp`` to go on with a run that is stamped LEAKY; a protocol that leaks by design is
        always stamped

    Raises
    ------
    InputError
        a fold cuts a bond; the message names the kind and an offending pair
    UnknownNameError
        no such rule
    """
    if rule not in LEAK_RULES:
        raise UnknownNameError("rule for leaks", rule, LEAK_RULES)
    leaks = find_leaks(folds, table.manifest, bonds(table, protocol))
    if protocol in LEAKY:
        return [_by_design(leaks, protocol, len(table.manifest))]
    if leaks and rule == "refuse":
        raise InputError(_refusal(leaks[0]))
    return [str(leak) for leak in leaks]


def _by_design(leaks: Sequence[Leak], protocol: str, n: int) -> str:
    """One sentence about a split that leaks on purpose, short enough for a row of the report."""
    counts = ", ".join(f"{leak.n_tested} by {leak.bond}" for leak in reversed(leaks))
    return f"{protocol} split: of {n} tested utterances training knows {counts or 'whatever chance dealt to it'}"


def _refusal(leak: Leak) -> str:
    return (
        f"Fold {leak.fold} tests {leak.tested} while training has {leak.trained}, which {leak.because} "
        f"({leak.bond}; {leak.n_tested} tested utterances in all). Both belong on one side: take one out, or give both "
        "the same speaker. --allow-leak goes on and stamps the run LEAKY."
    )


def _offending(fold: Fold, groups: Groups) -> Groups:
    """Tested rows that are bound to a row in training."""
    tested = groups[fold.test]
    return fold.test[(tested >= 0) & np.isin(tested, groups[fold.train])]


def _equal(manifest: pd.DataFrame, columns: Sequence[str]) -> Groups:
    """Groups of rows that agree in all columns; a row where one of the first two is not known is in none."""
    if any(column not in manifest for column in columns[:2]):
        return np.full(len(manifest), -1, dtype=np.int64)
    present = [column for column in columns if column in manifest]
    keys = manifest[present].astype(object).where(manifest[present].notna(), "")
    groups = keys.groupby(present, sort=True).ngroup().to_numpy(dtype=np.int64)
    known = manifest[list(columns[:2])].notna().all(axis=1).to_numpy()
    return drop_singletons(np.where(known, groups, -1))


def _takes(manifest: pd.DataFrame) -> Groups:
    """Groups of takes: one speaker, one sentence, one emotion, numbered apart."""
    if "take" not in manifest or "text" not in manifest:
        return np.full(len(manifest), -1, dtype=np.int64)
    numbered = manifest["take"].notna().to_numpy()
    return drop_singletons(np.where(numbered, _equal(manifest, _TAKE), -1))


def _derivations(manifest: pd.DataFrame) -> Groups:
    """Groups of recordings that were made from one another, as the column ``derived_from`` says.

    The source need not be in the table: two copies of it are bound all the same.
    """
    if "derived_from" not in manifest:
        return np.full(len(manifest), -1, dtype=np.int64)
    names = [*manifest["utterance"], *manifest["derived_from"].dropna()]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    copies = np.flatnonzero(manifest["derived_from"].notna())
    sources = np.array([numbers[name] for name in manifest["derived_from"].dropna()], dtype=np.int64)
    return drop_singletons(connected_groups(copies, sources, len(numbers))[: len(manifest)])
