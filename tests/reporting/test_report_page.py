import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from featser.reporting.heat import contrast, style
from featser.reporting.page import page
from featser.reporting.words import UAR_DEFINITION

VOID = {"meta", "br", "hr", "img", "input", "link"}
HOSTILE = '<script>alert("1")</script>'


class Page(HTMLParser):
    """Checks that every tag is closed in order, and collects tags, tables and stamps."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.tables, self.stamps = [], [], [], 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.stamps += attrs.get("class") == "stamp"
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag == "td":
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "td" in self.open:
            self.tables[-1][-1][-1] += f" {data}"


def test_the_page_is_well_formed(several):
    parsed = Page(page(several))
    assert parsed.open == []
    assert ("html", {"lang": "en"}) in parsed.tags


def test_ids_are_unique_and_links_lead_somewhere(several):
    tags = Page(page(several)).tags
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    targets = {attrs["href"].removeprefix("#") for tag, attrs in tags if tag == "a"}
    assert len(set(ids)) == len(ids)
    assert targets <= set(ids)


def test_the_page_needs_nothing_from_elsewhere(several):
    text = page(several)
    assert not re.search(r"https?://|url\(|@import|fetch\(|XMLHttpRequest", text)
    tags = [tag for tag, _ in Page(text).tags]
    assert not {*tags} & {"link", "img", "iframe"}
    assert tags.count("script") == 1
    assert ("script", {}) in Page(text).tags


def test_the_script_is_small_and_only_adds_to_what_is_there(several):
    text = page(several)
    before, script = text.split("<script>")
    assert len(script) < 3100
    assert not re.search("<button|<input", before)


def test_names_are_escaped(make_run):
    run = make_run(
        pipeline=HOSTILE,
        corpus=HOSTILE,
        features=HOSTILE,
        protocol=HOSTILE,
        normalise=HOSTILE,
        title=HOSTILE,
        parameters={HOSTILE: HOSTILE},
        classes=[HOSTILE, "a", '" onload="x'],
        recall={HOSTILE: 0.8, "a": 0.86, '" onload="x': 0.63},
        uar_by_speaker={HOSTILE: 0.5, "{{ 1 }}": 0.6},
        versions={HOSTILE: HOSTILE},
    )
    parsed = Page(page([run, make_run()]))
    assert parsed.open == []
    assert [attrs for tag, attrs in parsed.tags if tag == "script"] == [{}]
    assert not any("onload" in attrs for _, attrs in parsed.tags)


def test_confusions_are_those_of_the_run(make_run):
    run = make_run()
    (confusion,) = [table for table in Page(page([run])).tables if len(table) == 4 and "38%" in table[3][0]]
    counts = [[int(cell.split()[-1]) for cell in row] for row in confusion[1:]]
    assert [row[:-1] for row in counts] == run.confusion
    assert [row[-1] for row in counts] == [sum(row) for row in run.confusion]
    assert confusion[3][0].split() == ["38%", "12"]


def test_every_speaker_has_a_dot(make_run):
    run = make_run(uar_by_speaker={f"emodb/{number}": number / 100 for number in range(100)})
    text = page([run])
    assert all(f"<title>{number}: {number / 100:.2f}</title>" in text for number in range(100))


def test_unknown_speakers_are_called_so(make_run):
    text = page([make_run(uar_by_speaker={}, n_speakers=0, protocol="random", leaky=True)])
    assert "speakers unknown" in text
    assert "The speakers are unknown." in text


def test_an_emotion_without_utterances_has_an_empty_row(make_run):
    assert "fear classified as anger: 0 of 0 (0.0%)" in page([make_run(confusion=[[3, 0, 1], [0, 0, 0], [1, 0, 2]])])


def test_leaky_runs_are_stamped_wherever_they_appear(make_run):
    leaky = [make_run(protocol="random", leaky=True, pipeline=name) for name in ("svm", "xgb")]
    parsed = Page(page(leaky))
    glance, heading, details, recalls, rows, panels = 1, 1, 1, 1, 2, 2
    assert parsed.stamps == glance + heading + details + recalls + rows + panels
    assert "article" not in {tag for tag, _ in parsed.tags}


def test_the_best_of_each_honest_group_is_open_and_the_others_are_closed(several):
    bests = [attrs for tag, attrs in Page(page(several)).tags if tag == "article" and set(attrs) == {"data-run"}]
    assert len(bests) == 4
    assert not any("open" in attrs for tag, attrs in Page(page(several)).tags if tag == "details")


def test_the_definition_of_uar_is_there_once(several):
    assert page(several).count(UAR_DEFINITION) == 1


def test_pictures_and_boxes_have_names(several):
    text = page(several)
    assert text.count("<svg ") == len(re.findall(r"<svg [^>]*><title>[^<]", text))
    tags = Page(text).tags
    assert all(attrs["aria-label"] for _, attrs in tags if attrs.get("class") == "scroll")
    assert all("scope" in attrs for tag, attrs in tags if tag == "th")


def test_text_on_every_shade_can_be_read():
    rules = re.findall(r"background:(#\w{6});color:(#\w{6})", style())
    assert len(rules) == 44
    assert min(contrast(paper, ink) for paper, ink in rules) >= 4.5


def test_text_on_the_page_can_be_read(several):
    schemes = re.findall(r":root \{(.*?)\}", page(several), re.DOTALL)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+): (#\w{6})", scheme))
        texts = [colours[name] for name in ("ink", "quiet", "mark", "alarm")]
        assert min(contrast(colour, colours["page"]) for colour in texts) >= 4.5


@pytest.mark.parametrize(("n_speakers", "n_emotions"), [(24, 8), (91, 6)])
def test_twenty_runs_make_a_small_page(make_run, n_speakers, n_emotions):
    classes = [f"emotion-{number}" for number in range(n_emotions)]
    runs = [
        make_run(
            pipeline=f"pipeline-{number}",
            uar=0.5 + number / 100,
            classes=classes,
            confusion=[[7] * n_emotions] * n_emotions,
            recall=dict.fromkeys(classes, 0.5),
            uar_by_speaker={f"emodb/{each}": each / n_speakers for each in range(n_speakers)},
            right_by_speaker={f"emodb/{each}": [(each * number) % 7] * n_emotions for each in range(n_speakers)},
            spoken_by_speaker={f"emodb/{each}": [7] * n_emotions for each in range(n_speakers)},
            risk_coverage=[[share / 20, share / 50] for share in range(1, 21)],
            reliability=[{"confidence": each / 15, "hit_rate": each / 16, "n": 9} for each in range(3, 15)],
        )
        for number in range(20)
    ]
    assert len(page(runs).encode()) < 600_000


def test_runs_that_are_level_with_the_best_have_a_background_and_all_their_differences(crowd):
    text = page(crowd)
    assert text.count('class="level"') == 1
    (ranking,) = [table for table in Page(text).tables if len(table) == 5 and len(table[1]) > 8][:1]
    best, *others = ranking[1:]
    assert [cell.strip() for cell in best[5:8]] == ["-", "-", "-"]
    assert [row[5].split()[0] for row in others] == ["-0.010", "-0.100", "-0.430"]
    assert [row[6].strip() for row in others] == ["3 of 10", "10 of 10", "10 of 10"]
    assert [float(row[7]) <= 0.05 for row in others] == [False, True, True]


def test_probabilities_have_their_pictures_and_words(make_run):
    text = page([make_run()])
    assert "Share of correct utterances against confidence. ECE 0.088" in text
    assert "area under the curve 0.123" in text
    assert "by speaker 81% to 95%" in text


def test_a_tuned_run_shows_its_optimism(make_run):
    text = page([make_run(tuning={"n_trials": 50, "inner_uar": 0.8, "outer_uar": 0.7})])
    assert "tuned, 50 trials" in text
    assert "Selection optimism 0.100" in text


def test_training_times_are_shown_with_their_machine_or_not_at_all(crowd):
    assert "UAR against seconds of training" in page(crowd)
    assert "Times were measured on 2 cores, some processor; other work on it makes them longer." in page(crowd)
    mixed = [replace(run, machine=run.pipeline) for run in crowd]
    assert "UAR against seconds of training" not in page(mixed)
    assert "trains fastest" not in page(mixed)


def test_training_time_is_drawn_against_the_score(crowd):
    text = page(crowd)
    (picture,) = re.findall(r"<svg [^>]*><title>UAR against seconds of training.*?</svg>", text, re.DOTALL)
    assert all(f"<title>{name}, classic: UAR" in picture for name in "abcd")


def test_models_with_weights_say_how_many(make_run):
    assert "123,456 weights" in page([make_run(n_parameters=123456)])
