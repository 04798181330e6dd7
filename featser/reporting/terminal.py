"""The comparison on a terminal, in its width."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from featser.evaluation import Run
from featser.reporting.groups import Apart, Group, comparison, distinctions
from featser.reporting.measures import (
    ECE,
    FIT,
    INTERVAL,
    LOG_LOSS,
    MACRO_F1,
    SIZE,
    UAR,
    WAR,
    Measure,
    comparison_measures,
)
from featser.reporting.pairs import premium_summary, premiums
from featser.reporting.text import plain, premium_table
from featser.reporting.words import (
    NEVER_ACROSS,
    STAMP,
    SYNTHETIC_MEANING,
    UAR_DEFINITION,
    headline,
    normalisation_words,
    notes,
    outdated_words,
    size_words,
)

_GAP = 2
"""Characters between two columns."""

_NOTE_STYLES = {"alarm": "bold red", "leaky": "red"}
_SCORES = (WAR, MACRO_F1, LOG_LOSS, ECE, FIT, SIZE)
_DROPPED = ("size", "ECE", "macro-F1", "fit s", "log-loss", "WAR", "to best", "lower for", "p", INTERVAL.title)
"""Columns that a narrow terminal leaves out, in this order."""


def show_comparison(runs: Sequence[Run], console: Console, *, explain: bool = False) -> None:
    """Print the comparison tables; a narrow terminal gets fewer columns.

    Parameters
    ----------
    runs : sequence of Run
        in any order
    console : rich.console.Console
        where to print
    explain : bool
        whether to define the UAR
    """
    groups = comparison(runs)
    apart = distinctions(runs)
    left_out: set[str] = set()
    for group in groups:
        columns = _fitting(group, apart, console.width)
        left_out |= {column.title for column in _SCORES if column not in columns}
        _show_heading(group, console)
        console.print(_table(group, columns, apart))
        for note in notes(group, groups, apart):
            console.print(Text(plain(note.text), _NOTE_STYLES.get(note.kind, "")))
        console.print()
    if explain:
        console.print(Text(f"{UAR_DEFINITION} {NEVER_ACROSS}", "dim"))
    if left_out:
        names = ", ".join(column.title for column in _SCORES if column.title in left_out)
        console.print(Text(f"A wider terminal shows {names} too.", "dim"))
    for words, _ in outdated_words(runs):
        console.print(Text(words, "bold red"))


def show_premium(runs: Sequence[Run], console: Console) -> None:
    """Print the table of leaks of a study.

    Parameters
    ----------
    runs : sequence of Run
        honest and leaky runs, as `featser.evaluation.premium.leak_premium` makes them
    console : rich.console.Console
        where to print
    """
    for same in premiums(runs):
        run = same[0].leaky
        console.print(Text(f"{run.corpus}, normalisation {run.normalise}, {run.pipeline} on {run.features}", "bold"))
        titles, rows = premium_table(same)
        table = Table(box=SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False)
        for at, title in enumerate(titles[:-1]):
            table.add_column(title, justify="right" if at else "left", no_wrap=bool(at), overflow="fold")
        for row in rows:
            table.add_row(*(Text(plain(cell)) for cell in row[:-1]))
        console.print(table)
        console.print(Text(plain(premium_summary(same))))


def _show_heading(group: Group, console: Console) -> None:
    heading = Text(plain(headline(group)), "bold")
    if group.leaky:
        heading.append(f"  {STAMP}", "bold red")
    console.print(heading)
    if group.synthetic:
        console.print(Text(SYNTHETIC_MEANING, "bold red"))
    console.print(Text(f"{plain(size_words(group))}. {plain(normalisation_words(group))}"))


def _table(group: Group, columns: Sequence[Measure], apart: Apart) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("pipeline", overflow="fold")
    table.add_column("features", overflow="fold")
    for column in columns:
        table.add_column(column.title, justify="right", no_wrap=True, min_width=_width(column, group))
    for rank, run in zip(group.ranks, group.runs, strict=True):
        stamp = Text(STAMP, "bold red") if rank is None else Text(str(rank))
        names = [Text("\n".join(_names(run, apart))), Text(plain(run.features))]
        cells = [stamp, *names, *(Text(column.value(run)) for column in columns)]
        table.add_row(*cells, style="bold" if rank == 1 else "")
    return table


def _fitting(group: Group, apart: Apart, width: int) -> list[Measure]:
    """Columns that fit beside the names."""
    columns = [UAR, INTERVAL, *comparison_measures(group), *_SCORES]
    names = [
        max(len(STAMP) if group.leaky else 2, 1),
        max(len("pipeline"), *(len(line) for run in group.runs for line in _names(run, apart))),
        max(len("features"), *(len(plain(run.features)) for run in group.runs)),
    ]
    for title in _DROPPED:
        needed = sum(names) + sum(_width(column, group) for column in columns)
        if needed + _GAP * (len(names) + len(columns)) <= width:
            break
        columns = [column for column in columns if column.title != title]
    return columns


def _width(column: Measure, group: Group) -> int:
    return max(len(column.title), *(len(column.value(run)) for run in group.runs))


def _names(run: Run, apart: Apart) -> list[str]:
    """Lines of the pipeline column: the name, then one line for each distinction."""
    return [plain(run.pipeline), *(f"  {plain(each)}" for each in apart[run.run])]
