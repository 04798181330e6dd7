"""How speakers are split."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featser.corpora import CORPORA
from featser.errors import InputError, UnknownNameError
from featser.evaluation import make_folds, resolve_protocol


def manifest(n_speakers: int, emotions: tuple[str, ...] = ("anger", "sadness"), corpus: str = "mine") -> pd.DataFrame:
    """Three utterances of each emotion by each speaker."""
    rows = [
        (f"{corpus}/{speaker:02}-{emotion}-{take}", corpus, f"{corpus}/{speaker:02}", emotion)
        for speaker in range(1, n_speakers + 1)
        for emotion in emotions
        for take in range(3)
    ]
    return pd.DataFrame(rows, columns=["utterance", "corpus", "speaker", "emotion"])


@given(n_speakers=st.integers(2, 30), k=st.integers(2, 30), seed=st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_no_speaker_is_on_both_sides_and_everyone_is_tested_once(n_speakers: int, k: int, seed: int) -> None:
    table = manifest(n_speakers)
    for protocol in ("leave-one-speaker-out", f"{min(k, n_speakers)}-fold-by-speaker"):
        folds = make_folds(protocol, table, seed)
        tested = np.concatenate([fold.test for fold in folds])
        assert sorted(tested) == list(range(len(table)))
        for fold in folds:
            speakers = table["speaker"].to_numpy()
            assert not set(speakers[fold.train]) & set(speakers[fold.test])
            assert len(fold.test) > 0
            assert sorted([*fold.train, *fold.test]) == list(range(len(table)))


def test_folds_carry_the_names_of_their_speakers() -> None:
    assert [fold.name for fold in make_folds("leave-one-speaker-out", manifest(3), 0)] == ["01", "02", "03"]
    names = [fold.name for fold in make_folds("2-fold-by-speaker", manifest(4), 0)]
    assert sorted("+".join(names).split("+")) == ["01", "02", "03", "04"]


def test_speakers_of_two_corpora_keep_their_corpus_in_the_name() -> None:
    both = pd.concat([manifest(1, corpus="a"), manifest(1, corpus="b")], ignore_index=True)
    assert [fold.name for fold in make_folds("leave-one-speaker-out", both, 0)] == ["a/01", "b/01"]


def test_auto_takes_published_folds_where_no_speaker_is_shared() -> None:
    assert resolve_protocol("auto", manifest(24, corpus="ravdess")) == "published"
    folds = make_folds("published", manifest(24, corpus="ravdess"), 0)
    assert [fold.name for fold in folds] == ["+".join(fold) for fold in CORPORA["ravdess"].published_folds]


def test_auto_leaves_one_speaker_out_up_to_twelve_and_deals_six_folds_above() -> None:
    assert resolve_protocol("auto", manifest(12)) == "leave-one-speaker-out"
    assert resolve_protocol("auto", manifest(13)) == "6-fold-by-speaker"


def test_published_folds_do_not_apply_to_speakers_that_they_do_not_name() -> None:
    strangers = manifest(25, corpus="ravdess")
    assert resolve_protocol("auto", strangers) == "6-fold-by-speaker"
    with pytest.raises(InputError, match=r"No published folds for ravdess with these 25 speakers.*--protocol auto"):
        make_folds("published", strangers, 0)


def test_a_corpus_without_published_folds_says_which_have_them() -> None:
    with pytest.raises(InputError, match=r"No published folds for mine.*There are such folds for ravdess, savee"):
        make_folds("published", manifest(4), 0)


def test_folds_by_seed_differ_and_repeat() -> None:
    table = manifest(20)
    first = [fold.name for fold in make_folds("5-fold-by-speaker", table, 1)]
    assert first == [fold.name for fold in make_folds("5-fold-by-speaker", table, 1)]
    assert first != [fold.name for fold in make_folds("5-fold-by-speaker", table, 2)]


def test_the_random_protocol_does_put_speakers_on_both_sides() -> None:
    table = manifest(4)
    speakers = table["speaker"].to_numpy()
    assert any(set(speakers[fold.train]) & set(speakers[fold.test]) for fold in make_folds("random", table, 0))


def test_one_speaker_is_refused() -> None:
    with pytest.raises(InputError, match=r"Only one speaker \(mine/01\): nobody is left to test on"):
        make_folds("leave-one-speaker-out", manifest(1), 0)


def test_one_emotion_is_refused() -> None:
    with pytest.raises(InputError, match=r"All 6 utterances are 'anger'. Two emotions at least make a choice"):
        make_folds("leave-one-speaker-out", manifest(2, ("anger",)), 0)


def test_unknown_speakers_are_refused_unless_the_split_is_called_leaky() -> None:
    table = manifest(4)
    table.loc[0, "speaker"] = None
    with pytest.raises(InputError, match=r"The speaker of 1 of 24 utterances is not known.*'speaker' column.*LEAKY"):
        make_folds("leave-one-speaker-out", table, 0)
    assert len(make_folds("random", table, 0)) == 5


def test_more_folds_than_speakers_are_refused() -> None:
    with pytest.raises(InputError, match=r"9-fold-by-speaker on 4 speakers: K must be from 2 to 4"):
        make_folds("9-fold-by-speaker", manifest(4), 0)


def test_an_emotion_of_one_speaker_only_is_refused() -> None:
    table = manifest(3)
    table.loc[table["speaker"] == "mine/02", "emotion"] = "fear"
    with pytest.raises(InputError, match=r"Emotion fear is spoken in fold 02 only, so no model could learn it"):
        make_folds("leave-one-speaker-out", table, 0)


def test_a_rare_emotion_stops_the_random_protocol() -> None:
    table = manifest(2)
    table.loc[0, "emotion"] = "fear"
    with pytest.raises(InputError, match=r"Emotion 'fear' has 1 utterances.*needs 5 of each"):
        make_folds("random", table, 0)


def test_a_misspelt_protocol_gets_the_nearest() -> None:
    with pytest.raises(
        UnknownNameError, match=r"Unknown protocol 'leave-one-speeker-out'. Did you mean 'leave-one-spe"
    ):
        resolve_protocol("leave-one-speeker-out", manifest(2))
