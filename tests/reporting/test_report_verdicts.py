from dataclasses import replace

import pytest

from featser.evaluation.pairing import SETTINGS
from featser.reporting import comparison
from featser.reporting.groups import distinctions
from featser.reporting.verdicts import (
    cost_words,
    lead_words,
    listing,
    machine_words,
    optimism_words,
    sequence_words,
    verdicts,
)

CAVEAT = "Times were measured on 2 cores, some processor; other work on it makes them longer."
ONE_MORE = {
    "model": {"model": "lda"},
    "parameters": {"parameters": {"C": 3.0}},
    "features": {"features": "wide"},
    "clean": {"clean": ["trim"]},
    "copies": {"copies": ["speed-0.9"]},
    "seed": {"seed": 7},
}
"""Settings in which runs of one group can differ beside the tuning."""


def told(runs):
    (group,) = comparison(runs)
    return verdicts(group, distinctions(runs))


def said_by(words, runs):
    (group,) = comparison(runs)
    return words(group, distinctions(runs))


def test_the_best_run_the_runs_level_with_it_and_the_next_lower_one_are_named(crowd):
    assert said_by(lead_words, crowd) == (
        "a has the highest UAR, 0.810. Not clearly lower (p > 0.05): b. Clearly lower: 2 runs, the nearest c by 0.100 "
        "(p = 0.002, lower for 10 of 10 speakers)."
    )


def test_one_run_above_all_others_has_no_level_runs(crowd):
    assert said_by(lead_words, [crowd[0], crowd[3]]) == (
        "a has the highest UAR, 0.810. Clearly lower: 1 run, the nearest d by 0.430 (p = 0.002, lower for 10 of 10 "
        "speakers)."
    )


def test_without_a_clearly_lower_run_only_the_level_ones_are_named(crowd):
    assert said_by(lead_words, crowd[:2]) == "a has the highest UAR, 0.810. Not clearly lower (p > 0.05): b."


def test_few_speakers_can_show_no_difference(make_run):
    assert said_by(lead_words, [make_run(), make_run(pipeline="xgb", uar=0.6)]) == (
        "svm has the highest UAR, 0.764; xgb is lower by 0.164. With 4 speakers no difference can be called clear: "
        "p is at least 0.12."
    )


def test_unknown_speakers_leave_only_the_lead(make_run):
    runs = [make_run(right_by_speaker={}), make_run(right_by_speaker={}, pipeline="xgb", uar=0.6)]
    assert said_by(lead_words, runs) == "svm has the highest UAR, 0.764; xgb is lower by 0.164."


def test_features_are_named_where_one_pipeline_used_several_sets(crowd):
    twin = replace(crowd[0], features="wide", uar=crowd[0].uar - 0.001, run="twin")
    assert "a on classic has the highest UAR, 0.810. Not clearly lower (p > 0.05): a on wide." in told([crowd[0], twin])


def test_many_names_are_counted_not_listed():
    assert listing(list("abcde")) == "a, b, c, d and e"
    assert listing(list("abcdefg")) == "a, b, c, d and 3 more"


def tuned_pair(crowd, **tuning):
    """The untuned run c, and a tuned one of the same settings with the scores of a."""
    changes = {"pipeline": "c", "model": "c", "run": "tuned"}
    return crowd[2], replace(crowd[0], tuning={"n_trials": 50, **tuning}, **changes)


def test_tuning_is_compared_with_the_same_pipeline_untuned(crowd):
    untuned, tuned = tuned_pair(crowd, inner_uar=0.88, outer_uar=crowd[0].uar)
    assert told([tuned, untuned])[1] == (
        "Tuning helped c: 0.810 against 0.710 (p = 0.002, higher for 10 of 10 speakers); training took 100 s instead "
        "of 4.0 s. Selection optimism 0.070: the search scored 0.880 on its inner folds, the tuned models 0.810 on "
        "new speakers."
    )


@pytest.mark.parametrize("setting", ONE_MORE)
def test_tuning_is_compared_with_no_run_that_differs_in_one_more_setting(crowd, setting):
    untuned, tuned = tuned_pair(crowd)
    planted = replace(untuned, run="planted", uar=0.99, **ONE_MORE[setting])
    assert set(ONE_MORE) <= set(SETTINGS)
    assert not any("Tuning" in words for words in told([tuned, planted]))
    (words,) = [words for words in told([tuned, planted, untuned]) if words.startswith("Tuning helped c")]
    assert ": 0.810 against 0.710 " in words


def test_tuning_that_did_not_help_is_told_with_its_time(crowd):
    untuned, tuned = tuned_pair(crowd)
    worse = replace(tuned, uar=0.7, seconds={"fit": 680.0}, right_by_speaker=untuned.right_by_speaker)
    assert told([worse, untuned])[1] == (
        "Tuning did not help c: 0.700 against 0.710; training took 11 min instead of 4.0 s."
    )


def test_tuning_that_may_have_helped_by_chance_is_called_so(crowd):
    tuned = replace(crowd[0], pipeline="b", model="b", tuning={"n_trials": 20}, run="tuned")
    assert told([tuned, crowd[1]])[1].startswith("Tuning did not clearly help b: 0.810 against 0.800;")


def test_training_times_of_two_machines_are_not_compared(crowd):
    untuned, tuned = tuned_pair(crowd)
    other = replace(tuned, machine="another")
    assert all("training" not in words and " s" not in words.split("speakers")[-1] for words in told([other, untuned]))


def test_an_inner_score_below_the_outer_one_is_not_called_optimism(make_run):
    run = make_run(tuning={"inner_uar": 0.70, "outer_uar": 0.72})
    assert optimism_words(run) == "The search scored 0.700 on its inner folds, which train on fewer speakers."


def test_a_run_without_a_search_has_no_optimism(make_run):
    assert optimism_words(make_run()) == ""


def test_the_best_sequence_model_is_compared_with_the_best_other(crowd):
    runs = [crowd[0], replace(crowd[2], pipeline="gru", model="gru"), replace(crowd[3], pipeline="cnn", model="cnn")]
    assert said_by(sequence_words, runs) == (
        "gru, the best of 2 sequence models, is lower than a by 0.100 (p = 0.002, lower for 10 of 10 speakers); "
        "training took 4.0 s against 100 s."
    )


def test_without_sequence_models_nothing_is_said_of_them(crowd):
    assert said_by(sequence_words, crowd) == ""


def test_long_training_is_told_in_minutes(crowd):
    runs = [crowd[0], replace(crowd[3], pipeline="lstm", model="lstm")]
    assert "training took 17 min against 100 s" in said_by(sequence_words, runs)


def test_more_uar_has_a_price(crowd):
    assert said_by(cost_words, crowd) == (
        f"c trains fastest (4.0 s). From there to a (100 s), 0.01 UAR more costs about 9.6 s of training. {CAVEAT}"
    )


def test_a_fast_run_that_is_not_clearly_lower_is_named(crowd):
    words = said_by(cost_words, crowd[:2])
    assert words == f"b trains fastest (40 s against 100 s) and is not clearly lower. {CAVEAT}"


def test_the_best_run_may_train_fastest(crowd):
    assert said_by(cost_words, [crowd[0], crowd[3]]) == f"a also trains fastest (100 s). {CAVEAT}"


def test_times_of_an_unknown_machine_say_so(make_run):
    assert machine_words(make_run(machine="")).startswith("The machine behind these times was not recorded")


@pytest.mark.parametrize("change", [{"leaky": True, "protocol": "random"}, {}])
def test_leaky_and_single_runs_get_no_verdict(make_run, change):
    runs = [make_run(**change), make_run(pipeline="xgb", **change)] if change else [make_run()]
    assert told(runs) == []
