"""Log loss, Brier score, calibration error and risk-coverage curve."""

import numpy as np
import pandas as pd
import pytest
from predictions import by_letters, noisy
from sklearn.metrics import log_loss

from featser.evaluation import calibration


def test_log_loss_equals_scikit_learn() -> None:
    table = by_letters("abcab", "abcba", "11223")
    expected = log_loss(table["truth"], table[["p_a", "p_b", "p_c"]].to_numpy(), labels=["a", "b", "c"])
    assert calibration.log_loss(table) == pytest.approx(expected)


def test_brier_score_is_0_for_certain_correct_and_2_for_certain_wrong_answers() -> None:
    assert calibration.brier_score(by_letters("ab", "ab", "12", sure=1.0)) == 0
    assert calibration.brier_score(by_letters("ab", "ba", "12", sure=1.0)) == 2


def test_brier_score_of_uniform_probabilities() -> None:
    assert calibration.brier_score(by_letters("abcd", "aaaa", "1122", sure=0.25)) == pytest.approx(0.75)


def test_calibration_error_is_the_difference_of_confidence_and_accuracy() -> None:
    half_right = by_letters("aaaabbbb", "aabbbbaa", "12341234", sure=0.9)
    assert calibration.expected_calibration_error(half_right) == pytest.approx(0.4)
    right = by_letters("ab", "ab", "12", sure=0.95)
    assert calibration.expected_calibration_error(right) == pytest.approx(0.05)


def test_reliability_bins_contain_every_utterance_once() -> None:
    table = noisy(500)
    bins = calibration.reliability(table)
    right = (table["truth"] == table["predicted"]).mean()
    assert sum(each["n"] for each in bins) == 500
    assert sum(each["hit_rate"] * each["n"] for each in bins) == pytest.approx(500 * right)
    assert [each["confidence"] for each in bins] == sorted(each["confidence"] for each in bins)


def test_risk_at_full_coverage_is_the_error_rate() -> None:
    table = noisy(300)
    curve = calibration.risk_coverage(table)
    assert [share for share, _ in curve] == pytest.approx([number / 20 for number in range(1, 21)])
    assert curve[-1] == (1.0, pytest.approx((table["truth"] != table["predicted"]).mean()))


def test_risk_is_0_where_the_most_confident_answers_are_correct() -> None:
    """Ten answers with 0.9 are correct, ten with 0.6 are wrong."""
    table = pd.concat(
        [by_letters("ab" * 5, "ab" * 5, "12" * 5, sure=0.9), by_letters("ab" * 5, "ba" * 5, "12" * 5, sure=0.6)],
        ignore_index=True,
    )
    curve = dict(calibration.risk_coverage(table))
    assert curve[0.5] == 0
    assert curve[1.0] == 0.5
    assert calibration.area_under_risk_coverage(table) < 0.2


def test_answers_of_equal_confidence_share_their_error() -> None:
    """The errors are in the last rows, but the risk is the same at every coverage."""
    table = by_letters("a" * 10 + "b" * 10, "a" * 20, "1234" * 5)
    assert {error for _, error in calibration.risk_coverage(table)} == {0.5}
    assert calibration.area_under_risk_coverage(table) == 0.5


def test_risk_coverage_does_not_depend_on_the_order_of_rows() -> None:
    table = noisy(200)
    shuffled = table.iloc[np.random.default_rng(0).permutation(len(table))].reset_index(drop=True)
    assert calibration.risk_coverage(shuffled) == pytest.approx(np.array(calibration.risk_coverage(table)))
