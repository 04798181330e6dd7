"""What studies are computed from: tables with the pipelines that read them, a protocol, and honest predictions."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from featser.errors import UsageError
from featser.evaluation import (
    LEAKY,
    Fold,
    Progress,
    fixed,
    guard,
    make_folds,
    predict_folds,
    prepare,
    resolve_protocol,
    unweighted_average_recall,
    usable_rows,
)
from featser.evaluation.environment import code_digests
from featser.evaluation.metrics import uar_interval
from featser.models import default_parameters
from featser.pipeline import Specification, find_pipeline, select_features, shaped
from featser.studies.points import Points, frame_digest
from featser.table import Table, labelled, select_rows
from featser.versions import library_versions

Item = TypeVar("Item")

_SPLIT_BY = ("utterance", "corpus", "emotion", "speaker", "text", "derived_from")
"""Columns of a manifest that predictions depend on."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Inputs:
    """Inputs of a study; `make_inputs` checks them.

    Attributes
    ----------
    table : Table
        labelled recordings
    specification : Specification
        the pipeline
    protocol, normalise : str
        as `featser.evaluation.resolve_protocol` returns it, and as for `featser.evaluation.prepare`
    seed : int
        of everything random
    points : Points
        what was computed before
    progress : callable
        called with the numbers of finished and of all points
    command : str
        command line, for the record
    """

    table: Table
    specification: Specification
    protocol: str
    normalise: str = "none"
    seed: int = 0
    points: Points = field(default_factory=Points)
    progress: Progress = lambda _done, _total: None
    command: str = ""

    @cached_property
    def folds(self) -> Sequence[Fold]:
        """Folds of the protocol."""
        return make_folds(self.protocol, self.table.manifest, self.seed)

    @cached_property
    def features(self) -> pd.DataFrame:
        """Columns that the pipeline uses."""
        return self.table.features[select_features(self.specification, self.table.feature_set)]

    @property
    def chance(self) -> float:
        """UAR of a guess: one over the number of emotions."""
        return 1 / int(self.table.manifest["emotion"].nunique())

    def predictions(
        self,
        features: pd.DataFrame | None = None,
        specification: Specification | None = None,
        folds: Sequence[Fold] | None = None,
    ) -> pd.DataFrame:
        """Out-of-fold predictions; they are computed once for the same inputs.

        Parameters
        ----------
        features : DataFrame, optional
            columns to learn from, one row per utterance; by default those of the pipeline
        specification : Specification, optional
            another pipeline
        folds : sequence of Fold, optional
            other folds; their tested speakers must not be in their training parts

        Returns
        -------
        DataFrame
            as `featser.evaluation.CrossValidation` has them, one row per test of an utterance
        """
        columns = self.features if features is None else features
        chosen = shaped(specification or self.specification, list(columns.columns))
        split = self.folds if folds is None else folds
        manifest = self.table.manifest
        key = {
            "features": frame_digest(columns),
            "manifest": frame_digest(manifest.reindex(columns=list(_SPLIT_BY))),
            "specification": chosen.to_dict() | {"defaults": default_parameters(chosen.model)},
            "folds": [(fold.name, _rows_digest(fold)) for fold in split],
            "setting": [self.normalise, self.seed],
        }

        def compute() -> pd.DataFrame:
            matrix = prepare(columns, manifest, self.normalise)
            return predict_folds(fixed(chosen, self.seed), matrix, manifest, split).predictions

        return self.points.frame(key, compute)

    def tracked(self, items: Sequence[Item]) -> Iterator[Item]:
        """Yield items, and report progress."""
        for done, item in enumerate(items):
            self.progress(done, len(items))
            yield item
        self.progress(len(items), len(items))

    def about(self, **more: Any) -> dict[str, Any]:
        """Return the settings for the record of a study; ``more`` is added or replaces."""
        originals = self.table.manifest
        if self.table.has_copies:
            originals = originals[originals["derived_from"].isna()]
        return {
            "model": self.specification.name,
            "parameters": {**default_parameters(self.specification.model), **self.specification.parameters},
            "features": self.table.feature_set.name,
            "n_features": self.features.shape[1],
            "clean": list(self.table.clean),
            "protocol": self.protocol,
            "normalise": self.normalise,
            "seed": self.seed,
            "n_utterances": len(originals),
            "n_speakers": int(originals["speaker"].nunique()),
            "n_classes": int(originals["emotion"].nunique()),
            "data": frame_digest(originals.reindex(columns=list(_SPLIT_BY)))[:16],
            "versions": library_versions(),
            "code": code_digests(),
            "command": self.command,
        } | more


def make_inputs(
    table: Table,
    model: str | Path | Specification,
    *,
    protocol: str = "auto",
    normalise: str = "none",
    seed: int = 0,
    points: Points | None = None,
    progress: Progress | None = None,
) -> Inputs:
    """Check the inputs of a study.

    Parameters
    ----------
    table : Table
        recordings without emotion are left out
    model : str, Path or Specification
        name of a model, pipeline file, or specification
    protocol : str
        a speaker-disjoint protocol of `featser.evaluation.PROTOCOLS`
    normalise : str
        as for `featser.evaluation.prepare`
    seed : int
        of everything random
    points : Points, optional
        where computed points are kept; by default nowhere
    progress : callable, optional
        called with the numbers of finished and of all points

    Returns
    -------
    Inputs

    Raises
    ------
    UsageError
        unknown model, protocol or normalisation
    InputError
        the table does not suit the protocol or the pipeline, or a fold leaks
    """
    known = labelled(table)
    resolved = resolve_protocol(protocol, known.manifest)
    if resolved in LEAKY:
        raise UsageError(f"Protocol {resolved} leaks; studies score unseen speakers only. Take --protocol auto.")
    rows = usable_rows(resolved, known.manifest)
    inputs = Inputs(
        table=known if len(rows) == len(known) else select_rows(known, rows),
        specification=find_pipeline(model),
        protocol=resolved,
        normalise=normalise,
        seed=seed,
        points=points or Points(),
        progress=progress or (lambda _done, _total: None),
    )
    guard(inputs.folds, inputs.table, resolved, specification=inputs.specification)
    prepare(inputs.features.iloc[:, :1], inputs.table.manifest, normalise)
    return inputs


def scored(predictions: pd.DataFrame, seed: int = 0) -> dict[str, Any]:
    """Score predictions.

    Parameters
    ----------
    predictions : DataFrame
        as `Inputs.predictions` returns them
    seed : int
        of the interval

    Returns
    -------
    dict
        ``uar``, ``uar_low`` and ``uar_high`` (None where there is no interval, see
        `featser.evaluation.metrics.uar_interval`), ``n_utterances``, ``n_speakers``
    """
    low, high = uar_interval(predictions, seed) or (None, None)
    return {
        "uar": unweighted_average_recall(list(predictions["truth"]), list(predictions["predicted"])),
        "uar_low": low,
        "uar_high": high,
        "n_utterances": int(predictions["utterance"].nunique()),
        "n_speakers": int(predictions["speaker"].nunique()),
    }


def _rows_digest(fold: Fold) -> str:
    return hashlib.sha256(fold.train.tobytes() + b"|" + fold.test.tobytes()).hexdigest()[:16]
