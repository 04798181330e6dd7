"""Plots of calibration, of error against coverage, of leaks, and of UAR against training time."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from featser.evaluation import Run
from featser.reporting.groups import Apart, Group
from featser.reporting.measures import duration_words
from featser.reporting.svg import label, level, mark, path, picture, shortened, upright

_WIDTH, _HEIGHT = 330, 190
_LEFT, _TOP, _BOTTOM = 34, 8, 156
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_BAR, _BAR_HEIGHT = 220, 18
_COST_WIDTH, _COST_HEIGHT, _COST_RIGHT, _COST_BOTTOM = 680, 250, 560, 214
_LETTER, _LINE = 6.2, 11
"""Approximate width and height of a letter, in pixels."""

_DOT = '<circle class="{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>'


def shared_axes() -> Markup:
    """Axes from 0 to 1 in both directions, defined once for all plots of a page."""
    return mark(
        '<div class="axes">{}</div>',
        picture(0, 0, "axes", [mark('<defs><g id="axes">{}</g></defs>', _unit_axes())], hidden=True),
    )


def reliability_plot(run: Run) -> Markup:
    """Share of correct utterances against confidence, one dot per bin; calibrated models lie on the dashed diagonal."""
    return _reliability_plot(run, Markup('<use href="#axes"/>'))


def own_reliability_plot(run: Run) -> Markup:
    """Draw the same with axes of its own, for a file."""
    return _reliability_plot(run, _unit_axes())


def _reliability_plot(run: Run, axes: Markup) -> Markup:
    marks = [axes, label(_LEFT, _BOTTOM + 30, "confidence (across), correct (up)", "tick")]
    marks += [path("chance", [(_x(0), _y(0)), (_x(1), _y(1))])]
    n = sum(each["n"] for each in run.reliability)
    for each in run.reliability:
        words = f"{each['n']:g} utterances: mean confidence {each['confidence']:.1%}, {each['hit_rate']:.1%} correct"
        size = 1.5 + 9 * math.sqrt(each["n"] / n)
        marks.append(mark(_DOT, "end", _x(each["confidence"]), _y(each["hit_rate"]), size, words))
    return picture(_WIDTH, _HEIGHT, f"Share of correct utterances against confidence. ECE {run.ece:.3f}", marks)


def risk_plot(run: Run) -> Markup:
    """Error rate among the answered utterances against their share, highest confidence first, on an axis that fits."""
    curve = [(share, error) for share, error in run.risk_coverage]
    top = max(math.ceil(max(error for _, error in curve) * 10 + 0.5), 1) / 10

    def y(error: float) -> float:
        return _y(error / top)

    marks = [upright("grid", _x(at), _TOP, _BOTTOM) for at in _TICKS]
    marks += [label(_x(at), _BOTTOM + 14, f"{at:g}", "tick middle") for at in _TICKS]
    for at in (0.0, top / 2, top):
        marks += [level("grid", y(at), _LEFT, _x(1)), label(_LEFT - 6, y(at) + 4, f"{at:g}", "tick end")]
    marks.append(path("curve", [(_x(share), y(error)) for share, error in curve]))
    for share, error in curve:
        if round(share * 100) in (50, 100):
            words = f"{share:.0%} answered: {error:.1%} wrong"
            marks.append(mark(_DOT, "end", _x(share), y(error), 4.0, words))
            anchor = "value end" if share > 0.9 else "value middle"
            marks.append(label(_x(share), y(error) - 9, f"{error:.0%}", anchor))
    marks.append(label(_LEFT, _BOTTOM + 30, "share answered (across), wrong (up)", "tick"))
    title = f"Error rate against the share of utterances answered; area under the curve {run.aurc:.3f}"
    return picture(_WIDTH, _HEIGHT, title, marks)


def premium_bar(score: float, honest: float) -> Markup:
    """A score as a bar; the part above the honest score has the colour of alarms."""
    width = _BAR - 2
    base, top = min(score, honest) * width, score * width
    bar = '<rect class="{}" x="{}" y="4" width="{}" height="10"/>'
    marks = [mark(bar, "bar", 0, base)]
    if score > honest:
        marks.append(mark(bar, "inflated", base, top - base))
    marks.append(upright("pooled", honest * width, 0, _BAR_HEIGHT))
    return picture(_BAR, _BAR_HEIGHT, f"UAR {score:.3f}, honest {honest:.3f}", marks)


def cost_plot(group: Group, apart: Apart) -> Markup:
    """UAR against seconds of training; the line joins the runs that no faster run reaches."""
    axes = _cost_axes(group.runs)
    spots = {run.run: axes.place(run) for run in group.runs}
    front = _front(group.runs)
    corners = [spots[front[0].run]]
    for one, other in pairwise(front):
        corners += [(spots[other.run][0], spots[one.run][1]), spots[other.run]]
    marks = [*_cost_grid(axes), path("curve", corners)]
    for run in group.runs:
        words = ", ".join((run.pipeline, *apart[run.run], run.features))
        title = f"{words}: UAR {run.uar:.3f}, {duration_words(_seconds(run))} s of training"
        marks.append(mark(_DOT, "end" if run in front else "", *spots[run.run], 4.5, title))
    named = [*front[::-1], *(run for run in group.runs if run not in front)]
    marks += _names(named, spots)
    return picture(
        _COST_WIDTH, _COST_HEIGHT, "UAR against seconds of training; the line joins the best for their time", marks
    )


@dataclass(frozen=True)
class _Axes:
    """Range of seconds, in powers of ten, and of UAR, in steps of 0.05."""

    low: int
    high: int
    bottom: float
    top: float

    def x(self, power: float) -> float:
        return _LEFT + 8 + (power - self.low) / (self.high - self.low) * (_COST_RIGHT - _LEFT)

    def y(self, score: float) -> float:
        return _COST_BOTTOM - (score - self.bottom) / (self.top - self.bottom) * (_COST_BOTTOM - 14)

    def place(self, run: Run) -> tuple[float, float]:
        return self.x(math.log10(_seconds(run))), self.y(run.uar)


def _cost_axes(runs: Sequence[Run]) -> _Axes:
    powers = [math.log10(_seconds(run)) for run in runs]
    scores = [run.uar * 20 for run in runs]
    low = math.floor(min(powers))
    high = max(math.ceil(max(powers)), low + 1)
    return _Axes(low, high, math.floor(min(scores) - 0.2) / 20, math.ceil(max(scores) + 0.2) / 20)


def _cost_grid(axes: _Axes) -> list[Markup]:
    marks = []
    for power in range(axes.low, axes.high + 1):
        marks.append(upright("grid", axes.x(power), 8, _COST_BOTTOM))
        marks.append(label(axes.x(power), _COST_BOTTOM + 16, f"{10.0**power:,g}", "tick middle"))
    for step in range(round((axes.top - axes.bottom) * 20) + 1):
        y = axes.y(axes.bottom + step / 20)
        marks.append(level("grid", y, _LEFT + 8, _COST_RIGHT + 8))
        marks.append(label(_LEFT, y + 4, f"{axes.bottom + step / 20:.2f}", "tick end"))
    return [*marks, label(_LEFT + 8, _COST_BOTTOM + 33, "seconds of training, all folds", "tick")]


def _names(runs: Sequence[Run], spots: Mapping[str, tuple[float, float]]) -> Iterator[Markup]:
    """Names to the right or left of their dots, where there is room."""
    taken = [(x - 5, x + 5, y) for x, y in spots.values()]
    for run in runs:
        x, y = spots[run.run]
        words = shortened(run.pipeline, 24)
        width = len(words) * _LETTER
        others = [each for each in taken if each != (x - 5, x + 5, y)]
        for left, kind in ((x + 8, "name"), (x - 8 - width, "name end")):
            free = all(left > end or left + width < start or abs(y - line) > _LINE for start, end, line in others)
            if free and left > _LEFT:
                taken.append((left, left + width, y))
                yield label(left if kind == "name" else x - 8, y + 4, words, kind)
                break


def _front(runs: Sequence[Run]) -> list[Run]:
    """Runs with a higher UAR than all faster runs, the fastest first."""
    front: list[Run] = []
    for run in sorted(runs, key=lambda run: (_seconds(run), -run.uar, run.run)):
        if not front or run.uar > front[-1].uar:
            front.append(run)
    return front


def _seconds(run: Run) -> float:
    """Training time in seconds, at least 0.1 for the logarithm."""
    return max(run.seconds.get("fit", 0.0), 0.1)


def _unit_axes() -> Markup:
    marks = []
    for at in _TICKS:
        marks += [upright("grid", _x(at), _TOP, _BOTTOM), level("grid", _y(at), _LEFT, _x(1))]
        marks += [label(_x(at), _BOTTOM + 14, f"{at:g}", "tick middle")]
        marks += [label(_LEFT - 6, _y(at) + 4, f"{at:g}", "tick end")]
    return Markup("").join(marks)


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - 12)


def _y(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)
