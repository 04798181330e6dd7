"""Suspected labels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from outcomes import Outcome, one_line

from featser.audit import audit
from featser.audit.labels import calibrated_by_speaker
from featser.corpora import read_corpus
from featser.errors import InputError

EMOTIONS = ("anger", "boredom", "happiness", "neutral", "sadness")
WRONG = 67
"""Row of the manifest that is labelled wrongly."""


@pytest.fixture(scope="module")
def predictions(voices: Path) -> pd.DataFrame:
    """A model that is right, but takes speaker 03 for sad, and one utterance of another speaker for happy."""
    rows = []
    for number, each in enumerate(read_corpus(voices).utterances):
        chances = dict.fromkeys(EMOTIONS, 0.05) | {each.emotion: 0.8}
        if number == WRONG:
            chances |= {each.emotion: 0.001, "happiness": 0.849}
        if each.speaker.endswith("/03"):
            chances |= {"sadness": 90.0}
        whole = sum(chances.values())
        rows.append(
            {"utterance": each.utterance, "corpus": each.corpus, "speaker": each.speaker, "truth": each.emotion}
            | {f"p_{name}": value / whole for name, value in chances.items()}
        )
    return pd.DataFrame(rows)


def test_the_label_is_suspected_and_the_speaker_is_not(voices: Path, predictions: pd.DataFrame) -> None:
    wrong = read_corpus(voices).utterances[WRONG]
    assert wrong.emotion != "happiness"
    assert not wrong.speaker.endswith("/03")
    (finding,) = audit([voices], predictions=predictions).findings
    assert (finding.kind, finding.severity, finding.paths) == ("suspected-label", "warning", (wrong.path,))
    assert finding.sentence.endswith("listen to them: 1 recording of 120.")
    assert finding.details[wrong.path].startswith(f"labelled {wrong.emotion} (")
    assert ", like happiness (" in finding.details[wrong.path]


def test_predictions_of_other_recordings_are_refused(voices: Path, predictions: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="The run tested other, none of these recordings"):
        audit([voices], predictions=predictions.assign(utterance="other/1", corpus="other"))


def test_calibration_gives_each_speaker_the_shares_of_the_labels() -> None:
    rng = np.random.default_rng(0)
    truth, speaker = rng.integers(0, 3, 60), np.repeat(["a", "b"], 30)
    raw = rng.dirichlet([1, 2, 5], 60)
    found = calibrated_by_speaker(raw, truth, speaker)
    assert np.allclose(found.sum(axis=1), 1)
    for name in "ab":
        shares = (np.bincount(truth[speaker == name]) + 1) / 33
        assert np.allclose(found[speaker == name].mean(axis=0), shares, atol=0.01)


@pytest.mark.slow
def test_a_run_is_named_by_its_folder(
    run_featser: Callable[..., Outcome], voices: Path, table_path: Path, tmp_path: Path
) -> None:
    fitted = run_featser("fit", table_path, "--model", "lda", "--runs", tmp_path, "--out", tmp_path / "m.joblib")
    assert fitted.exit_code == 0
    run = next(tmp_path.glob("*/run.json")).parent
    outcome = run_featser("audit", voices, "--run", run, "--jobs", 1)
    assert outcome.exit_code == 0
    assert "120 recordings" in outcome.stdout
    assert "is not a run of featser" in one_line(run_featser("audit", voices, "--run", tmp_path))
