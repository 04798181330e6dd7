"""Contract of every protocol. New protocols are tested here automatically."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import cross_val_score

from featser.evaluation import LEAKY, PROTOCOLS, Fold, ProtocolSplitter, make_folds, resolve_protocol
from featser.evaluation.protocols import CORPORA_APART, TEXTS_APART

TESTED_BY_NAME = sorted(name.replace("K-fold", "3-fold") for name in PROTOCOLS)


def manifest(corpus: str, n_speakers: int = 4, n_texts: int = 3) -> pd.DataFrame:
    """Each speaker says each text once in each of three emotions."""
    rows = [
        (f"{corpus}/{speaker}-{text}-{emotion}", corpus, f"{corpus}/{speaker}", emotion, f"t{text}")
        for speaker in ("DC", "JE", "JK", "KL", "XX")[:n_speakers]
        for text in range(n_texts)
        for emotion in ("anger", "fear", "sadness")
    ]
    return pd.DataFrame(rows, columns=["utterance", "corpus", "speaker", "emotion", "text"])


def table_for(protocol: str) -> pd.DataFrame:
    """The corpus savee, which has published folds, and a second corpus for leave-one-corpus-out."""
    several = [manifest("savee"), manifest("other", 2)] if protocol in CORPORA_APART else [manifest("savee")]
    return pd.concat(several, ignore_index=True)


@pytest.fixture(params=TESTED_BY_NAME)
def protocol(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def table(protocol: str) -> pd.DataFrame:
    return table_for(protocol)


@pytest.fixture
def folds(protocol: str, table: pd.DataFrame) -> list[Fold]:
    return make_folds(resolve_protocol(protocol, table), table, 0)


def test_every_utterance_is_tested_exactly_once(folds: list[Fold], table: pd.DataFrame) -> None:
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(table)))


def test_training_and_test_parts_are_disjoint_and_not_empty(folds: list[Fold]) -> None:
    for fold in folds:
        assert len(fold.test)
        assert len(fold.train)
        assert not set(fold.test) & set(fold.train)


def test_folds_separate_speakers_texts_or_corpora(protocol: str, folds: list[Fold], table: pd.DataFrame) -> None:
    columns = ["speaker"] if protocol not in LEAKY else []
    columns += ["text"] if protocol in TEXTS_APART else []
    columns += ["corpus"] if protocol in CORPORA_APART else []
    for fold in folds:
        for column in columns:
            values = table[column].to_numpy()
            assert not set(values[fold.test]) & set(values[fold.train])


def test_every_fold_trains_on_every_emotion(folds: list[Fold], table: pd.DataFrame) -> None:
    for fold in folds:
        assert set(table["emotion"].iloc[fold.train]) == set(table["emotion"])


def test_fold_names_are_unique(folds: list[Fold]) -> None:
    assert len({fold.name for fold in folds}) == len(folds)


def test_the_same_seed_gives_the_same_folds(protocol: str, table: pd.DataFrame, folds: list[Fold]) -> None:
    again = make_folds(resolve_protocol(protocol, table), table, 0)
    for one, other in zip(folds, again, strict=True):
        np.testing.assert_array_equal(one.test, other.test)
        np.testing.assert_array_equal(one.train, other.train)


def test_the_splitter_yields_the_folds(protocol: str, table: pd.DataFrame, folds: list[Fold]) -> None:
    splitter = ProtocolSplitter(protocol)
    assert splitter.get_n_splits(table) == len(folds)
    for fold, (train, test) in zip(folds, splitter.split(table), strict=True):
        np.testing.assert_array_equal(train, fold.train)
        np.testing.assert_array_equal(test, fold.test)


def test_scikit_learn_takes_the_splitter(protocol: str, table: pd.DataFrame, folds: list[Fold]) -> None:
    X = np.zeros((len(table), 2))
    scores = cross_val_score(DummyClassifier(), X, table["emotion"], cv=ProtocolSplitter(protocol, manifest=table))
    assert len(scores) == len(folds)


def test_the_splitter_needs_a_manifest_of_the_same_length() -> None:
    with pytest.raises(TypeError, match=r"Columns speaker, emotion and corpus are missing\. Give X with them, or"):
        list(ProtocolSplitter().split(np.zeros((6, 2))))
    with pytest.raises(ValueError, match="The manifest has 36 rows, X has 6"):
        list(ProtocolSplitter(manifest=manifest("savee")).split(np.zeros((6, 2))))
