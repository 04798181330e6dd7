"""A small problem for searches: the synthetic voices, 48 features, logistic regression."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from featser.evaluation import prepare
from featser.pipeline import Specification, select_features
from featser.table import Table


@dataclass(frozen=True, eq=False)
class Problem:
    """A pipeline with its space, and the table that it is searched on."""

    specification: Specification
    table: Table
    features: np.ndarray

    @property
    def manifest(self) -> pd.DataFrame:
        return self.table.manifest

    @property
    def feature_set(self):
        return self.table.feature_set

    def shuffled(self, seed: int) -> "Problem":
        """The same with the emotions dealt out anew."""
        emotions = np.random.default_rng(seed).permutation(self.manifest["emotion"])
        return replace(self, table=replace(self.table, manifest=self.manifest.assign(emotion=emotions)))


@pytest.fixture(scope="session")
def problem(table: Table) -> Problem:
    specification = Specification(
        name="small",
        title="Few features",
        model="logreg",
        include=("mfcc_0?__mean", "mfcc_0?__std", "mfcc_0?_d1__std", "zcr__*", "rms__*"),
        search={
            "C": {"low": 1e-4, "high": 1.0, "log": True},
            "families": ["energy"],
            "functionals": "any",
            "deltas": [True, False],
        },
    )
    names = select_features(specification, table.feature_set)
    return Problem(specification, table, prepare(table.features[names], table.manifest, "none"))
