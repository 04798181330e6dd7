"""Reads the numbers of a report's page, and holds each against its recomputed value."""

import re
from functools import cached_property
from pathlib import Path

from page_plots import check_cost_plot, check_plot
from page_sentences import (
    INTERVAL,
    NUMBER,
    all_same,
    check_cost,
    check_lead,
    check_sentence,
    check_tuning,
    matched,
    same,
)
from page_tree import Node, owned_plots, read_page, section_of
from recomputed import Against, Recomputed


class PageNumbers:
    """A page, with the recomputed scores and the settings of its runs."""

    def __init__(self, html: Path, runs: dict[str, Recomputed], settings: dict[str, dict]):
        self.page = read_page(html.read_text(encoding="utf-8"))
        self.runs, self.settings = runs, settings
        self.read: set[int] = set()
        self.comparisons: dict[tuple[str, ...], Against] = {}

    def take(self, node: Node) -> str:
        """Text of a node, which counts as read with everything inside it but pictures."""
        stack = [node]
        while stack:
            each = stack.pop()
            self.read.add(id(each))
            stack += [child for child in each.inside if isinstance(child, Node) and child.tag != "svg"]
        return node.text()

    def unread(self) -> list[str]:
        """Every text with a digit that no check has read."""
        left = []
        for node in self.page.nodes():
            own = " ".join(each for each in node.inside if isinstance(each, str))
            if re.search(r"\d", own) and id(node) not in self.read and node.tag not in ("style", "script", "meta"):
                left.append(f"{node.tag}: {own.strip()}")
        return left

    @cached_property
    def groups(self) -> list[Node]:
        return [section for section in self.page.all("section") if section.all("table", class_="ranking")]

    def members(self, group: Node) -> list[str]:
        return [row["data-run"] for row in self.table(group, "ranking").all("tbody")[0].all("tr")]

    def table(self, where: Node, kind: str) -> Node:
        return where.all("table", class_=kind)[0]

    def rows(self, table: Node) -> list[tuple[Node, dict[str, str]]]:
        """Rows of a table, each with its cells by heading."""
        titles = [self.take(cell) or str(at) for at, cell in enumerate(table.all("thead")[0].all("th"))]
        found = []
        for row in table.all("tbody")[0].all("tr"):
            cells = [self.take(cell) for cell in row.inside if isinstance(cell, Node)]
            found.append((row, dict(zip(titles, cells, strict=False))))
        return found

    def check_score(self, name: str, cells: dict[str, str]) -> None:
        run = self.runs[name]
        same(cells["UAR"], run.uar())
        low, high = matched(INTERVAL, cells["95% interval"])
        same(low, run.interval()[0])
        same(high, run.interval()[1])

    def check_glance(self) -> None:
        firsts = {self.members(group)[0]: self.members(group) for group in self.groups}
        rows = self.rows(self.table(self.page, "glance"))
        assert len(rows) == len(firsts)
        for row, cells in rows:
            name = row["data-run"]
            same(cells["chance"] if "LEAKY" not in cells["UAR"] else cells["95% interval"], self.chance(name))
            if "LEAKY" not in cells["UAR"]:
                self.check_score(name, cells)
                assert int(cells["runs"]) == len(firsts[name])
                level = re.search(r"(\d+) others? not clearly lower", cells["best pipeline"])
                expected = self.against(firsts[name]).level if len(firsts[name]) > 1 else []
                assert int(level[1] if level else 0) == sum(expected)

    def chance(self, name: str) -> float:
        return 1 / len(self.runs[name].classes)

    def against(self, members: list[str]) -> Against:
        key = tuple(members)
        if key not in self.comparisons:
            self.comparisons[key] = Against(self.runs[members[0]], [self.runs[name] for name in members[1:]])
        return self.comparisons[key]

    def check_size(self, group: Node) -> None:
        (size,) = group.all("p", class_="size")
        run = self.runs[self.members(group)[0]]
        n, speakers, emotions, folds, chance = matched(
            rf"({NUMBER}) utterances, (\d+) speakers, (\d+) emotions, .+ \((\d+) folds\); chance ({NUMBER})\.",
            self.take(size),
        )
        same(n, len(run.table))
        assert [int(speakers), int(emotions)] == [len(run.speakers), len(run.classes)]
        assert int(folds) == run.table["fold"].nunique()
        same(chance, 1 / len(run.classes))
        (meaning,) = [each for each in group.all("p", class_="meaning") if "Protocol" in each.text()]
        assert set(re.findall(r"\d+", self.take(meaning))) <= {folds}

    def check_ranking(self, group: Node) -> None:
        rows = self.rows(self.table(group, "ranking"))
        members = self.members(group)
        scores = [round(self.runs[name].uar(), 12) for name in members]
        assert scores == sorted(scores, reverse=True)
        for (_, cells), name, score in zip(rows, members, scores, strict=True):
            n_copies = re.search(r"(\d+) cop(?:y|ies) of each", cells["pipeline"])
            assert n_copies is None or int(n_copies[1]) == len(self.settings[name]["copies"])
            assert cells["rank"] in ("LEAKY", str(scores.index(score) + 1))
            self.check_score(name, cells)
            same(cells["WAR"], self.runs[name].war())
            same(cells["macro-F1"], self.runs[name].macro_f1())
        if "to best" in rows[0][1]:
            self.check_differences(rows, members)

    def check_differences(self, rows: list, members: list[str]) -> None:
        against = self.against(members)
        assert ("p" in rows[0][1]) == (against.smallest_p <= 0.05)
        assert {rows[0][1].get(name, "-") for name in ("to best", "lower for", "p")} == {"-"}
        for at, (row, cells) in enumerate(rows[1:]):
            gap, low, high = matched(rf"({NUMBER}) {INTERVAL}", cells["to best"])
            for shown, value in zip((gap, low, high), (against.gaps[at], *against.intervals[at]), strict=True):
                same(shown, value)
            assert cells["lower for"] == f"{against.n_lower[at]} of {len(self.runs[members[0]].speakers)}"
            assert row["class"] == ("best" if cells["rank"] == "1" else "level" if against.level[at] else "")
            if "p" in cells:
                same(cells["p"], against.p[at])

    def check_details(self, group: Node) -> None:
        for row, cells in self.rows(group.all("table", class_="runs")[1]):
            run, settings = self.runs[row["data-run"]], self.settings[row["data-run"]]
            same(cells["macro-P"], run.macro_precision())
            same(cells["log-loss"], run.log_loss())
            same(cells["Brier"], run.brier())
            same(cells["ECE"], run.ece())
            same(cells["surest half"], 1 - run.error_at(0.5))
            if run.sets() is None:
                assert (cells["set size"], cells["covered"]) == ("-", "-")
            else:
                same(cells["set size"], run.sets().sum(axis=1).mean())
                same(cells["covered"], run.covered().mean())
            same(cells["ms"], 1000 * settings["seconds"]["predict"] / len(run.table))
            same(cells["fit s"], settings["seconds"]["fit"])
            same(cells["columns"], settings["n_features"])
            self.check_size_of_model(cells["size"], settings)

    def check_size_of_model(self, shown: str, settings: dict) -> None:
        assert (shown == "-") == (settings["model_bytes"] is None)
        if shown != "-":
            size, unit = shown.split()
            same(size, settings["model_bytes"] / {"MB": 1e6, "kB": 1e3}[unit])

    def check_recalls(self, group: Node) -> None:
        for table in group.all("table", class_="confusion"):
            if table.all("caption"):
                continue
            for row, cells in self.rows(table):
                for emotion in self.runs[row["data-run"]].classes:
                    same(cells[emotion], self.runs[row["data-run"]].recall(emotion))

    def check_panel(self, panel: Node) -> None:
        run = self.runs[panel["data-run"]]
        settings = self.settings[panel["data-run"]]
        self.check_confusion(run, self.table(panel, "confusion"))
        same(re.search(rf"({NUMBER})(?: LEAKY)?$", self.take(panel.all("h3")[0]))[1], run.uar())
        facts = self.take(panel.all("p", class_="facts")[0])
        assert int(re.search(r"(\d+) columns", facts)[1]) == settings["n_features"]
        for sentence in panel.all("p"):
            if id(sentence) not in self.read:
                check_sentence(run, settings, self.take(sentence))
        for table in panel.all("table", class_="chosen"):
            self.check_chosen(settings, table)

    def check_confusion(self, run: Recomputed, table: Node) -> None:
        self.take(table.all("caption")[0])
        for row, cells in self.rows(table):
            emotion = cells["truth"]
            assert int(cells.pop("n")) == run.n_true(emotion)
            titles = [cell["title"] for cell in row.all("td") if cell["title"]]
            for predicted, title in zip(run.classes, titles, strict=True):
                count = run.count(emotion, predicted)
                shown, total, share = matched(r".+: (\d+) of (\d+) \(([\d.]+%)\)", title)
                assert (int(shown), int(total)) == (count, run.n_true(emotion))
                same(share, count / run.n_true(emotion))
                parts = cells[predicted].split()
                assert int(parts[-1]) == count
                if count:
                    same(parts[0], count / run.n_true(emotion))

    def check_chosen(self, settings: dict, table: Node) -> None:
        self.take(table.all("caption")[0])
        for (_, cells), chosen in zip(self.rows(table), settings["tuning"]["chosen"], strict=True):
            assert cells["fold"] == chosen["fold"]
            if cells["inner UAR"] != "-":
                same(cells["inner UAR"], chosen["inner_uar"])
            written = dict(each.split("=") for each in cells["parameters"].split(", ") if "=" in each)
            assert written.keys() == chosen["parameters"].keys()
            for name, value in chosen["parameters"].items():
                assert written[name] == (f"{value:g}" if isinstance(value, float) else str(value))

    def check_notes(self, group: Node) -> None:
        """Sentences about a comparison, each by its kind."""
        members = self.members(group)
        runs, settings = ([of[name] for name in members] for of in (self.runs, self.settings))
        for note in group.all("p", class_="lead"):
            check_lead(runs[0], self.against(members), self.take(note))
        tuned = [name for name in members if self.settings[name]["tuning"]]
        for note in group.all("p", class_="verdict"):
            text = self.take(note)
            if text.startswith("Tuning"):
                name, twin = tuned[0], self.untuned(tuned.pop(0), members)
                check_tuning(self.runs[name], self.runs[twin], (self.settings[name], self.settings[twin]), text)
            else:
                check_cost(runs, settings, self.against(members), text)
        for note, name in zip(group.all("p", class_="leaky"), members, strict=False):
            shown = matched(
                rf".+: ({NUMBER}) with the leak, ({NUMBER}) without it \(.+\)\. Difference ({NUMBER})\.",
                self.take(note),
            )
            leaky, honest = self.runs[name].uar(), self.runs[self.honest(name)].uar()
            all_same(shown, (leaky, honest, leaky - honest))

    def untuned(self, name: str, members: list[str]) -> str:
        """The run of a group that has the settings of a tuned one, without tuning."""
        (twin,) = [each for each in members if not self.settings[each]["tuning"] and self.alike(each, name)]
        return twin

    def honest(self, name: str) -> str:
        """The honest run with the settings of a leaky one, tested with no speaker on both sides."""
        (twin,) = [
            each
            for each, settings in self.settings.items()
            if not settings["leaky"] and not settings["tuning"] and not settings["copies"]
            if settings["protocol"] == "leave-one-speaker-out" and self.alike(each, name)
        ]
        return twin

    def alike(self, one: str, other: str, apart: tuple[str, ...] = ()) -> bool:
        names = ("corpus", "model", "parameters", "features", "n_features", "clean", "normalise", "seed")
        return all(self.settings[one][name] == self.settings[other][name] for name in names if name not in apart)

    def check_new_texts(self) -> None:
        section = section_of(self.page, self.page.all("h2", id="new-text")[0])
        for row, cells in self.rows(section.all("table")[0]):
            both, speaker = self.runs[row["data-run"]].uar(), self.runs[row["data-other"]].uar()
            assert self.alike(row["data-run"], row["data-other"])
            all_same(
                (cells["new speaker"], cells["and new sentence"], cells["difference"]), (speaker, both, both - speaker)
            )

    def check_premiums(self) -> None:
        section = section_of(self.page, self.page.all("h2", id="premium")[0])
        for summary, table in zip(section.all("p")[1:], section.all("table"), strict=True):
            best = []
            for row, cells in self.rows(table):
                leaky, honest = self.runs[row["data-run"]], self.runs[row["data-other"]]
                assert row["data-other"] == self.honest(row["data-run"])
                check_split(leaky, cells["leak"])
                shown = [cells[name] for name in ("tested", "UAR", "honest: tested", "honest: UAR", "premium")]
                gain = leaky.uar() - honest.uar()
                all_same(shown, (len(leaky.table), leaky.uar(), len(honest.table), honest.uar(), gain))
                best.append((gain, leaky.uar(), honest.uar()))
            gain, leaky_uar, honest_uar = max(best)
            expected = (honest_uar, leaky_uar, gain) if gain > 1e-12 else (honest_uar,)
            all_same(re.findall(r"\d\.\d{3}", self.take(summary)), expected)

    def check_plots(self) -> None:
        """Every plot of the page, with the run that its row or panel belongs to."""
        for owner, plot in owned_plots(self.page, None):
            other = self.runs.get(owner["data-other"]) if owner else None
            title = plot.all("title")[0].text()
            if owner and owner["class"] == "ladder":
                continue
            if title.startswith("UAR against seconds"):
                members = self.members(owner)
                check_cost_plot(plot, [self.runs[name] for name in members], [self.settings[name] for name in members])
            else:
                check_plot(plot, self.runs.get(owner["data-run"] or self.members(owner)[0]) if owner else None, other)
            self.read |= {id(each) for each in plot.nodes()}


def check_split(run: Recomputed, leak: str) -> None:
    """Check what a random split says of the speakers that training knows."""
    found = re.search(r"of (\d+) tested utterances training knows (\d+) by speaker", leak)
    if found:
        folds = run.table.groupby("speaker")["fold"].nunique()
        known = run.table["speaker"].map(folds) > 1
        assert (int(found[1]), int(found[2])) == (len(run.table), known.sum())
