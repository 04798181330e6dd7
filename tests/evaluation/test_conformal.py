"""Prediction sets: as many true emotions inside as was asked, on speakers whom the threshold does not know."""

import numpy as np
import pandas as pd
import pytest
from predictions import by_letters, noisy

from featser.evaluation.conformal import conformal_set, conformal_sets, conformal_summary, find_threshold


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_sets_cover_what_was_asked(level: float) -> None:
    summary = conformal_summary(noisy(4000, n_speakers=20), level)
    assert summary["coverage"] == pytest.approx(level, abs=0.02)
    assert summary["level"] == level


def test_sets_cover_what_was_asked_where_speakers_differ() -> None:
    summary = conformal_summary(noisy(4000, n_speakers=24, spread=0.8, seed=1))
    assert summary["coverage"] == pytest.approx(0.9, abs=0.03)
    assert len(summary["coverage_by_speaker"]) == 24


def test_a_higher_level_never_takes_an_emotion_out() -> None:
    table = noisy(500)
    small, large = conformal_sets(table, 0.8), conformal_sets(table, 0.95)
    assert small is not None
    assert large is not None
    assert not (small & ~large).to_numpy().any()
    assert large.to_numpy().sum() > small.to_numpy().sum()


def test_no_set_is_empty_and_each_holds_the_decision() -> None:
    table = noisy(300)
    sets = conformal_sets(table, 0.05)
    assert sets is not None
    assert all(sets.loc[at, predicted] for at, predicted in table["predicted"].items())


def test_the_sets_of_a_speaker_do_not_depend_on_the_truth_of_that_speaker() -> None:
    """The leak alarm: a threshold that had seen the tested speaker would move with their labels."""
    table = noisy(400)
    mine = table["speaker"] == "x/03"
    other = table.copy()
    other.loc[mine, "truth"] = "d"
    first, second = conformal_sets(table), conformal_sets(other)
    assert first is not None
    assert second is not None
    pd.testing.assert_frame_equal(first[mine], second[mine])
    assert not first[~mine].equals(second[~mine])


def test_a_speaker_in_several_folds_never_sets_the_own_threshold() -> None:
    """Under speaker-and-text a speaker's other sentences are in other folds."""
    table = noisy(400, n_speakers=4)
    halves = np.where(np.arange(400) % 2, "even", "odd")
    table["fold"] = table["speaker"] + halves
    mine = (table["speaker"] == "x/03") & (halves == "odd")
    other = table.copy()
    other.loc[(table["speaker"] == "x/03") & (halves == "even"), "truth"] = "d"
    first, second = conformal_sets(table), conformal_sets(other)
    assert first is not None
    assert second is not None
    pd.testing.assert_frame_equal(first[mine], second[mine])
    assert not first[~mine].equals(second[~mine])


def test_every_speaker_counts_the_same() -> None:
    """One speaker with 90 sure utterances does not outvote eight with one wrong utterance each."""
    table = pd.concat(
        [
            by_letters("ab" * 45, "ab" * 45, "0" * 90, sure=0.99),
            by_letters("abababab", "babababa", "12345678", sure=0.8),
        ],
        ignore_index=True,
    )
    assert find_threshold(table, 0.5) == pytest.approx(0.8)


def test_a_new_recording_gets_what_the_threshold_leaves() -> None:
    shares = {"anger": 0.5, "fear": 0.3, "sadness": 0.2}
    assert conformal_set(shares, 0.0) == ["anger"]
    assert conformal_set(shares, 0.7) == ["anger", "fear"]
    assert conformal_set(shares, 0.8) == ["anger", "fear", "sadness"]


@pytest.mark.parametrize(
    "change",
    [
        {"speaker": "x/00"},
        {"speaker": None},
        {"fold": [f"random-{number % 5}" for number in range(100)]},
    ],
    ids=["one speaker", "unknown speakers", "random folds"],
)
def test_without_other_speakers_there_are_no_sets(change: dict[str, object]) -> None:
    table = noisy(100).assign(**change)
    assert conformal_sets(table) is None
    assert conformal_summary(table) == {}
