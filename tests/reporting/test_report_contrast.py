import pandas as pd
import pytest

from featser.errors import InputError
from featser.reporting import contrast, contrast_lines, find_run


def told(one, other, predictions=(None, None)):
    return "\n".join(contrast_lines(one, other, contrast(one, other, predictions)))


def test_settings_and_parameters_that_differ_are_named(make_run):
    one, other = make_run(), make_run(parameters={**make_run().parameters, "C": 321.0}, seed=4)
    text = told(one, other)
    assert f"C: {one.parameters['C']} in A, 321.0 in B" in text
    assert "seed: 0 in A, 4 in B" in text
    assert "kernel" not in text


def test_equal_settings_are_said_to_be_equal(make_run):
    found = contrast(make_run(), make_run(uar=0.7))
    assert found["differing"] == {}
    assert found["comparable"]


def test_the_difference_is_paired_by_speaker(crowd):
    best, _, lower, _ = crowd
    text = told(best, lower)
    assert "B minus A: -0.100" in text
    assert "B is lower for 10 and higher for 0 of 10 speakers." in text


def test_scores_of_different_tests_are_not_ranked(make_run):
    text = told(make_run(), make_run(normalise="speaker", uar=0.9))
    assert "normalise: none in A, speaker in B" in text
    assert "neither run is better by them" in text


def test_runs_on_other_utterances_are_not_paired(make_run):
    one, other = make_run(), make_run(corpus="ravdess", utterances="another", n_utterances=99)
    found = contrast(one, other)
    assert found["paired"] is None
    assert "They tested other utterances" in told(one, other)


def test_utterances_are_counted_by_who_is_right(make_run):
    first = pd.DataFrame({"utterance": ["a", "b", "c"], "truth": ["x", "x", "y"], "predicted": ["x", "y", "y"]})
    second = pd.DataFrame({"utterance": ["c", "b", "a"], "truth": ["y", "x", "x"], "predicted": ["x", "x", "x"]})
    found = contrast(make_run(), make_run(seed=1), [first, second])
    assert found["answers"] == {"both": 1, "first": 1, "second": 1, "neither": 0}


def test_versions_and_code_that_differ_are_named(make_run):
    text = told(make_run(), make_run(versions={"numpy": "0.1"}, code={"models": "0000"}))
    assert "version of numpy:" in text
    assert "code of models:" in text


def test_a_run_is_found_by_its_folder_or_a_part_of_its_name(make_run):
    one, other = make_run(), make_run(pipeline="xgb")
    assert find_run(f"reports/runs/{one.run}/", [one, other]) == one
    assert find_run("xgb", [one, other]) == other
    with pytest.raises(InputError, match=r"is part of 2 runs"):
        find_run("classic", [one, other])
    with pytest.raises(InputError, match=r"No run is named 'lstm'"):
        find_run("lstm", [one, other])
