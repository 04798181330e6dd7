"""The plan of a fit: rows, columns and folds, checked before anything is trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.errors import UsageError
from featser.evaluation import Fold, Trainer, fixed, guard, make_folds, prepare, resolve_protocol, usable_rows
from featser.pipeline import Specification, find_pipeline, select_features, shaped
from featser.search import Search, TuningResult, check_inner_folds, tuned
from featser.table import Table, labelled, select_rows
from featser.training.joining import Joined, join, pooled
from featser.training.label_maps import counts_of, relabelled


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """A pipeline and the folds to score it on; the normalisation is still open.

    ``own`` has the rows that are tested; ``joined`` has these and those of other corpora.
    """

    joined: Joined
    own: Table
    labels: Mapping[str, Any]
    specification: Specification
    names: tuple[str, ...]
    protocol: str
    folds: Sequence[Fold]
    leaks: Sequence[str]
    seed: int
    left_out: Mapping[str, int]
    search: Search | None
    jobs: int | None

    @property
    def table(self) -> Table:
        """Own rows, then those of other corpora."""
        return self.joined.table

    def trainer(self, n_searches: int) -> tuple[Trainer, list[TuningResult]]:
        """Return a trainer, with fixed parameters or with a search, and the list that collects what searches find."""
        found: list[TuningResult] = []
        if self.joined.added:
            return pooled(self.specification, self.seed, sorted(set(self.own.manifest["corpus"]))), found
        if self.search is None:
            return fixed(self.specification, self.seed), found
        search = replace(self.search, n_searches=n_searches)
        return tuned(self.specification, self.table.feature_set, search, found), found

    def features(self, normalise: str) -> NDArray[np.float64]:
        """Return the columns of the pipeline under one normalisation."""
        return prepare(self.table.features[list(self.names)], self.table.manifest, normalise)


def make_plan(
    tables: Sequence[Table],
    model: str | Path | Specification,
    protocol: str,
    seed: int,
    *,
    labels: str | Path | Mapping[str, str] | None,
    allow_leak: bool,
    tune: int | Search,
    jobs: int | None,
) -> Plan:
    """Choose columns and folds, and check both before anything is trained; the first table is the own one."""
    if tune and len(tables) > 1:
        raise UsageError("--tune searches within the own table, so it does not go with --with. Leave one of them out.")
    specification = find_pipeline(model)
    (table, *others), record = _relabelled(tables, labels)
    protocol = resolve_protocol(protocol, table.manifest)
    table, left_out = _usable(table, protocol)
    names = tuple(select_features(specification, table.feature_set))
    joined = join(table, others)
    folds = joined.folds(make_folds(protocol, table.manifest, seed))
    search = replace(tune, seed=seed) if isinstance(tune, Search) else Search(tune, seed) if tune else None
    plan = Plan(
        joined=joined,
        own=table,
        labels=record,
        specification=shaped(specification, names),
        names=names,
        protocol=protocol,
        folds=folds,
        leaks=guard(folds, joined.table, protocol, "stamp" if allow_leak else "refuse", specification),
        seed=seed,
        left_out=left_out,
        search=search,
        jobs=jobs,
    )
    if search:
        check_inner_folds(table.manifest, folds, search)
    return plan


def _relabelled(
    tables: Sequence[Table], labels: str | Path | Mapping[str, str] | None
) -> tuple[list[Table], dict[str, Any]]:
    """Leave out unlabelled rows and apply the label map; the record is that of the first table."""
    known = [labelled(table) for table in tables]
    if labels is None:
        return known, {}
    mapped = [relabelled(table, labels) for table in known]
    return [table for table, _ in mapped], mapped[0][1]


def _usable(table: Table, protocol: str) -> tuple[Table, dict[str, int]]:
    """Return the rows that a protocol can use, and the number of others per emotion."""
    rows = usable_rows(protocol, table.manifest)
    if len(rows) == len(table.manifest):
        return table, {}
    others = table.manifest["emotion"].drop(table.manifest.index[rows])
    return select_rows(table, rows), counts_of(others)
