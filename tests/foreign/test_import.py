"""``featser import``: rows are assigned to utterances, and the table is used as any other."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from outcomes import Outcome, one_line

from featser.bundle import read_card
from featser.errors import InputError, UsageError
from featser.features import compute_features, feature_set_from
from featser.foreign import import_features
from featser.table import Table, read_table, write_table

Run = Callable[..., Outcome]
N_COLUMNS = 12


@pytest.fixture(scope="module")
def csv(table: Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of our features as a file of another tool, in another order of rows."""
    frame = table.features.iloc[:, :N_COLUMNS].set_axis([f"f[{at}]" for at in range(N_COLUMNS)], axis=1)
    frame.insert(0, "file", [f"C:\\audio\\{each}" for each in table.manifest["path"]])
    path = tmp_path_factory.mktemp("foreign") / "tool.csv"
    frame.iloc[::-1].to_csv(path, index=False)
    return path


def test_values_reach_their_utterances(csv: Path, table: Table, voices: Path) -> None:
    found = import_features(csv, voices, tool="Other", version="1.2")
    assert (found.unmatched, found.missing, found.left_out, found.rejected) == ((), (), (), ())
    assert found.table.manifest["utterance"].to_list() == table.manifest["utterance"].to_list()
    assert np.allclose(found.table.features, table.features.iloc[:, :N_COLUMNS], equal_nan=True)
    assert found.table.features.columns.to_list()[:2] == ["f_0", "f_1"]
    assert found.table.manifest["sha256"].to_list() == table.manifest["sha256"].to_list()


def test_the_source_survives_the_file(csv: Path, voices: Path, tmp_path: Path) -> None:
    found = import_features(csv, voices, name="theirs", tool="Other", version="1.2").table
    write_table(found, tmp_path / "t.parquet")
    read = read_table(tmp_path / "t.parquet")
    assert read.feature_set == found.feature_set
    source = read.feature_set.source
    assert source is not None
    assert (read.feature_set.name, source.tool, source.version, source.config) == ("theirs", "Other", "1.2", "")
    with pytest.raises(UsageError, match="'theirs' were imported from Other, so featser cannot compute them"):
        compute_features(np.zeros(16000, np.float32), read.feature_set)
    values = json.loads(json.dumps(read.feature_set.to_dict()))
    assert feature_set_from(values, "theirs", "here") == read.feature_set


def test_two_files_of_one_tool_are_one_table(csv: Path, voices: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(csv)
    for name, part in (("a", frame.iloc[:50]), ("b", frame.iloc[50:])):
        part.to_csv(tmp_path / f"{name}.csv", index=False)
        write_table(import_features(tmp_path / f"{name}.csv", voices, name="x").table, tmp_path / f"{name}.parquet")
    both = read_table([tmp_path / "a.parquet", tmp_path / "b.parquet"])
    assert len(both) == 120
    assert both.feature_set.source is not None
    assert len(both.feature_set.source.sha256) == 2


@pytest.mark.parametrize("kind", ["feature table", "labels"])
def test_other_manifests_do(csv: Path, table: Table, table_path: Path, tmp_path: Path, kind: str) -> None:
    """A table of labels does without the recordings."""
    manifest = table_path
    if kind == "labels":
        manifest = tmp_path / "labels.csv"
        table.manifest[["path", "emotion", "speaker"]].to_csv(manifest, index=False)
    found = import_features(csv, manifest).table
    assert len(found) == 120
    assert found.manifest["emotion"].value_counts().to_dict() == table.manifest["emotion"].value_counts().to_dict()


def test_repeated_stems_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    paths = ["x/1.wav", "y/1.wav", "y/2.wav"]
    pd.DataFrame({"path": paths, "emotion": "anger", "speaker": "s"}).to_csv(tmp_path / "labels.csv", index=False)
    rows = {"/data/x/1.wav": 1, "/data/y/1.wav": 2, "2": 3, "1.wav": 4, "3.wav": 5}
    pd.DataFrame({"file": rows.keys(), "v": rows.values()}).to_csv(tmp_path / "f.csv", index=False)
    found = import_features(tmp_path / "f.csv", tmp_path / "labels.csv")
    assert dict(zip(found.table.manifest["path"], found.table.features["v"], strict=True)) == {
        "x/1.wav": 1,
        "y/1.wav": 2,
        "y/2.wav": 3,
    }
    assert found.unmatched == ("1.wav", "3.wav")


def test_segments_are_found_by_their_times(tmp_path: Path) -> None:
    labels = {
        "path": ["a.wav"] * 2,
        "emotion": ["anger", "neutral"],
        "speaker": "s",
        "start_s": [0, 1.5],
        "end_s": [1.5, 3],
    }
    pd.DataFrame(labels).to_csv(tmp_path / "labels.csv", index=False)
    times = {"start": ["0 days 00:00:01.5", "0 days 00:00:00"], "end": ["0 days 00:00:03", "0 days 00:00:01.5"]}
    pd.DataFrame({"file": ["a.wav"] * 2, **times, "v": [2.0, 1.0]}).to_csv(tmp_path / "f.csv", index=False)
    assert import_features(tmp_path / "f.csv", tmp_path / "labels.csv").table.features["v"].to_list() == [1, 2]


def test_frames_are_refused(csv: Path, voices: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(csv)
    pd.concat([frame, frame.iloc[:3]]).to_csv(tmp_path / "f.csv", index=False)
    with pytest.raises(InputError, match=r"3 utterances have several rows, .* not one for each frame"):
        import_features(tmp_path / "f.csv", voices)
    frame.assign(file="nobody.wav").to_csv(tmp_path / "g.csv", index=False)
    with pytest.raises(InputError, match=r"No row of .* \(e\.g\. nobody\.wav\) names a recording"):
        import_features(tmp_path / "g.csv", voices)


@pytest.mark.slow
def test_a_model_of_imported_features_is_scored_and_refuses_recordings(
    run_featser: Run, csv: Path, voices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    imported = run_featser("import", csv, "--manifest", voices, "--tool", "Other", "--out", "t.parquet", "--json")
    assert imported.exit_code == 0
    document = json.loads(imported.stdout)
    assert (document["n_utterances"], document["n_features"], document["tool"]) == (120, N_COLUMNS, "Other")
    fitted = run_featser(
        "fit", "t.parquet", "--model", "lda", "--protocol", "2-fold-by-speaker", "--out", "m.joblib", "--json"
    )
    assert json.loads(fitted.stdout)["features"] == "tool"
    assert read_card("m.joblib")["source"]["tool"] == "Other"
    assert "lda" in run_featser("report").stdout
    refused = run_featser("predict", "m.joblib", min(voices.rglob("*.wav")))
    assert refused.exit_code == 2
    assert one_line(refused) == (
        "The features 'tool' were imported from Other, so featser cannot compute them from a recording. "
        "Give rows of features: model.answer(rows)."
    )
    assert run_featser("app", "m.joblib").exit_code == 2


def test_what_does_not_match_is_listed(run_featser: Run, csv: Path, voices: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(csv)
    lost = frame["file"].iloc[0].rpartition("/")[2]
    frame.loc[0, "file"] = "other.wav"
    frame.to_csv(tmp_path / "f.csv", index=False)
    outcome = run_featser("import", tmp_path / "f.csv", "--manifest", voices, "--out", tmp_path / "t.parquet")
    assert outcome.exit_code == 4
    assert "119 utterances" in outcome.stdout
    assert "other.wav: no utterance of this name, or several" in outcome.stderr
    assert f"{lost.removesuffix('.wav')}: no features" in outcome.stderr
    alone = run_featser("import")
    assert alone.exit_code == 2
    assert one_line(alone).startswith("Which features of which recordings?")
