"""The scripts in examples/ run, and their files are what they say."""

import re
import runpy
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import soundfile
from outcomes import Outcome

from featser.audio import duration_of
from featser.features import PLUGINS, unload_plugin
from featser.table import read_table

PROJECT = Path(__file__).parents[1]
SCRIPTS = sorted(each.stem for each in (PROJECT / "examples").glob("*.py") if each.stem != "crest")

Run = Callable[[str], dict[str, Any]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a script in a copy of the files that it reads; return its variables."""
    shutil.copytree(PROJECT / "data" / "toy" / "emodb", tmp_path / "data" / "toy" / "emodb")
    shutil.copytree(PROJECT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)

    def run_script(name: str) -> dict[str, Any]:
        try:
            return runpy.run_path(f"examples/{name}.py", run_name="__main__")
        finally:
            for plugin in list(PLUGINS):
                unload_plugin(plugin)

    return run_script


def test_every_script_has_a_test() -> None:
    here = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert set(SCRIPTS) <= here


def test_own_recordings(run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    names = run("own_recordings")
    assert names["table"].corpus == "recordings"
    assert len(names["table"].manifest) == len(pd.read_csv("examples/recordings.csv"))
    assert names["result"].uar > 0.4
    assert (tmp_path / "own-recordings.joblib").is_file()
    assert "['anger']" in capsys.readouterr().out


def test_scikit_learn(run: Run) -> None:
    names = run("scikit_learn")
    assert names["uar"] > 0.4
    assert names["best"].best_params_.keys() == {"svc__C"}
    assert set(names["predicted"]) <= set(names["y"])


@pytest.mark.slow
def test_own_descriptor(run: Run) -> None:
    names = run("own_descriptor")
    columns = [name for name in names["table"].features if name.startswith("spectral_crest")]
    assert columns == ["spectral_crest__mean", "spectral_crest__std", "spectral_crest__p95"]
    assert names["table"].features[columns].notna().all(axis=None)
    assert set(names["scores"]) == {"small", "small-crest"}


@pytest.mark.slow
def test_compare_feature_sets(run: Run, tmp_path: Path) -> None:
    names = run("compare_feature_sets")
    assert names["results"]["classic"].uar > names["results"]["mfcc"].uar > names["results"]["duration"].uar
    assert len(names["by_speaker"]) == 6
    page = (tmp_path / "example-report" / "index.html").read_text(encoding="utf-8")
    assert all(name in page for name in ("classic", "mfcc", "duration"))


@pytest.mark.slow
def test_call_centre(run_featser: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    """The folder of the guide becomes a scored model by its three commands."""
    names = runpy.run_path(str(PROJECT / "examples" / "call_centre.py"))
    names["main"](Path("anrufe"))
    guide = (PROJECT / "docs" / "call-centre.md").read_text(encoding="utf-8")
    commands = [
        shlex.split(text.replace("\\\n", "")) for text in re.findall(r"```bash\n(.*?)\n```", guide, flags=re.DOTALL)
    ]
    assert [command[1] for command in commands] == ["extract", "fit", "predict"]
    extracted, fitted, predicted = [run_featser(*command[1:]) for command in commands]

    assert extracted.exit_code == 4
    assert "5 rejected" in extracted.stderr
    assert extracted.stderr.count("has no emotion") == 5
    manifest = read_table([Path("anrufe.parquet")]).manifest
    assert len(manifest) == 72 - 5 + 24
    assert set(manifest["emotion"]) == set(names["MOODS"])
    assert set(manifest["speaker"].str.partition("/")[2]) == set(names["CALLERS"])
    assert set(manifest["path"].str.lower().str.rpartition(".")[2]) == {"mp3", "opus", "m4a", "wav", "flac"}
    assert (manifest["duration_s"][manifest["start_s"].notna()] < 3).all()
    assert duration_of("anrufe/Besprechung für Müller.opus") == pytest.approx(1200, abs=1)
    assert {soundfile.info(each).channels for each in Path("anrufe").glob("*Günther*")} | {1} == {1}
    assert {soundfile.info(each).channels for each in Path("anrufe").glob("*Änne*")} == {2}
    assert {soundfile.info(each).samplerate for each in Path("anrufe").glob("*Günther*")} == {8000}

    assert fitted.exit_code == 0
    uar = float(re.search(r"lda +wide +(0\.\d+)", fitted.stdout)[1])
    assert uar > 0.5
    assert Path("anrufe.joblib").is_file()
    assert predicted.exit_code in (0, 4)
    assert "Anruf Zoë" in predicted.stdout
