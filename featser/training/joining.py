"""Other corpora in the training part of every fold of one's own."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin

from featser.errors import InputError, listed
from featser.evaluation import Fold, Trainer
from featser.evaluation.cross_validation import Features
from featser.features import same_features
from featser.models import PooledVote
from featser.pipeline import Specification
from featser.table import Table, labelled, select_rows
from featser.training.label_maps import counts_of

_FEWEST_SHARED = 2


@dataclass(frozen=True, eq=False)
class Joined:
    """The own table, followed by the rows of other corpora.

    Attributes
    ----------
    table : Table
        own rows first
    n_own : int
        number of own rows
    added : dict
        name of each other corpus -> ``n_utterances``, ``n_copies`` and ``n_speakers`` that are trained on, ``left_out``
        (emotion that the own corpus lacks -> number of utterances) and ``digest`` of labels and features; empty without
        other corpora
    """

    table: Table
    n_own: int
    added: dict[str, dict[str, Any]] = field(default_factory=dict)

    def folds(self, folds: Sequence[Fold]) -> list[Fold]:
        """Add the rows of the other corpora to the training part of each fold of the own table."""
        others = np.arange(self.n_own, len(self.table))
        return [replace(fold, train=np.concatenate([fold.train, others])) for fold in folds]


def join(table: Table, others: Sequence[Table]) -> Joined:
    """Add the rows of other corpora that have an emotion of the own corpus.

    Parameters
    ----------
    table : Table
        own corpus, with an emotion in every row
    others : sequence of Table
        other corpora

    Returns
    -------
    Joined

    Raises
    ------
    InputError
        a table has other features or cleaning, a corpus occurs twice, or one shares fewer than two emotions
    """
    parts, added = [table], {}
    known = set(table.manifest["corpus"])
    for other in sorted(others, key=lambda each: each.corpus):  # the order in which they are given changes nothing
        _check_alike(table, other)
        twice = sorted(known & set(other.manifest["corpus"]))
        if twice:
            raise InputError(
                f"--with: corpus {listed(twice)} is given already. Give tables of other corpora, each once."
            )
        known |= set(other.manifest["corpus"])
        kept = _shared(labelled(other), table)
        added.update(_record(labelled(other), kept))
        parts.append(kept)
    if not added:
        return Joined(table, len(table))
    manifest = pd.concat([part.manifest for part in parts], ignore_index=True)
    features = pd.concat([part.features for part in parts], ignore_index=True)
    return Joined(replace(table, manifest=manifest, features=features), len(table), added)


def pooled(specification: Specification, seed: int, own: Sequence[str]) -> Trainer:
    """Return a trainer that fits a pipeline as a `PooledVote`.

    Parameters
    ----------
    specification : Specification
    seed : int
        seed of all random numbers
    own : sequence of str
        names of the own corpora

    Returns
    -------
    Trainer
    """

    def train(features: Features, manifest: pd.DataFrame) -> ClassifierMixin:
        mine = manifest["corpus"].isin(own).to_numpy()
        speakers = None
        if manifest["speaker"][mine].notna().all():
            speakers = manifest["speaker"].fillna(manifest["utterance"]).to_numpy(dtype=np.str_)
        emotions = manifest["emotion"].to_numpy(dtype=np.str_)
        return PooledVote(specification.build(seed), seed).fit(features, emotions, groups=speakers, own=mine)

    return train


def _check_alike(table: Table, other: Table) -> None:
    if not same_features(table.feature_set.to_dict(), other.feature_set.to_dict()) or table.clean != other.clean:
        raise InputError(
            f"--with: {other.corpus} has other features ('{other.feature_set.name}') or cleaning than {table.corpus} "
            f"('{table.feature_set.name}'). Extract both with the same --features and --clean."
        )


def _shared(other: Table, table: Table) -> Table:
    """Rows with an emotion of the own table."""
    emotions = set(table.manifest["emotion"])
    shared = sorted(emotions & set(other.manifest["emotion"]))
    if len(shared) < _FEWEST_SHARED:
        what = f"only {shared[0]}" if shared else "no emotion"
        raise InputError(
            f"--with: {other.corpus} shares {what} with {table.corpus} ({listed(sorted(emotions))}). "
            f"Give corpora that share {_FEWEST_SHARED} or more, or merge emotions with --labels FILE."
        )
    return select_rows(other, other.manifest["emotion"].isin(emotions).to_numpy())


def _record(other: Table, kept: Table) -> dict[str, dict[str, Any]]:
    """Describe the kept rows of each corpus of a table."""
    record = {}
    for corpus in sorted(set(kept.manifest["corpus"])):
        part = select_rows(kept, (kept.manifest["corpus"] == corpus).to_numpy())
        lost = other.manifest["corpus"].eq(corpus) & ~other.manifest["emotion"].isin(kept.manifest["emotion"])
        digest = hashlib.sha256("\n".join(part.manifest["utterance"] + "\t" + part.manifest["emotion"]).encode())
        digest.update(np.ascontiguousarray(part.features.to_numpy(dtype=np.float32)).tobytes())
        copies = part.manifest["derived_from"].notna().sum() if "derived_from" in part.manifest else 0
        record[corpus] = {
            "n_utterances": len(part),
            "n_copies": int(copies),
            "n_speakers": int(part.manifest["speaker"].nunique()),
            "left_out": counts_of(other.manifest["emotion"][lost]),
            "digest": digest.hexdigest()[:16],
        }
    return record
