"""Studies on the report page and on the terminal."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from made_runs import SVM
from rich.console import Console

from featser.evaluation.environment import code_digests
from featser.reporting import show_study
from featser.reporting.pictures import pictures
from featser.reporting.studies import studies_section, studies_text
from featser.reporting.words import SYNTHETIC_MEANING
from featser.studies import Drawing, Study
from featser.versions import library_versions

TABLE = pd.DataFrame(
    {
        "name": ["one", "<b>two</b>", "three"],
        "speakers": [2, 4, 8],
        "uar": [0.25, 0.5125, 0.75],
        "uar_low": [0.2, 0.4, None],
        "uar_high": [0.3, 0.6, None],
        "n_utterances": [1200, 10, 5],
    }
)
STUDY = Study("made", "Made", "How far?", ("a",), TABLE, Drawing("bars", "name", reference=0.1), {"model": "lda"})
PICTURES = {
    "bars": Drawing("bars", "name", reference=0.1),
    "curve": Drawing("curve", "speakers", series="name", log_x=True),
    "scatter": Drawing("scatter", "speakers", series="name"),
    "matrix": Drawing("matrix", "name", series="speakers"),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_every_value_is_in_the_picture_and_in_the_table(kind: str) -> None:
    """Every row has a mark whose tooltip names its value; nothing is drawn outside; texts are escaped."""
    section = str(studies_section([replace(STUDY, drawing=PICTURES[kind])]))
    picture = section[section.index("<svg") : section.index("</svg>")]
    for value in ("0.250", "0.512", "0.750"):
        assert f"UAR {value}" in picture
        assert re.search(rf"<td[^>]*>{value}</td>", section)
    assert "[0.400, 0.600]" in section
    assert "1,200" in section
    assert "<b>" not in section
    width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', picture).groups())
    for name, size in (("x", width), ("y", height), ("cx", width), ("cy", height), ("x2", width), ("y2", height)):
        assert all(0 <= float(at) <= size for at in re.findall(rf' {name}="([^"]*)"', picture)), name


def test_the_terminal_shows_the_cells_of_the_page() -> None:
    console = Console(file=io.StringIO(), width=80)
    show_study(replace(STUDY, remarks=("A remark.",)), console)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    for cell in ("0.512", "[0.400, 0.600]", "1,200", "A remark.", "How far?"):
        assert cell in text


def test_without_studies_there_is_no_section() -> None:
    assert studies_section([]) == ""


def test_synthetic_voices_are_named() -> None:
    section = studies_section([replace(STUDY, corpora=("synthetic-emodb",))])
    assert SYNTHETIC_MEANING in section
    assert SYNTHETIC_MEANING not in studies_section([STUDY])


def test_a_study_of_other_code_says_so() -> None:
    made = {"code": code_digests(), "versions": library_versions()}
    assert "Run the study again" not in studies_section([replace(STUDY, about=made)])
    older = {"code": made["code"] | {"models": "0"}, "versions": made["versions"]}
    assert "installed (code of models). Run the study again" in studies_section([replace(STUDY, about=older)])


def test_the_leaderboard_has_the_cells_of_the_page() -> None:
    text = studies_text([STUDY])
    assert "### Made, a\n\nHow far? lda.\n\n| name | speakers | UAR | 95% interval | tested |\n" in text
    assert "| one | 2 | 0.250 | [0.200, 0.300] | 1,200 |".replace("[", "\\[").replace("]", "\\]") in text
    assert "&lt;b>two" in text
    assert studies_text([]) == ""


@pytest.mark.parametrize("kind", PICTURES)
def test_every_picture_is_a_file_of_its_own(kind: str) -> None:
    drawn = pictures([SVM], [replace(STUDY, drawing=PICTURES[kind])])["study-1-made.svg"]
    root = ET.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "UAR 0.512" in "".join(root.itertext())
