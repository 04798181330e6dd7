import numpy as np
import pandas as pd
import pytest

from featser.explain import emotion_profile
from featser.table import Table


@pytest.fixture
def table():
    """Two speakers; anger is 4 semitones higher and 6 dB louder than neutral, sadness half as fast in one of them."""
    rows = [
        ("a", "neutral", 10.0, 0.1, 4.0),
        ("a", "anger", 14.0, 0.2, 4.0),
        ("b", "neutral", 20.0, 0.3, 5.0),
        ("b", "neutral", 20.0, 0.3, 5.0),
        ("b", "anger", 24.0, 0.6, 5.0),
    ]
    frame = pd.DataFrame(rows, columns=["speaker", "emotion", "f0__p50", "rms__mean", "rhythm__syllables_per_s"])
    frame.insert(0, "utterance", [f"mine/{number}" for number in range(len(frame))])
    return Table.from_frame(frame.assign(corpus="mine"))


def test_an_emotion_is_compared_with_the_usual_voice_of_its_speaker(table):
    found = emotion_profile(table)
    assert found["anger"]["pitch"] == (2.0, "semitones")
    assert found["neutral"]["pitch"] == (-2.0, "semitones")
    assert found["anger"]["loudness"] == (pytest.approx(20 * np.log10(0.2 / 0.15), abs=0.01), "dB")
    assert found["anger"]["tempo"] == (0.0, "%")


def test_words_that_no_feature_measures_are_left_out(table):
    assert set(emotion_profile(table)["anger"]) == {"pitch", "loudness", "tempo"}


def test_unknown_speakers_are_left_out(table):
    table.manifest.loc[:, "speaker"] = None
    assert emotion_profile(table) == {}
