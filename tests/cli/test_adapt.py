"""``featser adapt``."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from outcomes import Outcome, one_line

from featser.bundle import load_model

Run = Callable[..., Outcome]


def test_a_model_of_one_corpus_cannot_be_adapted(
    run_featser: Run, table_path: Path, voices: Path, tmp_path: Path
) -> None:
    model = tmp_path / "m.joblib"
    fitted = run_featser("fit", table_path, "--model", "lda", "--protocol", "2-fold-by-speaker", "--out", model)
    assert fitted.exit_code == 0
    outcome = run_featser("adapt", model, voices, "--out", tmp_path / "a.joblib")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("This model (lda, 2-fold-by-speaker, normalisation none) cannot be adapted")
    assert not (tmp_path / "a.joblib").exists()


@pytest.mark.slow
def test_a_model_is_adapted_to_a_folder(run_featser: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy = Path(__file__).parents[2] / "data" / "toy"
    monkeypatch.chdir(tmp_path)
    for name in ("emodb", "ravdess"):
        run_featser("extract", toy / name, "--features", "classic", "--out", f"{name}.parquet")
    options = ("--labels", "common-4", "--normalise", "speaker", "--protocol", "leave-one-corpus-out")
    fitted = run_featser("fit", "emodb.parquet", "ravdess.parquet", *options, "--out", "voice.joblib")
    assert "using lda-corpora" in fitted.stderr
    assert "Adapted to each corpus without its labels (featser adapt): UAR 0." in " ".join(fitted.stdout.split())
    (tmp_path / "broken.wav").write_text("no audio")
    arguments = ("adapt", "voice.joblib", toy / "emodb", "broken.wav", "--speakers", "emodb", "--out", "a.joblib")
    document = json.loads(run_featser(*arguments, "--json").stdout)
    assert [each["path"] for each in document["rejected"]] == ["broken.wav"]
    assert (document["n_recordings"], document["n_speakers"]) == (120, 6)
    assert document["score"]["uar"] == load_model("voice.joblib").scores["speaker"]["adapted"]["uar"]
    outcome = run_featser(*arguments)
    assert outcome.exit_code == 4
    assert outcome.stdout.startswith("Adapted to 120 recordings of 6 voices: ")
    again = run_featser("adapt", "a.joblib", toy / "emodb", "--speakers", "emodb")
    assert one_line(again).startswith("This model is adapted already")
    noise = run_featser("adapt", "voice.joblib", toy / "ravdess", "--speakers", "ravdess", "--out", "b.joblib")
    assert "recordings are too few to adapt to" in one_line(noise)
