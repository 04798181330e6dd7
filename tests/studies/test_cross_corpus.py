"""The study across corpora."""

from dataclasses import replace

import pytest

from featser.evaluation import unweighted_average_recall
from featser.studies import STUDIES, Study, make_inputs
from featser.table import Table, select_rows
from featser.training import cross_validate

MODEL = "knn"


@pytest.fixture(scope="module")
def corpora(table: Table) -> Table:
    """Three pairs of speakers as corpora, one of them without sadness."""
    speakers = sorted(table.manifest["speaker"].unique())
    places = table.manifest["speaker"].map({name: "abc"[at // 2] for at, name in enumerate(speakers)})
    manifest = table.manifest.assign(corpus=places)
    for column in ("utterance", "speaker"):
        manifest[column] = places + "/" + manifest[column].str.split("/", n=1).str[1]
    kept = ~((places == "a") & (manifest["emotion"] == "sadness")).to_numpy()
    return select_rows(replace(table, manifest=manifest), kept)


@pytest.fixture(scope="module")
def study(corpora: Table) -> Study:
    return STUDIES["cross-corpus"](make_inputs(corpora, MODEL, protocol="leave-one-corpus-out"))


def test_every_pair_of_corpora_has_a_cell_with_its_emotions(study: Study) -> None:
    cells = study.table.set_index(["normalise", "trained", "tested"])
    assert set(cells.index) == {
        (way, trained, tested)
        for way in ("none", "speaker")
        for trained in ("a", "b", "c", "all others")
        for tested in "abc"
    }
    assert "sadness" not in cells.loc[("none", "a", "b"), "emotions"]
    assert "sadness" in cells.loc[("none", "b", "c"), "emotions"]
    assert (cells["uar"] > 0.2).all()


def test_the_last_row_is_leave_one_corpus_out(study: Study, corpora: Table) -> None:
    run = cross_validate(corpora, MODEL, protocol="leave-one-corpus-out").run
    cells = study.table.set_index(["normalise", "trained", "tested"])["uar"]
    for corpus, scores in run.by_corpus.items():
        assert cells["none", "all others", corpus] == pytest.approx(scores["uar"])


def test_a_cell_is_a_model_of_one_corpus_on_another(study: Study, corpora: Table) -> None:
    train, test = ((corpora.manifest["corpus"] == each).to_numpy() for each in "bc")
    both = select_rows(corpora, train | test)
    predictions = cross_validate(both, MODEL, protocol="leave-one-corpus-out").predictions
    rows = predictions[predictions["corpus"] == "c"]
    expected = unweighted_average_recall(list(rows["truth"]), list(rows["predicted"]))
    cells = study.table.set_index(["normalise", "trained", "tested"])["uar"]
    assert cells["none", "b", "c"] == pytest.approx(expected)
