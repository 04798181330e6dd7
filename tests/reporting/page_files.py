"""Holds contents, commands, LaTeX tables and picture files of a report against recomputed values."""

import re
from pathlib import Path

from page_numbers import PageNumbers
from page_sentences import INTERVAL, NUMBER, all_same, matched, same
from page_tree import Node, section_of


def check_contents(page: PageNumbers) -> None:
    (contents,) = page.page.all("nav")
    targets = {node["id"] for node in page.page.nodes() if node["id"]}
    words = [page.take(link) for link in contents.all("a")]
    assert len(set(words)) == len(words)
    assert {link["href"].removeprefix("#") for link in contents.all("a")} <= targets
    for link in contents.all("a"):
        sizes = re.search(rf", ({NUMBER}) utterances, (\d+) emotions", link.text())
        if sizes:
            (group,) = [each for each in page.groups if f"#{each.all('h2')[0]['id']}" == link["href"]]
            run = page.runs[page.members(group)[0]]
            all_same(sizes.groups(), (len(run.table), len(run.classes)))


def check_table_names(page: PageNumbers) -> None:
    """No two regions and no two links to runs have one name."""
    regions = [node["aria-label"] for node in page.page.nodes() if node["role"] == "region"]
    assert sorted(set(regions)) == sorted(regions)
    named = {(node["aria-label"], node["href"]) for node in page.page.all("a") if node["aria-label"]}
    assert len({name for name, _ in named}) == len({target for _, target in named})


def check_latex(page: PageNumbers, text: str) -> None:
    """Check each row of the LaTeX tables."""
    tables = text.split("\\begin{tabular}")[1:]
    assert len(tables) == len(page.groups)
    for group, table in zip(page.groups, tables, strict=True):
        body = table.split("\\midrule")[1].split("\\bottomrule")[0]
        rows = [line.rstrip("\\ ").split(" & ") for line in body.strip().splitlines()]
        for name, (_, _, uar, interval, gap, war, macro_f1) in zip(page.members(group), rows, strict=True):
            run = page.runs[name]
            all_same(
                (uar, *matched(INTERVAL, interval), war, macro_f1),
                (run.uar(), *run.interval(), run.war(), run.macro_f1()),
            )
            if gap != "-":
                same(gap.split()[0], run.uar() - page.runs[page.members(group)[0]].uar())


def check_pictures(folder: Path, page: PageNumbers) -> None:
    """The pictures in files are those of the page, without its axes."""
    drawn = {plot.all("title")[0].text() for plot in page.page.all("svg")}
    files = sorted(folder.glob("*.svg"))
    assert files
    for file in files:
        assert re.search(r"<title>(.*?)</title>", file.read_text(encoding="utf-8"))[1] in drawn


def check_made(page: PageNumbers, where: Node, settings: dict) -> None:
    """Check commands, parameters, versions and machine."""
    for commands in where.all("pre"):
        text = page.take(commands)
        if "featser fit" in text:
            assert f"--normalise {settings['normalise']}" in text
            assert f"--protocol {settings['protocol']}" in text
    for table in where.all("table", class_="parameters"):
        rows = {cells["parameter"]: (cells["value"], cells["origin"]) for _, cells in page.rows(table)}
        assert rows.pop("seed")[0] == str(settings["seed"])
        assert rows.keys() == settings["parameters"].keys()
        for name, (value, origin) in rows.items():
            assert value == ("-" if origin == "chosen in each fold" else str(settings["parameters"][name]))
            assert bool(settings["tuning"]) or origin in ("default", "set")
    for made in where.all("p", class_="made"):
        text = page.take(made)
        parts = [f"{name} {value}" for part in ("versions", "code") for name, value in settings[part].items()]
        assert all(part in text for part in [settings["run"], settings["machine"], *parts])


def check_use(page: PageNumbers) -> None:
    for article in section_of(page.page, page.page.all("h2", id="use")[0]).all("article"):
        run, settings = page.runs[article["data-run"]], page.settings[article["data-run"]]
        check_made(page, article, settings)
        (methods,) = article.all("p", class_="methods")
        found = matched(
            rf"Emotions were classified on .+?: ({NUMBER}) utterances, (\d+) speakers, (\d+) emotions \(.+?\)\. "
            rf"From each utterance ({NUMBER}) acoustic .+ \((\d+) folds\), with no .+ was ({NUMBER}) "
            rf"\(95% interval ({NUMBER}) to ({NUMBER}), bootstrap over speakers\), the accuracy ({NUMBER})\.",
            page.take(methods),
        )
        sizes = (len(run.table), len(run.speakers), len(run.classes), settings["n_features"])
        all_same(found, (*sizes, run.table["fold"].nunique(), run.uar(), *run.interval(), run.war()))
