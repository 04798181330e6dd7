"""Prediction sets: coverage, size, and independence of the threshold from the tested speakers."""

import numpy as np
import pandas as pd
import pytest
from predictions import by_letters, noisy

from featser.evaluation.conformal import conformal_set, conformal_sets, conformal_summary, find_threshold


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_coverage_is_near_the_level(level: float) -> None:
    summary = conformal_summary(noisy(4000, n_speakers=20), level)
    assert summary["coverage"] == pytest.approx(level, abs=0.02)
    assert summary["level"] == level


def test_coverage_is_near_the_level_for_different_speakers() -> None:
    summary = conformal_summary(noisy(4000, n_speakers=24, spread=0.8, seed=1))
    assert summary["coverage"] == pytest.approx(0.9, abs=0.03)
    assert len(summary["coverage_by_speaker"]) == 24


def test_a_higher_level_gives_supersets() -> None:
    table = noisy(500)
    small, large = conformal_sets(table, 0.8), conformal_sets(table, 0.95)
    assert small is not None
    assert large is not None
    assert not (small & ~large).to_numpy().any()
    assert large.to_numpy().sum() > small.to_numpy().sum()


def test_every_set_contains_the_predicted_emotion() -> None:
    table = noisy(300)
    sets = conformal_sets(table, 0.05)
    assert sets is not None
    assert all(sets.loc[at, predicted] for at, predicted in table["predicted"].items())


def test_the_sets_of_a_speaker_do_not_depend_on_the_labels_of_that_speaker() -> None:
    """Detects a threshold that includes the tested speaker."""
    table = noisy(400)
    mine = table["speaker"] == "x/03"
    other = table.copy()
    other.loc[mine, "truth"] = "d"
    first, second = conformal_sets(table), conformal_sets(other)
    assert first is not None
    assert second is not None
    pd.testing.assert_frame_equal(first[mine], second[mine])
    assert not first[~mine].equals(second[~mine])


def test_other_folds_of_the_tested_speaker_are_excluded() -> None:
    """Under speaker-and-text, a speaker is tested in several folds."""
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


def test_every_speaker_has_the_same_weight() -> None:
    """One speaker has 90 certain answers, eight speakers have one wrong answer each."""
    table = pd.concat(
        [
            by_letters("ab" * 45, "ab" * 45, "0" * 90, sure=0.99),
            by_letters("abababab", "babababa", "12345678", sure=0.8),
        ],
        ignore_index=True,
    )
    assert find_threshold(table, 0.5) == pytest.approx(0.8)


def test_set_of_a_new_recording() -> None:
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
