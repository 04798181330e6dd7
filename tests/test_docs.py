"""The documents tell the truth: their commands and programs run, and their figures are those of the reports."""

import re
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from outcomes import Outcome

from featser.cli import app
from featser.corpora import CORPORA
from featser.errors import FeatserError, InputError, MissingExtraError, UsageError

PROJECT = Path(__file__).parent.parent
PAGES = (
    *("quick-start", "own-recordings", "evaluation", "new-voices", "features", "models", "long-recordings"),
    *("why", "model-files", "audit", "several-corpora", "unseen-corpora", "explore", "studies", "foreign-features"),
    "report",
)
"""Pages of docs/ with programs; those of the page about descriptors have tests of their own."""


def text_of(document: str) -> str:
    return (PROJECT / document).read_text(encoding="utf-8")


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text_of(document), flags=re.DOTALL)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the toy corpus and the examples, as in a checkout."""
    shutil.copytree(PROJECT / "data" / "toy", tmp_path / "data" / "toy")
    shutil.copytree(PROJECT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_commands(document: str, run_featser: Callable[..., Outcome]) -> list[str]:
    """Run the commands of a document; return their names."""
    commands = [line.split() for block in blocks(document, "bash") for line in block.splitlines()]
    for command in commands:
        outcome = run_featser(*command[1:])
        assert outcome.exit_code == 0, outcome.stderr
    return [command[1] for command in commands]


def run_programs(document: str) -> dict[str, object]:
    """Run the Python of a document from top to bottom; return its variables."""
    names: dict[str, object] = {}
    for block in blocks(document, "python"):
        exec(block, names)
    return names


@pytest.mark.slow
def test_the_readme_runs(run_featser: Callable[..., Outcome], checkout: Path) -> None:
    assert run_commands("README.md", run_featser) == ["extract", "fit", "report", "predict"]
    names = run_programs("README.md")
    assert list(names["result"].model.classes_) == ["anger", "boredom", "happiness", "neutral", "sadness"]


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.slow] * (page != "quick-start")) for page in PAGES]
)
def test_a_page_runs(page: str, run_featser: Callable[..., Outcome], checkout: Path) -> None:
    for block in blocks(f"docs/{page}.md", "toml"):
        if name := re.match(r"# (\S+\.toml)\n", block):
            (checkout / name[1]).write_text(block, encoding="utf-8")
    assert run_programs(f"docs/{page}.md")["table"].corpus in ("synthetic-emodb", "recordings")
    run_commands(f"docs/{page}.md", run_featser)


def test_every_page_with_a_program_is_run() -> None:
    pages = {each.stem for each in (PROJECT / "docs").glob("*.md") if blocks(f"docs/{each.name}", "python")}
    assert pages - {"own-descriptor", "own-corpus"} == set(PAGES)


@pytest.mark.parametrize("document", ["README.md", "docs/commands.md"])
def test_every_command_is_named(document: str) -> None:
    text = text_of(document)
    for command in app.registered_commands:
        name = command.callback.__name__
        assert f"featser {name}" in text or f"`{name}`" in text


def test_the_exit_codes_are_those_of_the_errors() -> None:
    listed = re.findall(r"^\| (\d+) \| ", text_of("docs/commands.md"), flags=re.MULTILINE)
    codes = {each.exit_code for each in (FeatserError, UsageError, InputError, MissingExtraError)}
    assert {str(code) for code in codes} < set(listed)
    assert listed == ["0", "1", "2", "3", "4", "5", "130"]


def test_every_table_of_the_site_can_be_made() -> None:
    tables = runpy.run_path(str(PROJECT / "docs" / "tables.py"))["TABLES"]
    marks = [
        name
        for page in (PROJECT / "docs").glob("*.md")
        for name in re.findall(r"<!-- table: (\S+) -->", page.read_text(encoding="utf-8"))
    ]
    assert set(marks) == set(tables)
    for make in tables.values():
        head, *rows = make().splitlines()
        assert len(rows) > 2
        assert {row.count(" | ") for row in rows} == {head.count(" | ")}


def test_the_page_about_data_is_the_one_that_is_made(run_featser: Callable[..., Outcome]) -> None:
    assert run_featser("corpora", "--markdown").stdout == text_of("data/README.md")
    assert len(CORPORA) == text_of("data/README.md").count("\n## ")


def test_the_map_in_contributing_has_every_module() -> None:
    text = text_of("CONTRIBUTING.md")
    package = PROJECT / "featser"
    modules = {f"{each.name}/" if each.is_dir() else each.name for each in package.iterdir() if each.name[0] != "_"}
    mapped = set(re.findall(r"^\| `(\w+(?:/|\.py))` \|", text, flags=re.MULTILINE))
    assert mapped == modules - {"py.typed", "toy/"}


def test_the_page_of_figures_is_the_one_that_is_made() -> None:
    scores = pd.read_csv(PROJECT / "reports" / "scores.csv")
    made = runpy.run_path(str(PROJECT / "benchmarks" / "figures.py"))["figures"](scores)
    assert made == text_of("reports/figures.md")


def test_the_figures_of_the_readme_are_those_of_the_committed_scores() -> None:
    scores = pd.read_csv(PROJECT / "reports" / "scores.csv")
    scores = scores[(scores["features"] == "wide") & (scores["pipeline"] == "lda") & ~scores["leaky"]]
    scores = scores[scores["protocol"].isin(["leave-one-speaker-out", "published"])]
    rows = re.findall(
        r"^\| (EmoDB|RAVDESS) ?([^|]*) \| (0\.[^|]+) \| (0\.[^|]+) \|$", text_of("README.md"), re.MULTILINE
    )
    assert len(rows) == 4
    for corpus, words, *figures in rows:
        alike = scores[(scores["corpus"] == corpus.lower()) & (scores["copies"].notna() == ("copies" in words))]
        for normalise, figure in zip(("none", "speaker"), figures, strict=True):
            (row,) = alike[alike["normalise"] == normalise].to_dict("records")
            assert figure == f"{row['uar']:.3f} [{row['uar_low']:.3f}, {row['uar_high']:.3f}]"


def test_the_documents_are_short_enough_to_read() -> None:
    assert len(text_of("README.md").splitlines()) <= 150
    assert len(text_of("CONTRIBUTING.md").splitlines()) <= 120
    assert (PROJECT / "docs" / "report.png").stat().st_size < 200_000


def test_the_citation_names_this_version() -> None:
    from featser import __version__

    assert f"version: {__version__}\n" in text_of("CITATION.cff")


def test_no_document_holds_a_path_of_a_machine() -> None:
    documents = [
        *PROJECT.glob("*.md"),
        *PROJECT.glob("*/README.md"),
        *PROJECT.glob("reports/*.*"),
        *PROJECT.glob("docs/*.md"),
    ]
    for document in documents:
        assert not re.search(r"/(home|root|work|Users|tmp)/", document.read_text(encoding="utf-8")), document
