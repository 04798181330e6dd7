"""``featser predict --window``."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from outcomes import Outcome, one_line

from featser.audio import SAMPLE_RATE, Signal
from featser.bundle import Model, write_model
from featser.cli.options import ABSTAIN
from featser.guard import LEVEL
from featser.synthetic import containers
from featser.timeline import timeline, to_rttm, to_vtt

Run = Callable[..., Outcome]


@pytest.fixture
def here(voice_model: Model, talk: Signal, stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a model, half a minute of speech, and a file that is no audio."""
    monkeypatch.chdir(tmp_path)
    write_model(voice_model, tmp_path / "model.joblib")
    stored("talk.wav", talk, subtype="PCM_16")
    (tmp_path / "bad.wav").write_text("no audio")
    return tmp_path


def test_json_and_csv_have_the_windows(run_featser: Run, here: Path, voice_model: Model) -> None:
    command = ("predict", "model.joblib", "talk.wav", "--window", 2, "--hop", 0.5)
    document = json.loads(run_featser(*command, "--json").stdout)
    found = timeline(voice_model, "talk.wav", 2, 0.5)
    assert set(document) >= {"model", "results", "rejected", "segments", "recordings"}
    for result, each in zip(document["results"], found.windows, strict=True):
        assert (result["path"], result["start_s"], result["end_s"]) == ("talk.wav", each.start_s, each.end_s)
        assert (result["emotion"], result["probabilities"]) == (each.emotion, each.probabilities)
        assert isinstance(result["flags"], list)
    rows = list(csv.DictReader(io.StringIO(run_featser(*command, "--format", "csv").stdout)))
    assert [float(row["p_anger"]) for row in rows] == [each.probabilities["anger"] for each in found.windows]


def test_the_table_has_the_segments_and_the_score(run_featser: Run, here: Path, voice_model: Model) -> None:
    outcome = run_featser("predict", "model.joblib", "talk.wav", "--window", 3, "--abstain", 0, "--speakers", "one")
    found = timeline(voice_model, "talk.wav", abstain=0, speakers="one")
    rows = [line.split() for line in outcome.stdout.splitlines() if line.startswith("0:")]
    assert [(row[2], row[3]) for row in rows] == [(f"{each.probability:.2f}", each.emotion) for each in found.segments]
    assert len(rows) > 3
    assert f"normalisation {found.normalise})." in " ".join(outcome.stdout.split())
    assert "unadapted" not in outcome.stderr


def test_windows_without_an_answer_are_counted(run_featser: Run, here: Path) -> None:
    outcome = run_featser("predict", "model.joblib", "talk.wav", "--window", 3, "--abstain", 1, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(outcome.stdout)))
    n_withheld = [row["emotion"] for row in rows].count("")
    assert n_withheld == sum(float(row["p_value"]) < 1 for row in rows) > 0
    assert f"No answer for {n_withheld} of {len(rows)} windows: they are too short, silent," in outcome.stderr
    assert "--abstain 0 answers all the same." in outcome.stderr


def test_an_unadapted_model_says_how_it_adapts(run_featser: Run, here: Path) -> None:
    told = run_featser("predict", "model.joblib", "talk.wav", "--window", 3).stderr
    assert "The unadapted model answered (UAR " in told
    assert "If one person speaks, --speakers one adapts it to the voice (UAR " in told


@pytest.mark.parametrize(("suffix", "write"), [("vtt", to_vtt), ("rttm", to_rttm)])
def test_segments_are_written_to_a_file(run_featser: Run, here: Path, voice_model: Model, suffix: str, write) -> None:
    command = ("predict", "model.joblib", "talk.wav", "--window", 3, "--abstain", 0)
    expected = write([timeline(voice_model, "talk.wav", abstain=0)])
    assert run_featser(*command, "--format", suffix).stdout == expected
    outcome = run_featser(*command, "--out", f"new/talk.{suffix}")
    assert (outcome.exit_code, outcome.stdout) == (0, "")
    assert Path(f"new/talk.{suffix}").read_text() == expected


def test_a_picture_is_drawn(run_featser: Run, here: Path) -> None:
    assert run_featser("predict", "model.joblib", "talk.wav", "--window", 3, "--picture", "talk.png").exit_code == 0
    assert Path("talk.png").read_bytes().startswith(b"\x89PNG")


def test_results_without_a_window_are_written_to_a_file_too(run_featser: Run, here: Path) -> None:
    printed = run_featser("predict", "model.joblib", "talk.wav", "bad.wav", "--json")
    outcome = run_featser("predict", "model.joblib", "talk.wav", "bad.wav", "--out", "talk.json")
    assert (outcome.exit_code, outcome.stdout) == (4, "")
    assert Path("talk.json").read_text() == printed.stdout


def test_several_recordings_have_one_document(run_featser: Run, here: Path, talk: Signal, stored) -> None:
    stored("two.wav", talk[: 8 * SAMPLE_RATE], subtype="PCM_16")
    outcome = run_featser("predict", "model.joblib", "talk.wav", "bad.wav", "two.wav", "--window", 3, "--json", "-j", 1)
    document = json.loads(outcome.stdout)
    assert outcome.exit_code == 4
    assert [each["path"] for each in document["recordings"]] == ["talk.wav", "two.wav"]
    assert document["rejected"] == [{"path": "bad.wav", "reason": "text, not audio"}]
    refused = run_featser("predict", "model.joblib", "talk.wav", "two.wav", "--window", 3, "--format", "vtt")
    assert one_line(refused) == "--format vtt shows the timeline of one recording, not of 2. Give one recording."


def test_nothing_usable_is_an_error(run_featser: Run, here: Path) -> None:
    outcome = run_featser("predict", "model.joblib", "bad.wav", "--window", 3)
    assert outcome.exit_code == 3
    assert one_line(outcome) == "None of 1 recordings can be used, for the reasons above."
    assert run_featser("predict", "model.joblib", "bad.wav", "--window", 3, "--json").exit_code == 3


def test_a_recording_without_speech_is_named(run_featser: Run, here: Path, stored) -> None:
    stored("noise.wav", np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE))
    outcome = run_featser("predict", "model.joblib", "noise.wav", "--window", 3, "--json")
    assert json.loads(outcome.stdout)["results"] == []
    assert (outcome.exit_code, "No speech was found in noise.wav." in outcome.stderr) == (0, True)


def test_a_long_recording_is_offered_a_timeline(run_featser: Run, here: Path, talk: Signal, stored) -> None:
    stored("long.wav", np.tile(talk, 3), subtype="PCM_16")
    told = run_featser("predict", "model.joblib", "long.wav").stderr
    assert "Flag long: 1 of 1 recordings last more than 60 s." in told
    assert "--window 3 gives a timeline." in told


def test_a_recording_above_the_limit_is_offered_a_timeline(run_featser: Run, here: Path) -> None:
    Path("hour.wav").write_bytes(containers.wav(np.zeros(3600 * 8000, np.int16), 8000))
    outcome = run_featser("predict", "model.joblib", "hour.wav")
    assert outcome.exit_code == 3
    assert "hour.wav: a length of 1.0 hours; at most 30 minutes are read\n" in outcome.stderr
    assert "With --window 3, recordings of up to 24 hours are read, as a timeline." in outcome.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--hop", 1), "--hop needs a timeline. Add --window 3."),
        (("--format", "vtt"), "--format vtt needs a timeline. Add --window 3."),
        (("--picture", "a.png"), "--picture needs a timeline. Add --window 3."),
        (("--window", 0.1), "A window of 0.1 s cannot be used."),
        (("--window", 3, "--hop", 4), "A hop of 4 s cannot be used."),
        (("--window", 3, "--speakers", "folder"), "With a window: unknown value of --speakers 'folder'."),
        (("--format", "xml"), "Unknown format 'xml'."),
        (("--format", "csv", "--out", "a.json"), "--format csv does not fit 'a.json'."),
        (("--out", "a.txt"), "'a.txt' does not end in .json"),
        (("--window", 3, "--picture", "a.txt"), "'a.txt' does not end in .png"),
    ],
)
def test_mistakes_are_one_line(run_featser: Run, here: Path, options: tuple[object, ...], words: str) -> None:
    outcome = run_featser("predict", "model.joblib", "talk.wav", *options)
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith(words)


def test_the_commands_abstain_at_the_level_of_the_guard() -> None:
    assert ABSTAIN == LEVEL


@pytest.mark.parametrize("command", ["predict", "listen"])
def test_a_level_is_a_share(run_featser: Run, here: Path, command: str) -> None:
    outcome = run_featser(command, "model.joblib", "talk.wav", "--abstain", "2")
    assert outcome.exit_code == 2
    assert "--abstain" in outcome.stderr
