"""Metrics of predictions and bootstrap intervals over speakers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from predictions import by_letters
from sklearn.metrics import balanced_accuracy_score, precision_score

from featser.evaluation import metrics
from featser.evaluation.metrics import unweighted_average_recall

LABELS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=40)


@given(LABELS)
def test_uar_is_the_mean_recall_over_the_true_emotions(pairs: list[tuple[str, str]]) -> None:
    truth, predicted = zip(*pairs, strict=True)
    recalls = [np.mean([p == t for t, p in pairs if t == label]) for label in sorted(set(truth))]
    assert unweighted_average_recall(truth, predicted) == pytest.approx(np.mean(recalls))


@pytest.mark.filterwarnings("ignore:y_pred contains classes", "ignore:A single label")
@given(LABELS)
def test_uar_equals_balanced_accuracy_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth, predicted = zip(*pairs, strict=True)
    assert unweighted_average_recall(truth, predicted) == pytest.approx(balanced_accuracy_score(truth, predicted))


def test_an_emotion_that_is_only_predicted_adds_no_term() -> None:
    assert unweighted_average_recall(["a", "a"], ["a", "b"]) == 0.5
    assert metrics.macro_f1(["a", "a"], ["a", "b"]) == pytest.approx(2 / 3)


def test_uar_by_speaker_equals_uar_of_each_speakers_rows() -> None:
    table = by_letters("aabbabab", "abbbaaab", "11112222")
    for speaker, value in metrics.uar_by_speaker(table).items():
        rows = table[table["speaker"] == speaker]
        assert value == pytest.approx(unweighted_average_recall(list(rows["truth"]), list(rows["predicted"])))


def test_the_interval_resamples_speakers_not_utterances() -> None:
    """Two speakers have a UAR of 1 and two of 0, so an interval over utterances would be narrow."""
    table = by_letters("ab" * 200, "ab" * 100 + "ba" * 100, "1" * 100 + "2" * 100 + "3" * 100 + "4" * 100)
    low, high = metrics.uar_interval(table, seed=0)
    assert (low, high) == (0.0, 1.0)


def test_the_interval_contains_the_score_and_depends_on_the_seed() -> None:
    rng = np.random.default_rng(0)
    truth = "".join(rng.choice(list("abc"), 300))
    predicted = "".join(t if rng.random() < 0.6 else "a" for t in truth)
    table = by_letters(truth, predicted, "".join(map(str, np.repeat(np.arange(10), 30))))
    low, high = metrics.uar_interval(table, seed=1)
    assert low < unweighted_average_recall(list(truth), list(predicted)) < high
    assert metrics.uar_interval(table, seed=1) == (low, high)
    assert metrics.uar_interval(table, seed=2) != (low, high)


def test_two_speakers_have_no_interval() -> None:
    assert metrics.uar_interval(by_letters("abab", "abab", "1122"), seed=0) is None


def test_confusion_has_truth_in_rows() -> None:
    assert metrics.confusion(by_letters("aab", "abb", "123")) == [[1, 1], [0, 1]]


def test_macro_precision_equals_scikit_learn() -> None:
    truth, predicted = list("aabbcc"), list("abbbca")
    assert metrics.macro_precision(truth, predicted) == pytest.approx(
        precision_score(truth, predicted, average="macro")
    )
    assert metrics.precision_by_emotion(truth, predicted) == pytest.approx({"a": 1 / 2, "b": 2 / 3, "c": 1})


def test_precision_of_an_emotion_that_is_never_predicted_is_0() -> None:
    assert metrics.precision_by_emotion(["a", "b"], ["a", "a"]) == {"a": 0.5, "b": 0.0}


def test_correct_answers_of_speakers_sum_to_the_diagonal_of_the_confusion() -> None:
    table = by_letters("aabbabab", "abbbaaab", "11112222")
    right = metrics.right_by_speaker(table)
    assert right == {"1": [1, 2], "2": [2, 1]}
    assert np.sum(list(right.values()), axis=0).tolist() == np.diag(metrics.confusion(table)).tolist()


def test_correct_answers_by_speaker_are_empty_for_unknown_speakers() -> None:
    assert metrics.right_by_speaker(by_letters("ab", "ab", "12").assign(speaker=["1", None])) == {}


def test_draws_without_an_emotion_are_discarded() -> None:
    """Only two speakers have the emotion c; draws without them would have a UAR of 1 over a and b."""
    predictions = by_letters("abababcaabc", "abababaaaba", "11223345544")
    assert metrics.unweighted_average_recall(list(predictions["truth"]), list(predictions["predicted"])) < 0.7
    interval = metrics.uar_interval(predictions, 0)
    assert interval is not None
    assert interval[1] < 0.7


def test_no_interval_where_few_draws_have_all_emotions() -> None:
    letters = "abcdefghijklmnop"
    assert metrics.uar_interval(by_letters(letters, letters, letters), 0) is None


def test_unknown_speakers_have_no_interval() -> None:
    predictions = by_letters("ababab", "ababba", "112233").assign(speaker=[*"11223", None])
    assert metrics.uar_interval(predictions, 0) is None
