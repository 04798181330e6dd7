"""The contract of a command, and the way from recordings to an emotion through the command line."""

import csv
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from outcomes import Outcome, one_line

from featser import __version__
from featser.cli import app

COMMANDS = sorted(command.callback.__name__ for command in app.registered_commands)
Run = Callable[..., Outcome]


@pytest.fixture
def fitted(run_featser: Run, table_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a model and its run."""
    monkeypatch.chdir(tmp_path)
    assert run_featser("fit", table_path, "--model", "logreg", "--out", "model.joblib", "--json").exit_code == 0
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_it_explains_itself(run_featser: Run, command: str) -> None:
    outcome = run_featser(command, "--help")
    assert outcome.exit_code == 0
    assert "Usage: featser " + command in outcome.stdout.replace("\n", " ")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_a_wrong_command_line(run_featser: Run, command: str) -> None:
    outcome = run_featser(command, "--nonsense")
    assert outcome.exit_code == 2
    assert "--nonsense" in outcome.stderr


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['featser', '--help']\nfrom featser.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'scipy', 'sklearn', 'xgboost', 'librosa', 'matplotlib', 'optuna'}\n"
        "print(heavy & set(sys.modules))"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert finished.stdout.splitlines()[-1] == "set()"


def test_extract_from_the_cache_imports_neither_pandas_nor_librosa(
    voices: Path, table_path: Path, tmp_path: Path
) -> None:
    script = (
        "import sys; sys.argv = ['featser', 'extract', sys.argv[1], '--out', sys.argv[2]]\n"
        "from featser.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "print({'pandas', 'librosa', 'sklearn', 'scipy.stats', 'scipy.signal'} & set(sys.modules))"
    )
    arguments = [sys.executable, "-c", script, str(voices), str(tmp_path / "t.parquet")]
    finished = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert finished.stdout.splitlines()[-1] == "set()"


def test_the_version_is_printed(run_featser: Run) -> None:
    assert run_featser("--version").stdout == f"featser {__version__}\n"


@pytest.mark.parametrize("arguments", [("corpora",), ("corpora", "tess"), ("features",), ("models",)])
def test_lists_come_as_text_and_as_one_document(run_featser: Run, arguments: tuple[str, ...]) -> None:
    text = run_featser(*arguments)
    assert text.exit_code == 0
    assert text.stdout.strip()
    assert json.loads(run_featser(*arguments, "--json").stdout)


def test_features_of_one_set_are_those_it_computes(run_featser: Run) -> None:
    document = json.loads(run_featser("features", "--set", "classic", "--json").stdout)
    assert document["sets"][0]["n_features"] == 891
    assert {each["name"] for each in document["descriptors"]} == {"mfcc", "zcr", "rms", "chroma", "spectral_contrast"}


def test_features_of_the_wide_set_include_regions_and_the_utterance(run_featser: Run) -> None:
    document = json.loads(run_featser("features", "--set", "wide", "--json").stdout)
    assert "voiced_mean" in {each["name"] for each in document["functionals"]}
    assert {each["name"] for each in document["utterance"]} == {"rhythm", "modulation"}
    assert document["sets"][0]["n_features"] > 4000
    assert "of the utterance: modulation (48), rhythm (8)" in run_featser("features", "--set", "wide").stdout


def test_extract_reports_what_it_did(run_featser: Run, voices: Path, table_path: Path, tmp_path: Path) -> None:
    outcome = run_featser("extract", voices, "--features", "classic", "--out", tmp_path / "again.parquet", "--json")
    document = json.loads(outcome.stdout)
    assert outcome.exit_code == 0
    assert (document["n_utterances"], document["n_features"]) == (120, 891)
    assert (document["computed"], document["cached"], document["rejected"]) == (0, 120, [])
    assert (tmp_path / "again.parquet").read_bytes() == table_path.read_bytes()


def test_the_short_forms_work_as_they_stand(
    run_featser: Run, voices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``extract`` alone, ``fit --model`` alone, ``report`` alone, in a folder laid out as the README has it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "raw" / "voices").symlink_to(voices)
    assert run_featser("extract").exit_code == 0
    assert run_featser("fit", "--model", "logreg").exit_code == 0
    assert run_featser("report").exit_code == 0
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*.*")) == [
        "models/synthetic-emodb-logreg.joblib",
        "reports/index.html",
        "reports/leaderboard.md",
        "reports/scores.csv",
        "reports/scores.json",
    ]


def test_fit_says_all_that_scripts_rely_on(run_featser: Run, table_path: Path, tmp_path: Path) -> None:
    arguments = ("--out", tmp_path / "m.joblib", "--runs", tmp_path / "runs", "--json", "--seed", 7)
    document = json.loads(run_featser("fit", table_path, "--model", "svm", "--normalise", "speaker", *arguments).stdout)
    promised = (
        "run corpus model features protocol normalise seed n_utterances n_speakers classes uar uar_low uar_high "
        "war macro_f1 recall model_path predictions_path seconds"
    )
    assert set(promised.split()) <= document.keys()
    assert document["uar_low"] < document["uar"] < document["uar_high"]
    assert (document["protocol"], document["normalise"], document["seed"]) == ("leave-one-speaker-out", "speaker", 7)
    predictions = pd.read_parquet(document["predictions_path"])
    assert len(predictions) == document["n_utterances"] == 120
    assert Path(document["model_path"]).is_file()


def test_a_pipeline_file_gives_what_its_model_gives(run_featser: Run, table_path: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[model]\nname = "logreg"\nC = 0.003\n')
    common = ("--out", tmp_path / "m.joblib", "--runs", tmp_path / "runs", "--json")
    by_file = json.loads(run_featser("fit", table_path, "--pipeline", tmp_path / "mine.toml", *common).stdout)
    by_name = json.loads(run_featser("fit", table_path, "--model", "logreg", *common).stdout)
    assert by_file["uar"] == by_name["uar"]
    assert by_file["pipeline"] == "mine"


def test_a_leaky_run_is_stamped_wherever_it_shows(run_featser: Run, table_path: Path, tmp_path: Path) -> None:
    common = ("fit", table_path, "--model", "logreg", "--protocol", "random", "--runs", tmp_path / "runs")
    outcome = run_featser(*common, "--out", tmp_path / "m.joblib")
    assert "LEAKY" in outcome.stdout
    assert "LEAKY" in outcome.stderr
    assert "LEAKY" in run_featser("report", "--runs", tmp_path / "runs", "--out", tmp_path / "reports").stdout
    for name in ("index.html", "leaderboard.md"):
        assert "LEAKY" in (tmp_path / "reports" / name).read_text()
    recording = next(iter(sorted((Path(__file__).parent.parent / "data" / "toy" / "emodb").rglob("*.flac"))))
    assert "LEAKY" in run_featser("predict", tmp_path / "m.joblib", recording).stdout


def test_predict_gives_probabilities_in_json_and_csv(run_featser: Run, fitted: Path, voices: Path) -> None:
    files = sorted(voices.rglob("*.wav"))[:3]
    document = json.loads(run_featser("predict", "model.joblib", *files, "--json").stdout)
    assert set(document) >= {"model", "results", "rejected"}
    for result, file in zip(document["results"], files, strict=True):
        assert result.keys() == {"path", "emotion", "probabilities", "start_s", "end_s", "flags", "set"}
        assert result["path"] == str(file)
        assert result["emotion"] == max(result["probabilities"], key=result["probabilities"].get)
        assert sum(result["probabilities"].values()) == pytest.approx(1)
        assert result["set"][0] == result["emotion"]
        assert set(result["set"]) <= set(result["probabilities"])
        assert 0.5 < result["end_s"] < 4
    rows = list(csv.DictReader(io.StringIO(run_featser("predict", "model.joblib", *files, "--format", "csv").stdout)))
    assert [row["emotion"] for row in rows] == [each["emotion"] for each in document["results"]]
    assert [row["set"].split(";") for row in rows] == [each["set"] for each in document["results"]]
    assert float(rows[0]["p_anger"]) == document["results"][0]["probabilities"]["anger"]


def test_predict_takes_a_folder_and_says_how_far_to_trust_it(run_featser: Run, fitted: Path, voices: Path) -> None:
    outcome = run_featser("predict", "model.joblib", voices)
    assert outcome.exit_code == 0
    assert outcome.stdout.count("03a01") == 5
    assert "On speakers that it never heard, this pipeline scored UAR 0." in outcome.stdout
    assert "one of (90%)" in outcome.stdout
    assert "'One of' held the true emotion in " in outcome.stdout.replace("\n", " ")


def test_a_set_holds_every_emotion_above_the_threshold_of_the_model(
    run_featser: Run, fitted: Path, voices: Path
) -> None:
    document = json.loads(run_featser("predict", "model.joblib", voices, "--json").stdout)
    threshold = document["scores"]["none"]["conformal"]["threshold"]
    for result in document["results"]:
        above = {name for name, share in result["probabilities"].items() if 1 - share <= threshold}
        assert set(result["set"]) == above | {result["emotion"]}


def test_fit_says_what_its_confidence_is_worth(run_featser: Run, table_path: Path, tmp_path: Path) -> None:
    places = ("--runs", tmp_path / "runs", "--out", tmp_path / "m.joblib")
    words = run_featser("fit", table_path, "--model", "linear-svm", *places).stdout.replace("\n", " ")
    assert "Answering the surest half it is right in " in words
    assert "hold the true one for" in words
    document = json.loads(run_featser("fit", table_path, "--model", "linear-svm", *places, "--json").stdout)
    assert {"brier", "macro_precision", "precision", "conformal", "tuning"} <= document.keys()
    assert document["conformal"]["level"] == 0.9


def test_a_speaker_normalised_model_says_so_on_a_single_recording(
    run_featser: Run, table_path: Path, voices: Path, tmp_path: Path
) -> None:
    common = ("--normalise", "speaker", "--runs", tmp_path / "runs", "--out", tmp_path / "m.joblib", "--json")
    fit = json.loads(run_featser("fit", table_path, "--model", "svm", *common).stdout)
    files = sorted(voices.rglob("03*.wav"))
    one = run_featser("predict", tmp_path / "m.joblib", files[0], "--json")
    assert json.loads(one.stdout)["results"][0]["flags"] == ["inductive"]
    assert f"(UAR {fit['uar']:.3f})" in one.stderr
    assert f"inductive answer (UAR {fit['inductive_uar']:.3f})" in one.stderr.replace("\n", " ")
    many = run_featser("predict", tmp_path / "m.joblib", *files, "--speakers", "one", "--json")
    by_name = run_featser("predict", tmp_path / "m.joblib", *files, "--speakers", "emodb", "--json")
    assert all(each["flags"] == [] for each in json.loads(many.stdout)["results"])
    assert many.stdout == by_name.stdout
    assert many.stderr == ""


def test_results_go_to_stdout_and_the_rest_to_stderr(run_featser: Run, fitted: Path, voices: Path) -> None:
    bad = fitted / "bad.wav"
    bad.write_text("no audio")
    outcome = run_featser("predict", "model.joblib", min(voices.rglob("*.wav")), bad)
    assert outcome.exit_code == 4
    assert "bad.wav: text, not audio" in outcome.stderr
    assert "bad.wav" not in outcome.stdout


def test_quiet_means_results_and_what_was_rejected(run_featser: Run, fitted: Path, voices: Path) -> None:
    (fitted / "bad.wav").write_text("no audio")
    outcome = run_featser("-q", "predict", "model.joblib", min(voices.rglob("*.wav")), "bad.wav")
    assert (outcome.exit_code, outcome.stderr) == (4, "1 rejected:\n  bad.wav: text, not audio\n")
    assert "anger" in outcome.stdout or "sadness" in outcome.stdout or "neutral" in outcome.stdout
    quiet = run_featser("-q", "extract", voices, "--out", "t.parquet", "--features", "classic")
    assert (quiet.exit_code, quiet.stderr) == (0, "")


def test_reasons_that_are_above_are_above(run_featser: Run, fitted: Path) -> None:
    (fitted / "bad.wav").write_text("no audio")
    outcome = run_featser("-q", "predict", "model.joblib", "bad.wav")
    assert outcome.exit_code == 3
    assert outcome.stderr.splitlines() == [
        "1 rejected:",
        "  bad.wav: text, not audio",
        "featser: None of 1 recordings can be used; the reasons are above.",
    ]


@pytest.mark.parametrize("name", ["take[final].wav", "a[/b].wav", "[red]x[/red].wav", ":smile:.wav"])
def test_names_of_recordings_are_shown_as_they_are(run_featser: Run, fitted: Path, voices: Path, name: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(min(voices.rglob("*.wav")).read_bytes())
    outcome = run_featser("predict", "model.joblib", name)
    assert outcome.exit_code == 0
    assert name in outcome.stdout


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_same_commands_in_a_fresh_folder_give_the_same_bytes(
    run_featser: Run, voices: Path, table_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    """Table, predictions and model: no clock, no path, no number of workers."""
    made = {}
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.setenv("FEATSER_CACHE_DIR", str(folder / "cache"))
        assert (
            run_featser("extract", voices, "--features", "classic", "--out", "t.parquet", "--jobs", jobs).exit_code == 0
        )
        assert run_featser("fit", "t.parquet", "--model", "xgb", "--out", "m.joblib").exit_code == 0
        names = ("t.parquet", "m.joblib", next(iter(folder.glob("reports/runs/*/predictions.parquet"))))
        made[name] = [(folder / each).read_bytes() for each in names]
    assert made["a"] == made["b"]
    assert made["a"][0] == table_path.read_bytes()


def test_colour_is_left_out_where_nobody_wants_it(run_featser: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    outcome = run_featser("fit", "nowhere.parquet", "--model", "smv")
    assert "\x1b" not in outcome.stdout + outcome.stderr


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of ours in ``featser features``."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug\nof two lines")

    monkeypatch.setattr("featser.features.builtin_feature_sets", fail)


def test_a_bug_of_ours_is_called_one(run_featser: Run, broken: None) -> None:
    outcome = run_featser("features")
    assert outcome.exit_code == 1
    assert one_line(outcome) == (
        "ZeroDivisionError: a bug of two lines. That is a bug of ours. "
        "For its traceback put --debug in front: featser --debug COMMAND."
    )


def test_a_traceback_comes_for_those_who_ask(run_featser: Run, broken: None) -> None:
    outcome = run_featser("--debug", "features")
    assert outcome.exit_code == 1
    assert "Traceback (most recent call last)" in outcome.stderr
    assert 'raise ZeroDivisionError("a bug' in outcome.stderr
    assert outcome.stderr.splitlines()[-1].startswith("featser: ZeroDivisionError: a bug of two lines.")


def test_an_error_keeps_its_exit_code_under_debug(run_featser: Run) -> None:
    outcome = run_featser("--debug", "corpora", "emobd")
    assert outcome.exit_code == 2
    assert "Traceback" in outcome.stderr


def test_what_the_file_system_refuses_is_no_bug(run_featser: Run, tmp_path: Path, table_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    outcome = run_featser("fit", table_path, "--model", "logreg", "--runs", tmp_path / "file" / "runs")
    assert outcome.exit_code == 3
    assert one_line(outcome).startswith(f"Not a directory: '{tmp_path / 'file' / 'runs'}/")
    assert one_line(outcome).endswith("'. Choose another place, or make room there.")


@pytest.mark.skipif(sys.platform == "win32", reason="no limits to the size of files")
@pytest.mark.parametrize("known", [False, True], ids=["for rows", "for the table"])
def test_a_full_disk_is_no_bug_and_loses_nothing(
    run_featser: Run, voices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """A limit to the size of files stands for it."""
    monkeypatch.setenv("FEATSER_CACHE_DIR", str(tmp_path / "cache"))
    command = ("-q", "extract", voices, "--out", tmp_path / "t.parquet", "--json")
    rows = json.loads(run_featser(*command).stdout)["computed"]  # and compile, which needs room too
    (tmp_path / "t.parquet").unlink()
    if not known:
        shutil.rmtree(tmp_path / "cache" / "rows")
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    script = f"{limited}; from featser.cli import main; main()"
    told = subprocess.run([sys.executable, "-c", script, *map(str, command)], capture_output=True, text=True)
    assert told.returncode == 3
    last = told.stderr.splitlines()[-1]
    assert last.startswith("featser: File too large")
    assert f": '{tmp_path / ('t.parquet' if known else 'cache')}" in last
    assert [path.name for path in tmp_path.rglob("*") if path.suffix not in {".rows", ".json", ".sqlite", ""}] == []
    again = json.loads(run_featser(*command).stdout)
    assert (again["computed"], again["cached"]) == ((0, rows) if known else (rows, 0))


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("fit", "--json", "--nope"), 2),
        (("fit", "--json", "--seed", "x"), 2),
        (("predict", "--json"), 2),
        (("fit", "nowhere.parquet", "--model", "svm", "--json"), 2),
        (("predict", "--format", "json", "nowhere.joblib", "a.wav"), 2),
        (("predict", "--format=json", "nowhere.joblib", "a.wav"), 2),
        (("features", "--json"), 1),
    ],
)
def test_json_is_one_document_whatever_goes_wrong(
    run_featser: Run, broken: None, arguments: tuple[str, ...], exit_code: int
) -> None:
    outcome = run_featser(*arguments)
    assert outcome.exit_code == exit_code
    assert json.loads(outcome.stdout) == {"error": one_line(outcome), "exit_code": exit_code}


def test_a_file_that_is_named_as_an_option_asks_for_nothing(run_featser: Run) -> None:
    assert run_featser("predict", "nowhere.joblib", "--", "--json").stdout == ""


def test_an_interruption_is_told_and_exits_with_130(
    run_featser: Run, table_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("featser.training.fit", interrupted)
    outcome = run_featser("fit", table_path, "--model", "svm")
    assert outcome.exit_code == 130
    assert "Interrupted. What was finished is kept." in outcome.stderr


def test_numbers_on_the_page_are_those_of_the_run(run_featser: Run, fitted: Path) -> None:
    assert run_featser("report").exit_code == 0
    scores = pd.read_csv("reports/scores.csv")
    run = json.loads(next(iter(Path("reports/runs").glob("*/run.json"))).read_text())
    assert scores["uar"].iloc[0] == pytest.approx(run["uar"], rel=0, abs=1e-15)
    assert f"{run['uar']:.3f}" in Path("reports/index.html").read_text()
    assert np.array(run["confusion"]).sum() == run["n_utterances"]
