"""The studies of noise and of cleaning: only the tested recordings are changed, and no noise is heard twice."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from outcomes import Outcome, one_line
from sounds import noise

from featser.audio import SAMPLE_RATE, find_change, read_signal
from featser.audio.noise import noise_recordings
from featser.corpora import read_corpus
from featser.errors import UsageError
from featser.features import compute_features
from featser.studies import STUDIES, Inputs, Recordings, make_inputs
from featser.studies.changed import halves, predictions_on
from featser.table import Table


@pytest.fixture(scope="module")
def noises(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with four recordings of noise."""
    folder = tmp_path_factory.mktemp("noises")
    for seed in range(4):
        soundfile.write(folder / f"{seed}.wav", noise(1.0, seed=seed), SAMPLE_RATE)
    return folder


@pytest.fixture(scope="module")
def inputs(table: Table) -> Inputs:
    return make_inputs(table, "lda", protocol="3-fold-by-speaker")


@pytest.fixture(scope="module")
def recordings(voices: Path) -> Recordings:
    return Recordings([read_corpus(voices)], jobs=1)


def test_noise_of_training_and_of_testing_are_different(noises: Path) -> None:
    with halves(noises) as (trained, tested):
        parts = [{digest for digest, _ in noise_recordings(each)} for each in (trained, tested)]
    assert not parts[0] & parts[1]
    assert parts[0] | parts[1] == {digest for digest, _ in noise_recordings(str(noises))}
    for each in sorted(noises.iterdir())[1:]:
        each = each.rename(each.with_suffix(".txt"))
    with pytest.raises(UsageError, match="One recording of noise"), halves(noises):
        pass
    for each in noises.glob("*.txt"):
        each.rename(each.with_suffix(".wav"))


def test_changed_features_are_those_of_the_changed_recording(
    recordings: Recordings, table: Table, voices: Path
) -> None:
    few = replace(table, manifest=table.manifest.iloc[:2], features=table.features.iloc[:2])
    steps = ("crop-0.5", "high-pass")
    changed = recordings.changed(few, steps)
    assert list(changed.manifest["derived_from"]) == list(few.manifest["utterance"])
    assert changed.manifest["utterance"].str.endswith("~crop-0.5~high-pass~tested").all()
    signal = read_signal(voices / few.manifest["path"].iloc[1], steps)
    np.testing.assert_array_equal(compute_features(signal, table.feature_set), changed.features.iloc[1].to_numpy())
    assert changed.manifest["duration_s"].iloc[1] == 0.5
    assert len(find_change("crop-0.5")(signal)) == len(signal)


def test_unchanged_copies_get_the_predictions_of_the_originals(inputs: Inputs, table: Table) -> None:
    """The model is that of the training part: testing copies changes nothing but the names."""
    manifest = table.manifest.assign(
        utterance=table.manifest["utterance"] + "~same~tested", derived_from=table.manifest["utterance"]
    )
    there = predictions_on(inputs, replace(table, manifest=manifest))
    here = inputs.predictions()
    assert (there["utterance"].str.removesuffix("~same~tested") == here["utterance"]).all()
    pd.testing.assert_frame_equal(there.drop(columns="utterance"), here.drop(columns="utterance"))


@pytest.mark.slow
def test_scores_fall_with_noise(inputs: Inputs, recordings: Recordings, noises: Path) -> None:
    study = STUDIES["noise"](
        inputs, recordings=recordings, folder=noises, ratios=(30, 0), conditions=("crop-0.5",), trained=("noise-3",)
    )
    table = study.table.set_index(["training", "condition"])
    clean = table.loc["clean", "uar"]
    assert clean["unchanged"] > clean["noise-30"] > clean["noise-0"]
    assert table.loc["with noise", "uar"]["noise-0"] > clean["noise-0"]
    assert (table["n_utterances"] == len(inputs.table)).all()
    assert table["uar_low"].notna().all()
    gained = table.loc["with noise"]
    assert gained["gain"].to_numpy() == pytest.approx((gained["uar"] - clean).to_numpy())
    assert (gained["gain_low"] <= gained["gain"]).all()
    assert (gained["gain"] <= gained["gain_high"]).all()
    assert study.table["ratio_db"].dropna().tolist() == [30, 30, 0, 0]


@pytest.mark.slow
def test_every_cleaning_step_has_two_rows(inputs: Inputs, recordings: Recordings, noises: Path) -> None:
    study = STUDIES["cleaning"](inputs, recordings=recordings, folder=noises, steps=("remove-dc", "trim-silence"))
    assert list(study.table["step"]) == ["none", "remove-dc", "trim-silence"] * 2
    rows = study.table.set_index(["step", "tested"])
    assert rows.loc[("none", "clean"), "uar"] == pytest.approx(recomputed_uar(inputs))
    assert rows.loc[("trim-silence", "noisy"), "gain_low"] <= rows.loc[("trim-silence", "noisy"), "gain"]
    assert rows.loc[("trim-silence", "clean"), "gain"] == pytest.approx(
        rows.loc[("trim-silence", "clean"), "uar"] - rows.loc[("none", "clean"), "uar"]
    )


def recomputed_uar(inputs: Inputs) -> float:
    predictions = inputs.predictions()
    right = predictions["truth"] == predictions["predicted"]
    return float(right.groupby(predictions["truth"]).mean().mean())


@pytest.mark.slow
def test_command_tells_and_records_the_study(
    run_featser: Callable[..., Outcome], voices: Path, noises: Path, tmp_path: Path
) -> None:
    command = ("study", "cleaning", voices, "--noise", noises, "--features", "classic", "--model", "lda")
    outcome = run_featser(*command, "--runs", tmp_path / "runs", "-j", "1")
    assert outcome.exit_code == 0, outcome.stderr
    assert "normalise-loudness" in outcome.stdout
    assert len(list((tmp_path / "runs" / "studies").glob("cleaning-*.json"))) == 1
    outcome = run_featser(
        "study", "noise", voices, "--noise", tmp_path / "none", "--features", "classic", "--model", "lda"
    )
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("No recordings of noise in ")
