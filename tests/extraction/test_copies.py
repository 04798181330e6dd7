"""Changed copies of recordings: trained on where their speaker is, and never tested."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from outcomes import Outcome, one_line
from sounds import noise, sine

from featser.audio import SAMPLE_RATE, find_change, read_signal
from featser.corpora import read_corpus
from featser.errors import InputError
from featser.evaluation import Fold, guard, make_folds, prepare
from featser.table import Table, read_table

Run = Callable[..., Outcome]
CHANGES = ("speed-0.95", "speed-1.05")


@pytest.fixture(scope="module")
def copied(voices: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Table of `voices` with two copies of each."""
    from featser.corpora import read_corpus
    from featser.extraction import extract_to

    path = tmp_path_factory.mktemp("copies") / "t.parquet"
    extract_to(path, read_corpus(voices), "classic", copies=CHANGES)
    return path


@pytest.fixture(scope="module")
def copies(copied: Path) -> Table:
    return read_table([copied])


@pytest.mark.parametrize("speed", [0.8, 0.95, 1.05, 1.25])
def test_a_voice_that_is_played_faster_is_higher_and_shorter(speed: float) -> None:
    changed = find_change(f"speed-{speed}")(sine(400.0, 1.0))
    assert len(changed) == pytest.approx(SAMPLE_RATE / speed, abs=2)
    spectrum = np.abs(np.fft.rfft(changed))
    assert spectrum.argmax() * SAMPLE_RATE / len(changed) == pytest.approx(400 * speed, abs=2)


@pytest.mark.parametrize("name", ["speed-2.0", "speed-0.1", "speed-fast", "speed", "pich-1.1", "speed-1e0", ""])
def test_a_change_that_nobody_speaks_like_is_refused(name: str, run_featser: Run, voices: Path, tmp_path: Path) -> None:
    outcome = run_featser("extract", voices, "--copies", name, "--out", tmp_path / "t.parquet")
    assert outcome.exit_code == 2
    line = one_line(outcome)
    assert line.startswith(f"'{name}' is not a change of a recording. Use ")
    assert "speed-0.95" in line


def test_each_copy_names_its_source_and_holds_the_changed_sound(copies: Table, table: Table) -> None:
    manifest = copies.manifest
    assert len(manifest) == 3 * len(table.manifest)
    assert list(manifest["utterance"]) == sorted(manifest["utterance"])
    derived = manifest[manifest["derived_from"].notna()]
    assert set(derived["utterance"].str.split("~").str[1]) == set(CHANGES)
    assert (derived["utterance"].str.split("~").str[0] == derived["derived_from"]).all()
    originals = manifest["derived_from"].isna().to_numpy()
    np.testing.assert_array_equal(copies.features[originals].to_numpy(), table.features.to_numpy())
    assert not np.allclose(copies.features[~originals].to_numpy()[: len(table.features)], table.features.to_numpy())


def test_a_copy_is_what_its_change_makes_of_the_recording(copies: Table, voices: Path) -> None:
    from featser.features import compute_features

    row = copies.manifest.index[copies.manifest["utterance"].str.endswith("~speed-1.05")][0]
    signal = read_signal(voices / copies.manifest["path"][row], ("speed-1.05",))
    np.testing.assert_array_equal(compute_features(signal, copies.feature_set), copies.features.iloc[row].to_numpy())


@pytest.mark.parametrize("protocol", ["leave-one-speaker-out", "3-fold-by-speaker", "speaker-and-text"])
def test_copies_are_trained_on_with_their_speaker_and_never_tested(copies: Table, protocol: str) -> None:
    manifest = copies.manifest
    if protocol == "speaker-and-text":
        manifest = manifest.assign(text=manifest["text"].fillna("a"))
    original = manifest["derived_from"].isna().to_numpy()
    folds = make_folds(protocol, manifest, 0)
    tested = np.concatenate([fold.test for fold in folds])
    assert sorted(tested) == list(np.flatnonzero(original))
    for fold in folds:
        assert not set(manifest["speaker"].iloc[fold.test]) & set(manifest["speaker"].iloc[fold.train])
        assert (~original[fold.train]).mean() == pytest.approx(2 / 3)


@pytest.mark.parametrize("normalise", ["speaker", "enrolment:3"])
def test_originals_are_measured_as_if_there_were_no_copies(copies: Table, table: Table, normalise: str) -> None:
    """A voice that is played faster is another voice."""
    original = copies.manifest["derived_from"].isna().to_numpy()
    with_copies = prepare(copies.features, copies.manifest, normalise)[original]
    np.testing.assert_array_equal(with_copies, prepare(table.features, table.manifest, normalise))


@pytest.mark.slow
def test_fit_scores_the_originals_and_says_what_was_trained_on(run_featser: Run, copied: Path, tmp_path: Path) -> None:
    where = ("--runs", tmp_path / "runs", "--out", tmp_path / "m.joblib", "--json")
    document = json.loads(run_featser("fit", copied, "--model", "logreg", *where).stdout)
    assert document["n_utterances"] == 120
    assert 0.4 < document["uar"] <= 1.0
    run = json.loads(next(tmp_path.glob("runs/*/run.json")).read_text())
    assert run["copies"] == list(CHANGES)
    assert run["leaky"] is False
    predictions = pd.read_parquet(document["predictions_path"])
    assert not predictions["utterance"].str.contains("~").any()


def test_both_numbers_are_told_of_a_model_with_copies(
    run_featser: Run, copied: Path, voices: Path, tmp_path: Path
) -> None:
    places = ("--runs", tmp_path / "runs", "--out", tmp_path / "m.joblib")
    words = "trained on all 120 utterances of synthetic-emodb and 240 augmented copies"
    fitted = run_featser("fit", copied, "--model", "logreg", "--protocol", "2-fold-by-speaker", *places)
    assert f"model, {words}: " in fitted.stdout.replace("\n", " ")
    predicted = run_featser("predict", tmp_path / "m.joblib", min(voices.rglob("*.wav")))
    assert f"The model is {words}." in " ".join(predicted.stdout.split())


@pytest.mark.slow
def test_copies_are_named_to_whoever_has_none_and_leaves_the_model_open(
    run_featser: Run, copied: Path, table_path: Path, tmp_path: Path
) -> None:
    rest = ("--protocol", "2-fold-by-speaker", "--runs", tmp_path / "runs", "--out", tmp_path / "m.joblib")
    advice = "Tip: speed-perturbed copies improve scores on unseen speakers: featser extract PATH --copies voices."
    assert advice in run_featser("fit", table_path, *rest).stderr.replace("\n", " ")
    assert advice not in run_featser("fit", copied, *rest).stderr.replace("\n", " ")
    assert advice not in run_featser("fit", table_path, "--model", "lda", *rest).stderr.replace("\n", " ")


def test_extracting_copies_again_computes_nothing(run_featser: Run, voices: Path, tmp_path: Path) -> None:
    command = ("extract", voices, "--features", "classic", "--copies", "speed-0.95", "--json")
    first = json.loads(run_featser(*command, "--out", tmp_path / "a.parquet").stdout)
    again = json.loads(run_featser(*command, "--out", tmp_path / "b.parquet").stdout)
    assert first["n_utterances"] == again["n_utterances"] == 240
    assert again["computed"] == 0
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_copies_with_noise_are_made_again_only_where_the_noise_is_another(voices: Path, tmp_path: Path) -> None:
    from featser.extraction import extract

    folder = tmp_path / "noise"
    folder.mkdir()
    soundfile.write(folder / "a.wav", noise(2.0, seed=1), SAMPLE_RATE)
    few = replace(read_corpus(voices), utterances=read_corpus(voices).utterances[:3])

    def made(place: Path) -> tuple[Table, int]:
        calls: list[int] = []
        table = extract(
            few,
            "classic",
            copies=[f"noise-10:{place}"],
            cache=tmp_path / "cache",
            jobs=1,
            progress=lambda done, _: calls.append(done),
        )
        return table, sum(calls)

    first, computed = made(folder)
    assert computed
    assert list(first.manifest["utterance"][1::2]) == [f"{name}~noise-10" for name in first.manifest["utterance"][::2]]
    again, computed = made(folder.rename(tmp_path / "moved"))
    assert not computed
    pd.testing.assert_frame_equal(again.features, first.features)
    soundfile.write(tmp_path / "moved" / "b.wav", noise(2.0, seed=2), SAMPLE_RATE)
    other, computed = made(tmp_path / "moved")
    assert computed
    assert not other.features.equals(first.features)


def test_every_copy_stays_with_its_source(table: Table) -> None:
    """A split that puts a copy on the other side is refused, whatever the change was."""
    one = table.manifest.iloc[[0]]
    copy = one.assign(utterance=one["utterance"] + "~noise-10", derived_from=one["utterance"])
    manifest = pd.concat([table.manifest, copy], ignore_index=True)
    features = pd.concat([table.features, table.features.iloc[[0]] * 1.5], ignore_index=True)
    folds = [Fold("1", np.arange(1, len(manifest)), np.array([0]))]
    with pytest.raises(InputError, match=r"which was made from the same recording \(derived copy"):
        guard(folds, replace(table, manifest=manifest, features=features), "3-fold-by-speaker")
