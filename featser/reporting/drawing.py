"""Small pictures as inline SVG: intervals against chance, one dot per speaker, a bar per emotion.

Colours come from the page's style sheet by class names, so that both schemes share a picture. Every picture says in
its title what it shows; every mark has its own, which browsers show under the pointer.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from markupsafe import Markup

from featser.evaluation import Run
from featser.reporting.columns import interval_words
from featser.reporting.svg import label, mark, picture, shortened, upright
from featser.reporting.words import speaker_name, speaker_words

_GRID = (0.0, 0.25, 0.5, 0.75, 1.0)
_BAR_WIDTH, _BAR_HEIGHT, _BAR_EDGE = 250, 26, 12
_PANEL_WIDTH = 330
_DOT = 4.0
_ROW = 21
_LABEL_WIDTH = 92
_SPEAKER = '<circle{} cx="{}" cy="{}" r="{}"><title>{}</title></circle>'
_LETTER = 6.6
"""Widest mean width of a letter at the size that plots use."""


def interval_bar(run: Run, chance: float) -> Markup:
    """UAR as a dot on its 95 % interval, from 0 to 1, over a line at chance."""
    middle = _BAR_HEIGHT / 2
    marks = [*_grid(_bar_x, 0, _BAR_HEIGHT), upright("chance", _bar_x(chance), 0, _BAR_HEIGHT)]
    if run.uar_low is not None and run.uar_high is not None:
        low, high = _bar_x(run.uar_low), _bar_x(run.uar_high)
        marks.append(
            mark('<rect class="range" x="{}" y="{}" width="{}" height="6" rx="3"/>', low, middle - 3, high - low)
        )
    marks.append(mark('<circle class="dot" cx="{}" cy="{}" r="4.5"/>', _bar_x(run.uar), middle))
    title = f"UAR {run.uar:.3f}, {interval_words(run)}, chance {chance:.3f}"
    return picture(_BAR_WIDTH, _BAR_HEIGHT, title, marks)


def interval_axis(chance: float) -> Markup:
    """Scale over a column of `interval_bar`."""
    marks = [label(_bar_x(at), 24, f"{at:g}", "tick middle") for at in _GRID if abs(at - chance) > 0.07]
    marks.append(label(_bar_x(chance), 10, "chance", "tick middle"))
    marks.append(upright("chance", _bar_x(chance), 14, 28))
    return picture(_BAR_WIDTH, 28, f"UAR from 0 to 1, chance at {chance:.3f}", marks)


def speakers_plot(run: Run, chance: float) -> Markup:
    """One dot per speaker at their UAR; dots that would touch are piled up; the worst and the best are named."""
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
    """A bar per emotion, the best found on top, over a line at chance."""
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
    """Names of worst and best above their dots, pushed apart and kept inside."""
    words = [f"{shortened(speaker_name(run, speaker), 14)}: {score:.2f}" for speaker, score in (scores[0], scores[-1])]
    widths = [len(word) * _LETTER for word in words]
    left = min(max(_panel_x(scores[0][1]) - widths[0] / 2, 0), _PANEL_WIDTH - sum(widths) - 12)
    right = min(max(_panel_x(scores[-1][1]) - widths[1] / 2, left + widths[0] + 12), _PANEL_WIDTH - widths[1])
    yield label(left, 12, words[0], "value")
    if len(scores) > 1:
        yield label(right, 12, words[1], "value")


def _grid(place: Callable[[float], float], top: float, bottom: float) -> list[Markup]:
    return [upright("grid", place(at), top, bottom) for at in _GRID]


def _bar_x(score: float) -> float:
    return _BAR_EDGE + score * (_BAR_WIDTH - 2 * _BAR_EDGE)


def _panel_x(score: float) -> float:
    return 8 + score * (_PANEL_WIDTH - 16)


def _recall_x(recall: float) -> float:
    return _LABEL_WIDTH + recall * (_PANEL_WIDTH - _LABEL_WIDTH - 38)
