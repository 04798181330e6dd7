"""Folds of the protocols, and errors of tables that they cannot split."""

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


def test_folds_are_named_after_their_speakers() -> None:
    assert [fold.name for fold in make_folds("leave-one-speaker-out", manifest(3), 0)] == ["01", "02", "03"]
    names = [fold.name for fold in make_folds("2-fold-by-speaker", manifest(4), 0)]
    assert sorted("+".join(names).split("+")) == ["01", "02", "03", "04"]


def test_folds_of_several_corpora_have_the_corpus_in_their_name() -> None:
    both = pd.concat([manifest(1, corpus="a"), manifest(1, corpus="b")], ignore_index=True)
    assert [fold.name for fold in make_folds("leave-one-speaker-out", both, 0)] == ["a/01", "b/01"]


def test_auto_chooses_published_folds_where_they_are_speaker_disjoint() -> None:
    assert resolve_protocol("auto", manifest(24, corpus="ravdess")) == "published"
    folds = make_folds("published", manifest(24, corpus="ravdess"), 0)
    assert [fold.name for fold in folds] == ["+".join(fold) for fold in CORPORA["ravdess"].published_folds]


def test_auto_leaves_one_speaker_out_up_to_twelve_and_makes_six_folds_above() -> None:
    assert resolve_protocol("auto", manifest(12)) == "leave-one-speaker-out"
    assert resolve_protocol("auto", manifest(13)) == "6-fold-by-speaker"


def test_published_folds_do_not_apply_to_unlisted_speakers() -> None:
    unlisted = manifest(25, corpus="ravdess")
    assert resolve_protocol("auto", unlisted) == "6-fold-by-speaker"
    with pytest.raises(InputError, match=r"No published folds for ravdess with these 25 speakers.*--protocol auto"):
        make_folds("published", unlisted, 0)


def test_a_corpus_without_published_folds_is_refused_with_those_that_have_them() -> None:
    with pytest.raises(
        InputError, match=r"No published folds for mine.*Published folds exist for emodb, ravdess, crema-d"
    ):
        make_folds("published", manifest(4), 0)


def test_folds_depend_on_the_seed_only() -> None:
    table = manifest(20)
    first = [fold.name for fold in make_folds("5-fold-by-speaker", table, 1)]
    assert first == [fold.name for fold in make_folds("5-fold-by-speaker", table, 1)]
    assert first != [fold.name for fold in make_folds("5-fold-by-speaker", table, 2)]


def test_the_random_protocol_has_speakers_on_both_sides() -> None:
    table = manifest(4)
    speakers = table["speaker"].to_numpy()
    assert any(set(speakers[fold.train]) & set(speakers[fold.test]) for fold in make_folds("random", table, 0))


def test_one_speaker_is_refused() -> None:
    with pytest.raises(InputError, match=r"Only one speaker \(mine/01\): leave-one-speaker-out needs at least two"):
        make_folds("leave-one-speaker-out", manifest(1), 0)


def test_one_emotion_is_refused() -> None:
    with pytest.raises(InputError, match=r"All 6 utterances are 'anger'. At least two emotions are needed"):
        make_folds("leave-one-speaker-out", manifest(2, ("anger",)), 0)


def test_unknown_speakers_are_refused_except_by_the_random_protocol() -> None:
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


def test_the_random_protocol_refuses_a_rare_emotion() -> None:
    table = manifest(2)
    table.loc[0, "emotion"] = "fear"
    with pytest.raises(InputError, match=r"Emotion 'fear' has 1 utterances; the protocol random needs 5"):
        make_folds("random", table, 0)


def test_a_misspelt_protocol_gets_a_suggestion() -> None:
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


def test_published_folds_of_single_speakers_are_leave_one_speaker_out() -> None:
    speakers = [fold[0] for fold in CORPORA["emodb"].published_folds]
    table = manifest(10, corpus="emodb")
    table["speaker"] = [f"emodb/{speakers[int(name[-2:]) - 1]}" for name in table["speaker"]]
    assert resolve_protocol("auto", table) == "leave-one-speaker-out"
    published, alone = (make_folds(name, table, 0) for name in ("published", "leave-one-speaker-out"))
    assert [fold.name for fold in published] == [fold.name for fold in alone]


def test_speakers_for_training_only_are_not_tested() -> None:
    table = pd.concat([manifest(1, corpus="crema-d").assign(speaker=f"crema-d/{id_}") for id_ in (1001, 1048, 1069)])
    table = table.reset_index(drop=True)
    assert resolve_protocol("auto", table) == "leave-one-speaker-out"
    (fold,) = make_folds("published", table, 0)
    assert set(table["speaker"].iloc[fold.test]) == {"crema-d/1048", "crema-d/1069"}
    assert set(table["speaker"].iloc[fold.train]) == {"crema-d/1001"}


def test_published_folds_without_training_speakers_are_refused() -> None:
    table = manifest(2, corpus="crema-d").replace({"crema-d/01": "crema-d/1048", "crema-d/02": "crema-d/1069"})
    with pytest.raises(InputError, match=r"No published folds for crema-d with these 2 speakers"):
        make_folds("published", table, 0)


@given(n_speakers=st.integers(2, 15), n_texts=st.integers(2, 9), seed=st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_speaker_and_text_separates_speakers_and_sentences(n_speakers: int, n_texts: int, seed: int) -> None:
    table = sentences(n_speakers, tuple(f"t{number}" for number in range(n_texts)))
    folds = make_folds("speaker-and-text", table, seed)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(table)))
    for fold in folds:
        for column in ("speaker", "text"):
            assert not set(table[column].iloc[fold.train]) & set(table[column].iloc[fold.test])


def test_folds_of_two_sentences_are_named_after_them() -> None:
    folds = make_folds("speaker-and-text", sentences(3, ("dogs", "kids")), 0)
    assert sorted(fold.name for fold in folds) == [
        f"{speaker} x {text}" for speaker in ("01", "02", "03") for text in ("dogs", "kids")
    ]
    assert {len(fold.train) for fold in folds} == {4}


def test_many_sentences_make_five_numbered_groups() -> None:
    table = sentences(2, tuple(f"w{number:03}" for number in range(50)))
    folds = make_folds("speaker-and-text", table, 0)
    assert [fold.name for fold in folds[:5]] == [f"01 x texts {number} of 5" for number in range(1, 6)]
    assert {len(fold.train) for fold in folds} == {80}


def test_one_sentence_or_unknown_ones_are_refused() -> None:
    with pytest.raises(InputError, match=r"All 4 utterances have the text 'dogs'. speaker-and-text needs at least"):
        make_folds("speaker-and-text", sentences(2, ("dogs",)), 0)
    with pytest.raises(
        InputError, match=r"The text of 18 of 18 utterances is not known.*'text' column, or --protocol a"
    ):
        make_folds("speaker-and-text", manifest(3), 0)


def test_an_emotion_that_occurs_with_the_tested_sentence_only_is_refused() -> None:
    table = sentences(3, ("dogs", "kids"))
    table.loc[(table["text"] == "dogs") & (table["emotion"] == "anger"), "emotion"] = "fear"
    with pytest.raises(InputError, match=r"has no training utterance of anger, so its model could not learn it"):
        make_folds("speaker-and-text", table, 0)


def corpora(**emotions: tuple[str, ...]) -> pd.DataFrame:
    return pd.concat([manifest(2, each, corpus=name) for name, each in emotions.items()], ignore_index=True)


def test_each_corpus_is_tested_on_the_emotions_that_it_shares_with_any_other() -> None:
    table = corpora(a=("anger", "fear", "calm"), b=("anger", "fear", "neutral"), c=("anger", "neutral", "joy"))
    folds = {fold.name: fold for fold in make_folds("leave-one-corpus-out", table, 0)}
    expected = {"a": {"anger", "fear"}, "b": {"anger", "fear", "neutral"}, "c": {"anger", "neutral"}}
    for name, emotions in expected.items():
        for rows in (folds[name].train, folds[name].test):
            assert set(table["emotion"].iloc[rows]) == emotions
        assert set(table["corpus"].iloc[folds[name].train]) == {"a", "b", "c"} - {name}


def test_leave_one_corpus_out_omits_the_emotions_of_one_corpus_only() -> None:
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
    with pytest.raises(InputError, match=r"a has one emotion in common with b \(fear\)\. .*needs two"):
        make_folds("leave-one-corpus-out", corpora(a=("anger", "fear"), b=("calm", "fear")), 0)


def test_one_corpus_cannot_be_left_out() -> None:
    with pytest.raises(InputError, match=r"Only one corpus \(mine\): leave-one-corpus-out needs two or more"):
        make_folds("leave-one-corpus-out", manifest(3), 0)


def test_no_fold_is_empty_where_one_speaker_has_most_utterances() -> None:
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
    with pytest.raises(InputError, match=r"which are never tested. Add the original utterances"):
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
