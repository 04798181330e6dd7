"""Synthetic utterances have file names that follow those of the real corpora."""

import re
from pathlib import Path

import pytest

from featser.errors import UnknownNameError, UsageError
from featser.synthetic.naming import EMODB, RAVDESS, SCHEMES, Utterance, find_scheme, labels

EMODB_NAME = r"wav/(03|08|09|1[0-6])(a0[12457]|b0[1239]|b10)[WLEAFTN][a-f]\.wav"
RAVDESS_NAME = r"Actor_(\d\d)/03-01-0[1-8]-0[12]-0[12]-0[12]-\1\.wav"


def names(scheme, utterances):
    return [scheme.path(utterance, ".wav").as_posix() for utterance in utterances]


@pytest.fixture(params=SCHEMES.values(), ids=SCHEMES.keys())
def scheme(request):
    return request.param


def test_a_full_emodb_has_valid_unique_names():
    found = names(EMODB, EMODB.utterances(10, tuple(EMODB.emotions), 60))
    assert len(set(found)) == 10 * 7 * 60
    assert all(re.fullmatch(EMODB_NAME, name) for name in found)


def test_a_full_ravdess_has_valid_unique_names():
    loud = tuple(emotion for emotion in RAVDESS.emotions if emotion != "neutral")
    utterances = RAVDESS.utterances(24, loud, 8) + RAVDESS.utterances(24, ("neutral",), 4)
    found = names(RAVDESS, utterances)
    assert len(set(found)) == 1440  # as in RAVDESS
    assert all(re.fullmatch(RAVDESS_NAME, name) for name in found)


def test_ravdess_has_no_strong_neutral():
    found = names(RAVDESS, RAVDESS.utterances(1, ("neutral",), 4))
    assert {name.split("-")[3] for name in found} == {"01"}


def test_every_sentence_comes_before_a_second_take():
    utterances = EMODB.utterances(1, ("anger",), 12)
    assert [utterance.take for utterance in utterances] == [0] * 10 + [1] * 2


def test_low_and_high_voices_alternate_as_men_and_women_of_the_real_corpora():
    assert set(EMODB.speakers[::2]) == {"03", "10", "11", "12", "15"}  # men
    assert all(int(code) % 2 == 1 for code in RAVDESS.speakers[::2])


def test_names_can_be_read_back(scheme):
    for emotion in scheme.emotions:
        path = scheme.path(Utterance(speaker=3, emotion=emotion, sentence=1, take=1), ".flac")
        assert labels(Path("somewhere") / path) == (scheme.speakers[3], emotion)


def test_other_names_have_no_labels():
    assert labels(Path("README.md")) is None
    assert labels(Path("03a01Xa.wav")) is None


def test_unknown_scheme():
    with pytest.raises(UnknownNameError, match=r"Unknown naming scheme 'emobd'\. Did you mean 'emodb'\?"):
        find_scheme("emobd")


@pytest.mark.parametrize("n_speakers", [0, 11])
def test_too_many_or_no_speakers(n_speakers):
    message = rf"emodb has names for 1 to 10 speakers, not {n_speakers}\."
    with pytest.raises(UsageError, match=message):
        EMODB.utterances(n_speakers, ("anger",), 1)


@pytest.mark.parametrize(
    ("scheme", "emotion", "n", "limit"),
    [(EMODB, "anger", 61, 60), (RAVDESS, "anger", 9, 8), (RAVDESS, "neutral", 5, 4), (EMODB, "fear", 0, 60)],
)
def test_too_many_or_no_utterances(scheme, emotion, n, limit):
    message = rf"{scheme.name} has names for 1 to {limit} utterances of '{emotion}' per speaker, not {n}\."
    with pytest.raises(UsageError, match=message):
        scheme.utterances(1, (emotion,), n)


@pytest.mark.parametrize(("scheme", "emotion"), [(EMODB, "calm"), (RAVDESS, "boredom"), (EMODB, "angst")])
def test_an_emotion_that_the_scheme_lacks(scheme, emotion):
    with pytest.raises(UnknownNameError, match=rf"{scheme.name}: unknown emotion '{emotion}'\..* Known: "):
        scheme.utterances(1, (emotion,), 1)


@pytest.mark.parametrize("emotions", [(), ("anger", "anger")])
def test_missing_or_repeated_emotions_are_refused(emotions):
    with pytest.raises(UsageError, match="at least one emotion, and each only once"):
        EMODB.utterances(1, emotions, 1)
