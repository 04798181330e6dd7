"""Holds the answer box, the ladder, the failures and the cards of a report against recomputed values."""

import re

import numpy as np
from page_numbers import PageNumbers
from page_plots import labels
from page_sentences import INTERVAL, NUMBER, all_same, check_sentence, matched, same
from page_tree import Node, section_of
from recomputed import Recomputed


def check_answers(page: PageNumbers) -> None:
    section = _section(page, "answer")
    for box in section.all("article"):
        rows = page.rows(page.table(box, "answers"))
        name = rows[0][0]["data-run"]
        run, settings = page.runs[name], page.settings[name]
        sizes = matched(
            rf".+: (?:.+, )?({NUMBER}) utterances, (\d+) speakers, (\d+) emotions", page.take(box.all("h3")[0])
        )
        all_same(sizes, (len(run.table), len(run.speakers), len(run.classes)))
        for row, cells in rows:
            _check_answer(page, row, cells)
        for text in box.all("p", class_="elsewhere"):
            _check_elsewhere(page, text)
        for missing in box.all("p"):
            if "there is no run" in missing.text():
                assert settings["corpus"] in page.take(missing)
        costs = page.take(box.all("p", class_="meaning")[0])
        extract = re.search(rf"takes ({NUMBER}) ms", costs)
        assert (extract is None) == ("extract" not in settings["seconds"])
        if extract:
            same(extract[1], 1000 * settings["seconds"]["extract"])
        assert settings["machine"] in costs
        n_runs = re.search(r"best of up to (\d+) runs", costs)
        largest = max(len(_members_of(page, row["data-run"])) for row, _ in rows)
        assert int(n_runs[1] if n_runs else 1) == largest


def _check_answer(page: PageNumbers, row: Node, cells: dict[str, str]) -> None:
    name = row["data-run"]
    run, settings, members = page.runs[name], page.settings[name], _members_of(page, name)
    assert row["data-clips"] or run.uar() == max(page.runs[each].uar() for each in members)
    assert not settings["leaky"]
    if row["data-clips"]:
        point = settings["enrolment"][row["data-clips"]]
        expected = (point["uar"], point["uar_low"], point["uar_high"])
        assert cells["known of the voice"] == f"{row['data-clips']} clips"
        curves = [page.settings[each]["enrolment"] for each in members]
        assert point["uar"] == max(each[row["data-clips"]]["uar"] for each in curves)
    else:
        expected = (run.uar(), *run.interval())
    all_same((cells["UAR"], *matched(INTERVAL, cells["95% interval"])), expected)
    assert int(cells["speakers"]) == len(run.speakers)
    same(cells["ms per clip"], 1000 * settings["seconds"]["predict"] / len(run.table))
    page.check_size_of_model(cells["size"], settings)
    level = [each for each, alike in zip(members[1:], page.against(members).level, strict=True) if alike]
    if cells["instead"] == "-":
        assert row["data-clips"] or not level
        return
    shown, more = matched(rf".+ \(({NUMBER})\)(?:, (\d+) more)?: not clearly lower", cells["instead"])
    assert len(level) == 1 + int(more or 0)
    same(shown, page.runs[min(level, key=lambda each: page.settings[each]["seconds"]["fit"])].uar())


def _check_elsewhere(page: PageNumbers, text: Node) -> None:
    words = page.take(text)
    if not text["data-run"]:
        assert "is unknown here" in words
        return
    run, settings = page.runs[text["data-run"]], page.settings[text["data-run"]]
    assert settings["protocol"] == "leave-one-corpus-out"
    adapted = re.search(rf" without labels: ({NUMBER}) (?:{INTERVAL}|-)", words)
    assert bool(adapted) == bool(settings["adapted"])
    if adapted:
        point = settings["adapted"]["by_corpus"][text["data-tested"]]
        expected = [point[key] for key in ("uar", "uar_low", "uar_high") if point[key] is not None]
        all_same([number for number in adapted.groups() if number], expected)
    part = _of_corpus(run, text["data-tested"])
    *shown, n_speakers, n_classes, chance = matched(
        rf"On another corpus, expect about ({NUMBER}) for .+: measured ({NUMBER})(?: {INTERVAL})? on \S+ "
        rf"\((\d+) speakers, (\d+) emotions; chance ({NUMBER})\) by .+",
        words,
    )
    all_same(shown[:2], (part.uar(), part.uar()))
    if shown[2]:
        all_same(shown[2:], part.interval())
    assert (shown[2] is None) == (len(part.speakers) < 3)
    classes = part.table["truth"].nunique()
    assert (int(n_speakers), int(n_classes)) == (len(part.speakers), classes)
    same(chance, 1 / classes)


def check_ladders(page: PageNumbers) -> None:
    section = _section(page, "ladder")
    for ladder in section.all("div", class_="ladder"):
        base = page.settings[ladder["data-run"]]
        shown = []
        for row, cells in page.rows(page.table(ladder, "rungs")):
            if cells["UAR"] == "not measured":
                continue
            shown.append(cells["UAR"])
            if not row["data-run"]:
                assert cells["tested on"] == "chance"
                same(cells["UAR"], page.chance(ladder["data-run"]))
                continue
            crosses = page.settings[row["data-run"]]["protocol"] == "leave-one-corpus-out"
            assert page.alike(
                row["data-run"], ladder["data-run"], ("corpus", "normalise") if crosses else ("normalise",)
            )
            expected = _rung(page, row["data-run"], cells["tested on"], base["corpus"])
            interval = (None, None) if cells["95% interval"] == "-" else matched(INTERVAL, cells["95% interval"])
            for number, value in zip((cells["UAR"], *interval), expected, strict=True):
                assert (number is None) == (value is None)
                assert number is None or same(number, value) is None
        (plot,) = ladder.all("svg")
        assert re.findall(r" (0\.\d{3}|1\.000)", plot.all("title")[0].text()) == shown
        assert labels(plot, "value") == shown
        page.read |= {id(each) for each in plot.nodes()}
    for command in section.all("p"):
        if "To measure" in command.text():
            page.take(command)


def _rung(page: PageNumbers, name: str, tested: str, corpus: str) -> tuple[float | None, ...]:
    run, settings = page.runs[name], page.settings[name]
    if settings["protocol"] == "leave-one-corpus-out":
        part = _of_corpus(run, corpus)
        return (part.uar(), *(part.interval() if len(part.speakers) > 2 else (None, None)))
    if tested.startswith("five clips") and settings["normalise"] == "speaker":
        return tuple(settings["enrolment"]["5"][key] for key in ("uar", "uar_low", "uar_high"))
    kinds = {"random": "random", "many": "speaker", "five": "enrolment:5", "a new": "speaker-and-text", "one": "none"}
    (kind,) = [kind for start, kind in kinds.items() if tested.startswith(start)]
    assert kind in (settings["protocol"], settings["normalise"])
    return (run.uar(), *run.interval())


def check_failing(page: PageNumbers) -> None:
    for article in _section(page, "failing").all("article"):
        run, settings = page.runs[article["data-run"]], page.settings[article["data-run"]]
        for guard in article.all("p", class_="guard"):
            _check_guard(settings["guard"], page.take(guard))
        for text in article.all("p"):
            if id(text) not in page.read:
                check_sentence(run, settings, page.take(text))
        for table in article.all("table", class_="sexes"):
            _check_sexes(page, run, settings, table)
        for table in article.all("table", class_="enrolment"):
            page.take(table.all("caption")[0])
            for _, cells in page.rows(table):
                point = settings["enrolment"].get(cells["clips"])
                low, high = matched(INTERVAL, cells["95% interval"])
                keys = ("uar", "uar_low", "uar_high")
                expected = [point[key] for key in keys] if point else (run.uar(), *run.interval())
                all_same((cells["UAR"], low, high), expected)
        _check_mistakes(page, run, article.all("table", class_="mistakes"))


def _check_sexes(page: PageNumbers, run: Recomputed, settings: dict, table: Node) -> None:
    seen = 0
    for _, cells in page.rows(table):
        speakers = [speaker for speaker, sex in settings["sexes"].items() if sex == cells["sex"]]
        part = run.part(run.table["speaker"].isin(speakers))
        assert (int(cells["speakers"]), int(cells["utterances"])) == (len(part.speakers), len(part.table))
        same(cells["UAR"], part.uar())
        if len(part.speakers) > 2:
            all_same(matched(INTERVAL, cells["95% interval"]), part.interval())
        seen += len(speakers)
    assert seen == len(run.speakers)


def _check_mistakes(page: PageNumbers, run: Recomputed, tables: list[Node]) -> None:
    wrong = run.table[run.right < 1].assign(sure=run.confidence[run.right < 1])
    assert bool(tables) == bool(len(wrong))
    for table in tables:
        rows = [cells for _, cells in page.rows(table)]
        assert len(rows) == min(len(wrong), 10)
        all_same([cells["confidence"] for cells in rows], sorted(wrong["sure"], reverse=True)[: len(rows)])
        for cells in rows:
            (found,) = wrong[wrong["utterance"] == cells["utterance"]].to_dict("records")
            assert (cells["truth"], cells["predicted"]) == (found["truth"], found["predicted"])
            same(cells["confidence"], found["sure"])


def _check_guard(guard: dict, text: str) -> None:
    alarms, level = matched(
        rf"The model gives no answer to ({NUMBER}%) of the utterances of unseen speakers \(p below ({NUMBER})\).*", text
    )
    all_same((alarms, level), (guard["false_alarms"], guard["level"]))
    shares = {
        kind: share for share, kind in re.findall(r"(\d+%) of ([a-z ]+?)(?:,|\.$| and)", text.split(", and to ")[-1])
    }
    for kind, share in shares.items():
        same(share, guard["reversed"] if kind == "reversed speech" else guard["caught"][kind])
    for kind, share in guard["caught"].items():
        assert (share == 1) == (kind in text and kind not in shares)


def check_voices(page: PageNumbers, panel: Node, run: Recomputed) -> None:
    """Check the heat map of speakers and emotions, or the sentence in its place."""
    for table in panel.all("table", class_="voices"):
        page.take(table.all("caption")[0])
        scores = []
        for row, cells in page.rows(table):
            mine = run.part(run.table["speaker"] == row["data-speaker"])
            same(cells["UAR"], mine.uar())
            scores.append(mine.uar())
            for emotion in run.classes:
                spoken = mine.n_true(emotion)
                if not spoken:
                    assert cells[emotion] == "-"
                    continue
                share, right, n = matched(r"(\d+%) (\d+)/(\d+)", cells[emotion])
                assert (int(right), int(n)) == (mine.count(emotion, emotion), spoken)
                same(share, int(right) / spoken)
        assert scores == sorted(scores)
        assert len(scores) == len(run.speakers)
    for text in panel.all("p", class_="every"):
        found = [each.rsplit(" ", 1) for each in page.take(text).split(", ")]
        assert len(found) == len(run.speakers)
        all_same([shown for _, shown in found], sorted(run.uar_of(each) for each in run.speakers))


def check_corpora(page: PageNumbers, panel: Node, run: Recomputed, settings: dict) -> None:
    """Check the scores of each left-out corpus; those after adapting are of other predictions, and in the run."""
    tables = panel.all("table", class_="corpora")
    assert bool(tables) == run.over_corpora
    for table in tables:
        page.take(table.all("caption")[0])
        rows = page.rows(table)
        assert [row["data-corpus"] for row, _ in rows] == [*sorted(run.table["corpus"].unique()), "mean"]
        for row, cells in rows:
            name = row["data-corpus"]
            part = run if name == "mean" else run.part(run.table["corpus"] == name)
            same(cells["UAR"], part.uar())
            if cells["95% interval"] != "-":
                all_same(matched(rf"\[({NUMBER}), ({NUMBER})\]", cells["95% interval"]), part.interval())
            sizes = (len(part.table), len(part.speakers), part.table["truth"].nunique())
            all_same((cells["utterances"], cells["speakers"], cells["emotions"]), sizes)
            adapted = settings["adapted"]
            kept = adapted if name == "mean" or not adapted else adapted["by_corpus"][name]
            if not kept:
                assert cells["adapted UAR"] == cells["its 95% interval"] == "-"
                continue
            same(cells["adapted UAR"], kept["uar"])
            bounds = matched(rf"\[({NUMBER}), ({NUMBER})\]", cells["its 95% interval"])
            all_same(bounds, (kept["uar_low"], kept["uar_high"]))


def check_cards(page: PageNumbers) -> None:
    for card in _section(page, "cards").all("dl"):
        run, n_runs = page.runs[card["data-run"]], len(_members_of(page, card["data-run"]))
        terms = dict(zip(map(page.take, card.all("dt")), map(page.take, card.all("dd")), strict=True))
        if "tested" in terms:
            n, n_speakers = matched(rf"({NUMBER}) utterances of (\d+) speakers \(.+\)", terms["tested"])
            all_same((n, n_speakers), (len(run.table), len(run.speakers)))
            assert terms["emotions"] == ", ".join(f"{each} {run.n_true(each)}" for each in run.classes)
        else:
            same(matched(rf"all ({NUMBER}) utterances of .+", terms["trained on"])[0], len(run.table))
            first = terms["chosen after looking at"].split(". ")[0]
            assert (f"the scores of {n_runs} runs" in first) == (n_runs > 1)


def check_sounds(page: PageNumbers) -> None:
    """Check the numbers of acoustic words; a test of `featser.explain` checks these."""
    for described in _section(page, "why").all("dl"):
        words = page.settings[described["data-run"]]["words"]
        for term, text in zip(described.all("dt"), described.all("dd"), strict=True):
            gaps = [gap for gap, _ in words[page.take(term)].values()]
            numbers = re.findall(r"(?:by |[+-])(\d[\d.]*)", page.take(text))
            all_same(numbers, [abs(gap) for gap in gaps])


def _section(page: PageNumbers, name: str) -> Node:
    return section_of(page.page, page.page.all("h2", id=name)[0])


def _members_of(page: PageNumbers, name: str) -> list[str]:
    (members,) = [members for group in page.groups if name in (members := page.members(group))]
    return members


def _of_corpus(run: Recomputed, corpus: str) -> Recomputed:
    return run.part(np.array(run.table["speaker"].str.startswith(f"{corpus}/")))
