"""The comparison on a terminal, as wide as it is."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from featser.evaluation import Run
from featser.reporting.columns import ECE, FIT, INTERVAL, LOG_LOSS, MACRO_F1, SIZE, UAR, WAR, Column, verdict_columns
from featser.reporting.groups import Apart, Group, comparison, differences
from featser.reporting.text import plain
from featser.reporting.words import (
    NEVER_ACROSS,
    STAMP,
    SYNTHETIC_MEANING,
    UAR_DEFINITION,
    headline,
    normalisation_words,
    notes,
    size_words,
)

_GAP = 2
"""Columns between two columns: padding, and one that the box has anyway."""

_NOTE_STYLES = {"alarm": "bold red", "leaky": "red"}
_SCORES = (WAR, MACRO_F1, LOG_LOSS, ECE, FIT, SIZE)
_LEAST_WANTED = ("size", "ECE", "macro-F1", "fit s", "log-loss", "p", "WAR", INTERVAL.title, "alike")
"""Columns that a narrow terminal does without, the first to go first."""


def show_comparison(runs: Sequence[Run], console: Console) -> None:
    """Print the comparison tables; a terminal too narrow for all columns gets fewer, never cut ones."""
    groups = comparison(runs)
    apart = differences(runs)
    left_out: set[str] = set()
    for group in groups:
        columns = _fitting(group, apart, console.width)
        left_out |= {column.title for column in _SCORES if column not in columns}
        _show_heading(group, console)
        console.print(_table(group, columns, apart))
        for note in notes(group, groups, apart):
            console.print(Text(plain(note.text), _NOTE_STYLES.get(note.kind, "")))
        console.print()
    console.print(Text(f"{UAR_DEFINITION} {NEVER_ACROSS}", "dim"))
    if left_out:
        names = ", ".join(column.title for column in _SCORES if column.title in left_out)
        console.print(Text(f"A wider terminal shows {names} too.", "dim"))


def _show_heading(group: Group, console: Console) -> None:
    heading = Text(plain(headline(group)), "bold")
    if group.leaky:
        heading.append(f"  {STAMP}", "bold red")
    console.print(heading)
    if group.synthetic:
        console.print(Text(SYNTHETIC_MEANING, "bold red"))
    console.print(Text(f"{plain(size_words(group))}. {plain(normalisation_words(group))}"))


def _table(group: Group, columns: Sequence[Column], apart: Apart) -> Table:
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


def _fitting(group: Group, apart: Apart, width: int) -> list[Column]:
    """Columns for which there is room beside the names."""
    columns = [UAR, INTERVAL, *verdict_columns(group), *_SCORES]
    names = [
        max(len(STAMP) if group.leaky else 2, 1),
        max(len("pipeline"), *(len(line) for run in group.runs for line in _names(run, apart))),
        max(len("features"), *(len(plain(run.features)) for run in group.runs)),
    ]
    for title in _LEAST_WANTED:
        needed = sum(names) + sum(_width(column, group) for column in columns)
        if needed + _GAP * (len(names) + len(columns)) <= width:
            break
        columns = [column for column in columns if column.title != title]
    return columns


def _width(column: Column, group: Group) -> int:
    return max(len(column.title), *(len(column.value(run)) for run in group.runs))


def _names(run: Run, apart: Apart) -> list[str]:
    """Lines of the pipeline column: its name, then what tells it apart, one to a line."""
    return [plain(run.pipeline), *(f"  {plain(each)}" for each in apart[run.run])]
