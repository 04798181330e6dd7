"""Protocols as scikit-learn splitters."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from featser.evaluation.folds import Fold, Rows
from featser.evaluation.protocols import make_folds, resolve_protocol


@dataclass(frozen=True, eq=False)
class ProtocolSplitter:
    """Protocol as a scikit-learn splitter, for ``cross_val_score(..., cv=ProtocolSplitter())`` and similar functions.

    Parameters
    ----------
    protocol : str
        name of a protocol, see `featser.evaluation.PROTOCOLS`
    seed : int
        seed of protocols that assign speakers or utterances at random
    manifest : DataFrame, optional
        ``speaker``, ``emotion`` and ``corpus`` of each row of ``X``, and ``text`` for ``speaker-and-text``; by default,
        ``X`` itself must have these columns

    Examples
    --------
    >>> manifest = pd.DataFrame({"speaker": ["a/1", "a/1", "a/2", "a/2"], "emotion": ["anger", "fear"] * 2})
    >>> for train, test in ProtocolSplitter("leave-one-speaker-out").split(manifest.assign(corpus="a")):
    ...     print(train, test)
    [2 3] [0 1]
    [0 1] [2 3]
    """

    protocol: str = "auto"
    seed: int = 0
    manifest: pd.DataFrame | None = None

    def split(self, X: object, y: object = None, groups: object = None) -> Iterator[tuple[Rows, Rows]]:  # noqa: ARG002
        """Yield the folds.

        Parameters
        ----------
        X : DataFrame or array [shape=(n_utterances, ...)]
            rows to split; with manifest columns, unless ``manifest`` is given
        y, groups : object
            ignored, for compatibility with scikit-learn

        Yields
        ------
        train, test : Rows
            row numbers of the training and of the test part

        Raises
        ------
        TypeError
            neither ``X`` nor ``manifest`` has the columns of a manifest
        ValueError
            ``manifest`` and ``X`` have different lengths
        InputError
            the protocol cannot be applied, as in `featser.evaluation.make_folds`
        """
        for fold in self._folds(X):
            yield fold.train, fold.test

    def get_n_splits(self, X: object, y: object = None, groups: object = None) -> int:  # noqa: ARG002
        """Return the number of folds.

        Parameters
        ----------
        X, y, groups : object
            as in `split`

        Returns
        -------
        int
        """
        return len(self._folds(X))

    def _folds(self, X: object) -> list[Fold]:
        manifest = X if self.manifest is None else self.manifest
        if not isinstance(manifest, pd.DataFrame) or not {"speaker", "emotion", "corpus"} <= set(manifest.columns):
            raise TypeError(
                "Columns speaker, emotion and corpus are missing. Give X with them, or ProtocolSplitter(manifest=...)."
            )
        if manifest is not X and len(manifest) != len(X):  # type: ignore[arg-type]
            raise ValueError(f"The manifest has {len(manifest)} rows, X has {len(X)}.")  # type: ignore[arg-type]
        return make_folds(resolve_protocol(self.protocol, manifest), manifest, self.seed)
