"""The study of fairness."""

import numpy as np
import pandas as pd
import pytest

from featser.studies.fairness import MIN_UTTERANCES, gap_intervals, segments


@pytest.fixture
def predictions() -> pd.DataFrame:
    """Twelve speakers, two emotions, three sentences: 80 % correct, but 20 % for women with one sentence."""
    rng = np.random.default_rng(0)
    rows = [
        {"utterance": f"{speaker}-{emotion}-{text}-{take}", "speaker": f"c/{speaker:02d}", "truth": emotion}
        | {"sex": "female" if speaker % 2 else "male", "sentence": text}
        for speaker in range(12)
        for emotion in ("anger", "sadness")
        for text in ("a", "b", "c")
        for take in range(6)
    ]
    frame = pd.DataFrame(rows)
    weak = (frame["sex"] == "female") & (frame["sentence"] == "b")
    right = rng.random(len(frame)) < np.where(weak, 0.2, 0.8)
    other = np.where(frame["truth"] == "anger", "sadness", "anger")
    return frame.assign(predicted=np.where(right, frame["truth"], other))


def test_a_planted_weak_segment_is_the_only_clear_pair_of_its_kind(predictions: pd.DataFrame) -> None:
    groups, pairs = segments(predictions, ["sex", "sentence"])
    gaps = gap_intervals(predictions, [*groups, *pairs], seed=0)
    by_name = {each.name: gap for each, gap in zip((*groups, *pairs), gaps, strict=True)}
    lowest = min(by_name, key=lambda name: by_name[name]["gap"])
    assert lowest == "female, b"
    assert by_name[lowest]["gap_high"] < 0
    assert by_name["male, a"]["gap_high"] > 0
    expected = predictions[predictions["sex"].eq("female") & predictions["sentence"].eq("b")]
    recalls = (expected["truth"] == expected["predicted"]).groupby(expected["truth"]).mean()
    overall = (predictions["truth"] == predictions["predicted"]).groupby(predictions["truth"]).mean()
    assert by_name[lowest]["gap"] == pytest.approx((recalls - overall).mean())


@pytest.mark.slow
def test_without_a_difference_nothing_is_clear_in_most_tables(predictions: pd.DataFrame) -> None:
    """The intervals hold for all segments at once: in 40 tables of pure chance few have any clear segment."""
    n_clear = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        right = rng.random(len(predictions)) < 0.7
        other = np.where(predictions["truth"] == "anger", "sadness", "anger")
        table = predictions.assign(predicted=np.where(right, predictions["truth"], other))
        groups, pairs = segments(table, ["sex", "sentence"])
        n_clear += any(gap["gap_high"] < 0 for gap in gap_intervals(table, [*groups, *pairs], seed=0))
    assert n_clear <= 4


def test_small_segments_and_equal_ones_are_left_out(predictions: pd.DataFrame) -> None:
    """Here the language is the sex by another name, and one sentence is rare."""
    few = predictions.drop(predictions.index[predictions["sentence"] == "c"][MIN_UTTERANCES - 1 :])
    few = few.assign(language=few["sex"].map({"female": "de", "male": "en"})).reset_index(drop=True)
    groups, pairs = segments(few, ["sex", "sentence", "language"])
    assert [each.name for each in groups] == ["female", "male", "a", "b", "de", "en"]
    assert not [each.name for each in pairs if each.by == "sex x language"]
