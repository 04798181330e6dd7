"""Adapting a model of several corpora to recordings without labels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featser.bundle import load_model, write_model
from featser.errors import InputError, UsageError
from featser.table import Table, select_rows
from featser.training import Fitted, cross_validate, fit
from featser.training.adapting import adapt_to

LEAVE_OUT = {"model": "lda-corpora", "protocol": "leave-one-corpus-out", "normalise": "speaker"}
EMOTIONS = {each: each for each in ("anger", "happiness", "neutral", "sadness")}


@pytest.fixture(scope="module")
def corpora(table: Table) -> Table:
    """Two speakers of a corpus as a corpus of its own, three times."""
    speakers = sorted(table.manifest["speaker"].unique())
    places = table.manifest["speaker"].map({name: ("one", "two", "three")[at // 2] for at, name in enumerate(speakers)})
    manifest = table.manifest.assign(corpus=places)
    for column in ("utterance", "speaker"):
        manifest[column] = places + "/" + manifest[column].str.split("/", n=1).str[1]
    return replace(table, manifest=manifest)


@pytest.fixture(scope="module")
def fitted(corpora: Table) -> Fitted:
    return fit(corpora, labels=EMOTIONS, **LEAVE_OUT)


def inputs(fitted: Fitted, table: Table) -> tuple[np.ndarray, list[str]]:
    return table.features[list(fitted.model.features)].to_numpy(), list(table.manifest["speaker"])


def test_the_score_of_adapting_is_measured_on_left_out_corpora(fitted: Fitted) -> None:
    adapted = fitted.run.adapted
    assert set(adapted["by_corpus"]) == {"one", "two", "three"}
    assert adapted["uar"] == pytest.approx(np.mean([each["uar"] for each in adapted["by_corpus"].values()]))
    assert adapted["uar"] > 0.6
    assert fitted.inductive is not None
    assert not fitted.inductive.run.adapted


@pytest.mark.slow
def test_shuffled_source_labels_adapt_to_chance(corpora: Table) -> None:
    rng = np.random.default_rng(0)
    scores = []
    for _ in range(3):
        shuffled = rng.permutation(corpora.manifest["emotion"].to_numpy())
        table = replace(corpora, manifest=corpora.manifest.assign(emotion=shuffled))
        scores.append(cross_validate(table, labels=EMOTIONS, **LEAVE_OUT).run.adapted["uar"])
    assert np.mean(scores) == pytest.approx(0.25, abs=0.1)


def test_an_adapted_model_says_what_it_was_adapted_to(fitted: Fitted, table: Table, tmp_path: Path) -> None:
    adapted = adapt_to(fitted.model, *inputs(fitted, table))
    write_model(adapted, tmp_path / "a.joblib")
    card = load_model(tmp_path / "a.joblib").card()
    record = card["training"]["adapted"]
    assert (record["n_recordings"], record["n_speakers"], record["n_left_out"]) == (120, 6, 0)
    assert sum(record["predicted"].values()) == 120
    assert card["scores"]["speaker"]["uar"] == fitted.run.adapted["uar"]
    assert card["scores"]["none"] == fitted.model.scores["none"]
    features, voices = inputs(fitted, table)
    before, after = (each.answer(features, voices).decision.probabilities for each in (fitted.model, adapted))
    assert not np.allclose(before, after)


def test_a_collection_of_one_emotion_is_refused(fitted: Fitted, table: Table) -> None:
    features, voices = inputs(fitted, table)
    rng = np.random.default_rng(0)
    neutral = np.repeat(features[(table.manifest["emotion"] == "neutral").to_numpy()], 3, axis=0)
    noisy = neutral + rng.normal(0, 0.2, neutral.shape) * features.std(axis=0)
    names = list(np.repeat(np.array(voices)[(table.manifest["emotion"] == "neutral").to_numpy()], 3))
    with pytest.raises(InputError, match=r"differ too little in the directions of emotions: 0\.\d\d of"):
        adapt_to(fitted.model, noisy.astype(np.float32), names)


def test_sounds_that_are_no_speech_are_refused(fitted: Fitted, table: Table) -> None:
    features, voices = inputs(fitted, table)
    with pytest.raises(InputError, match=r"100% of 120 recordings are no speech or of very poor quality"):
        adapt_to(fitted.model, features[::-1] * np.float32(50), voices)


def test_few_recordings_are_refused(fitted: Fitted, table: Table) -> None:
    features, voices = inputs(fitted, table)
    with pytest.raises(InputError, match=r"20 recordings are too few to adapt to; 50 of voices with 3 or more"):
        adapt_to(fitted.model, features[:20], voices[:20])
    lonely = [f"voice {number}" for number in range(len(features))]
    with pytest.raises(InputError, match=r"0 recordings are too few to adapt to \(120 more are of voices with fewer"):
        adapt_to(fitted.model, features, lonely)


def test_models_that_cannot_be_adapted_are_refused(fitted: Fitted, table: Table) -> None:
    own = fit(select_rows(table, np.arange(60)), "lda", protocol="2-fold-by-speaker")
    with pytest.raises(UsageError, match=r"\(lda, 2-fold-by-speaker, normalisation none\) cannot be adapted"):
        adapt_to(own.model, *inputs(own, table))
    adapted = adapt_to(fitted.model, *inputs(fitted, table))
    with pytest.raises(UsageError, match="This model is adapted already"):
        adapt_to(adapted, *inputs(fitted, table))
