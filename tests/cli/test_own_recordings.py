"""One's own recordings on the command line, from a first table to a score."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from outcomes import Outcome, one_line

Run = Callable[..., Outcome]
CODES = {"W": "wütend", "N": "neutral", "T": "traurig"}


@pytest.fixture
def calls(tmp_path: Path, voices: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Calls of three people in three emotions, in WAV and MP3, with a German table that lacks some labels."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "anrufe"
    folder.mkdir()
    rows = ["Datei;Anrufer;Stimmung;Notiz"]
    for speaker in ("03", "08", "09"):
        for code, label in CODES.items():
            for number, file in enumerate(sorted(voices.glob(f"**/{speaker}*{code}?.wav"))[:3]):
                name = f"Anruf {speaker} ä{code} ({number})" + (".mp3" if number == 2 else ".wav")
                if number == 2:
                    soundfile.write(folder / name, *soundfile.read(file), format="MP3")
                else:
                    shutil.copy(file, folder / name)
                rows.append(f"{name};Kundin {speaker};{label if (speaker, number) != ('03', 1) else ''};x")
    (folder / "anrufe.csv").write_bytes("\r\n".join(rows).encode("utf-16"))
    (tmp_path / "labels.toml").write_text('"wütend" = "anger"\n"traurig" = "sadness"\n', encoding="utf-8")
    return folder


MAPS = ("--map", "path=Datei", "--map", "speaker=Anrufer", "--map", "emotion=Stimmung")


def test_a_german_table_becomes_a_table_of_features(run_featser: Run, calls: Path) -> None:
    outcome = run_featser(
        *("extract", "--manifest", calls / "anrufe.csv", *MAPS, "--labels", "labels.toml"),
        *("--features", "classic", "--out", "t.parquet"),
    )
    assert outcome.exit_code == 4
    assert outcome.stderr.count("has no emotion") == 3
    frame = pd.read_parquet("t.parquet")
    assert frame["emotion"].value_counts().to_dict() == {"anger": 8, "neutral": 8, "sadness": 8}
    assert set(frame["speaker"]) == {"anrufe/Kundin 03", "anrufe/Kundin 08", "anrufe/Kundin 09"}
    assert set(frame["native_label"]) == {"wütend", "neutral", "traurig"}


@pytest.mark.slow
def test_a_folder_of_calls_becomes_a_scored_model_in_three_commands(run_featser: Run, calls: Path) -> None:
    assert (
        run_featser("manifest", calls, "--template", "Anruf {speaker} ä{emotion} (*)", "--out", "m.csv").exit_code == 0
    )
    Path("codes.csv").write_text("label,emotion\nW,anger\nN,neutral\nT,sadness\n")
    assert run_featser("extract", "--manifest", "m.csv", "--labels", "codes.csv", "--out", "m.parquet").exit_code == 0
    document = json.loads(run_featser("fit", "m.parquet", "--model", "lda", "--json").stdout)
    assert (document["n_utterances"], document["n_speakers"]) == (27, 3)
    assert document["uar"] > 0.5


def test_a_template_reads_a_folder_without_a_table(run_featser: Run, calls: Path) -> None:
    (calls / "labels.csv").write_text("W,anger\nN,neutral\nT,\n")
    outcome = run_featser(
        *("extract", calls, "--template", "Anruf {speaker} ä{emotion} ({take}).wav", "--labels", calls / "labels.csv"),
        *("--features", "classic", "--out", "t.parquet", "--json"),
    )
    document = json.loads(outcome.stdout)
    assert document["n_utterances"] == 18
    assert {each["reason"].partition(": ")[2] for each in document["rejected"]} == {"the label 'T' is left out"}


def test_recordings_without_labels_are_extracted_if_asked(run_featser: Run, calls: Path) -> None:
    common = ("--features", "classic", "--out", "t.parquet")
    assert run_featser("extract", calls, *common).exit_code == 3
    outcome = run_featser("extract", calls, "--unlabelled", *common)
    assert outcome.exit_code == 0, outcome.stderr
    frame = pd.read_parquet("t.parquet")
    assert (len(frame), frame["emotion"].notna().sum()) == (27, 0)
    refused = run_featser("fit", "t.parquet", "--model", "lda")
    assert refused.exit_code == 3
    assert one_line(refused).startswith("None of the 27 utterances of anrufe has an emotion.")


@pytest.mark.slow
def test_rows_without_labels_are_left_out_of_training(run_featser: Run, table_path: Path, tmp_path: Path) -> None:
    from featser.table import read_table, write_table

    table = read_table(table_path)
    table.manifest.loc[table.manifest.index % 10 == 0, "emotion"] = None
    write_table(table, tmp_path / "t.parquet")
    places = ("--out", tmp_path / "m.joblib", "--runs", tmp_path / "runs", "--json")
    fitted = run_featser("fit", tmp_path / "t.parquet", "--model", "logreg", "--protocol", "2-fold-by-speaker", *places)
    assert json.loads(fitted.stdout)["n_utterances"] == 108


def test_the_agreement_of_raters_is_told(run_featser: Run, calls: Path, tmp_path: Path) -> None:
    names = sorted(each.name for each in calls.glob("*.wav"))[:4]
    votes = [("anger", "anger"), ("fear", "fear"), ("anger", "fear"), ("fear", "fear")]
    rows = [f"{name},{a},{b}" for name, (a, b) in zip(names, votes, strict=True)]
    (calls / "r.csv").write_text("\n".join(["path,r1,r2", *rows]), encoding="utf-8")
    maps = ("--map", "emotion=r1", "--map", "emotion=r2")
    outcome = run_featser(
        "extract", "--manifest", calls / "r.csv", *maps, "--features", "classic", "--out", tmp_path / "t.parquet"
    )
    assert "3 recordings were rated: the mean agreement is 1.00, Fleiss' kappa 1.00." in outcome.stderr
    assert "the raters do not agree: anger 1, fear 1" in outcome.stderr
    frame = pd.read_parquet(tmp_path / "t.parquet")
    assert frame["agreement"].to_list() == [1.0] * 3
    assert json.loads(frame["votes"].iloc[0]) == {"anger": 2}


def test_segments_of_a_long_recording(run_featser: Run, voices: Path, tmp_path: Path) -> None:
    clips = [soundfile.read(file)[0] for file in sorted(voices.glob("**/*.wav"))[:3]]
    ends = np.cumsum([len(clip) for clip in clips]) / 16000
    soundfile.write(tmp_path / "day.flac", np.concatenate(clips), 16000)
    starts = [0.0, *ends[:-1]]
    lines = [
        f"SPEAKER day 1 {start:.4f} {end - start:.4f} <NA> <NA> {who} <NA> <NA>"
        for start, end, who in zip(starts, ends, ("agent", "anna", "agent"), strict=True)
    ]
    (tmp_path / "day.rttm").write_text("\n".join(lines))
    (tmp_path / "t.csv").write_text("path,emotion,segments\nday.flac,neutral,day.rttm\n")
    out = tmp_path / "t.parquet"
    outcome = run_featser("extract", "--manifest", tmp_path / "t.csv", "--features", "classic", "--out", out)
    assert outcome.exit_code == 0, outcome.stderr
    frame = pd.read_parquet(out)
    assert frame["speaker"].to_list() == ["t/agent", "t/anna", "t/agent"]
    assert frame["duration_s"].to_numpy() == pytest.approx(np.diff([0, *ends]), abs=2e-4)


def test_manifest_writes_no_table_over_another(run_featser: Run, calls: Path) -> None:
    assert run_featser("manifest", calls, "--out", "m.csv").exit_code == 0
    before = Path("m.csv").read_bytes()
    outcome = run_featser("manifest", calls, "--out", "m.csv")
    assert (outcome.exit_code, Path("m.csv").read_bytes()) == (2, before)
    assert one_line(outcome) == "'m.csv' exists already and may be edited. Give another name, or delete it."
    printed = run_featser("manifest", calls)
    assert printed.stdout.startswith("path,speaker,emotion\n")
    assert "check them" in printed.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("extract", "anrufe", "--map", "speaker=x"), "--map tells which columns of a table are meant."),
        (("extract", "anrufe", "--labels", "labels.toml", "--corpus", "emodb"), "--labels goes with --manifest, "),
        (("extract", "anrufe", "--labels", "label.toml", "--template", "{emotion}"), "No such file or folder: 'label."),
        (("manifest",), "Which recordings? featser manifest FOLDER --out FILE.csv."),
        (("manifest", "anruf"), "No such file or folder: 'anruf'. Did you mean 'anrufe'?"),
        (("manifest", "anrufe", "--out", "m.txt"), "'m.txt' does not end in .csv"),
    ],
)
def test_mistakes_are_one_line(run_featser: Run, calls: Path, arguments: tuple[str, ...], message: str) -> None:
    outcome = run_featser(*arguments)
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith(message)
