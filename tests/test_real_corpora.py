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


def extract(run_featser: Run, folder: Path, out: Path) -> dict[str, object]:
    """What ``featser extract --json`` says of a corpus, of which every recording must be usable."""
    outcome = run_featser("extract", folder, "--features", "classic", "--out", out, "--json")
    assert outcome.exit_code == 0
    document = json.loads(outcome.stdout)
    assert document["rejected"] == []
    return document


@pytest.mark.slow
def test_emodb_is_read_whole_and_scores_like_an_honest_handcrafted_model(
    run_featser: Run, corpora_root: Path, tmp_path: Path
) -> None:
    table, again = tmp_path / "emodb.parquet", tmp_path / "again.parquet"
    assert extract(run_featser, corpora_root / "emodb", table)["n_utterances"] == 535
    second = extract(run_featser, corpora_root / "emodb", again)
    assert (second["computed"], second["cached"]) == (0, 535)
    assert again.read_bytes() == table.read_bytes()

    frame = pd.read_parquet(table)
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

    arguments = ("--normalise", "speaker", "--runs", tmp_path / "runs", "--out", tmp_path / "m.joblib", "--json")
    document = json.loads(run_featser("fit", table, "--model", "svm", *arguments).stdout)
    assert document["protocol"] == "leave-one-speaker-out"
    assert 0.70 < document["inductive_uar"] < 0.80
    assert 0.78 < document["uar"] < 0.90


@pytest.mark.slow
def test_ravdess_is_read_whole_and_scored_on_its_published_folds(
    run_featser: Run, corpora_root: Path, tmp_path: Path
) -> None:
    assert extract(run_featser, corpora_root / "ravdess", tmp_path / "r.parquet")["n_utterances"] == 1440
    arguments = ("--model", "linear-svm", "--runs", tmp_path / "runs", "--out", tmp_path / "m.joblib", "--json")
    fitted = json.loads(run_featser("fit", tmp_path / "r.parquet", *arguments).stdout)
    assert fitted["protocol"] == "published"
    assert 0.42 < fitted["uar"] < 0.65


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "n_utterances", "lowest"), [("emovo", 588, 0.32), ("aesdd", 603, 0.60), ("nemo", 1001, 0.53)]
)
def test_further_corpora_are_read_whole_and_scored(
    run_featser: Run, corpora_root: Path, tmp_path: Path, name: str, n_utterances: int, lowest: float
) -> None:
    table = tmp_path / "t.parquet"
    outcome = run_featser("extract", corpora_root / name, "--features", "classic", "--out", table, "--json")
    document = json.loads(outcome.stdout)
    rejected = [(Path(each["path"]).name, each["reason"].partition(" (")[0]) for each in document["rejected"]]
    assert document["n_utterances"] == n_utterances
    assert rejected == ([("s05 (3).wav", "not readable as audio")] if name == "aesdd" else [])
    places = ("--out", tmp_path / "m.joblib", "--runs", tmp_path / "runs", "--json")
    assert json.loads(run_featser("fit", table, "--normalise", "speaker", *places).stdout)["uar"] > lowest


def test_original_files_with_odd_headers_are_read(run_featser: Run, corpora_root: Path, tmp_path: Path) -> None:
    outcome = run_featser("extract", corpora_root / "ravdess-native", "--out", tmp_path / "n.parquet", "--json")
    document = json.loads(outcome.stdout)
    assert (outcome.exit_code, document["n_utterances"], document["rejected"]) == (0, 8, [])


def test_noise_has_features_but_nothing_to_fit(run_featser: Run, corpora_root: Path, tmp_path: Path) -> None:
    document = extract(run_featser, corpora_root / "noise", tmp_path / "noise.parquet")
    assert document["n_utterances"] == 40
    outcome = run_featser("fit", tmp_path / "noise.parquet", "--model", "lda")
    assert outcome.exit_code == 3
    assert "None of the 40 utterances of esc-50 has an emotion." in outcome.stderr
