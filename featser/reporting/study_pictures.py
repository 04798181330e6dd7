"""Pictures of studies as inline SVG: bars, curves, dots and heat maps, each drawn from the table of a study."""

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd
from markupsafe import Markup

from featser.reporting import heat
from featser.reporting.svg import label, level, mark, path, picture, shortened, upright
from featser.studies import Study

_WIDTH, _HEIGHT = 520, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 420, 12, 236
_ROW, _BARS, _LETTER, _LONGEST = 24, 330, 6.6, 30
_CELL_WIDTH, _CELL_HEIGHT = 68, 34
_DOT = '<circle class="s{}" cx="{}" cy="{}" r="4"><title>{}</title></circle>'
_LINE = '<polyline class="s{}" points="{}"/>'
_RANGE = '<line class="whisker s{}" x1="{}" x2="{}" y1="{}" y2="{}"/>'
_N_COLOURS = 6

Row = Mapping[Hashable, Any]
"""One row of a study's table."""


def study_picture(study: Study) -> Markup:
    """Draw the picture of a study.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Markup
        an SVG element; empty where the table has no value to draw
    """
    drawn = study.table.dropna(subset=[study.drawing.x, study.drawing.y])
    return _PICTURES[study.drawing.kind](study, drawn) if len(drawn) else Markup("")


@dataclass(frozen=True)
class _Scale:
    """Map from values to pixels, with round ticks unless it is logarithmic."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = (math.log10(each) if self.log else each for each in (self.low, self.high, value))
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        step = _step(self.high - self.low)
        first = math.ceil(self.low / step - 1e-9)
        return [each * step for each in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _bars(study: Study, table: pd.DataFrame) -> Markup:
    """One horizontal bar per row from zero, with its interval and the reference."""
    drawing = study.drawing
    names = [str(each) for each in table[drawing.x]]
    left = 16 + min(max(map(len, names)), _LONGEST) * _LETTER
    across = _scale([0.0, *_extent(study, table)], left, left + _BARS)
    bottom = _ROW * len(table) + 4
    marks = [upright("grid", across(at), 0, bottom) for at in across.ticks]
    marks += [label(across(at), bottom + 14, f"{at:g}", "tick middle") for at in across.ticks]
    for number, (name, row) in enumerate(zip(names, table.to_dict("records"), strict=True)):
        line = number * _ROW + 16
        start, end = sorted((across(0.0), across(row[drawing.y])))
        words = f"{name}: {_value_words(row, drawing.y)}"
        marks.append(label(left - 8, line, shortened(name, _LONGEST), "end", name))
        bar = '<rect class="bar" x="{}" y="{}" width="{}" height="12" rx="2"><title>{}</title></rect>'
        marks.append(mark(bar, start, line - 10, max(end - start, 0.5), words))
        low, high = _bounds(row, drawing.y)
        marks += [_whisker(0, across(low), across(high), line - 4, line - 4)] if low < high else []
        marks.append(label(across(max(high, row[drawing.y])) + 6, line, f"{row[drawing.y]:.3f}", "value"))
    if drawing.reference is not None:
        marks.append(upright("chance", across(drawing.reference), 0, bottom))
    return picture(left + _BARS + 48, bottom + 20, _title(study), marks)


def _curve(study: Study, table: pd.DataFrame) -> Markup:
    """A line over a number for each series, with intervals."""
    across, along = _axes_of(study, table)
    marks = _grid(study, across, along)
    ends = []
    for number, (name, part) in enumerate(_series(study, table)):
        part = part.sort_values(study.drawing.x, kind="stable")
        colour = number % _N_COLOURS
        spots = [(across(row[study.drawing.x]), along(row[study.drawing.y])) for row in part.to_dict("records")]
        marks.append(mark(_LINE, str(colour), " ".join(f"{round(x, 1):g},{round(y, 1):g}" for x, y in spots)))
        shift = 3.0 * number  # intervals of several series at one place stay apart
        marks += _dots(study, part, (across, along), colour, shift)
        ends.append((spots[-1], name, colour))
    marks += _end_names(ends)
    return picture(_WIDTH, _HEIGHT, _title(study), marks)


def _scatter(study: Study, table: pd.DataFrame) -> Markup:
    """One dot per row over a number; the line joins the dots that no other dot to the left reaches."""
    across, along = _axes_of(study, table)
    x, y = study.drawing.x, study.drawing.y
    marks = _grid(study, across, along)
    front: list[tuple[float, float]] = []
    for row in table.sort_values([x, y], ascending=[True, False], kind="stable").to_dict("records"):
        if not front or row[y] > front[-1][1]:
            front.append((row[x], row[y]))
    spots = [(across(front[0][0]), along(front[0][1]))]
    for one, other in pairwise(front):
        spots += [(across(other[0]), along(one[1])), (across(other[0]), along(other[1]))]
    marks += [path("curve", spots), *_dots(study, table, (across, along), 0, 0.0)]
    rows = [(across(row[x]), along(row[y]), row) for row in table.to_dict("records")]
    taken = [(at - 5, at + 5, height) for at, height, _ in rows]
    for at, height, row in sorted(rows, key=lambda each: each[1]):
        words = str(row[study.drawing.series]) if study.drawing.series else ""
        width = len(words) * 6.2
        for left, kind in ((at + 8, "name"), (at - 8 - width, "name end")):
            others = [each for each in taken if each != (at - 5, at + 5, height)]
            if left > _LEFT and all(left > b or left + width < a or abs(height - up) > 11 for a, b, up in others):
                taken.append((left, left + width, height))
                marks.append(label(left if kind == "name" else at - 8, height + 4, words, kind))
                break
    return picture(_WIDTH, _HEIGHT, _title(study), marks)


def _matrix(study: Study, table: pd.DataFrame) -> Markup:
    """Heat map: ``series`` down, ``x`` across; a missing cell stays empty."""
    drawing = study.drawing
    rows, columns = ([str(each) for each in table[name].unique()] for name in (drawing.series or drawing.x, drawing.x))
    left = 16 + max(len(name) for name in rows) * _LETTER
    marks = [
        label(left + (at + 0.5) * _CELL_WIDTH, 14, shortened(name, 10), "tick middle", name)
        for at, name in enumerate(columns)
    ]
    marks += [label(left - 8, 22 + (at + 0.6) * _CELL_HEIGHT, name, "end") for at, name in enumerate(rows)]
    cell = '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
    for row in table.to_dict("records"):
        down, across = rows.index(str(row[drawing.series or drawing.x])), columns.index(str(row[drawing.x]))
        x, y = left + across * _CELL_WIDTH, 22 + down * _CELL_HEIGHT
        words = f"{rows[down]}, {columns[across]}: {_value_words(row, drawing.y)}"
        shade = heat.shade(min(max(row[drawing.y], 0.0), 1.0), True)
        marks.append(mark(cell, shade, x, y, _CELL_WIDTH - 1, _CELL_HEIGHT - 1, words))
        marks.append(label(x + _CELL_WIDTH / 2, y + 21, f"{row[drawing.y]:.3f}", f"{shade} middle"))
    return picture(left + len(columns) * _CELL_WIDTH, 26 + len(rows) * _CELL_HEIGHT, _title(study), marks)


_PICTURES: dict[str, Callable[[Study, pd.DataFrame], Markup]] = {
    "bars": _bars,
    "curve": _curve,
    "scatter": _scatter,
    "matrix": _matrix,
}


def _axes_of(study: Study, table: pd.DataFrame) -> tuple[_Scale, _Scale]:
    values = [float(each) for each in table[study.drawing.x]]
    across = _scale(values, _LEFT, _RIGHT, log=study.drawing.log_x)
    return across, _scale(_extent(study, table), _BOTTOM, _TOP)


def _scale(values: Sequence[float], start: float, end: float, *, log: bool = False) -> _Scale:
    """Scale over the values, widened to whole steps; a single value gets some room."""
    low, high = min(values), max(values)
    if log:
        return _Scale(low / 1.1, high * 1.1, start, end, log=True)
    step = _step(high - low if high > low else max(abs(high), 0.1))
    return _Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step or step, start, end)


def _step(span: float) -> float:
    """Round step, so that 4 to 10 of them make a span."""
    power = 10.0 ** math.floor(math.log10(span))
    return next(power * factor for factor in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0) if span / (power * factor) <= 7.5)


def _extent(study: Study, table: pd.DataFrame) -> list[float]:
    """Values, ends of intervals, and the reference."""
    ends = [end for row in table.to_dict("records") for end in _bounds(row, study.drawing.y)]
    reference = [] if study.drawing.reference is None else [study.drawing.reference]
    return [*map(float, table[study.drawing.y]), *ends, *reference]


def _bounds(row: Row, name: str) -> tuple[float, float]:
    """Interval of a value; twice the value where it has none."""
    ends = [float(row[each]) for each in (f"{name}_low", f"{name}_high") if pd.notna(row.get(each))]
    return (ends[0], ends[1]) if len(ends) == 2 else (float(row[name]), float(row[name]))


def _grid(study: Study, across: _Scale, along: _Scale) -> list[Markup]:
    marks = []
    for at in _ticks_of(study, across):
        marks += [upright("grid", across(at), _TOP, _BOTTOM), label(across(at), _BOTTOM + 16, f"{at:g}", "tick middle")]
    for at in along.ticks:
        marks += [level("grid", along(at), _LEFT, _RIGHT), label(_LEFT - 6, along(at) + 4, f"{at:g}", "tick end")]
    if study.drawing.reference is not None:
        marks.append(level("chance", along(study.drawing.reference), _LEFT, _RIGHT))
    words = f"{study.drawing.title_x or heading(study.drawing.x)} (across), {heading(study.drawing.y)} (up)"
    return [*marks, label(_LEFT, _BOTTOM + 34, words, "tick")]


def _ticks_of(study: Study, across: _Scale) -> list[float]:
    """Round values; on a logarithmic axis the values of the points, without those that are too close."""
    if not across.log:
        return across.ticks
    kept: list[float] = []
    for at in sorted(set(study.table[study.drawing.x].dropna()), reverse=True):
        if not kept or across(kept[-1]) - across(at) > 3.5 * _LETTER:
            kept.append(at)
    return kept


def _series(study: Study, table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    if not study.drawing.series:
        yield "", table
        return
    for name in table[study.drawing.series].unique():
        yield str(name), table[table[study.drawing.series] == name]


def _dots(
    study: Study, table: pd.DataFrame, scales: tuple[_Scale, _Scale], colour: int, shift: float
) -> Iterator[Markup]:
    across, along = scales
    for row in table.to_dict("records"):
        x, (low, high) = across(row[study.drawing.x]), _bounds(row, study.drawing.y)
        if low < high:
            yield _whisker(colour, x + shift, x + shift, along(low), along(high))
        names = [str(row[study.drawing.series])] if study.drawing.series else []
        words = ", ".join([*names, f"{heading(study.drawing.x)} {row[study.drawing.x]:g}"])
        yield mark(_DOT, str(colour), x, along(row[study.drawing.y]), f"{words}: {_value_words(row, study.drawing.y)}")


def _whisker(colour: int, x1: float, x2: float, y1: float, y2: float) -> Markup:
    return mark(_RANGE, str(colour), x1, x2, y1, y2)


def _end_names(ends: Sequence[tuple[tuple[float, float], str, int]]) -> Iterator[Markup]:
    """Names of series at the right ends of their lines, moved apart."""
    lowest = -math.inf
    for (x, y), name, colour in sorted(ends, key=lambda each: each[0][1]):
        lowest = max(y + 4, lowest + 13)
        if name:
            yield label(x + 12, lowest, shortened(name, 24), f"s{colour}", name)


def _value_words(row: Row, name: str) -> str:
    low, high = _bounds(row, name)
    interval = f", 95% interval [{low:.3f}, {high:.3f}]" if low < high else ""
    return f"{heading(name)} {row[name]:.3f}{interval}"


def _title(study: Study) -> str:
    return f"{study.question} {heading(study.drawing.y)} by {study.drawing.title_x or heading(study.drawing.x)}"


_HEADINGS = {"uar": "UAR", "n_utterances": "tested", "n_speakers": "speakers", "p": "p"}


def heading(column: str) -> str:
    """Heading of a column of a study's table.

    >>> heading("uar"), heading("n_speakers"), heading("milliseconds_per_s")
    ('UAR', 'speakers', 'milliseconds per s')
    """
    return _HEADINGS.get(column) or column.removeprefix("n_").replace("_", " ")
