"""The report as one HTML page that needs nothing from elsewhere; its only script sorts and filters tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from featser.evaluation import NORMALISATIONS, Run
from featser.reporting import (
    cards,
    certainty,
    commands,
    curves,
    drawing,
    elsewhere,
    failing,
    heat,
    measures,
    pairs,
    sentences,
    verdicts,
    words,
)
from featser.reporting import ladder as steps
from featser.reporting.answer import answers
from featser.reporting.groups import Group, comparison, distinctions
from featser.reporting.names import anchors, unique_names
from featser.reporting.studies import studies_section
from featser.studies import Study


@dataclass(frozen=True)
class ConfusionCell:
    """Utterances of one true emotion that were classified as one emotion."""

    count: int
    percent: str
    shade: str
    title: str


@dataclass(frozen=True)
class ConfusionRow:
    """One true emotion of a confusion table."""

    truth: str
    cells: tuple[ConfusionCell, ...]
    total: int


def page(runs: Sequence[Run], studies: Sequence[Study] = (), predictions: failing.Predictions = lambda _: None) -> str:
    """Write the report of all runs as an HTML page.

    Parameters
    ----------
    runs : sequence of Run
        in any order; the text does not depend on it
    studies : sequence of Study, optional
        studies around pipelines
    predictions : callable, optional
        gives the out-of-fold predictions of a run, or None; without it, the surest mistakes are not listed

    Returns
    -------
    str
        a whole document
    """
    groups = comparison(runs)
    apart = distinctions(runs)
    template = _environment().get_template("page.html.jinja")
    return template.render(
        groups=groups,
        honest=[group for group in groups if not group.leaky],
        leaky=[group for group in groups if group.leaky],
        places={group.runs[0].run: f"c{number}" for number, group in enumerate(groups, start=1)},
        answers=answers(groups, runs),
        ladders=steps.ladders(groups, runs, studies),
        premiums=pairs.premiums(runs),
        new_texts=pairs.new_texts(runs),
        outdated=words.outdated_words(runs),
        runs=runs,
        apart=apart,
        names=unique_names(groups, apart),
        anchors=anchors(runs),
        notes=lambda group: words.notes(group, groups, apart),
        mistakes=lambda run: failing.mistakes(predictions(run)),
        confusion_rows=confusion_rows,
        normalisation_kind=normalisation_kind,
        percent="{:.0%}".format,
        studies=studies_section(studies),
        style=Markup(_packaged("page.css")) + heat.style(),  # noqa: S704  our own file
        script=Markup(_packaged("page.js")),  # noqa: S704  our own file
        **_MODULES,
    )


_MODULES = {
    "cards": cards,
    "certainty": certainty,
    "curves": curves,
    "drawing": drawing,
    "elsewhere": elsewhere,
    "failing": failing,
    "heat": heat,
    "make": commands,
    "measures": measures,
    "pairs": pairs,
    "sentences": sentences,
    "steps": steps,
    "verdicts": verdicts,
    "words": words,
}
"""Modules whose functions the templates call, by their names there."""


@cache
def _environment() -> Environment:
    """Templates, compiled once."""
    return Environment(
        loader=PackageLoader("featser.reporting", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def confusion_rows(run: Run) -> list[ConfusionRow]:
    """Confusion table of a run with shares of each row; the row of an emotion without utterances is empty."""
    rows = []
    for truth, counts in zip(run.classes, run.confusion, strict=True):
        total = sum(counts)
        cells = [_cell(truth, predicted, count, total) for predicted, count in zip(run.classes, counts, strict=True)]
        rows.append(ConfusionRow(truth, tuple(cells), total))
    return rows


def normalisation_kind(group: Group) -> str:
    """Name the kind of a normalisation: inductive, transductive, or neither."""
    if group.normalise == "none":
        return "inductive"
    return "transductive" if "transductive" in NORMALISATIONS.get(group.normalise.split(":")[0], "") else ""


def _cell(truth: str, predicted: str, count: int, total: int) -> ConfusionCell:
    share = count / total if total else 0.0
    what = f"{truth}, correct" if predicted == truth else f"{truth} classified as {predicted}"
    title = f"{what}: {count} of {total} ({share:.1%})"
    return ConfusionCell(count, f"{share:.0%}" if count else "", heat.shade(share, predicted == truth), title)


def _packaged(name: str) -> str:
    return files("featser.reporting").joinpath(name).read_text(encoding="utf-8")
