"""A descriptor of one's own, from its file to an emotion, as the page about it says."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from outcomes import Outcome, one_line

from featser.bundle import load_model, read_card
from featser.features import PLUGINS, load_plugin, unload_plugin

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "own-descriptor.md").read_text(encoding="utf-8")

Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with the files of the page; what a test loads is gone after it."""
    for language in ("python", "toml"):
        for block in blocks(language):
            name = re.match(r"# (\S+\.(py|toml))\n", block)
            if name:
                (tmp_path / name[1]).write_text(block, encoding="utf-8")
    shutil.copytree(PROJECT / "data" / "toy" / "emodb", tmp_path / "data" / "toy" / "emodb")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    forget()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def forget() -> None:
    """Unload the plugins, as in a new process."""
    for name in list(PLUGINS):
        unload_plugin(name)


def commands() -> dict[str, list[str]]:
    """The commands of the page, by name."""
    lines = [line.split()[1:] for block in blocks("bash") for line in block.splitlines()]
    return {line[0]: line for line in lines}


def made(run_featser: Run, *names: str) -> None:
    for name in names:
        outcome = run_featser(*commands()[name])
        assert outcome.exit_code == 0, outcome.stderr
        forget()


def test_the_descriptor_of_the_page_is_ten_lines() -> None:
    written = blocks("python")[0].splitlines()
    assert len(written[written.index('@low_level_descriptor(family="shape", unit="dB")') :]) <= 10


@pytest.mark.slow
def test_the_page_works_as_it_stands(run_featser: Run, here: Path) -> None:
    assert list(commands()) == ["features", "extract", "fit", "predict"]
    made(run_featser, *commands())
    table = pd.read_parquet("crest.parquet")
    assert table["spectral_crest__mean"].between(0, 30).all()
    card = read_card(Path("crest.joblib"))
    assert [each["name"] for each in card["plugins"]] == ["crest"]
    assert b"log10" not in Path("crest.joblib").read_bytes()


def test_rows_are_kept_until_the_file_changes(run_featser: Run, here: Path) -> None:
    made(run_featser, "extract")
    again = json.loads(run_featser(*commands()["extract"], "--json").stdout)
    assert again["computed"] == 0
    with Path("crest.py").open("a") as file:
        file.write("# changed\n")
    changed = json.loads(run_featser(*commands()["extract"], "--json").stdout)
    assert changed["computed"] == again["cached"] > 0


def test_why_a_row_is_computed_again_is_told_of_ones_own_sets_too(run_featser: Run, here: Path) -> None:
    made(run_featser, "extract")
    recording = min(here.glob("data/toy/emodb/**/*.flac"))
    asked = ("cache", "why", recording, "--features", "mine.toml", "--plugin", "crest.py")
    assert "a row is in the cache; it is used" in run_featser(*asked).stdout
    with Path("crest.py").open("a") as file:
        file.write("# changed as nowhere else\n")
    assert "computed by other plugin 'crest', not used any more" in run_featser(*asked).stdout


def test_a_table_or_model_asks_for_its_plugin(run_featser: Run, here: Path) -> None:
    made(run_featser, "extract", "fit")
    for command, what in (("fit", "crest.parquet"), ("predict", "crest.joblib")):
        without = [each for each in commands()[command] if each not in ("--plugin", "crest.py")]
        outcome = run_featser(*without)
        assert outcome.exit_code == 2
        assert re.fullmatch(
            rf"{what} needs the plugin 'crest' \(sha256 \w{{12}}\), which is not loaded\. "
            r"Give its file: --plugin crest\.py\.",
            one_line(outcome),
        )


def test_a_search_takes_plugins_as_well(run_featser: Run, here: Path) -> None:
    made(run_featser, "extract")
    command = ["tune", "crest.parquet", "--model", "logreg", "--trials", "1"]
    assert "Give its file: --plugin crest.py." in one_line(run_featser(*command))
    outcome = run_featser(*command, "--plugin", "crest.py")
    assert outcome.exit_code == 0, outcome.stderr


def test_a_model_refuses_another_plugin_of_that_name(run_featser: Run, here: Path) -> None:
    made(run_featser, "extract", "fit")
    with Path("crest.py").open("a") as file:
        file.write("# changed\n")
    outcome = run_featser(*commands()["predict"])
    assert outcome.exit_code == 3
    assert one_line(outcome).startswith("crest.joblib was made with another version of the plugin 'crest' (sha256 ")


def test_a_model_that_is_loaded_otherwise_asks_too(run_featser: Run, here: Path) -> None:
    import joblib

    from featser.errors import UsageError

    made(run_featser, "extract", "fit")
    recording = min(here.glob("data/toy/emodb/**/*.flac"))
    with pytest.raises(UsageError, match=r"^This model needs the plugin 'crest'"):
        joblib.load("crest.joblib").predict([recording])
    load_plugin("crest.py")
    assert joblib.load("crest.joblib").predict([recording]) == load_model(Path("crest.joblib")).predict([recording])


def test_the_list_of_features_says_what_comes_from_a_plugin_and_what_it_costs(run_featser: Run, here: Path) -> None:
    asked = ("features", "--set", "mine.toml", "--plugin", "crest.py")
    document = json.loads(run_featser(*asked, "--json").stdout)
    found = {each["name"]: each for each in document["descriptors"]}
    assert {name: each["plugin"] for name, each in found.items()} == {
        "mfcc": None,
        "f0": None,
        "spectral_crest": "crest",
    }
    assert all(each["cost"] > 0 for each in found.values())
    assert document["sets"][0]["cost_ms_per_s"] > 0
    shown = run_featser(*asked).stdout
    assert "shape (plugin crest)" in shown
    assert re.search(r"set mine: 69 features, \d+\.\d ms per second of speech\. mine", shown)


def test_every_promise_is_a_line(run_featser: Run, here: Path) -> None:
    outcome = run_featser("features", "--plugin", "crest.py", "--check")
    lines = outcome.stdout.splitlines()
    assert "kept    spectral_crest returns one value per dimension and frame" in lines
    assert all(line.startswith("kept    spectral_crest ") for line in lines)
    document = json.loads(run_featser("features", "--plugin", "crest.py", "--check", "--json").stdout)
    assert len(document["checks"]) == len(lines)


def test_a_broken_promise_is_told_and_is_an_error(run_featser: Run, here: Path) -> None:
    path = Path("crest.py")
    path.write_text(path.read_text().replace("mean > 0)", "mean >= 0)"))
    outcome = run_featser("features", "--plugin", "crest.py", "--check")
    assert outcome.exit_code == 2
    assert "broken  spectral_crest returns no infinity: raises RuntimeWarning: invalid value" in outcome.stdout
    assert re.fullmatch(r"\d of 10 checks failed\. See the lines marked 'broken'\.", one_line(outcome))
    as_json = run_featser("features", "--plugin", "crest.py", "--check", "--json")
    assert as_json.exit_code == 2
    assert any(each["fault"] for each in json.loads(as_json.stdout)["checks"])


@pytest.mark.parametrize("command", ["features", "extract", "fit", "predict"])
def test_a_plugin_that_does_not_run_is_one_line(run_featser: Run, here: Path, command: str) -> None:
    Path("crest.py").write_text("import numpy as np\ndef f(:\n")
    outcome = run_featser(*commands()[command])
    assert outcome.exit_code == 2
    assert one_line(outcome) == "Plugin crest.py cannot be used: line 2: invalid syntax."


def test_a_plugin_that_gives_the_wrong_shape_is_one_line(run_featser: Run, here: Path) -> None:
    path = Path("crest.py")
    path.write_text(
        path.read_text().replace("axis=0), frames.power.mean(axis=0)", "axis=1), frames.power.mean(axis=1)")
    )
    outcome = run_featser(*commands()["extract"])
    assert outcome.exit_code == 2
    assert re.match(r"'spectral_crest' of .*crest\.py returns shape \(257,\) in place of \(\d+,\)", one_line(outcome))


def test_nothing_to_check_is_a_mistake(run_featser: Run, here: Path) -> None:
    outcome = run_featser("features", "--check")
    assert outcome.exit_code == 2
    assert one_line(outcome) == "There is no plugin to check. Name one: featser features --plugin FILE.py --check."
