"""Each number of a report is computed again from ``predictions.parquet``, without code of featser."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from page_answers import (
    check_answers,
    check_cards,
    check_corpora,
    check_failing,
    check_ladders,
    check_sounds,
    check_voices,
)
from page_files import check_contents, check_latex, check_made, check_pictures, check_table_names, check_use
from page_numbers import PageNumbers
from page_sentences import same
from recomputed import Recomputed
from typer.testing import CliRunner

from featser.cli import app

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parent.parent.parent
CONSTANTS = {"2000", "15", "95", "90", "0.05", "2", "0", "1", "50"}
"""Numbers in the meanings of columns: draws, bins, per cents, levels, ranges."""


@pytest.fixture(scope="module")
def folder(table_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of every kind that a report shows, made by the command line, and their report."""
    place = tmp_path_factory.mktemp("reported")
    runs, models = ("--runs", place / "runs"), ("--out", place / "model.joblib")

    def featser(*arguments: object) -> None:
        outcome = CliRunner().invoke(app, ["--quiet", *map(str, arguments)], catch_exceptions=False)
        assert outcome.exit_code == 0, outcome.output

    other = place / "other.parquet"
    featser("extract", PROJECT / "data/toy/ravdess", "--features", "classic", "--copies", "speed-0.95", "--out", other)
    for model in ("lda", "logreg", "knn"):
        featser("fit", table_path, "--model", model, "--normalise", "speaker", *runs, *models)
    for protocol in ("speaker-and-text", "random"):
        featser("fit", table_path, "--model", "lda", "--protocol", protocol, *runs, *models)
    storage = ("--storage", place / "trials")
    featser("fit", table_path, "--model", "knn", "--tune", 2, *storage, *runs, *models)
    featser("fit", table_path, other, "--model", "lda", "--protocol", "leave-one-corpus-out", *runs, *models)
    featser("fit", table_path, other, "--protocol", "leave-one-corpus-out", "--normalise", "speaker", *runs, *models)
    featser("study", "leaks", other, "--model", "linear-svm", *runs)
    featser("report", *runs, "--out", place)
    return place


@pytest.fixture(scope="module")
def settings(folder: Path) -> dict[str, dict]:
    return {path.parent.name: json.loads(path.read_text()) for path in (folder / "runs").glob("*/run.json")}


@pytest.fixture(scope="module")
def recomputed(folder: Path, settings: dict[str, dict]) -> dict[str, Recomputed]:
    return {name: Recomputed(folder / "runs" / name, each["seed"]) for name, each in settings.items()}


@pytest.fixture(scope="module")
def page(folder: Path, settings: dict[str, dict], recomputed: dict[str, Recomputed]) -> PageNumbers:
    return PageNumbers(folder / "index.html", recomputed, settings)


def test_every_number_of_the_page_is_that_of_the_predictions(page: PageNumbers) -> None:
    shown = set()
    for group in page.groups:
        shown |= set(page.members(group))
        page.check_size(group)
        page.check_ranking(group)
        page.check_details(group)
        page.check_recalls(group)
        page.check_notes(group)
        panels = [each for tag in ("article", "details") for each in group.all(tag) if each["data-run"]]
        assert sorted(panel["data-run"] for panel in panels) == sorted(page.members(group))
        for panel in panels:
            check_voices(page, panel, page.runs[panel["data-run"]])
            check_corpora(page, panel, page.runs[panel["data-run"]], page.settings[panel["data-run"]])
            check_made(page, panel, page.settings[panel["data-run"]])
            page.check_panel(panel)
    assert shown == set(page.runs)
    page.check_glance()
    page.check_new_texts()
    page.check_premiums()
    check_contents(page)
    check_answers(page)
    check_ladders(page)
    check_failing(page)
    check_cards(page)
    check_sounds(page)
    check_use(page)
    check_table_names(page)
    page.check_plots()
    check_rest(page)
    assert page.unread() == []


def check_rest(page: PageNumbers) -> None:
    """Numbers that come from no run: definitions, counts of runs, versions, and what a leak's name says."""
    (meanings,) = page.page.all("section", class_="meanings")
    for meaning in (*meanings.all("dd"), *meanings.all("dt"), *page.page.all("p", class_="lede")):
        assert set(re.findall(r"\d+(?:\.\d+)?", page.take(meaning))) <= CONSTANTS
    (kicker,) = page.page.all("p", class_="kicker")
    assert page.take(kicker) == f"featser report: {len(page.runs)} runs, {len(page.groups)} comparisons"
    plots, versions = page.page.all("footer")[0].all("p")
    assert set(re.findall(r"\d+", page.take(plots))) <= CONSTANTS
    first = next(iter(page.settings.values()))
    written = ", ".join(f"{name} {version}" for name, version in first["versions"].items())
    assert page.take(versions) == f"{written} ({len(page.runs)} runs)"
    for machine in [each for each in page.page.all("p", class_="meaning") if "Times were" in each.text()]:
        assert first["machine"] in page.take(machine)
    for heading in (*page.page.all("h2"), *page.page.all("h3")):
        page.take(heading)


def test_the_markdown_has_the_sentences_and_the_cells_of_the_page(folder: Path, page: PageNumbers) -> None:
    text = (folder / "leaderboard.md").read_text(encoding="utf-8").replace("\\", "").replace("**", "")
    sentences = {line.removeprefix("- ") for line in text.splitlines()}
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line[:1] == "|"]
    for group in page.groups:
        notes = [note.text() for kind in ("lead", "verdict", "leaky", "alarm") for note in group.all("p", class_=kind)]
        assert set(notes) <= sentences
        for table, n_names in zip(group.all("table", class_="runs")[:2], (3, 2), strict=True):
            written = {tuple(line[n_names:]) for line in lines}
            for row in table.all("tbody")[0].all("tr"):
                cells = [cell.text() for cell in row.all("td") if not cell.all("svg")]
                assert tuple(cells[n_names - 1 :]) in written  # the name of the pipeline is no td


def test_the_latex_tables_and_the_pictures_are_those_of_the_page(folder: Path, page: PageNumbers) -> None:
    check_latex(page, (folder / "leaderboard.tex").read_text(encoding="utf-8"))
    check_pictures(folder / "pictures", page)


def test_the_scores_in_csv_are_those_of_the_predictions(folder: Path, recomputed: dict[str, Recomputed]) -> None:
    scores = pd.read_csv(folder / "scores.csv").set_index("run")
    assert set(scores.index) == set(recomputed)
    for name, run in recomputed.items():
        low, high = run.interval()
        expected = {"uar": run.uar(), "uar_low": low, "uar_high": high, "war": run.war()}
        expected["macro_recall"] = run.pooled(run.table)
        expected |= {"macro_f1": run.macro_f1(), "macro_precision": run.macro_precision(), "brier": run.brier()}
        expected |= {"log_loss": run.log_loss(), "ece": run.ece(), "aurc": run.aurc(), "n_utterances": len(run.table)}
        expected |= {"n_speakers": len(run.speakers), "n_folds": run.table["fold"].nunique()}
        expected |= {f"recall_{each}": run.recall(each) for each in run.classes}
        expected |= {f"precision_{each}": run.precision(each) for each in run.classes}
        if run.sets() is not None:
            sizes = run.sets().sum(axis=1)
            expected |= {"conformal_coverage": run.covered().mean(), "conformal_level": 0.9}
            expected |= {"conformal_mean_size": sizes.mean(), "conformal_single": (sizes == 1).mean()}
            expected |= {"conformal_threshold": run.threshold(run.right >= 0)}
        for column, value in expected.items():
            assert scores.loc[name, column] == pytest.approx(value, abs=1e-9), (name, column)


def test_a_wrong_number_is_noticed(folder: Path, page: PageNumbers, tmp_path: Path) -> None:
    """The check itself: the same page with one digit changed fails."""
    shown = f"{page.runs[page.members(page.groups[0])[0]].uar():.3f}"
    wrong = f"{float(shown) + 0.001:.3f}"
    text = (folder / "index.html").read_text(encoding="utf-8")
    (tmp_path / "index.html").write_text(text.replace(f'uar">{shown}', f'uar">{wrong}'), encoding="utf-8")
    changed = PageNumbers(tmp_path / "index.html", page.runs, page.settings)
    with pytest.raises(AssertionError, match=re.escape(wrong)):
        changed.check_ranking(changed.groups[0])
    best = re.search(r"<strong>(0\.\d{3})</strong>", text)[1]
    (tmp_path / "index.html").write_text(
        text.replace(f"<strong>{best}", f"<strong>{float(best) - 0.001:.3f}", 1), encoding="utf-8"
    )
    with pytest.raises(AssertionError, match=re.escape(f"{float(best) - 0.001:.3f}")):
        check_answers(PageNumbers(tmp_path / "index.html", page.runs, page.settings))
    with pytest.raises(AssertionError):
        same("0.701", 0.7)
