"""Other corpora in training only, and label maps."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from featser.bundle import load_model, write_model
from featser.corpora import CORPORA
from featser.errors import InputError, UnknownNameError, UsageError
from featser.table import Table, select_rows
from featser.training import Fitted, cross_validate, find_label_map, fit, relabelled

SAME = {each: each for each in ("anger", "boredom", "calm", "happiness", "neutral", "sadness")}
"""A label map that changes nothing."""

PROJECT = Path(__file__).parents[2]

Change = Callable[[Table], Table]


def renamed(table: Table, corpus: str = "elsewhere") -> Table:
    """The same utterances as another corpus."""
    manifest = table.manifest.copy()
    for column in ("utterance", "speaker"):
        manifest[column] = corpus + "/" + manifest[column].str.split("/", n=1).str[1]
    return replace(table, manifest=manifest.assign(corpus=corpus))


@pytest.fixture(scope="module")
def halves(table: Table) -> tuple[Table, Table]:
    """Four speakers as the own corpus, and two as another, in which boredom is called calm."""
    speakers = sorted(table.manifest["speaker"].unique())
    mine = table.manifest["speaker"].isin(speakers[:4]).to_numpy()
    other = renamed(select_rows(table, ~mine))
    manifest = other.manifest.assign(emotion=other.manifest["emotion"].replace("boredom", "calm"))
    return select_rows(table, mine), replace(other, manifest=manifest)


@pytest.fixture(scope="module")
def fitted(halves: tuple[Table, Table]) -> Fitted:
    own, other = halves
    return fit(own, "lda", normalise="speaker", with_tables=[other], labels=SAME)


def test_only_the_own_corpus_is_tested_with_its_own_folds(halves: tuple[Table, Table], fitted: Fitted) -> None:
    own, _ = halves
    alone = cross_validate(own, "lda", normalise="speaker")
    columns = ["utterance", "fold", "truth"]
    assert fitted.predictions[columns].to_numpy().tolist() == alone.predictions[columns].to_numpy().tolist()
    assert (fitted.run.corpus, fitted.run.utterances) == (alone.run.corpus, alone.run.utterances)


def test_other_corpora_change_the_predictions(halves: tuple[Table, Table], fitted: Fitted) -> None:
    alone = cross_validate(halves[0], "lda", normalise="speaker")
    assert not np.allclose(fitted.predictions["p_anger"], alone.predictions["p_anger"])


def test_run_and_card_name_the_added_corpora(fitted: Fitted) -> None:
    added = fitted.run.added["elsewhere"]
    assert (added["n_utterances"], added["n_speakers"], added["left_out"]) == (32, 2, {"calm": 8})
    assert "-with-elsewhere-" in fitted.run.run
    training = fitted.model.card()["training"]
    assert training["added"] == fitted.run.added
    assert training["labels"] == fitted.run.labels == {"name": "own-labels", "map": SAME, "left_out": {}}
    assert training["n_utterances"] == 80
    assert set(training["licences"]) == {"synthetic-emodb", "elsewhere"}


def test_runs_of_other_added_rows_have_other_names(halves: tuple[Table, Table], fitted: Fitted) -> None:
    own, other = halves
    louder = replace(other, features=other.features * np.float32(1.01))
    run = cross_validate(own, "lda", normalise="speaker", with_tables=[louder]).run
    assert run.run != fitted.run.run


def test_the_model_file_predicts_as_the_model(fitted: Fitted, voices: Path, tmp_path: Path) -> None:
    write_model(fitted.model, tmp_path / "m.joblib")
    loaded = load_model(tmp_path / "m.joblib")
    file = min(voices.rglob("*.wav"))
    np.testing.assert_array_equal(loaded.predict_proba([file]), fitted.model.predict_proba([file]))


def test_normalisation_none_has_a_score_too(fitted: Fitted) -> None:
    assert fitted.inductive is not None
    assert fitted.inductive.run.added == fitted.run.added


def same_recordings(other: Table) -> Table:
    return other


def copies(other: Table) -> Table:
    manifest = other.manifest.assign(
        derived_from="synthetic-emodb/" + other.manifest["utterance"].str.split("/").str[1]
    )
    return replace(noisy(other), manifest=manifest)


def same_speakers(other: Table) -> Table:
    speaker = "synthetic-emodb/" + other.manifest["speaker"].str.split("/").str[1]
    manifest = other.manifest.assign(speaker=speaker, text=None, take=None)
    return replace(noisy(other), manifest=manifest)


def noisy(other: Table) -> Table:
    """The same features, each changed by about a fifth."""
    factors = np.random.default_rng(0).normal(1, 0.2, other.features.shape).astype(np.float32)
    return replace(other, features=other.features * factors)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (same_recordings, "is the same recording"),
        (copies, "was made from the same recording"),
        (same_speakers, "is by the same speaker"),
    ],
)
def test_added_rows_that_belong_to_tested_ones_are_a_leak(table: Table, change: Change, reason: str) -> None:
    with pytest.raises(InputError, match=f"training has .*elsewhere.*{reason}"):
        cross_validate(table, "lda", with_tables=[change(renamed(table))])


def test_tables_that_cannot_be_added_are_refused(halves: tuple[Table, Table]) -> None:
    own, other = halves
    one = replace(other, manifest=other.manifest.assign(emotion="anger"))
    for tables, reason in (
        ([own], "corpus synthetic-emodb is given already"),
        ([other, other], "corpus elsewhere is given already"),
        ([one], "elsewhere shares only anger"),
        ([replace(other, clean=("remove-dc",))], "other features .* or cleaning"),
    ):
        with pytest.raises(InputError, match=reason):
            cross_validate(own, "lda", with_tables=tables)
    with pytest.raises(UsageError, match="--tune searches within the own table"):
        cross_validate(own, "lda", with_tables=[other], tune=2)


def test_a_label_map_merges_and_leaves_out(halves: tuple[Table, Table]) -> None:
    own, other = halves
    labels = {"anger": "anger", "sadness": "sadness", "neutral": "neutral", "calm": "neutral", "boredom": "neutral"}
    result = cross_validate(own, "lda", with_tables=[other], labels=labels)
    assert result.run.classes == ["anger", "neutral", "sadness"]
    assert result.run.labels == {"name": "own-labels", "map": labels, "left_out": {"happiness": 16}}
    assert result.run.added["elsewhere"]["n_utterances"] == 32
    assert (result.predictions["truth"] == "neutral").sum() == 32


def test_named_label_maps_are_in_the_name_of_the_run(table: Table) -> None:
    run = cross_validate(table, "lda", protocol="2-fold-by-speaker", labels="common-4").run
    assert run.classes == ["anger", "happiness", "neutral", "sadness"]
    assert "synthetic-emodb-common-4-" in run.run
    assert run.labels["left_out"] == {"boredom": 24}


def test_a_label_map_may_be_a_file(table: Table, tmp_path: Path) -> None:
    (tmp_path / "two.toml").write_text('anger = "anger"\nboredom = "neutral"\nneutral = "neutral"\nsadness = ""\n')
    mapped, record = relabelled(table, tmp_path / "two.toml")
    assert sorted(mapped.manifest["emotion"].unique()) == ["anger", "neutral"]
    assert (record["name"], record["left_out"]) == ("two", {"happiness": 24, "sadness": 24})


@pytest.mark.parametrize("file", sorted((PROJECT / "examples" / "labels").glob("*.toml")), ids=lambda file: file.stem)
def test_a_shipped_label_map_covers_the_corpora_that_it_names(file: Path) -> None:
    _, kept = find_label_map(file)
    names = [name for name in CORPORA if name in file.stem]
    assert len(names) > 1
    for name in names:
        assert set(CORPORA[name].emotions.values()) - set(kept) <= {"calm"}


def test_label_maps_that_do_not_fit_are_refused(table: Table) -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown label map 'common-5'. Did you mean 'common-"):
        relabelled(table, "common-5")
    with pytest.raises(InputError, match="has none of the labels of synthetic-emodb"):
        relabelled(table, {"joy": "happiness"})
    with pytest.raises(UsageError, match=r"nowhere\.toml"):
        relabelled(table, "nowhere.toml")
