"""What predictions are worth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, log_loss

from featser.evaluation import metrics
from featser.evaluation.metrics import unweighted_average_recall

LABELS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=40)


def predictions(truth: str, predicted: str, speakers: str, sure: float = 0.8) -> pd.DataFrame:
    """A table from letters, one per utterance; ``sure`` is the probability of what is predicted."""
    classes = sorted(set(truth) | set(predicted))
    other = (1 - sure) / (len(classes) - 1)
    table = pd.DataFrame({"truth": list(truth), "predicted": list(predicted), "speaker": list(speakers)})
    table["utterance"] = [f"x/{number:03}" for number in range(len(truth))]
    for name in classes:
        table[f"p_{name}"] = np.where(table["predicted"] == name, sure, other)
    return table


@given(LABELS)
def test_uar_is_the_mean_recall_over_the_emotions_of_the_truth(pairs: list[tuple[str, str]]) -> None:
    truth, predicted = zip(*pairs, strict=True)
    recalls = [np.mean([p == t for t, p in pairs if t == label]) for label in sorted(set(truth))]
    assert unweighted_average_recall(truth, predicted) == pytest.approx(np.mean(recalls))


@pytest.mark.filterwarnings("ignore:y_pred contains classes", "ignore:A single label")
@given(LABELS)
def test_uar_is_what_scikit_learn_calls_balanced_accuracy(pairs: list[tuple[str, str]]) -> None:
    truth, predicted = zip(*pairs, strict=True)
    assert unweighted_average_recall(truth, predicted) == pytest.approx(balanced_accuracy_score(truth, predicted))


def test_an_emotion_that_is_only_predicted_adds_no_term() -> None:
    assert unweighted_average_recall(["a", "a"], ["a", "b"]) == 0.5
    assert metrics.macro_f1(["a", "a"], ["a", "b"]) == pytest.approx(2 / 3)


def test_uar_by_speaker_equals_uar_of_each_speakers_rows() -> None:
    table = predictions("aabbabab", "abbbaaab", "11112222")
    for speaker, value in metrics.uar_by_speaker(table).items():
        rows = table[table["speaker"] == speaker]
        assert value == pytest.approx(unweighted_average_recall(list(rows["truth"]), list(rows["predicted"])))


def test_the_interval_resamples_speakers_not_utterances() -> None:
    """Two good and two hopeless voices: resampling utterances would hide how much the next voice may differ."""
    table = predictions("ab" * 200, "ab" * 100 + "ba" * 100, "1" * 100 + "2" * 100 + "3" * 100 + "4" * 100)
    low, high = metrics.uar_interval(table, seed=0)
    assert (low, high) == (0.0, 1.0)


def test_the_interval_holds_the_score_and_repeats_by_seed() -> None:
    rng = np.random.default_rng(0)
    truth = "".join(rng.choice(list("abc"), 300))
    predicted = "".join(t if rng.random() < 0.6 else "a" for t in truth)
    table = predictions(truth, predicted, "".join(map(str, np.repeat(np.arange(10), 30))))
    low, high = metrics.uar_interval(table, seed=1)
    assert low < unweighted_average_recall(list(truth), list(predicted)) < high
    assert metrics.uar_interval(table, seed=1) == (low, high)
    assert metrics.uar_interval(table, seed=2) != (low, high)


def test_two_speakers_carry_no_interval() -> None:
    assert metrics.uar_interval(predictions("abab", "abab", "1122"), seed=0) is None


def test_log_loss_is_that_of_scikit_learn() -> None:
    table = predictions("abcab", "abcba", "11223")
    expected = log_loss(table["truth"], table[["p_a", "p_b", "p_c"]].to_numpy(), labels=["a", "b", "c"])
    assert metrics.log_loss(table) == pytest.approx(expected)


def test_calibration_error_is_the_gap_between_confidence_and_hits() -> None:
    half_right = predictions("aaaabbbb", "aabbbbaa", "12341234", sure=0.9)
    assert metrics.expected_calibration_error(half_right) == pytest.approx(0.4)
    right = predictions("ab", "ab", "12", sure=0.95)
    assert metrics.expected_calibration_error(right) == pytest.approx(0.05)


def test_confusion_has_truth_in_rows() -> None:
    assert metrics.confusion(predictions("aab", "abb", "123")) == [[1, 1], [0, 1]]
