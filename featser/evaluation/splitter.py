"""Protocols as scikit-learn splitters."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from featser.evaluation.folds import Fold, Rows
from featser.evaluation.protocols import make_folds, resolve_protocol


@dataclass(frozen=True, eq=False)
class ProtocolSplitter:
    """A protocol as a scikit-learn splitter, for ``cross_val_score(..., cv=ProtocolSplitter())`` and its relatives.

    Parameters
    ----------
    protocol : str
        as users type it
    seed : int
        of the protocols that deal out at random
    manifest : DataFrame, optional
        who said what in each row of ``X``; without it ``X`` itself must have the columns ``speaker`` and ``emotion``

    Examples
    --------
    >>> people = pd.DataFrame({"speaker": ["a/1", "a/1", "a/2", "a/2"], "emotion": ["anger", "fear"] * 2})
    >>> for train, test in ProtocolSplitter("leave-one-speaker-out").split(people.assign(corpus="a")):
    ...     print(train, test)
    [2 3] [0 1]
    [0 1] [2 3]
    """

    protocol: str = "auto"
    seed: int = 0
    manifest: pd.DataFrame | None = None

    def split(self, X: object, y: object = None, groups: object = None) -> Iterator[tuple[Rows, Rows]]:  # noqa: ARG002
        """Yield the rows of each fold's training and test part; ``y`` and ``groups`` are not looked at."""
        for fold in self._folds(X):
            yield fold.train, fold.test

    def get_n_splits(self, X: object, y: object = None, groups: object = None) -> int:  # noqa: ARG002
        """Return the number of folds."""
        return len(self._folds(X))

    def _folds(self, X: object) -> list[Fold]:
        manifest = X if self.manifest is None else self.manifest
        if not isinstance(manifest, pd.DataFrame) or not {"speaker", "emotion", "corpus"} <= set(manifest.columns):
            raise TypeError("Give X with the columns of a manifest, or ProtocolSplitter(protocol, manifest=...).")
        if manifest is not X and len(manifest) != len(X):  # type: ignore[arg-type]
            raise ValueError(f"{len(manifest)} rows of manifest for {len(X)} of X.")  # type: ignore[arg-type]
        return make_folds(resolve_protocol(self.protocol, manifest), manifest, self.seed)
