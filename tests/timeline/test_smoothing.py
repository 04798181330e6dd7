"""Stretches of one emotion."""

import pytest

from featser.timeline import Segment
from featser.timeline.smoothing import HYSTERESIS, hold_labels, join

CALM, ANGRY = {"anger": 0.2, "calm": 0.8}, {"anger": 0.8, "calm": 0.2}


def labels(*probabilities: dict[str, float], speech: int = 0) -> list[str]:
    return [emotion for emotion, _ in hold_labels((speech, each) for each in probabilities)]


def test_one_window_does_not_change_the_label() -> None:
    assert labels(CALM, CALM, ANGRY, CALM) == ["calm"] * 4
    assert labels(CALM, CALM, ANGRY, ANGRY, ANGRY) == ["calm", "calm", "calm", "anger", "anger"]


def test_a_small_lead_does_not_change_the_label() -> None:
    nearly = {"anger": 0.5 + 0.4 * HYSTERESIS, "calm": 0.5 - 0.4 * HYSTERESIS}
    assert labels({"anger": 0.45, "calm": 0.55}, *[nearly] * 20) == ["calm"] * 21


def test_smoothing_begins_anew_in_each_stretch_of_speech() -> None:
    found = hold_labels([(0, CALM), (0, CALM), (1, ANGRY)])
    assert list(found) == [("calm", 0.8), ("calm", 0.8), ("anger", 0.8)]


def test_windows_without_an_answer_have_no_label_and_no_segment() -> None:
    assert [emotion for emotion, _ in hold_labels([(0, CALM), (0, None), (0, CALM), (1, None)])] == [
        "calm",
        None,
        "calm",
        None,
    ]
    windows = [(float(at), at + 2.0, 0, each) for at, each in enumerate([CALM, None, ANGRY])]
    assert [(each.start_s, each.end_s) for each in join(windows, [(0.0, 4.0)])] == [(0.0, 1.5), (2.5, 4.0)]
    assert join([(0.0, 2.0, 0, None)], [(0.0, 2.0)]) == ()


def test_two_labels_meet_between_the_centres_of_their_windows() -> None:
    windows = [(float(at), at + 3.0, 0, each) for at, each in enumerate([CALM, ANGRY, ANGRY, ANGRY])]
    calm, angry = join(windows, [(0.0, 6.2)])
    assert (calm.start_s, calm.end_s, calm.emotion) == (0.0, 3.0, "calm")
    assert (angry.start_s, angry.end_s, angry.emotion) == (3.0, 6.2, "anger")
    assert calm.probability == pytest.approx((0.8 + 0.5) / 2)


def test_pauses_part_segments_of_one_emotion() -> None:
    windows = [(0.0, 2.0, 0, CALM), (3.0, 5.0, 1, CALM)]
    assert join(windows, [(0.0, 2.0), (3.0, 5.0)]) == (
        Segment(0.0, 2.0, "calm", 0.8),
        Segment(3.0, 5.0, "calm", 0.8),
    )
    assert join([], []) == ()
