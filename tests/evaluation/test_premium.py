"""What shortcuts would have pretended."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from featser.errors import InputError
from featser.evaluation import premium
from featser.evaluation.premium import Validated, leak_premium, premium_table
from featser.models import MODELS
from featser.pipeline import Specification, specification_for
from featser.table import Table


def copies_of(table: Table) -> Table:
    """Two copies of each recording, a little off."""
    manifest = pd.concat(
        [
            table.manifest.assign(
                derived_from=table.manifest["utterance"], utterance=table.manifest["utterance"] + f"-{number}"
            )
            for number in (1, 2)
        ],
        ignore_index=True,
    )
    features = pd.concat([table.features, table.features], ignore_index=True)
    noise = np.random.default_rng(0).normal(size=features.shape) * 0.2 * table.features.std().to_numpy()
    return replace(table, manifest=manifest, features=(features + noise).astype(np.float32))


@pytest.fixture(scope="module")
def noise(table: Table) -> Table:
    """Three speakers whose features are noise: whatever scores above chance here is pretence."""
    three = table.manifest["speaker"].isin(sorted(table.manifest["speaker"].unique())[:3])
    manifest = table.manifest[three].reset_index(drop=True)
    values = np.random.default_rng(4).normal(size=(len(manifest), table.features.shape[1])).astype(np.float32)
    return replace(table, manifest=manifest, features=pd.DataFrame(values, columns=table.features.columns))


@pytest.fixture(scope="module")
def validated(noise: Table) -> dict[str, Validated]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(premium, "N_SETTINGS", 3)
        patch.setattr(premium, "N_SELECTED", 40)
        return leak_premium(noise, specification_for("linear-svm"), copies=copies_of(noise))


def test_every_shortcut_is_a_run_of_its_own_and_stamped(validated: dict[str, Validated]) -> None:
    shortcuts = {name for name, (run, _) in validated.items() if run.leaky}
    assert shortcuts == {
        "random split",
        "augment before split",
        "scale before split",
        "select before split",
        "tune on the test folds",
    }
    for name in shortcuts:
        (sentence,) = validated[name][0].leaks
        assert sentence.startswith(f"{name}: ")
    assert len({run.run for run, _ in validated.values()}) == len(validated)


def test_nothing_is_pretended_by_honest_runs(validated: dict[str, Validated]) -> None:
    honest = {name: run for name, (run, _) in validated.items() if not run.leaky}
    assert list(honest) == ["honest", "honest, 40 features"]
    assert all(run.leaks == [] and run.uar < 0.33 for run in honest.values())


def test_on_labels_without_meaning_the_shortcuts_pretend_what_they_can(validated: dict[str, Validated]) -> None:
    table = premium_table(validated).set_index("shortcut")
    assert table.loc["augment before split", "uar"] > 0.6
    assert table.loc["select before split", "premium"] > 0.15
    assert table.loc["tune on the test folds", "premium"] >= 0
    assert abs(table.loc["scale before split", "premium"]) < 0.05
    np.testing.assert_allclose(table["premium"], table["uar"] - table["honest"])


def test_selection_is_held_against_the_same_selection_inside_the_folds(validated: dict[str, Validated]) -> None:
    inside, before = validated["honest, 40 features"][0], validated["select before split"][0]
    assert inside.parameters == before.parameters
    assert premium_table(validated).set_index("shortcut").loc["select before split", "honest"] == inside.uar


def test_copies_must_say_what_they_were_made_from(noise: Table) -> None:
    with pytest.raises(InputError, match=r"do not say which utterance each was made from. Fill their column 'derived_"):
        leak_premium(noise, specification_for("linear-svm"), copies=replace(noise, manifest=noise.manifest))


def test_a_model_without_selection_or_settings_leaves_those_rows_out_or_alone(
    noise: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MODELS, "linear-svm", replace(MODELS["linear-svm"], search={}))
    few = Specification(name="few", title="", model="linear-svm", include=("mfcc_0*__mean",))
    validated = leak_premium(noise, few)
    assert "select before split" not in validated
    assert "augment before split" not in validated
    assert "best of 1 settings" in validated["tune on the test folds"][0].leaks[0]
