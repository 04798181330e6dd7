"""Real recordings through the command line; where they are absent these skip and say so."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from outcomes import Outcome

pytestmark = pytest.mark.corpora
Run = Callable[..., Outcome]


@pytest.fixture
def emodb(run_featser: Run, corpora_root: Path, tmp_path: Path) -> Path:
    outcome = run_featser(
        "extract", corpora_root / "emodb", "--features", "classic", "--out", tmp_path / "emodb.parquet", "--json"
    )
    assert outcome.exit_code == 0
    document = json.loads(outcome.stdout)
    assert (document["n_utterances"], document["rejected"]) == (535, [])
    return tmp_path / "emodb.parquet"


def test_emodb_scores_like_an_honest_handcrafted_model(run_featser: Run, emodb: Path, tmp_path: Path) -> None:
    common = ("--runs", tmp_path / "runs", "--out", tmp_path / "m.joblib", "--json")
    document = json.loads(run_featser("fit", emodb, "--model", "svm", "--normalise", "speaker", *common).stdout)
    assert document["protocol"] == "leave-one-speaker-out"
    assert 0.70 < document["inductive_uar"] < 0.80
    assert 0.78 < document["uar"] < 0.90


def test_emodb_said_again_computes_nothing(run_featser: Run, emodb: Path, corpora_root: Path, tmp_path: Path) -> None:
    again = json.loads(
        run_featser(
            "extract", corpora_root / "emodb", "--features", "classic", "--out", tmp_path / "b.parquet", "--json"
        ).stdout
    )
    assert (again["computed"], again["cached"]) == (0, 535)
    assert (tmp_path / "b.parquet").read_bytes() == emodb.read_bytes()


def test_emodb_opens_in_pandas_with_named_columns(emodb: Path) -> None:
    frame = pd.read_parquet(emodb)
    assert frame["emotion"].value_counts().to_dict() == {
        "anger": 127,
        "boredom": 81,
        "neutral": 79,
        "happiness": 71,
        "fear": 69,
        "sadness": 62,
        "disgust": 46,
    }
    assert frame["speaker"].nunique() == 10
    assert set(frame["sex"]) == {"female", "male"}
    assert frame["mfcc_03_d1__p95"].dtype == np.float32
    assert np.isfinite(frame.filter(like="__").to_numpy()).mean() > 0.999


def test_ravdess_is_read_whole(run_featser: Run, corpora_root: Path, tmp_path: Path) -> None:
    outcome = run_featser(
        "extract", corpora_root / "ravdess", "--features", "classic", "--out", tmp_path / "r.parquet", "--json"
    )
    document = json.loads(outcome.stdout)
    assert (document["n_utterances"], document["rejected"]) == (1440, [])
    arguments = ("--model", "linear-svm", "--runs", tmp_path / "runs", "--out", tmp_path / "m.joblib", "--json")
    fitted = json.loads(run_featser("fit", tmp_path / "r.parquet", *arguments).stdout)
    assert fitted["protocol"] == "published"
    assert 0.42 < fitted["uar"] < 0.65


def test_original_files_with_odd_headers_are_read(run_featser: Run, corpora_root: Path, tmp_path: Path) -> None:
    outcome = run_featser("extract", corpora_root / "ravdess-native", "--out", tmp_path / "n.parquet", "--json")
    document = json.loads(outcome.stdout)
    assert (outcome.exit_code, document["n_utterances"], document["rejected"]) == (0, 8, [])


def test_noise_is_no_corpus(run_featser: Run, corpora_root: Path) -> None:
    outcome = run_featser("extract", corpora_root / "noise")
    assert outcome.exit_code == 3
    assert "No corpus fits" in outcome.stderr
