"""Holds the numbers in sentences of a report against their recomputed values."""

import re
from collections.abc import Callable, Sequence

import numpy as np
from recomputed import Against, Recomputed

NUMBER = r"[-+]?[\d,]*\.?\d+"
INTERVAL = rf"\[({NUMBER}), ({NUMBER})\]"
EVIDENCE = r"\(p (?:= )?<?([\d.]+), (lower|higher) for (\d+) of (\d+) speakers\)"
TIME = rf"({NUMBER}) (s|min)"


def same(shown: str, value: float) -> None:
    """Hold a written number against a value, to half a unit of its last digit."""
    factor = 100 if shown.endswith("%") else 1
    plain = shown.rstrip("%").replace(",", "")
    digits = len(plain.partition(".")[2])
    assert abs(float(plain) - factor * value) <= 0.5 * 10**-digits + 1e-9, (shown, value)


def all_same(shown: Sequence[str], values: Sequence[float]) -> None:
    for each, value in zip(shown, values, strict=True):
        same(each, value)


def matched(pattern: str, text: str) -> tuple[str, ...]:
    found = re.fullmatch(pattern, text)
    assert found, f"{text!r} is not {pattern!r}"
    return found.groups()


def check_sentence(run: Recomputed, settings: dict, text: str) -> None:
    """Check a sentence about one run; one that no check knows must have no number."""
    checks: dict[str, Callable[[Recomputed, dict, str], None]] = {
        "Largest confusions": _confusions,
        "Lowest": _speakers,
        "Well calibrated": _calibration,
        "Overconfident": _calibration,
        "Underconfident": _calibration,
        "Correct": _abstention,
        "Prediction sets of": _sets,
        "The search scored": _search,
        "Selection optimism": _search,
    }
    for start, check in checks.items():
        if text.startswith(start):
            check(run, settings, text)
            return
    assert not re.search(r"\d", text), text


def _confusions(run: Recomputed, _: dict, text: str) -> None:
    found = re.findall(r"(\w+) as (\w+) (\d+%) \((\d+) of (\d+)\)", text)
    for truth, other, share, count, n in found:
        assert (int(count), int(n)) == (run.count(truth, other), run.n_true(truth))
        same(share, int(count) / int(n))
    pairs = [(one, other) for one in run.classes for other in run.classes if one != other and run.count(one, other)]
    largest = sorted((run.count(one, other) / run.n_true(one) for one, other in pairs), reverse=True)[: len(found)]
    assert [int(count) / int(n) for *_, count, n in found] == largest


def _speakers(run: Recomputed, _: dict, text: str) -> None:
    scores = {speaker: run.uar_of(speaker) for speaker in run.speakers}
    found = re.findall(rf"(\S+) \(({NUMBER})\)", text)
    all_same([shown for _, shown in found], (min(scores.values()), max(scores.values())))
    for name, shown in found:
        (speaker,) = [each for each in run.speakers if name in (each, each.split("/")[1])]
        same(shown, scores[speaker])


def _calibration(run: Recomputed, _: dict, text: str) -> None:
    shown = re.findall(rf"{NUMBER}%?", text)
    all_same(shown, (run.confidence.mean(), run.war(), run.ece(), run.brier()))
    gap = run.confidence.mean() - run.war()
    verdict = "Well calibrated" if abs(gap) < 0.03 else "Overconfident" if gap > 0 else "Underconfident"
    assert text.startswith(verdict)


def _abstention(run: Recomputed, _: dict, text: str) -> None:
    half = 1 - run.error_at(0.5)
    all_same(re.findall(rf"{NUMBER}%", text), (half, run.war()))
    assert text.endswith("says little.") == (half < run.war() + 0.03)


def _sets(run: Recomputed, settings: dict, text: str) -> None:
    by_speaker = run.covered().groupby(run.table["speaker"]).mean()
    sizes, gap = run.sets().sum(axis=1), run.covered().mean() - 0.9
    *shown, last = (*re.findall(rf"{NUMBER}%?", text)[:6], text.partition("have one emotion.")[2])
    all_same(
        shown,
        (sizes.mean(), run.covered().mean(), 0.9, by_speaker.min(), by_speaker.max(), (sizes == 1).mean()),
    )
    assert ("below" in last, "above" in last) == (gap < -0.03, gap > 0.03)
    if "corpus" in settings["protocol"]:
        assert not re.search(r"\d", last)
    elif last:
        assert re.findall(r"\d+", last) == [str(len(run.speakers))]


def _search(run: Recomputed, settings: dict, text: str) -> None:
    inner = np.mean([each["inner_uar"] for each in settings["tuning"]["chosen"]])
    flattering = inner > run.uar()
    assert text.startswith("Selection optimism") == flattering
    all_same(re.findall(NUMBER, text), [inner - run.uar(), inner, run.uar()] if flattering else [inner])


def check_lead(best: Recomputed, against: Against, text: str) -> None:
    """Check the sentence about the best run of a comparison."""
    start, rest = matched(rf"(.+ has the highest UAR, {NUMBER})[.;](.*)", text)
    same(start.rpartition(" ")[2], best.uar())
    if against.smallest_p > 0.05:
        gap, n, p = matched(
            rf" .+ is lower by ({NUMBER})\. With (\d+) speakers no difference can be called clear: "
            rf"p is at least ({NUMBER})\.",
            rest,
        )
        all_same((gap, n, p), (-against.gaps[0], len(best.speakers), against.smallest_p))
        return
    level, n_lower, gap, p, _, count, n = matched(
        rf"(?: Not clearly lower \(p > 0\.05\): (.+?)\.)?"
        rf"(?: Clearly lower: (\d+) runs?, the nearest .+ by ({NUMBER}) {EVIDENCE}\.)?",
        rest,
    )
    n_level, lower = sum(against.level), [at for at, clear in enumerate(against.clear) if clear]
    if n_level > 5:
        assert int(re.search(r"and (\d+) more", level)[1]) == n_level - 4
    else:
        assert (0 if level is None else len(re.split(r", (?![^(]*\))| and ", level))) == n_level
    assert (n_lower is None) == (not lower)
    if lower:
        assert (int(n_lower), int(count), int(n)) == (len(lower), against.n_lower[lower[0]], len(best.speakers))
        all_same((gap, p), (-against.gaps[lower[0]], against.p[lower[0]]))


def check_tuning(tuned: Recomputed, untuned: Recomputed, settings: tuple[dict, dict], text: str) -> None:
    """Check the sentence about a tuned run and the same pipeline untuned; settings of both, in this order."""
    against = Against(untuned, [tuned])
    verdict, one, other, p, _, count, n, *times, rest = matched(
        rf"Tuning (did not help|did not clearly help|helped|harmed) .+?: ({NUMBER}) against ({NUMBER})"
        rf"(?: {EVIDENCE})?; training took {TIME} instead of {TIME}\. (.+)",
        text,
    )
    clear = against.clear[0]
    gain = against.gaps[0] > 0
    expected = {(True, True): "helped", (True, False): "harmed", (False, True): "did not clearly help"}
    assert verdict == expected.get((clear, gain), "did not help")
    all_same((one, other), (tuned.uar(), untuned.uar()))
    check_time(*times[:2], settings[0])
    check_time(*times[2:], settings[1])
    if clear:
        same(p, against.p[0])
        assert int(count) == (against.n_higher[0] if gain else against.n_lower[0])
        assert int(n) == len(tuned.speakers)
    _search(tuned, settings[0], rest)


def check_cost(runs: Sequence[Recomputed], settings: Sequence[dict], against: Against, text: str) -> None:
    """Check the sentence about training time; runs and settings are in the order of the ranking."""
    seconds = [each["seconds"]["fit"] for each in settings]
    fastest = int(np.argmin(seconds))
    text, machine = text.split(" Times were measured on ")
    assert machine == f"{settings[0]['machine']}; other work on it makes them longer."
    if fastest == 0:
        check_time(*matched(rf".+ also trains fastest \({TIME}\)\.", text), settings[0])
    elif against.level[fastest - 1] or runs[0].uar() - runs[fastest].uar() < 0.001:
        one, s, other, t = matched(rf".+ trains fastest \({TIME} against {TIME}\) and is not clearly lower\.", text)
        check_time(one, s, settings[fastest])
        check_time(other, t, settings[0])
    else:
        one, s, other, t, price = matched(
            rf".+ trains fastest \({TIME}\)\. From there to .+ \({TIME}\), 0\.01 UAR more costs about ({NUMBER}) s "
            r"of training\.",
            text,
        )
        check_time(one, s, settings[fastest])
        check_time(other, t, settings[0])
        same(price, (seconds[0] - seconds[fastest]) / (100 * (runs[0].uar() - runs[fastest].uar())))


def check_time(shown: str, unit: str, settings: dict) -> None:
    same(shown, settings["seconds"]["fit"] / (60 if unit == "min" else 1))
