"""The ablation of descriptor families."""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from featser.errors import InputError
from featser.pipeline import Specification
from featser.studies import Inputs, make_inputs
from featser.studies.ablation import ablation
from featser.table import Table


def test_the_gain_of_a_family_is_the_score_without_it(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipeline is replaced by one that is right by the share of columns that it gets."""
    asked: list[tuple[str, ...]] = []

    def predictions(self: Inputs, columns: pd.DataFrame) -> pd.DataFrame:
        asked.append(tuple(columns.columns))
        manifest = self.table.manifest
        n_right = round(len(manifest) * columns.shape[1] / self.features.shape[1])
        emotions = sorted(manifest["emotion"].unique())
        wrong = manifest["emotion"].map(dict(zip(emotions, np.roll(emotions, 1), strict=True)))
        predicted = manifest["emotion"].where(np.arange(len(manifest)) < n_right, wrong)
        found = manifest[["utterance", "corpus", "speaker"]].assign(
            fold=manifest["speaker"], truth=manifest["emotion"], predicted=predicted
        )
        return found.assign(**{f"p_{each}": (predicted == each).astype(float) for each in emotions})

    monkeypatch.setattr(Inputs, "predictions", predictions)
    monkeypatch.setattr(
        import_module("featser.studies.ablation"), "cost_of_sets", lambda sets: {each.name: 1.5 for each in sets}
    )
    study = ablation(make_inputs(table, "lda"))
    rows = study.table.set_index("family")
    assert rows.index[0] == "all families"
    assert rows["n_columns"].iloc[0] == rows["n_columns"].iloc[1:].sum() == table.features.shape[1]
    assert rows["uar"].iloc[0] == 1.0
    gained = rows.iloc[1:]
    assert np.allclose(gained["gained"], 1.0 - gained["uar_without"])
    assert (gained["gained_low"] <= gained["gained"]).all()
    assert (gained["gained"] <= gained["gained_high"]).all()
    assert len(asked) == 2 * len(gained) + 1


def test_foreign_features_are_refused(table: Table) -> None:
    frame = table.manifest.assign(loudness=np.arange(len(table)), brightness=np.arange(len(table)) ** 0.5)
    with pytest.raises(InputError, match="The features 'mine' have no families of descriptors"):
        ablation(make_inputs(Table.from_frame(frame, "mine"), "lda"))


def test_one_family_is_refused(table: Table) -> None:
    pipeline = Specification(name="small", title="", model="lda", include=("mfcc_*",))
    with pytest.raises(InputError, match=r"one family \(cepstral\)"):
        ablation(make_inputs(table, pipeline))
