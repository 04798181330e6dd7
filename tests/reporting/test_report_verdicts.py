from dataclasses import replace

import pytest

from featser.reporting import comparison
from featser.reporting.groups import differences
from featser.reporting.verdicts import cost_words, lead_words, listing, optimism_words, sequence_words, verdicts


def told(runs):
    (group,) = comparison(runs)
    return verdicts(group, differences(runs))


def said_by(words, runs):
    (group,) = comparison(runs)
    return words(group, differences(runs))


def test_what_cannot_be_told_apart_is_named_and_the_next_lower_run_with_its_p(crowd):
    words = said_by(lead_words, crowd)
    assert words.startswith("With 10 speakers, a and b cannot be told apart; c is lower than a by 0.100 (p = 0.0")
    assert words.endswith(", and so is one run further down.")


def test_one_run_above_all_others_is_the_best(crowd):
    words = said_by(lead_words, [crowd[0], crowd[3]])
    assert words == "With 10 speakers, a is the best; d is lower than a by 0.430 (p = 0.002)."


def test_a_lead_that_may_be_luck_is_called_so(crowd):
    words = said_by(lead_words, crowd[:2])
    assert words == "With 10 speakers, a and b cannot be told apart: a leads by 0.010 UAR, which may be luck."


def test_few_speakers_can_show_no_difference(make_run):
    words = said_by(lead_words, [make_run(), make_run(pipeline="xgb", uar=0.6)])
    assert words == (
        "svm leads xgb by 0.164 UAR. With 4 speakers no difference can be told from chance: "
        "the smallest p that so few allow is 0.12."
    )


def test_unknown_speakers_leave_only_the_lead(make_run):
    runs = [make_run(right_by_speaker={}), make_run(right_by_speaker={}, pipeline="xgb", uar=0.6)]
    assert said_by(lead_words, runs) == "svm leads xgb by 0.164 UAR."


def test_features_are_named_where_one_pipeline_read_several_sets(crowd):
    twin = replace(crowd[0], features="wide", uar=crowd[0].uar - 0.001, run="twin")
    assert "a on classic and a on wide cannot be told apart" in said_by(lead_words, [crowd[0], twin])


def test_many_names_are_counted_not_listed():
    assert listing(list("abcde")) == "a, b, c, d and e"
    assert listing(list("abcdefg")) == "a, b, c, d and 3 more"


def test_tuning_is_held_against_no_tuning_on_such_a_table_only(crowd):
    """More voices to train on are not what tuning takes away."""
    tuned = replace(crowd[0], pipeline="c", model="c", tuning={"n_trials": 50, "inner_uar": 0.9}, run="tuned")
    with_copies = replace(crowd[2], copies=["speed-0.9"], uar=0.99, run="copies")
    assert not any("Tuning moves" in words for words in told([tuned, with_copies]))
    assert any("Tuning moves c from 0.710" in words for words in told([tuned, with_copies, crowd[2]]))


def test_tuning_is_held_against_no_tuning(crowd):
    tuning = {"n_trials": 50, "inner_uar": 0.88, "outer_uar": crowd[0].uar}
    tuned = replace(crowd[0], pipeline="c", model="c", tuning=tuning, run="tuned")
    words = told([tuned, crowd[2]])[1]
    assert words == (
        "Tuning moves c from 0.710 to 0.810 (+0.100, p = 0.002 for this pair alone), for 100 s of training in place of "
        "4.0 s. Selection optimism: the search itself saw 0.880 on its inner folds, 0.070 more than speakers that it "
        "never heard give (0.810)."
    )


def test_what_tuning_brought_by_luck_is_called_so(crowd):
    tuned = replace(crowd[0], pipeline="b", model="b", tuning={"n_trials": 20}, run="tuned")
    assert "for this pair alone: may be luck)" in told([tuned, crowd[1]])[1]


def test_a_search_that_was_too_modest_is_told_too(make_run):
    run = make_run(tuning={"inner_uar": 0.70, "outer_uar": 0.72})
    assert "0.020 less than speakers that it never heard give (0.720)" in optimism_words(run)


def test_parameters_that_were_given_have_no_optimism(make_run):
    assert optimism_words(make_run()) == ""


def test_the_best_sequence_model_is_held_against_the_best_other(crowd):
    runs = [crowd[0], replace(crowd[2], pipeline="gru", model="gru"), replace(crowd[3], pipeline="cnn", model="cnn")]
    words = said_by(sequence_words, runs)
    assert words.startswith("gru, the best of 2 sequence models, is 0.100 UAR below a (p = 0.0")
    assert words.endswith(") after 4.0 s of training against 100 s.")


def test_without_sequence_models_nothing_is_said_of_them(crowd):
    assert said_by(sequence_words, crowd) == ""


def test_long_training_is_told_in_minutes(crowd):
    runs = [crowd[0], replace(crowd[3], pipeline="lstm", model="lstm")]
    assert "after 17 min of training against 100 s" in said_by(sequence_words, runs)


def test_a_point_of_uar_has_a_price(crowd):
    words = said_by(cost_words, crowd)
    assert words == ("c is the quickest to train (4.0 s); from it to a (100 s) a point of UAR costs 9.6 s of training.")


def test_a_quick_run_that_is_as_good_is_recommended(crowd):
    words = said_by(cost_words, crowd[:2])
    assert words == "b is the quickest to train (40 s) and cannot be told apart from a (100 s)."


def test_the_best_may_be_the_quickest(crowd):
    assert said_by(cost_words, [crowd[0], crowd[3]]) == "a is also the quickest to train (100 s)."


@pytest.mark.parametrize("change", [{"leaky": True, "protocol": "random"}, {}])
def test_leaky_and_lonely_runs_get_no_verdict(make_run, change):
    runs = [make_run(**change), make_run(pipeline="xgb", **change)] if change else [make_run()]
    assert told(runs) == []
