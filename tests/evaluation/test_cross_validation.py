"""Nothing learnt outside a fold, no speaker on both sides."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier

from featser.errors import InputError, UnknownNameError
from featser.evaluation import fixed, make_folds, predict_folds, prepare, unweighted_average_recall
from featser.models import DEFAULT_MODEL, MODELS, SEQUENCE_MODELS, normalise_by_speaker
from featser.pipeline import Specification, specification_for
from featser.table import Table

CHANCE = 0.2

OF_TABLES = [name for name in MODELS if name not in SEQUENCE_MODELS]
"""Models of sequences read another table; tests/models/test_sequence.py deals out their emotions anew."""

QUICK = {
    "random-forest": {"n_trees": 40},
    "extra-trees": {"n_trees": 40},
    "hist-gb": {"n_trees": 8},
    "xgb": {"n_trees": 60},
}
"""Fewer trees leak no less."""


def quick(name: str) -> Specification:
    return replace(specification_for(name), parameters=QUICK.get(name, {}))


@pytest.fixture
def folds(table: Table) -> list:
    return make_folds("leave-one-speaker-out", table.manifest, 0)


def shuffled(manifest: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same utterances with their emotions dealt out anew."""
    return manifest.assign(emotion=np.random.default_rng(seed).permutation(manifest["emotion"]))


def uar(predictions: pd.DataFrame) -> float:
    return unweighted_average_recall(list(predictions["truth"]), list(predictions["predicted"]))


def test_a_trainer_is_handed_the_training_speakers_and_nothing_else(table: Table, folds: list) -> None:
    seen = []

    def spy(features: np.ndarray, manifest: pd.DataFrame) -> DummyClassifier:
        seen.append((features, manifest))
        return DummyClassifier(strategy="prior").fit(features, manifest["emotion"])

    features = prepare(table.features, table.manifest, "none")
    predict_folds(spy, features, table.manifest, folds, jobs=1)
    for fold, (matrix, manifest) in zip(folds, seen, strict=True):
        assert fold.name not in {speaker.split("/")[1] for speaker in manifest["speaker"]}
        np.testing.assert_array_equal(matrix, features[fold.train])
        assert list(manifest["utterance"]) == list(table.manifest["utterance"].iloc[fold.train])


def test_predictions_have_every_utterance_once_with_probabilities(table: Table, folds: list) -> None:
    features = prepare(table.features, table.manifest, "none")
    predictions = predict_folds(fixed(specification_for("logreg"), 0), features, table.manifest, folds).predictions
    assert list(predictions["utterance"]) == sorted(table.manifest["utterance"])
    assert list(predictions.columns[:6]) == ["utterance", "corpus", "speaker", "fold", "truth", "predicted"]
    shares = predictions.filter(like="p_")
    assert list(shares.columns) == [f"p_{name}" for name in sorted(set(table.manifest["emotion"]))]
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (predictions["predicted"] == shares.columns.str[2:].to_numpy()[shares.to_numpy().argmax(axis=1)]).all()


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_number_of_jobs_does_not_change_a_bit(table: Table, folds: list, jobs: int) -> None:
    features = prepare(table.features, table.manifest, "speaker")
    train = fixed(specification_for("svm"), 0)
    expected = predict_folds(train, features, table.manifest, folds, jobs=3).predictions
    pd.testing.assert_frame_equal(
        predict_folds(train, features, table.manifest, folds, jobs=jobs).predictions, expected, check_exact=True
    )


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name != DEFAULT_MODEL)) for name in OF_TABLES]
)
def test_shuffled_labels_score_at_chance_and_true_ones_above(table: Table, name: str) -> None:
    """A leak of labels would show here first: where there is nothing to learn, nothing may be found."""
    features = prepare(table.features.iloc[:, ::9], table.manifest, "speaker")
    folds = make_folds("3-fold-by-speaker", table.manifest, 0)
    honest, noise = (
        uar(predict_folds(fixed(quick(name), 0), features, manifest, folds, jobs=1).predictions)
        for manifest in (table.manifest, shuffled(table.manifest, seed=11))
    )
    assert abs(noise - CHANCE) < 0.13
    assert 0.4 < honest < 1.0


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_TABLES)
@pytest.mark.parametrize(("protocol", "normalise"), [("leave-one-speaker-out", "none"), ("random", "speaker")])
def test_shuffled_labels_score_at_chance_on_all_features_under_other_protocols(
    table: Table, name: str, protocol: str, normalise: str
) -> None:
    if protocol == "leave-one-speaker-out" and name in ("hist-gb", "xgb"):
        protocol = "2-fold-by-speaker"
    manifest = shuffled(table.manifest, seed=11)
    features = prepare(table.features, manifest, normalise)
    folds = make_folds(protocol, manifest, 0)
    score = uar(predict_folds(fixed(quick(name), 0), features, manifest, folds).predictions)
    assert abs(score - CHANCE) < 0.13


def test_normalised_speakers_have_mean_0_and_deviation_1(table: Table) -> None:
    matrix = prepare(table.features, table.manifest, "speaker")
    for speaker in table.manifest["speaker"].unique():
        rows = matrix[(table.manifest["speaker"] == speaker).to_numpy()]
        np.testing.assert_allclose(np.nanmean(rows, axis=0), 0, atol=1e-6)
        deviation = np.nanstd(rows, axis=0)
        assert np.all((np.abs(deviation - 1) < 1e-6) | (deviation == 0))


def test_normalising_one_speaker_does_not_look_at_another() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(4, 3)), rng.normal(5, 2, size=(6, 3))
    together = normalise_by_speaker(np.concatenate([one, other]), np.array(["a"] * 4 + ["b"] * 6))
    np.testing.assert_array_equal(together[:4], normalise_by_speaker(one, np.array(["a"] * 4)))


def test_an_undefined_feature_stays_undefined_and_a_constant_one_becomes_0() -> None:
    features = np.array([[1.0, 7.0], [np.nan, 7.0], [3.0, 7.0]])
    expected = [[-1.0, 0.0], [np.nan, 0.0], [1.0, 0.0]]
    np.testing.assert_array_equal(normalise_by_speaker(features, np.array(["a"] * 3)), expected)


def test_normalisation_by_speaker_refuses_a_speaker_heard_twice_only(table: Table) -> None:
    rows = table.manifest.groupby("speaker").head(2).index
    with pytest.raises(InputError, match=r"needs 3 utterances of each speaker; .*have fewer. Take --norm"):
        prepare(table.features.loc[rows], table.manifest.loc[rows], "speaker")


def test_normalisation_by_speaker_needs_speakers(table: Table) -> None:
    with pytest.raises(InputError, match=r"needs the speaker of every utterance"):
        prepare(table.features, table.manifest.assign(speaker=None), "speaker")


def test_a_misspelt_normalisation_gets_the_nearest(table: Table) -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown normalisation 'speakers'. Did you mean 'speaker'"):
        prepare(table.features, table.manifest, "speakers")
