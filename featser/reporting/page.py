"""The comparison as one HTML page that needs nothing else: no network, no scripts, no fonts of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from featser.evaluation import NORMALISATIONS, Run
from featser.reporting import certainty, columns, curves, drawing, heat, shortcuts, verdicts, words
from featser.reporting.groups import Group, comparison, differences


@dataclass(frozen=True)
class Cell:
    """One cell of a confusion table: how many of a true emotion were taken for this one."""

    count: int
    percent: str
    shade: str
    title: str


@dataclass(frozen=True)
class Row:
    """One true emotion of a confusion table."""

    truth: str
    cells: tuple[Cell, ...]
    total: int


def page(runs: Sequence[Run]) -> str:
    """Whole HTML page; the same text for the same runs in any order."""
    groups = comparison(runs)
    apart = differences(runs)
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    template = environment.from_string(_packaged("page.html.jinja"))
    return template.render(
        groups=groups,
        honest=[group for group in groups if not group.leaky],
        leaky=[group for group in groups if group.leaky],
        places={group.runs[0].run: f"c{number}" for number, group in enumerate(groups, start=1)},
        premiums=shortcuts.premiums(runs),
        new_texts=shortcuts.new_texts(runs),
        runs=runs,
        apart=apart,
        notes=lambda group: words.notes(group, groups, apart),
        confusion_rows=confusion_rows,
        normalisation_kind=normalisation_kind,
        percent="{:.0%}".format,
        certainty=certainty,
        columns=columns,
        curves=curves,
        drawing=drawing,
        heat=heat,
        shortcuts=shortcuts,
        verdicts=verdicts,
        words=words,
        style=Markup(_packaged("page.css")) + heat.style(),  # noqa: S704  our own file
    )


def confusion_rows(run: Run) -> list[Row]:
    """Confusion table of a run with shares of each row; an emotion nobody spoke has an empty row."""
    rows = []
    for truth, counts in zip(run.classes, run.confusion, strict=True):
        total = sum(counts)
        cells = [_cell(truth, said, count, total) for said, count in zip(run.classes, counts, strict=True)]
        rows.append(Row(truth, tuple(cells), total))
    return rows


def normalisation_kind(group: Group) -> str:
    """A word for how much a normalisation is told about the tested speakers."""
    if group.normalise == "none":
        return "inductive"
    return "transductive" if "transductive" in NORMALISATIONS.get(group.normalise.split(":")[0], "") else ""


def _cell(truth: str, said: str, count: int, total: int) -> Cell:
    share = count / total if total else 0.0
    verdict = f"{truth}, found" if said == truth else f"{truth} taken for {said}"
    title = f"{verdict}: {count} of {total} ({share:.1%})"
    return Cell(count, f"{share:.0%}" if count else "", heat.shade(share, said == truth), title)


def _packaged(name: str) -> str:
    return files("featser.reporting").joinpath(name).read_text(encoding="utf-8")
