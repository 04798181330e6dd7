"""The contract of a command, and the commands from recordings to an emotion."""

import csv
import errno
import inspect
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from outcomes import Outcome, one_line

from featser import __version__
from featser.bundle import Model, write_model
from featser.cli import app
from featser.pipeline import specification_for
from featser.table import Table
from featser.training import fit

COMMANDS = {command.callback.__name__: command.callback for command in app.registered_commands}
WITH_OUT = [name for name, callback in COMMANDS.items() if "out" in inspect.signature(callback).parameters]
Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def model(table: Table) -> Model:
    return fit(table, specification_for("logreg"), protocol="3-fold-by-speaker", normalise="speaker").model


@pytest.fixture
def here(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a model and a file that is no audio."""
    monkeypatch.chdir(tmp_path)
    write_model(model, tmp_path / "model.joblib")
    (tmp_path / "bad.wav").write_text("no audio")
    return tmp_path


# What holds for every command


@pytest.mark.parametrize("command", COMMANDS)
def test_it_has_help(run_featser: Run, command: str) -> None:
    outcome = run_featser(command, "--help")
    assert outcome.exit_code == 0
    assert "Usage: featser " + command in outcome.stdout.replace("\n", " ")


@pytest.mark.parametrize("command", COMMANDS)
def test_it_refuses_an_unknown_option(run_featser: Run, command: str) -> None:
    outcome = run_featser(command, "--nonsense")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("No such option: --nonsense")
    assert one_line(outcome).endswith(f"See featser {command} --help.")


@pytest.mark.parametrize("command", WITH_OUT)
@pytest.mark.parametrize("out", ["/dev/full", "bad.wav/below"])
def test_it_refuses_an_output_path_before_the_work(run_featser: Run, here: Path, command: str, out: str) -> None:
    """Without any input that exists: the output path is checked first."""
    parameters = inspect.signature(COMMANDS[command]).parameters.values()
    required = ["missing" for each in parameters if each.default is each.empty]
    outcome = run_featser(command, *required, "--out", out)
    assert outcome.exit_code == 2
    assert out in one_line(outcome)
    assert Path("/dev/full").is_char_device()
    assert Path("bad.wav").read_text() == "no audio"


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['featser', '--help']\nfrom featser.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'scipy', 'sklearn', 'xgboost', 'librosa', 'matplotlib', 'optuna'}\n"
        "print(heavy & set(sys.modules))"
    )
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert finished.stdout.splitlines()[-1] == "set()"


def test_extract_from_the_cache_imports_no_library_of_audio_or_learning(
    voices: Path, table_path: Path, tmp_path: Path
) -> None:
    script = (
        "import sys; sys.argv = ['featser', 'extract', '--features', 'classic', sys.argv[1], '--out', sys.argv[2]]\n"
        "from featser.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "print({'librosa', 'sklearn', 'scipy.stats', 'scipy.signal'} & set(sys.modules))"
    )
    arguments = [sys.executable, "-c", script, str(voices), str(tmp_path / "t.parquet")]
    finished = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert finished.stdout.splitlines()[-1] == "set()"


def test_the_version_is_printed(run_featser: Run) -> None:
    assert run_featser("--version").stdout == f"featser {__version__}\n"


# Lists


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("corpora",), "emodb"),
        (("corpora", "tess"), "Toronto"),
        (("features",), "spectral_centroid"),
        (("models",), "random-forest"),
    ],
)
def test_lists_come_as_text_and_as_one_document(run_featser: Run, arguments: tuple[str, ...], words: str) -> None:
    text = run_featser(*arguments)
    assert text.exit_code == 0
    assert words in text.stdout
    assert words in json.dumps(json.loads(run_featser(*arguments, "--json").stdout))


def test_features_of_one_set_are_those_that_it_computes(run_featser: Run) -> None:
    classic = json.loads(run_featser("features", "--set", "classic", "--json").stdout)
    assert classic["sets"][0]["n_features"] == 891
    assert {each["name"] for each in classic["descriptors"]} == {"mfcc", "zcr", "rms", "chroma", "spectral_contrast"}
    wide = json.loads(run_featser("features", "--set", "wide", "--json").stdout)
    assert "voiced_mean" in {each["name"] for each in wide["functionals"]}
    assert {each["name"]: len(each["names"]) for each in wide["utterance"]} == {"rhythm": 8, "modulation": 48}


# From recordings to a model


def test_extract_reports_what_it_did(run_featser: Run, voices: Path, table_path: Path, tmp_path: Path) -> None:
    outcome = run_featser("extract", voices, "--features", "classic", "--out", tmp_path / "again.parquet", "--json")
    document = json.loads(outcome.stdout)
    assert outcome.exit_code == 0
    assert (document["n_utterances"], document["n_features"]) == (120, 891)
    assert (document["computed"], document["cached"], document["rejected"]) == (0, 120, [])
    assert (tmp_path / "again.parquet").read_bytes() == table_path.read_bytes()


@pytest.mark.slow
def test_the_short_forms_use_the_default_places(
    run_featser: Run, voices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "raw" / "voices").symlink_to(voices)
    for command in (("extract",), ("fit", "--model", "logreg"), ("report",)):
        assert run_featser(*command).exit_code == 0
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*.*")) == [
        "models/synthetic-emodb-wide-logreg-leave-one-speaker-out-none.joblib",
        "reports/index.html",
        "reports/leaderboard.md",
        "reports/leaderboard.tex",
        "reports/scores.csv",
        "reports/scores.json",
    ]


def test_fit_has_the_keys_that_scripts_rely_on(run_featser: Run, table_path: Path, tmp_path: Path) -> None:
    places = ("--out", tmp_path / "m.joblib", "--runs", tmp_path / "runs")
    options = ("--model", "linear-svm", "--protocol", "3-fold-by-speaker", "--normalise", "speaker", "--seed", 7)
    document = json.loads(run_featser("fit", table_path, *options, *places, "--json").stdout)
    promised = (
        "run corpus model features protocol normalise seed n_utterances n_speakers classes uar uar_low uar_high "
        "war macro_f1 recall model_path predictions_path seconds brier macro_precision precision tuning"
    )
    assert set(promised.split()) <= document.keys()
    assert document["uar_low"] < document["uar"] < document["uar_high"]
    assert (document["protocol"], document["normalise"], document["seed"]) == ("3-fold-by-speaker", "speaker", 7)
    assert document["conformal"]["level"] == 0.9
    assert len(pd.read_parquet(document["predictions_path"])) == document["n_utterances"] == 120
    assert Path(document["model_path"]).is_file()


@pytest.mark.slow
def test_a_pipeline_file_gives_what_its_model_gives(run_featser: Run, table_path: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[model]\nname = "logreg"\nC = 0.003\n')
    common = ("--protocol", "2-fold-by-speaker", "--out", tmp_path / "m.joblib", "--runs", tmp_path / "runs", "--json")
    by_file = json.loads(run_featser("fit", table_path, "--pipeline", tmp_path / "mine.toml", *common).stdout)
    by_name = json.loads(run_featser("fit", table_path, "--model", "logreg", *common).stdout)
    assert by_file["uar"] == by_name["uar"]
    assert by_file["pipeline"] == "mine"


def test_a_leaky_run_is_stamped_wherever_it_shows(
    run_featser: Run, voices: Path, table_path: Path, tmp_path: Path
) -> None:
    common = ("fit", table_path, "--model", "logreg", "--protocol", "random", "--runs", tmp_path / "runs")
    outcome = run_featser(*common, "--out", tmp_path / "m.joblib")
    assert "LEAKY" in outcome.stdout
    assert "This score is inflated by leakage." in outcome.stderr
    assert "LEAKY" in run_featser("report", "--runs", tmp_path / "runs", "--out", tmp_path / "reports").stdout
    for name in ("index.html", "leaderboard.md"):
        assert "LEAKY" in (tmp_path / "reports" / name).read_text()
    predicted = run_featser("predict", tmp_path / "m.joblib", min(voices.rglob("*.wav")))
    assert "LEAKY score on synthetic-emodb, inflated by leakage: UAR " in " ".join(predicted.stdout.split())


@pytest.mark.slow
def test_the_same_commands_in_a_fresh_folder_give_the_same_bytes(
    run_featser: Run, voices: Path, table_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Table, predictions and model depend on no clock, path or number of workers."""
    made = []
    for jobs in (1, 2):
        folder = tmp_path / f"jobs-{jobs}"
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.setenv("FEATSER_CACHE_DIR", str(folder / "cache"))
        Path("few.toml").write_text('[model]\nname = "xgb"\nn_trees = 12\n')
        extract = ("extract", voices, "--features", "classic", "--out", "t.parquet", "--jobs", jobs)
        assert run_featser(*extract).exit_code == 0
        assert run_featser("fit", "t.parquet", "--pipeline", "few.toml", "--out", "m.joblib").exit_code == 0
        names = ("t.parquet", "m.joblib", next(iter(folder.glob("reports/runs/*/predictions.parquet"))))
        made.append([(folder / each).read_bytes() for each in names])
    assert made[0] == made[1]
    assert made[0][0] == table_path.read_bytes()


# From a model to an emotion


def test_predict_gives_probabilities_in_json_and_csv(run_featser: Run, here: Path, voices: Path, model: Model) -> None:
    files = sorted(voices.rglob("*.wav"))[:5]
    document = json.loads(run_featser("predict", "model.joblib", *files, "--json").stdout)
    assert set(document) >= {"model", "results", "rejected"}
    threshold = document["scores"]["none"]["conformal"]["threshold"]
    for result, file, emotion in zip(document["results"], files, model.predict(files), strict=True):
        assert result.keys() == {
            *("path", "emotion", "probabilities", "start_s", "end_s", "flags", "set"),
            *("p_value", "answered", "normalise"),
        }
        assert (result["path"], result["emotion"]) == (str(file), emotion)
        assert sum(result["probabilities"].values()) == pytest.approx(1)
        likely = {name for name, share in result["probabilities"].items() if 1 - share <= threshold}
        assert emotion == max(result["probabilities"], key=result["probabilities"].get)
        if result["p_value"] >= 0.2:
            assert set(result["set"]) == likely | {emotion}
            assert result["set"][0] == emotion
        assert (result["start_s"], 0.5 < result["end_s"] < 4) == (0, True)
    rows = list(csv.DictReader(io.StringIO(run_featser("predict", "model.joblib", *files, "--format", "csv").stdout)))
    for row, result in zip(rows, document["results"], strict=True):
        assert (row["emotion"], row["set"]) == (result["emotion"], ";".join(result["set"]))
        assert float(row["p_anger"]) == result["probabilities"]["anger"]


def test_predict_takes_a_folder_and_states_the_score(run_featser: Run, here: Path, voices: Path, model: Model) -> None:
    outcome = run_featser("predict", "model.joblib", voices, "--jobs", 2)
    assert outcome.exit_code == 0
    assert outcome.stdout.count("03a01") == 5
    score, words = model.scores["none"], " ".join(outcome.stdout.split())
    assert f"Score on unseen speakers of synthetic-emodb: UAR {score['uar']:.3f} [" in words
    assert "] (3-fold-by-speaker, normalisation none)." in words
    assert "one of (90%)" in words
    assert f"'One of' contained the true emotion in {score['conformal']['coverage']:.0%} of those" in words
    assert words.endswith("The model is trained on all 120 utterances of synthetic-emodb.")


def test_a_speaker_normalised_model_says_when_it_did_not_adapt(
    run_featser: Run, here: Path, voices: Path, model: Model
) -> None:
    files = sorted(voices.rglob("03*.wav"))
    unadapted, adapted = (f"(UAR {model.scores[way]['uar']:.3f})" for way in ("none", "speaker"))
    answered = f"; the unadapted model answered {unadapted}. With "

    def told(*arguments: object) -> tuple[int, str]:
        outcome = run_featser("predict", "model.joblib", *arguments, "--json")
        n_inductive = sum("inductive" in each["flags"] for each in json.loads(outcome.stdout)["results"])
        return n_inductive, outcome.stderr

    n_inductive, message = told(files[0])
    assert n_inductive == 1
    adapts = f"3 or more, --speakers one or --enrol PATH, it adapts {adapted}."
    assert f"One recording is too few to adapt to this voice{answered}{adapts}" in message
    n_inductive, message = told(*files)
    assert n_inductive == len(files)
    assert f"The speakers of the {len(files)} recordings are unknown{answered}--speakers one, folder or a " in message
    other = min(voices.rglob("08*.wav"))
    n_inductive, message = told(*files, other, "--speakers", "emodb")
    assert n_inductive == 1
    assert f"1 of {len(files) + 1} recordings have too few others of their speaker to adapt to{answered}" in message
    for speakers in ("one", "emodb"):
        n_inductive, message = told(*files, "--speakers", speakers)
        assert n_inductive == 0
        assert "unadapted" not in message


def test_names_of_recordings_are_not_read_as_markup(run_featser: Run, here: Path, voices: Path) -> None:
    names = ["take[final].wav", "a[/b].wav", "[red]x[/red].wav", ":smile:.wav"]
    for name in names:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(min(voices.rglob("*.wav")).read_bytes())
    outcome = run_featser("predict", "model.joblib", *names)
    assert outcome.exit_code == 0
    assert all(name in outcome.stdout for name in names)


# Streams, exit codes and errors


def test_results_go_to_stdout_and_rejected_recordings_to_stderr_also_when_quiet(
    run_featser: Run, here: Path, voices: Path
) -> None:
    Path("good.wav").write_bytes(min(voices.rglob("*.wav")).read_bytes())
    outcome = run_featser("-q", "predict", "model.joblib", "good.wav", "bad.wav")
    assert (outcome.exit_code, outcome.stderr) == (4, "1 rejected:\n  bad.wav: text, not audio\n")
    emotion = json.loads(run_featser("predict", "model.joblib", "good.wav", "--json").stdout)["results"][0]["emotion"]
    assert re.search(rf"good\.wav\s+{emotion}\s+0\.\d\d ", outcome.stdout)
    assert "bad.wav" not in outcome.stdout
    quiet = run_featser("-q", "extract", voices, "--out", "t.parquet", "--features", "classic")
    assert (quiet.exit_code, quiet.stderr) == (0, "")


def test_nothing_but_rejected_recordings_is_an_error_after_their_reasons(run_featser: Run, here: Path) -> None:
    outcome = run_featser("-q", "predict", "model.joblib", "bad.wav")
    assert outcome.exit_code == 3
    assert outcome.stderr.splitlines() == [
        "1 rejected:",
        "  bad.wav: text, not audio",
        "featser: None of 1 recordings can be used, for the reasons above.",
    ]


def test_errors_on_a_terminal_are_red_unless_no_color_is_set(run_featser: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert run_featser("corpora", "emobd").stderr.startswith("\x1b[31mfeatser: ")
    monkeypatch.setenv("NO_COLOR", "1")
    assert run_featser("corpora", "emobd").stderr.startswith("featser: ")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in ``featser features``."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug\nof two lines")

    monkeypatch.setattr("featser.features.feature_sets", fail)


def test_a_bug_is_one_line_and_a_traceback_under_debug(run_featser: Run, broken: None) -> None:
    outcome = run_featser("features")
    assert outcome.exit_code == 1
    assert one_line(outcome) == (
        "ZeroDivisionError: a bug of two lines. This is a bug in featser. Show its traceback: featser --debug COMMAND."
    )
    debugged = run_featser("--debug", "features")
    assert debugged.exit_code == 1
    assert 'raise ZeroDivisionError("a bug' in debugged.stderr
    assert debugged.stderr.splitlines()[-1] == outcome.stderr.splitlines()[-1]


def test_an_error_keeps_its_exit_code_under_debug(run_featser: Run) -> None:
    outcome = run_featser("--debug", "corpora", "emobd")
    assert outcome.exit_code == 2
    assert "Traceback" in outcome.stderr


def test_an_error_of_the_file_system_is_no_bug(run_featser: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "reports/runs")

    monkeypatch.setattr("featser.evaluation.read_runs", fail)
    outcome = run_featser("report")
    assert outcome.exit_code == 3
    assert one_line(outcome) == "Permission denied: 'reports/runs'. Choose another place, or make room there."


@pytest.mark.slow
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
        shutil.rmtree(tmp_path / "cache")
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    script = f"{limited}; from featser.cli import main; main()"
    told = subprocess.run([sys.executable, "-c", script, *map(str, command)], capture_output=True, text=True)
    assert told.returncode == 3
    last = told.stderr.splitlines()[-1]
    place = f"File too large: '{tmp_path / 't.parquet'}'" if known else f"Input/output error: '{tmp_path / 'cache'}"
    assert last.startswith(f"featser: {place}")
    assert not list(tmp_path.rglob("*.part"))
    again = json.loads(run_featser(*command).stdout)
    assert again["computed"] + again["cached"] == rows
    assert again["computed"] == 0 or not known


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
def test_json_is_one_document_for_errors_too(
    run_featser: Run, broken: None, arguments: tuple[str, ...], exit_code: int
) -> None:
    outcome = run_featser(*arguments)
    assert outcome.exit_code == exit_code
    assert json.loads(outcome.stdout) == {"error": one_line(outcome), "exit_code": exit_code}


def test_a_file_that_is_named_like_an_option_is_a_file(run_featser: Run) -> None:
    assert run_featser("predict", "nowhere.joblib", "--", "--json").stdout == ""


def test_an_interruption_exits_with_130(run_featser: Run, table_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("featser.training.fit", interrupted)
    outcome = run_featser("fit", table_path, "--model", "svm")
    assert outcome.exit_code == 130
    assert "Interrupted. Finished work is kept." in outcome.stderr
