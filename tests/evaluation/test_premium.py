"""The leak premium: honest and leaky scores of one pipeline."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from featser.errors import InputError
from featser.evaluation import LEAKY, premium, read_runs
from featser.evaluation.premium import Validated, leak_premium, record_premium
from featser.models import MODELS
from featser.pipeline import Specification, specification_for
from featser.reporting.pairs import leak_name, premiums
from featser.table import Table


def with_copies(table: Table) -> Table:
    """The table, and two noisy copies of each recording."""
    copies = [
        table.manifest.assign(
            derived_from=table.manifest["utterance"], utterance=table.manifest["utterance"] + f"~{number}"
        )
        for number in (1, 2)
    ]
    noise = np.random.default_rng(0).normal(size=(2, *table.features.shape)) * 0.2 * table.features.std().to_numpy()
    features = [table.features, *(table.features + each for each in noise)]
    return replace(
        table,
        manifest=pd.concat([table.manifest, *copies], ignore_index=True),
        features=pd.concat(features, ignore_index=True).astype(np.float32),
    )


@pytest.fixture(scope="module")
def noise(table: Table) -> Table:
    """Three speakers whose features are noise: a score above chance comes from a leak."""
    three = table.manifest["speaker"].isin(sorted(table.manifest["speaker"].unique())[:3])
    manifest = table.manifest[three].reset_index(drop=True)
    values = np.random.default_rng(4).normal(size=(len(manifest), table.features.shape[1])).astype(np.float32)
    return replace(table, manifest=manifest, features=pd.DataFrame(values, columns=table.features.columns))


@pytest.fixture(scope="module")
def validated(noise: Table) -> dict[str, Validated]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(premium, "N_SETTINGS", 3)
        patch.setattr(premium, "N_SELECTED", 40)
        return leak_premium(with_copies(noise), specification_for("linear-svm"))


def paired(validated: dict[str, Validated]) -> dict[str, tuple[float, float]]:
    """UAR with each leak and of its honest twin."""
    pairs = [pair for same in premiums([run for run, _ in validated.values()]) for pair in same]
    return {leak_name(pair.leaky): (pair.leaky.uar, pair.honest.uar) for pair in pairs}


def test_every_leak_is_a_run_of_its_own_and_stamped(validated: dict[str, Validated]) -> None:
    leaky = {name for name, (run, _) in validated.items() if run.leaky}
    assert leaky == {
        "random split",
        "augment before split",
        "scale before split",
        "select before split",
        "tune on the test folds",
    }
    for name in leaky:
        (sentence,) = validated[name][0].leaks
        assert sentence.startswith(f"{name}: ")
    assert len({run.run for run, _ in validated.values()}) == len(validated)


def test_honest_runs_stay_at_chance_on_noise(validated: dict[str, Validated]) -> None:
    honest = {name: run for name, (run, _) in validated.items() if not run.leaky}
    assert list(honest) == ["honest", "honest, 40 features"]
    assert all(run.leaks == [] and run.checks and run.uar < 0.33 for run in honest.values())


def test_leaks_raise_the_score_on_noise(validated: dict[str, Validated]) -> None:
    scores = paired(validated)
    premium_of = {name: leaky - honest for name, (leaky, honest) in scores.items()}
    assert scores["augment before split"][0] > 0.6
    assert premium_of["select before split"] > 0.15
    assert premium_of["tune on the test folds"] >= 0
    assert abs(premium_of["scale before split"]) < 0.05


def test_every_leaky_run_has_the_honest_run_of_its_own_settings_as_twin(validated: dict[str, Validated]) -> None:
    honest = {name: run.uar for name, (run, _) in validated.items() if not run.leaky}
    assert len(paired(validated)) == 5
    for name, (_, twin) in paired(validated).items():
        assert twin == honest["honest, 40 features" if name == "select before split" else "honest"]


def test_copies_are_tested_with_the_leak_of_augmenting_only(validated: dict[str, Validated], noise: Table) -> None:
    n_tested = {name: run.n_utterances for name, (run, _) in validated.items()}
    n = len(noise.manifest)
    assert n_tested.pop("augment before split") == 3 * n
    assert set(n_tested.values()) == {n}


def test_settings_that_were_chosen_on_the_test_folds_are_recorded(validated: dict[str, Validated]) -> None:
    run = validated["tune on the test folds"][0]
    assert run.parameters == validated["honest"][0].parameters
    assert run.tuning["n_trials"] == 3
    assert set(run.tuning["chosen"][0]) == {"fold", "parameters", "exclude"}


def test_copies_without_their_originals_are_refused(noise: Table) -> None:
    both = with_copies(noise)
    rows = both.manifest["utterance"] != noise.manifest["utterance"].iloc[0]
    part = replace(both, manifest=both.manifest[rows], features=both.features[rows])
    with pytest.raises(InputError, match=r"^2 copies have no original in the table, e.g. of .*--copies voices.$"):
        leak_premium(part, specification_for("linear-svm"))


def test_a_leak_in_the_honest_folds_is_refused(noise: Table) -> None:
    features = noise.features.copy()
    features.iloc[-1] = features.iloc[0]
    with pytest.raises(InputError, match="identical audio"):
        leak_premium(replace(noise, features=features), specification_for("linear-svm"))


def test_leaks_that_do_not_apply_are_left_out(noise: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "linear-svm", replace(MODELS["linear-svm"], search={}))
    few = Specification(name="few", title="", model="linear-svm", include=("mfcc_0*__mean",))
    validated = leak_premium(noise, few)
    assert "select before split" not in validated
    assert "augment before split" not in validated
    assert "best of 1 settings" in validated["tune on the test folds"][0].leaks[0]


def test_runs_are_recorded_but_one_that_fit_made_is_kept(validated: dict[str, Validated], tmp_path: Path) -> None:
    run, predictions = validated["honest"]
    with_size = replace(run, model_bytes=123)
    outdated = replace(validated["random split"][0], code={"models": "another"}, model_bytes=456)
    record_premium({"a": (with_size, predictions), "b": (outdated, predictions)}, tmp_path)
    record_premium(validated, tmp_path)
    sizes = {each.run: each.model_bytes for each in read_runs(tmp_path)}
    assert len(sizes) == len(validated)
    assert sizes[run.run] == 123
    assert sizes[outdated.run] is None
    assert sum(each.protocol in LEAKY for each in read_runs(tmp_path)) == 2
