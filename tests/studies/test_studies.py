"""Studies as values and files, and points that are computed once."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import featser
from featser.errors import InputError, UnknownNameError, UsageError
from featser.pipeline import specification_for
from featser.studies import STUDIES, Drawing, Points, Study, make_inputs, read_studies, scored, write_study
from featser.table import Table

OF_A_TABLE = ("ablation", "fairness", "shortcuts", "speakers")
"""Studies that need nothing but one table of one corpus."""

MADE = Study(
    "shortcuts",
    "Shortcuts",
    "How far?",
    ("a", "b"),
    pd.DataFrame({"columns": ["x", "y"], "uar": [0.5, 0.25], "uar_low": [0.4, np.nan], "n_speakers": [3, 2]}),
    Drawing("bars", "columns", reference=0.2),
    {"model": "lda", "seed": 0},
    ("A remark.",),
)


def test_a_study_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = write_study(MADE, tmp_path)
    (read,) = read_studies(tmp_path)
    assert read.to_dict() == MADE.to_dict()
    assert json.loads(path.read_text())["rows"] == [["x", 0.5, 0.4, 3], ["y", 0.25, None, 2]]


def test_the_same_settings_replace_a_study_and_others_do_not(tmp_path: Path) -> None:
    paths = {write_study(replace(MADE, about={"seed": seed}), tmp_path) for seed in (0, 1, 0)}
    assert len(paths) == len(read_studies(tmp_path)) == 2


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"format": 99}', json.dumps(MADE.to_dict() | {"drawing": {"kind": "cake", "x": "uar"}})]
)
def test_a_file_that_is_no_study_is_named(tmp_path: Path, text: str) -> None:
    write_study(MADE, tmp_path).write_text(text)
    with pytest.raises(InputError, match=r"shortcuts-a\+b-.*json is not a study of featser"):
        read_studies(tmp_path)


def test_a_point_is_computed_once_for_the_same_inputs(tmp_path: Path) -> None:
    points, computed = Points(tmp_path / "points"), []

    def compute() -> pd.DataFrame:
        computed.append(1)
        return pd.DataFrame({"value": [1.5]})

    for key in ({"seed": 0}, {"seed": 0}, {"seed": 1}):
        assert points.frame(key, compute)["value"].to_list() == [1.5]
    assert len(computed) == 2
    for file in (tmp_path / "points").iterdir():
        file.write_bytes(file.read_bytes()[:50])  # damaged: not read, computed again
    assert points.frame({"seed": 0}, compute)["value"].to_list() == [1.5]
    assert len(computed) == 3


def test_predictions_of_a_study_depend_on_table_and_seed(table: Table, tmp_path: Path) -> None:
    points = Points(tmp_path)
    inputs = make_inputs(table, "lda", protocol="3-fold-by-speaker", points=points)
    columns = table.features.iloc[:, :4]
    small = replace(specification_for("lda"), parameters={"calibration": "none"})
    first = inputs.predictions(columns, small)
    assert set(first["utterance"]) == set(table.manifest["utterance"])
    assert inputs.predictions(columns, small).equals(first)
    assert len(list(tmp_path.iterdir())) == 1
    inputs.predictions(columns.iloc[:, :3], small)
    assert len(list(tmp_path.iterdir())) == 2
    score = scored(first)
    assert score["uar_low"] <= score["uar"] <= score["uar_high"]
    assert (score["n_utterances"], score["n_speakers"]) == (120, 6)


def test_a_protocol_that_leaks_is_refused(table: Table) -> None:
    with pytest.raises(UsageError, match="Protocol random leaks"):
        make_inputs(table, "lda", protocol="random")


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_A_TABLE)
def test_every_study_answers_its_question(name: str, table: Table, tmp_path: Path) -> None:
    """Rows are scored on all utterances, the picture's columns exist, and the second time nothing is computed."""
    inputs = make_inputs(table, "lda", points=Points(tmp_path))
    study = STUDIES[name](inputs)
    assert study.name == name
    assert study.question.endswith("?")
    assert study.table["uar"].between(0, 1).all()
    assert {study.drawing.x, study.drawing.y} <= set(study.table.columns)
    written = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert STUDIES[name](inputs).to_dict() == study.to_dict()
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == written


def test_a_study_in_three_lines_is_kept_for_the_report(table: Table, tmp_path: Path) -> None:
    pipeline = replace(specification_for("lda"), parameters={"calibration": "none"})
    study = featser.study("fairness", table, pipeline, protocol="3-fold-by-speaker", runs=tmp_path)
    assert [each.to_dict() for each in read_studies(tmp_path)] == [study.to_dict()]
    assert study.table["group"][0] == "all utterances"
    with pytest.raises(UnknownNameError, match=r"Unknown study 'shortcut'\. Did you mean 'shortcuts'"):
        featser.study("shortcut", table)
