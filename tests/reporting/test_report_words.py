import pytest

from featser.corpora import CORPORA
from featser.reporting import comparison
from featser.reporting.columns import interval_words
from featser.reporting.groups import differences
from featser.reporting.words import (
    ALARM,
    ALARMS,
    confusion_words,
    notes,
    protocol_words,
    size_words,
    speaker_words,
)

EIGHT = ["anger", "calm", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"]


def told(runs):
    groups = comparison(runs)
    apart = differences(runs)
    return [" ".join(note.text for note in notes(group, groups, apart)) for group in groups]


def test_size_is_said_in_plain_words(make_run):
    (group,) = comparison([make_run(n_speakers=1, n_utterances=1440)])
    assert size_words(group) == (
        "1,440 utterances, 1 speaker, 3 emotions, leave-one-speaker-out (4 folds); chance 0.333"
    )


def test_two_speakers_have_no_interval(make_run):
    run = make_run(n_speakers=2, uar_low=None, uar_high=None)
    assert interval_words(run) == "no interval (2 speakers)"


def test_protocols_are_explained_with_their_number_of_folds():
    assert "divided into 5 folds" in protocol_words("5-fold-by-speaker")
    assert protocol_words("something-new") == "Protocol something-new."


@pytest.mark.parametrize(("uar", "rings"), [(0.75, False), (0.751, True)])
def test_the_alarm_rings_above_what_is_known(make_run, uar, rings):
    run = make_run(corpus="ravdess", uar=uar, classes=EIGHT, confusion=[[1] * 8] * 8)
    assert (ALARM in told([run])[0]) is rings


def test_fewer_emotions_are_easier_and_ring_no_alarm(make_run):
    assert ALARM not in told([make_run(corpus="ravdess", uar=0.99)])[0]


def test_alarms_name_corpora_that_exist():
    assert ALARMS.keys() <= CORPORA.keys()
    for name, (n_emotions, _) in ALARMS.items():
        assert n_emotions == len(set(CORPORA[name].emotions.values()))


def test_a_leak_is_held_against_the_honest_score(make_run):
    runs = [make_run(uar=0.75), make_run(uar=0.93, protocol="random", leaky=True)]
    honest, leaky = told(runs)
    assert honest == ""
    assert "pretends 0.930 here" in leaky
    assert "(leave-one-speaker-out) it scores 0.750. The leak adds 0.180." in leaky


def test_a_leak_is_not_held_against_another_normalisation(make_run):
    runs = [make_run(uar=0.75, normalise="speaker"), make_run(uar=0.93, protocol="random", leaky=True)]
    assert "pretends" not in told(runs)[1]


def test_two_tables_of_one_size_are_told_apart(make_run):
    runs = [make_run(), make_run(uar_by_speaker={"emodb/11": 0.5})]
    assert all("Other utterances or speakers" in text for text in told(runs))


def test_worst_and_best_speaker_are_named(make_run):
    assert speaker_words(make_run()) == "Worst 03 (0.61), best 10 (0.91)."
    assert speaker_words(make_run(uar_by_speaker={})) == "The speakers are not known."


def test_the_largest_confusions_are_named_by_share(make_run):
    assert confusion_words(make_run(), limit=1) == "Most confused: sadness taken for anger 37% (11 of 30)."
    assert confusion_words(make_run(confusion=[[1, 0, 0], [0, 1, 0], [0, 0, 1]])) == "No confusions."
