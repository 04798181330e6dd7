import pytest

from featser.reporting.certainty import abstention_words, calibration_words, conformal_words, sureness_words


def test_sets_are_told_with_their_measured_coverage(make_run):
    assert conformal_words(make_run()) == (
        "Sets of 1.5 emotions on average hold the true one for 89.2% of utterances of new speakers "
        "(90% wanted; by speaker 81% to 95%); 62% of them hold just one."
    )


@pytest.mark.parametrize(("coverage", "side"), [(0.85, "fewer"), (0.95, "more")])
def test_sets_that_miss_their_level_say_why(make_run, coverage, side):
    sets = make_run().conformal | {"coverage": coverage}
    words = conformal_words(make_run(conformal=sets))
    assert f"That is {side} than wanted: what is enough for the other speakers" in words
    assert "with 4 speakers one cannot know by how much" in words


def test_without_sets_it_is_said_what_they_need(make_run):
    assert "three at least" in conformal_words(make_run(conformal={}))


def test_silence_is_told_by_what_it_buys(make_run):
    words = abstention_words(make_run(risk_coverage=[[0.5, 0.1], [1.0, 0.2154]]))
    assert words == "Answering the surest half it is right in 90%, answering everything in 78%."


def test_confidence_that_says_nothing_is_called_so(make_run):
    words = abstention_words(make_run(risk_coverage=[[0.5, 0.21], [1.0, 0.2154]]))
    assert words.endswith("how sure it is says little.")


@pytest.mark.parametrize(
    ("hit_rate", "words"),
    [
        (0.70, "On the whole as sure as it is right"),
        (0.50, "Too sure of itself"),
        (0.90, "Right more often than it says"),
    ],
)
def test_confidence_is_held_against_hits(make_run, hit_rate, words):
    run = make_run(reliability=[{"confidence": 0.7, "hit_rate": hit_rate, "n": 130}])
    assert calibration_words(run).startswith(f"{words}: mean confidence 70%, right in {hit_rate:.0%}.")


def test_the_terminal_gets_silence_and_sets(make_run):
    assert [words.split()[0] for words in sureness_words(make_run())] == ["Answering", "Sets"]
    assert sureness_words(make_run(conformal={}, risk_coverage=[])) == []
