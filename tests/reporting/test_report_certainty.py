import pytest

from featser.reporting.certainty import abstention_words, calibration_words, conformal_words, sureness_words


def test_prediction_sets_are_described_with_their_measured_coverage(make_run):
    assert conformal_words(make_run()) == (
        "Prediction sets of 1.46 emotions on average contain the true emotion for 89.2% of the utterances "
        "(target 90%; by speaker 81% to 95%); 61.5% of the sets have one emotion."
    )


@pytest.mark.parametrize(("coverage", "side"), [(0.85, "below"), (0.95, "above")])
def test_a_coverage_off_its_target_is_explained_by_the_other_speakers(make_run, coverage, side):
    words = conformal_words(make_run(conformal=make_run().conformal | {"coverage": coverage}))
    assert f"The coverage is {side} the target because the threshold comes from other speakers" in words
    assert "With 4 speakers such a gap can also be chance." in words


def test_across_corpora_a_coverage_off_its_target_is_explained_by_the_other_corpora(make_run):
    sets = make_run().conformal | {"coverage": 0.6}
    words = conformal_words(make_run(conformal=sets, protocol="leave-one-corpus-out", corpus="emodb+ravdess"))
    assert "because the threshold comes from other corpora, whose language" in words
    assert "other speakers" not in words


def test_a_run_without_sets_says_what_they_need(make_run):
    assert "at least two speakers besides those of each tested fold" in conformal_words(make_run(conformal={}))


def test_abstention_is_described_by_the_accuracy_it_gives(make_run):
    words = abstention_words(make_run(risk_coverage=[[0.5, 0.1], [1.0, 0.2188]]))
    assert words == "Correct: 90.0% of the half with the highest confidence, 78.1% of all utterances."


def test_confidence_that_says_little_is_called_so(make_run):
    words = abstention_words(make_run(risk_coverage=[[0.5, 0.21], [1.0, 0.2188]]))
    assert words.endswith("The confidence says little.")


@pytest.mark.parametrize(
    ("war", "words"), [(0.70, "Well calibrated on average"), (0.50, "Overconfident"), (0.90, "Underconfident")]
)
def test_confidence_is_compared_with_accuracy(make_run, war, words):
    run = make_run(reliability=[{"confidence": 0.7, "hit_rate": war, "n": 128}], war=war)
    assert calibration_words(run).startswith(f"{words}: mean confidence 70.0%, correct {war:.1%}.")


def test_the_terminal_gets_abstention_and_sets(make_run):
    assert [words.split()[0] for words in sureness_words(make_run())] == ["Correct:", "Prediction"]
    assert sureness_words(make_run(conformal={}, risk_coverage=[])) == []
