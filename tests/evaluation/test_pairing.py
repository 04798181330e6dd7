"""Runs that differ in named settings only."""

import pytest
from made_runs import make_run

from featser.evaluation.pairing import SETTINGS, differing_settings, twins

OTHER = {
    "corpus": {"corpus": "ravdess"},
    "utterances": {"utterances": "another"},
    "protocol": {"protocol": "speaker-and-text"},
    "normalise": {"normalise": "speaker"},
    "model": {"model": "xgb"},
    "parameters": {"parameters": {"C": 3.0}},
    "features": {"columns": "another"},
    "clean": {"clean": ["trim"]},
    "copies": {"copies": ["speed-0.9"]},
    "added": {"added": {"elsewhere": {"n_utterances": 32}}},
    "labels": {"labels": {"name": "common-4", "map": {"anger": "anger"}, "left_out": {}}},
    "tuning": {"tuning": {"n_trials": 5}},
    "seed": {"seed": 7},
    "leaks": {"leaky": True, "leaks": ["scale before split: all"]},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_each_setting_is_noticed_by_its_name(setting: str) -> None:
    assert differing_settings(make_run(), make_run(**OTHER[setting])) == {setting}


def test_names_scores_and_costs_are_no_settings() -> None:
    other = make_run(run="other", uar=0.1, seconds={"fit": 9.0}, machine="another", pipeline="svm-of-mine", versions={})
    assert differing_settings(make_run(), other) == set()


@pytest.mark.parametrize("also", [each for each in SETTINGS if each != "protocol"])
def test_a_run_that_differs_in_one_more_setting_is_no_twin(also: str) -> None:
    run = make_run()
    twin = make_run(**OTHER["protocol"])
    planted = make_run(**OTHER["protocol"], **OTHER[also])
    assert twins(run, [planted, run, twin], {"protocol"}) == [twin]


def test_searches_of_two_pipelines_differ_in_the_tuning() -> None:
    one, other = (make_run(tuning={"n_trials": 5}, pipeline=name) for name in ("lda", "lda-searched"))
    assert differing_settings(one, other) == {"tuning"}
