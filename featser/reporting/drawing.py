"""Plots as inline SVG: intervals, UAR of each speaker, and recall of each emotion.

Colours come from the page's style sheet by class names, for the light and the dark scheme. Every plot and every mark
has a title, which browsers show as a tooltip.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from featser.evaluation import Run
from featser.reporting.groups import Group
from featser.reporting.measures import interval_words
from featser.reporting.svg import label, mark, picture, shortened, upright
from featser.reporting.words import speaker_name, speaker_words

_GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
_BAR_WIDTH, _BAR_HEIGHT, _BAR_EDGE = 180, 26, 12
_PANEL_WIDTH = 330
_DOT = 4.0
_ROW = 21
_LABEL_WIDTH = 92
_SPEAKER = '<circle{} cx="{}" cy="{}" r="{}"><title>{}</title></circle>'
_LETTER = 6.6
"""Mean width of a letter in plots, in pixels, rounded up."""


@dataclass(frozen=True)
class Scale:
    """Range of the UAR in the plots of a comparison, in steps of 0.05, wide enough for all intervals."""

    low: float
    high: float

    def x(self, score: float) -> float:
        """Place of a score."""
        return _BAR_EDGE + (score - self.low) / (self.high - self.low) * (_BAR_WIDTH - 2 * _BAR_EDGE)

    def has(self, score: float) -> bool:
        """Whether a score is on the scale."""
        return self.low <= score <= self.high

    @property
    def ticks(self) -> list[float]:
        """Up to six round scores."""
        step = next(each for each in (1, 2, 4, 5) if (self.high - self.low) * 20 / each <= 5)
        first, last = math.ceil(round(self.low * 20, 6) / step), math.floor(round(self.high * 20, 6) / step)
        return [at * step / 20 for at in range(first, last + 1)]


def scale_of(group: Group) -> Scale:
    """Fit a scale to the scores and intervals of a comparison."""
    lows = [run.uar if run.uar_low is None else run.uar_low for run in group.runs]
    highs = [run.uar if run.uar_high is None else run.uar_high for run in group.runs]
    return Scale(max(math.floor(min(lows) * 20 - 0.1), 0) / 20, min(math.ceil(max(highs) * 20 + 0.1), 20) / 20)


def interval_bar(run: Run, group: Group) -> Markup:
    """UAR as a dot on its 95% interval, with a line at chance where the scale has it."""
    scale, middle = scale_of(group), _BAR_HEIGHT / 2
    marks = [upright("grid", scale.x(at), 0, _BAR_HEIGHT) for at in scale.ticks]
    if scale.has(group.chance):
        marks.append(upright("chance", scale.x(group.chance), 0, _BAR_HEIGHT))
    if run.uar_low is not None and run.uar_high is not None:
        low, high = scale.x(run.uar_low), scale.x(run.uar_high)
        marks.append(
            mark('<rect class="range" x="{}" y="{}" width="{}" height="6" rx="3"/>', low, middle - 3, high - low)
        )
    marks.append(mark('<circle class="dot" cx="{}" cy="{}" r="3"/>', scale.x(run.uar), middle))
    title = f"UAR {run.uar:.3f}, {interval_words(run)}, chance {group.chance:.3f}"
    return picture(_BAR_WIDTH, _BAR_HEIGHT, title, marks)


def interval_axis(group: Group) -> Markup:
    """Scale above a column of `interval_bar`."""
    scale = scale_of(group)
    marks = [label(scale.x(at), 10, f"{at:g}", "tick middle") for at in scale.ticks]
    title = f"UAR from {scale.low:g} to {scale.high:g}, chance at {group.chance:.3f}"
    return picture(_BAR_WIDTH, 14, title, marks)


def speakers_plot(run: Run, chance: float) -> Markup:
    """One dot per speaker at their UAR, close dots stacked; the lowest and the highest are named."""
    scores = sorted(run.uar_by_speaker.items(), key=lambda item: (item[1], item[0]))
    piles = [list(pile) for _, pile in groupby(scores, key=lambda item: round(_panel_x(item[1]) / (2 * _DOT + 1)))]
    top = 22.0
    bottom = top + max(40.0, max(len(pile) for pile in piles) * (2 * _DOT + 1) + 8)
    marks = [*_grid(_panel_x, top, bottom), upright("chance", _panel_x(chance), top, bottom)]
    marks.append(upright("pooled", _panel_x(run.uar), top, bottom))
    ends = {scores[0][0], scores[-1][0]}
    for pile in piles:
        for height, (speaker, score) in enumerate(pile):
            spot = (_panel_x(score), bottom - 4 - _DOT - height * (2 * _DOT + 1), _DOT)
            kind = Markup(' class="end"') if speaker in ends else ""
            marks.append(mark(_SPEAKER, kind, *spot, f"{speaker_name(run, speaker)}: {score:.2f}"))
    marks += [*_end_labels(run, scores), *(label(_panel_x(at), bottom + 14, f"{at:g}", "tick middle") for at in _GRID)]
    title = f"UAR of each of {len(scores)} speakers. {speaker_words(run)}"
    return picture(_PANEL_WIDTH, bottom + 18, title, marks)


def recall_plot(run: Run, chance: float) -> Markup:
    """One bar per emotion, the highest recall on top, with a line at chance."""
    recalls = sorted(run.recall.items(), key=lambda item: (-item[1], item[0]))
    bottom = _ROW * len(recalls)
    marks = [upright("chance", _recall_x(chance), 0, bottom)]
    for number, (emotion, recall) in enumerate(recalls):
        line = number * _ROW + 15
        marks.append(label(_LABEL_WIDTH - 8, line, shortened(emotion, 12), "end", emotion))
        bar = '<rect class="bar" x="{}" y="{}" width="{}" height="11" rx="2"><title>{}</title></rect>'
        width = _recall_x(recall) - _LABEL_WIDTH
        marks.append(mark(bar, _LABEL_WIDTH, line - 10, width, f"{emotion}: recall {recall:.3f}"))
        marks.append(label(_recall_x(recall) + 6, line, f"{recall:.0%}", "value"))
    title = "Recall by emotion: " + ", ".join(f"{emotion} {recall:.0%}" for emotion, recall in recalls)
    return picture(_PANEL_WIDTH, bottom + 2, title, marks)


def _end_labels(run: Run, scores: Sequence[tuple[str, float]]) -> Iterator[Markup]:
    """Names of the lowest and highest speaker above their dots, without overlap."""
    ends = [(speaker_name(run, speaker), score) for speaker, score in (scores[0], scores[-1])]
    words = [f"{name if len(name) <= 14 else f'…{name[-13:]}'}: {score:.2f}" for name, score in ends]
    widths = [len(word) * _LETTER for word in words]
    left = min(max(_panel_x(scores[0][1]) - widths[0] / 2, 0), _PANEL_WIDTH - sum(widths) - 12)
    right = min(max(_panel_x(scores[-1][1]) - widths[1] / 2, left + widths[0] + 12), _PANEL_WIDTH - widths[1])
    yield label(left, 12, words[0], "value")
    if len(scores) > 1:
        yield label(right, 12, words[1], "value")


def _grid(place: Callable[[float], float], top: float, bottom: float) -> list[Markup]:
    return [upright("grid", place(at), top, bottom) for at in _GRID]


def _panel_x(score: float) -> float:
    return 8 + score * (_PANEL_WIDTH - 16)


def _recall_x(recall: float) -> float:
    return _LABEL_WIDTH + recall * (_PANEL_WIDTH - _LABEL_WIDTH - 38)
