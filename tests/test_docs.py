"""The documents tell the truth: their commands run, their tables are what the registries say."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from outcomes import Outcome

from featser.cli import app
from featser.corpora import CORPORA
from featser.evaluation import PROTOCOLS
from featser.models import MODELS

PROJECT = Path(__file__).parent.parent


def blocks(document: str, language: str) -> list[str]:
    text = (PROJECT / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_the_commands_of_the_readme_run_as_they_stand_and_so_does_its_python(
    run_featser: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(PROJECT / "data" / "toy", tmp_path / "data" / "toy")
    monkeypatch.chdir(tmp_path)
    commands = [line.split() for block in blocks("README.md", "bash") for line in block.splitlines()]
    assert [command[1] for command in commands] == ["extract", "fit", "report", "predict"]
    for command in commands:
        outcome = run_featser(*command[1:])
        assert outcome.exit_code == 0, outcome.stderr
    names: dict[str, object] = {}
    for block in blocks("README.md", "python"):
        exec(block, names)
    assert list(names["model"].classes_) == ["anger", "boredom", "happiness", "neutral", "sadness"]


def test_the_readme_names_every_command_and_protocol() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        name = command.callback.__name__
        assert f"featser {name}" in text or f"`{name}`" in text
    for protocol in PROTOCOLS:
        assert f"| `{protocol}` |" in text
    for model in MODELS:
        assert re.search(rf"^\| ([a-z-]+, )*{model}(, [a-z-]+)* \| ", text, flags=re.MULTILINE), model


def test_the_page_about_data_is_the_one_that_is_made(run_featser: Callable[..., Outcome]) -> None:
    assert run_featser("corpora", "--markdown").stdout == (PROJECT / "data" / "README.md").read_text(encoding="utf-8")
    assert len(CORPORA) == (PROJECT / "data" / "README.md").read_text(encoding="utf-8").count("\n## ")


def test_the_map_in_contributing_has_every_module() -> None:
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    package = PROJECT / "featser"
    modules = [f"{each.name}/" if each.is_dir() else each.name for each in package.iterdir() if each.name[0] != "_"]
    for module in modules:
        if module not in ("py.typed", "toy/"):
            assert f"| `{module}` |" in text, module


def test_the_figures_of_the_readme_are_those_of_the_committed_scores() -> None:
    import pandas as pd

    scores = pd.read_csv(PROJECT / "reports" / "scores.csv")
    usual = ~scores["leaky"] & scores["protocol"].isin(["leave-one-speaker-out", "published"])
    usual &= (scores["features"] == "wide") & scores["normalise"].isin(["none", "speaker"])
    if "tuning_n_trials" in scores:
        usual &= scores["tuning_n_trials"].isna()
    scores["pipeline"] += scores["copies"].notna().map({True: ", copies", False: ""})
    scores = scores[usual].set_index(["corpus", "pipeline", "normalise"]).sort_index()
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    corpus, seen = "", 0
    rows = re.findall(r"^\|\s*([^|]*?)\s*\| ([a-z, -]+) \| ([^|]+) \| ([^|]+) \|$", text, flags=re.MULTILINE)
    for where, model, inductive, transductive in (row for row in rows if row[1].split(",")[0] in MODELS):
        corpus = where.split(":")[0].split()[0].lower() or corpus if where.strip() else corpus
        for normalise, figure in (("none", inductive), ("speaker", transductive)):
            row = scores.loc[(corpus, model, normalise)]
            assert figure == f"{row['uar']:.3f} [{row['uar_low']:.3f}, {row['uar_high']:.3f}]"
            seen += 1
    assert seen == len(scores) > 2 * len(MODELS)


def test_no_document_holds_a_path_of_a_machine() -> None:
    documents = [*PROJECT.glob("*.md"), *PROJECT.glob("*/README.md"), *PROJECT.glob("reports/*.*")]
    for document in documents:
        assert not re.search(r"/(home|root|work|Users|tmp)/", document.read_text(encoding="utf-8")), document
