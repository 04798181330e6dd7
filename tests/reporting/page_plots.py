"""Holds titles and labels of a report's plots against their recomputed values."""

import re

import pytest
from page_sentences import INTERVAL, NUMBER, all_same, matched, same
from page_tree import Node
from recomputed import Recomputed

TICKS = ["0", "0.25", "0.5", "0.75", "1"]


def titles(plot: Node) -> list[str]:
    """Titles of a plot, its own first."""
    return [each.text() for each in plot.all("title")]


def labels(plot: Node, kind: str) -> list[str]:
    """Labels of a plot with a word in their class, without their titles."""
    return ["".join(part for part in each.inside if isinstance(part, str)) for each in plot.all("text", class_=kind)]


def check_plot(plot: Node, run: Recomputed | None, other: Recomputed | None = None) -> None:
    """Check one plot by its title; of a plot of two runs, ``other`` is the honest one."""
    title, *marks = titles(plot)
    ticks = [tick for tick in labels(plot, "tick") if re.search(r"\d", tick)]
    checks = {
        "Recall by emotion": _recalls,
        "UAR of each of": _speakers,
        "Share of correct": _reliability,
        "Error rate": _risk,
    }
    if title == "axes":
        assert ticks[::2] == ticks[1::2] == TICKS
        return
    if title.startswith("UAR from"):
        low, high, chance = matched(rf"UAR from ({NUMBER}) to ({NUMBER}), chance at ({NUMBER})", title)
        same(chance, 1 / len(run.classes))
        assert ticks
        assert all(float(low) <= float(tick) <= float(high) for tick in ticks)
        return
    if "honest" in title:
        all_same(matched(rf"UAR ({NUMBER}), honest ({NUMBER})", title), (run.uar(), other.uar()))
    elif title.startswith(("UAR 0", "UAR 1")):
        shown = matched(rf"UAR ({NUMBER}), {INTERVAL}, chance ({NUMBER})", title)
        all_same(shown, (run.uar(), *run.interval(), 1 / len(run.classes)))
    else:
        (check,) = [check for start, check in checks.items() if title.startswith(start)]
        check(plot, run, title, marks)
    assert ticks[:5] in ([], TICKS)


def _recalls(plot: Node, run: Recomputed, title: str, marks: list[str]) -> None:
    shown = dict(re.findall(r"(\w+) (\d+%)", title))
    for emotion in run.classes:
        same(shown[emotion], run.recall(emotion))
    for mark in marks:
        emotion, recall = matched(rf"(\w+): recall ({NUMBER})", mark)
        same(recall, run.recall(emotion))
    for label, recall in zip(labels(plot, "value"), sorted(map(run.recall, run.classes), reverse=True), strict=True):
        same(label, recall)


def _speakers(plot: Node, run: Recomputed, title: str, marks: list[str]) -> None:
    scores = sorted(run.uar_of(each) for each in run.speakers)
    n, first, low, last, high = matched(
        rf"UAR of each of (\d+) speakers\. Lowest (.+) \(({NUMBER})\), highest (.+) \(({NUMBER})\)\.", title
    )
    assert {f"{first}: {low}", f"{last}: {high}"} <= set(marks)
    assert int(n) == len(scores) == len(marks)
    all_same((low, high), (scores[0], scores[-1]))
    assert len({mark.split(": ")[0] for mark in marks}) == len(scores)
    for mark in marks:
        speaker, shown = mark.split(": ")
        (full,) = [each for each in run.speakers if each in (speaker, f"{each.split('/')[0]}/{speaker}")]
        same(shown, run.uar_of(full))
    for label, score in zip(labels(plot, "value"), (scores[0], scores[-1]), strict=True):
        name, shown = label.split(": ")
        same(shown, score)
        assert any(mark.endswith(f"{name.removeprefix('…')}: {shown}") for mark in marks)


def _reliability(_: Node, run: Recomputed, title: str, marks: list[str]) -> None:
    same(title.rpartition(" ")[2], run.ece())
    for mark, (size, confidence, right) in zip(marks, run.bins(), strict=True):
        n, sure, hit = matched(rf"(\d+) utterances: mean confidence ({NUMBER}%), ({NUMBER}%) correct", mark)
        assert int(n) == size
        all_same((sure, hit), (confidence, right))


def _risk(plot: Node, run: Recomputed, title: str, marks: list[str]) -> None:
    same(title.rpartition(" ")[2], run.aurc())
    for mark, share in zip(marks, (0.5, 1.0), strict=True):
        answered, wrong = matched(rf"(\d+%) answered: ({NUMBER}%) wrong", mark)
        same(answered, share)
        same(wrong, run.error_at(share))
    all_same(labels(plot, "value"), (run.error_at(0.5), run.error_at(1.0)))
    _, middle, top = map(float, labels(plot, "end")[:3])
    assert middle == pytest.approx(top / 2)
    assert max(run.error_at(0.5), run.error_at(1.0)) <= top <= max(run.errors().max(), 0.2)


def check_cost_plot(plot: Node, members: list[Recomputed], settings: list[dict]) -> None:
    """Check the plot of UAR against training time; members in the order of the ranking."""
    _, *marks = titles(plot)
    for mark, run, setting in zip(marks, members, settings, strict=True):
        uar, seconds = matched(rf".+: UAR ({NUMBER}), ({NUMBER}) s of training", mark)
        same(uar, run.uar())
        same(seconds, max(setting["seconds"]["fit"], 0.1))
    seconds, scores = ([float(tick.replace(",", "")) for tick in labels(plot, kind)] for kind in ("middle", "end"))
    assert seconds == [seconds[0] * 10**step for step in range(len(seconds))]
    all_same([f"{each:.2f}" for each in scores], [scores[0] + 0.05 * step for step in range(len(scores))])
    assert seconds[0] <= max(settings[-1]["seconds"]["fit"], 0.1)
    assert scores[0] <= min(run.uar() for run in members) <= max(run.uar() for run in members) <= scores[-1]
