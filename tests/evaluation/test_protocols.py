"""How speakers are split."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featser.corpora import CORPORA
from featser.errors import InputError, UnknownNameError
from featser.evaluation import make_folds, resolve_protocol, usable_rows


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
    with pytest.raises(
        InputError, match=r"No published folds for mine.*There are such folds for emodb, ravdess, crema-d"
    ):
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


def sentences(n_speakers: int, texts: tuple[str, ...], corpus: str = "mine") -> pd.DataFrame:
    """Each speaker says each sentence in two emotions."""
    rows = [
        (f"{corpus}/{speaker:02}-{text}-{emotion}", corpus, f"{corpus}/{speaker:02}", emotion, text)
        for speaker in range(1, n_speakers + 1)
        for text in texts
        for emotion in ("anger", "sadness")
    ]
    return pd.DataFrame(rows, columns=["utterance", "corpus", "speaker", "emotion", "text"])


def test_published_folds_of_single_speakers_are_called_by_their_common_name() -> None:
    speakers = [fold[0] for fold in CORPORA["emodb"].published_folds]
    table = manifest(10, corpus="emodb")
    table["speaker"] = [f"emodb/{speakers[int(name[-2:]) - 1]}" for name in table["speaker"]]
    assert resolve_protocol("auto", table) == "leave-one-speaker-out"
    published, alone = (make_folds(name, table, 0) for name in ("published", "leave-one-speaker-out"))
    assert [fold.name for fold in published] == [fold.name for fold in alone]


def test_a_published_split_that_only_trains_on_some_speakers_tests_the_others() -> None:
    table = pd.concat([manifest(1, corpus="crema-d").assign(speaker=f"crema-d/{id_}") for id_ in (1001, 1048, 1069)])
    table = table.reset_index(drop=True)
    assert resolve_protocol("auto", table) == "leave-one-speaker-out"
    (fold,) = make_folds("published", table, 0)
    assert set(table["speaker"].iloc[fold.test]) == {"crema-d/1048", "crema-d/1069"}
    assert set(table["speaker"].iloc[fold.train]) == {"crema-d/1001"}


def test_published_folds_without_anybody_to_train_on_are_refused() -> None:
    table = manifest(2, corpus="crema-d").replace({"crema-d/01": "crema-d/1048", "crema-d/02": "crema-d/1069"})
    with pytest.raises(InputError, match=r"No published folds for crema-d with these 2 speakers"):
        make_folds("published", table, 0)


@given(n_speakers=st.integers(2, 15), n_texts=st.integers(2, 9), seed=st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_neither_speaker_nor_sentence_is_heard_before(n_speakers: int, n_texts: int, seed: int) -> None:
    table = sentences(n_speakers, tuple(f"t{number}" for number in range(n_texts)))
    folds = make_folds("speaker-and-text", table, seed)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(table)))
    for fold in folds:
        for column in ("speaker", "text"):
            assert not set(table[column].iloc[fold.train]) & set(table[column].iloc[fold.test])


def test_two_sentences_halve_the_training_part_and_name_the_fold() -> None:
    folds = make_folds("speaker-and-text", sentences(3, ("dogs", "kids")), 0)
    assert sorted(fold.name for fold in folds) == [
        f"{who} x {said}" for who in ("01", "02", "03") for said in ("dogs", "kids")
    ]
    assert {len(fold.train) for fold in folds} == {4}


def test_many_sentences_are_dealt_into_five_groups_that_are_numbered() -> None:
    table = sentences(2, tuple(f"w{number:03}" for number in range(50)))
    folds = make_folds("speaker-and-text", table, 0)
    assert [fold.name for fold in folds[:5]] == [f"01 x texts {number} of 5" for number in range(1, 6)]
    assert {len(fold.train) for fold in folds} == {80}


def test_one_sentence_or_unknown_ones_are_refused() -> None:
    with pytest.raises(InputError, match=r"All 4 utterances have the text 'dogs'. Two texts at least are needed"):
        make_folds("speaker-and-text", sentences(2, ("dogs",)), 0)
    with pytest.raises(
        InputError, match=r"The text of 18 of 18 utterances is not known.*'text' column, or --protocol a"
    ):
        make_folds("speaker-and-text", manifest(3), 0)


def test_an_emotion_that_is_bound_to_the_tested_sentence_is_refused() -> None:
    table = sentences(3, ("dogs", "kids"))
    table.loc[(table["text"] == "dogs") & (table["emotion"] == "anger"), "emotion"] = "fear"
    with pytest.raises(InputError, match=r"has no training utterance of anger, so its model could not learn it"):
        make_folds("speaker-and-text", table, 0)


def corpora(**emotions: tuple[str, ...]) -> pd.DataFrame:
    return pd.concat([manifest(2, each, corpus=name) for name, each in emotions.items()], ignore_index=True)


def test_corpora_are_compared_over_the_emotions_that_all_have() -> None:
    table = corpora(a=("anger", "boredom", "fear"), b=("anger", "calm", "fear"))
    folds = make_folds("leave-one-corpus-out", table, 0)
    assert [fold.name for fold in folds] == ["a", "b"]
    for fold in folds:
        assert set(table["corpus"].iloc[fold.test]) == {fold.name}
        assert set(table["corpus"].iloc[fold.train]) == {"a", "b"} - {fold.name}
        assert set(table["emotion"].iloc[[*fold.train, *fold.test]]) == {"anger", "fear"}
    assert set(table["emotion"].iloc[usable_rows("leave-one-corpus-out", table)]) == {"anger", "fear"}
    assert len(usable_rows("auto", table)) == len(table)


def test_corpora_that_share_one_emotion_are_refused() -> None:
    with pytest.raises(InputError, match=r"a, b share 1 emotions \(fear\). Leave-one-corpus-out needs two that every"):
        make_folds("leave-one-corpus-out", corpora(a=("anger", "fear"), b=("calm", "fear")), 0)


def test_one_corpus_cannot_be_left_out() -> None:
    with pytest.raises(InputError, match=r"Only one corpus \(mine\): leave-one-corpus-out needs two or more tables"):
        make_folds("leave-one-corpus-out", manifest(3), 0)


def test_no_fold_is_empty_where_a_speaker_outweighs_all_others() -> None:
    counts = {"0": "aabbbcc", "1": "aaaaaa", "2": "bcccc", "3": "a" * 11}
    rows = [(f"mine/{speaker}", emotion) for speaker, emotions in counts.items() for emotion in emotions]
    table = pd.DataFrame(rows, columns=["speaker", "emotion"]).assign(corpus="mine")
    for seed in range(5):
        folds = make_folds("4-fold-by-speaker", table, seed)
        assert all(len(fold.test) for fold in folds)
        assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(table)))


def test_a_speaker_of_copies_only_is_never_tested() -> None:
    table = manifest(3)
    table["utterance"] = [f"mine/u{at}" for at in range(len(table))]
    table["derived_from"] = np.where(table["speaker"] == table["speaker"].iloc[0], "mine/elsewhere", None)
    assert [fold.name for fold in make_folds("leave-one-speaker-out", table, 0)] == ["02", "03"]
    table["derived_from"] = "mine/elsewhere"
    with pytest.raises(InputError, match=r"nothing is left to test. Give the originals too"):
        make_folds("leave-one-speaker-out", table, 0)


def test_copies_are_not_tested_across_corpora_either() -> None:
    table = corpora(one=("anger", "sadness"), other=("anger", "sadness"))
    both = pd.concat([table.assign(derived_from=None), table.assign(derived_from="somebody")], ignore_index=True)
    for fold in make_folds("leave-one-corpus-out", both, 0):
        assert both["derived_from"].iloc[fold.test].isna().all()
        assert both["derived_from"].iloc[fold.train].notna().any()


def test_two_speakers_make_two_folds_and_no_other_number() -> None:
    with pytest.raises(InputError, match="K must be 2"):
        make_folds("3-fold-by-speaker", manifest(2), 0)
