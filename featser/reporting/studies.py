"""Studies in the report page and on the terminal: the same cells in both."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from featser.evaluation import outdated
from featser.reporting.groups import SYNTHETIC
from featser.reporting.measures import NOTHING
from featser.reporting.study_pictures import heading, study_picture
from featser.reporting.text import escaped, plain
from featser.reporting.words import SYNTHETIC_MEANING
from featser.studies import Study

Titles = list[tuple[str, bool]]
"""Heading of each column, and whether its cells are numbers."""

_INTERVAL = "95% interval"
_DROPPED = ("speakers", "draws", "tested", "columns", "training utterances")
"""Columns that a narrow terminal leaves out, in this order."""

_SIGNED = ("gap", "gained", "difference")
"""Columns of differences, which are shown with their signs."""


def studies_section(studies: Sequence[Study]) -> Markup:
    """Write the section of all studies for the report page.

    Parameters
    ----------
    studies : sequence of Study

    Returns
    -------
    Markup
        a ``section`` element; empty without studies
    """
    if not studies:
        return Markup("")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(
        files("featser.reporting").joinpath("studies.html.jinja").read_text(encoding="utf-8")
    )
    parts = [(study, *study_cells(study), study_picture(study)) for study in studies]
    names = [f"study-{number}-{study.name}" for number, study in enumerate(studies, start=1)]
    values = {"facts": study_facts, "synthetic": _synthetic, "meaning": SYNTHETIC_MEANING, "changed": _changed}
    return Markup(template.render(studies=parts, names=names, **values))  # noqa: S704  rendered with escapes


def studies_text(studies: Sequence[Study]) -> str:
    """Write all studies in Markdown, to follow the comparison of runs.

    Parameters
    ----------
    studies : sequence of Study

    Returns
    -------
    str
        a section; empty without studies
    """
    parts = [part for study in studies for part in _text(study)]
    return "\n\n".join(["", "## Studies", *parts]) + "\n" if parts else ""


def study_cells(study: Study) -> tuple[Titles, list[list[str]]]:
    """Write the cells of a study's table; a value and its interval share two neighbouring columns.

    Parameters
    ----------
    study : Study

    Returns
    -------
    titles : list of (str, bool)
        heading of each column, and whether its cells are numbers
    rows : list of list of str
        one cell per column
    """
    table = study.table
    shown = [name for name in table.columns if not name.endswith(("_low", "_high"))]
    titles: Titles = []
    columns: list[list[str]] = []
    for name in shown:
        titles.append((heading(name), pd.api.types.is_numeric_dtype(table[name])))
        columns.append([_cell(value, name) for value in table[name]])
        if f"{name}_low" in table:
            titles.append((_INTERVAL, False))
            columns.append(
                [_interval(*ends, name) for ends in zip(table[f"{name}_low"], table[f"{name}_high"], strict=True)]
            )
    return titles, [list(row) for row in zip(*columns, strict=True)]


def study_facts(study: Study) -> str:
    """Describe in one line what a study was made with."""
    about = study.about
    parts = [f"{about[name]}" for name in ("model", "features") if about.get(name)]
    parts += [about["protocol"]] if about.get("protocol") else []
    parts += [f"normalisation {about['normalise']}"] if about.get("normalise") else []
    if about.get("n_utterances"):
        parts.append(f"{about['n_utterances']:,} utterances of {about.get('n_speakers', 0)} speakers")
    return ", ".join(parts)


def show_study(study: Study, console: Console) -> None:
    """Print a study.

    Parameters
    ----------
    study : Study
    console : rich.console.Console
        where to print
    """
    console.print(Text(plain(f"{study.title}, {'+'.join(study.corpora)}: {study.question}"), "bold"))
    console.print(Text(plain(study_facts(study))))
    if _synthetic(study):
        console.print(Text(SYNTHETIC_MEANING, "bold red"))
    titles, rows = _fitting(*study_cells(study), console.width)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for title, number in titles:
        kept = number or title == _INTERVAL
        table.add_column(title, justify="right" if number else "left", no_wrap=kept, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console.print(table)
    for remark in study.remarks:
        console.print(Text(plain(remark)))


def _fitting(titles: Titles, rows: list[list[str]], width: int) -> tuple[Titles, list[list[str]]]:
    """Leave out columns of `_DROPPED` that are too wide for a terminal."""
    for dropped in _DROPPED:
        needed = [max(map(len, column)) + 2 for column in zip([title for title, _ in titles], *rows, strict=True)]
        at = next((at for at, (title, _) in enumerate(titles) if title == dropped), None)
        if sum(needed) > width and at is not None:
            titles = titles[:at] + titles[at + 1 :]
            rows = [row[:at] + row[at + 1 :] for row in rows]
    return titles, rows


def _text(study: Study) -> list[str]:
    titles, rows = study_cells(study)
    ruler = ["---:" if number else "---" for _, number in titles]
    lines = [[title for title, _ in titles], ruler, *([escaped(cell) for cell in row] for row in rows)]
    return [
        f"### {escaped(study.title)}, {escaped('+'.join(study.corpora))}",
        *([f"**{SYNTHETIC_MEANING}**"] if _synthetic(study) else []),
        f"{escaped(study.question)} {escaped(study_facts(study))}.",
        "\n".join(f"| {' | '.join(line)} |" for line in lines),
        " ".join(escaped(each) for each in study.remarks),
    ]


def _changed(study: Study) -> list[str]:
    """What differs between the code and libraries of a study and those installed; empty where it has no record."""
    code, versions = study.about.get("code"), study.about.get("versions")
    return outdated(code, versions) if code and versions else []


def _synthetic(study: Study) -> bool:
    return any(corpus.startswith(SYNTHETIC) for corpus in study.corpora)


def _cell(value: Any, name: str) -> str:
    if value is None or pd.isna(value):
        return NOTHING
    if name.startswith("n_") and isinstance(value, int | float):
        return f"{value:,.0f}"
    if name in _SIGNED:
        return f"{round(value, 3) + 0.0:+.3f}"
    if isinstance(value, float):
        return f"{value:.3f}" if name == "p" or "uar" in name or abs(value) < 1 else f"{value:,.4g}"
    return f"{value}"


def _interval(low: float | None, high: float | None, name: str) -> str:
    return NOTHING if pd.isna(low) or pd.isna(high) else f"[{_cell(low, name)}, {_cell(high, name)}]"
