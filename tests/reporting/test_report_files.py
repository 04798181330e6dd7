import csv
import json
import random
import re
from dataclasses import asdict, replace
from xml.etree import ElementTree as ET

import pytest

from featser.errors import InputError
from featser.reporting import write_report


def read_all(files):
    pictures = sorted(files.pictures.iterdir())
    return [path.read_bytes() for path in (files.html, files.markdown, files.csv, files.json, files.latex, *pictures)]


def without_seconds(part):
    """A file without the pictures and prices that seconds make."""
    cost = rb"<svg [^>]*>(?:<style>[^<]*</style>)?<title>UAR against seconds.*?</svg>"
    part = re.sub(cost, b"", part, flags=re.DOTALL)
    return re.sub(rb"costs about [\d.,]+ s of", b"costs s of", part.replace(b"4.0", b"3.0"))


def test_the_files_with_their_names(several, tmp_path):
    files = write_report(several, tmp_path / "new" / "reports")
    names = [path.name for path in (files.html, files.markdown, files.csv, files.json, files.latex, files.pictures)]
    assert names == ["index.html", "leaderboard.md", "scores.csv", "scores.json", "leaderboard.tex", "pictures"]
    assert sorted(path.name for path in (tmp_path / "new" / "reports").iterdir()) == sorted(names)


def test_the_same_runs_in_any_order_give_the_same_bytes(several, tmp_path):
    first = read_all(write_report(several, tmp_path / "a"))
    random.Random(3).shuffle(several)
    assert read_all(write_report(several, tmp_path / "b")) == first


def test_seconds_change_no_order(several, tmp_path):
    for number, run in enumerate(several):
        several[number] = replace(run, seconds={"fit": 3.0, "predict": 1.0})
    first = read_all(write_report(several, tmp_path / "a"))
    slow = [replace(run, seconds={"fit": 4.0, "predict": 1.0}) for run in several]
    second = read_all(write_report(slow, tmp_path / "b"))
    assert [without_seconds(part) for part in second] == [without_seconds(part) for part in first]


def test_scores_are_complete_in_both_forms(several, tmp_path):
    files = write_report(several, tmp_path)
    ordered = sorted(several, key=lambda run: run.run)
    assert json.loads(files.json.read_text(encoding="utf-8")) == [asdict(run) for run in ordered]
    with files.csv.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["run"] for row in rows] == [run.run for run in ordered]
    assert [float(row["uar"]) for row in rows] == [run.uar for run in ordered]
    assert [row["leaky"] for row in rows] == [str(run.leaky) for run in ordered]


def test_each_picture_is_a_document_of_its_own(several, tmp_path):
    files = write_report(several, tmp_path)
    drawn = sorted(path.name for path in files.pictures.iterdir())
    assert "emodb-ladder.svg" in drawn
    for path in files.pictures.iterdir():
        text = path.read_text(encoding="utf-8")
        assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
        assert "#axes" not in text


def test_latex_has_a_table_for_each_comparison_and_escapes_names(make_run, tmp_path):
    runs = [make_run(pipeline="a_b & 50%\\input{x}"), make_run(corpus="other")]
    text = write_report(runs, tmp_path).latex.read_text(encoding="utf-8")
    assert text.count("\\begin{table}") == 2
    assert r"a\_b \& 50\%\textbackslash{}input\{x\}" in text


def test_no_runs_are_no_report(tmp_path):
    with pytest.raises(InputError, match=r"^No runs to report. Make one: featser fit TABLE --model svm.$"):
        write_report([], tmp_path / "reports")
    assert not (tmp_path / "reports").exists()
