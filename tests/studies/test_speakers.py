"""The learning curve over speakers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from featser.errors import InputError
from featser.evaluation import Fold
from featser.studies import Inputs, make_inputs
from featser.studies.speakers import speakers
from featser.table import Table, select_rows


def test_points_use_the_stated_numbers_of_speakers(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Smaller sets are in the larger ones, tested speakers in none, and every emotion is trained on."""
    used: list[tuple[str, frozenset[str]]] = []

    def predictions(self: Inputs, folds: Sequence[Fold]) -> pd.DataFrame:
        manifest = self.table.manifest
        for fold in folds:
            trained, tested = (set(manifest["speaker"].iloc[rows]) for rows in (fold.train, fold.test))
            assert not trained & tested
            assert set(manifest["emotion"].iloc[fold.train]) == set(manifest["emotion"])
            used.append((fold.name, frozenset(trained)))
        sure = {f"p_{each}": 1.0 * (manifest["emotion"] == each) for each in sorted(set(manifest["emotion"]))}
        return manifest.assign(truth=manifest["emotion"], predicted=manifest["emotion"], **sure)

    monkeypatch.setattr(Inputs, "predictions", predictions)
    study = speakers(make_inputs(table, "lda"), draws=2)
    assert study.table["training_speakers"].to_list() == [2, 3, 5]
    assert sorted({len(names) for _, names in used}) == [2, 3, 5]
    for fold in {name for name, _ in used}:
        sets = [names for name, names in used if name == fold]  # sizes in ascending order, two draws each
        assert sets[0] < sets[2] < sets[4]
        assert sets[1] < sets[3] < sets[5]
    assert len({names for _, names in used if len(names) == 2}) > 2
    assert np.all(study.table["uar"] == 1.0)


def test_too_few_speakers_are_refused(table: Table) -> None:
    three = table.manifest["speaker"].isin(sorted(table.manifest["speaker"].unique())[:3]).to_numpy()
    with pytest.raises(InputError, match="2 training speakers in a fold; a learning curve needs 3"):
        speakers(make_inputs(select_rows(table, three), "lda"))
