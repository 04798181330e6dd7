import io
import re

import pytest
from rich.console import Console

from featser.reporting import show_comparison, show_premium
from featser.reporting.words import UAR_DEFINITION


@pytest.fixture
def shown(monkeypatch):
    """What a terminal of some width shows."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def show(runs, width, *, explain=False, **settings):
        stream = io.StringIO()
        show_comparison(runs, Console(file=stream, width=width, **settings), explain=explain)
        return stream.getvalue()

    return show


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_fit(several, shown, width):
    assert max(len(line) for line in shown(several, width).splitlines()) <= width


@pytest.mark.parametrize("width", [80, 120])
def test_names_and_numbers_are_whole(make_run, shown, width):
    name = "mfcc_prosody_energy_linear_svm"
    text = shown([make_run(pipeline=name), make_run(pipeline="xgb", uar=0.5)], width)
    (row,) = [line for line in text.splitlines() if name in line and line.startswith("1")]
    assert "0.764  [0.701, 0.812]" in row


def test_a_wide_terminal_shows_every_column(several, shown):
    text = shown(several, 150)
    assert all(title in text for title in ("WAR", "macro-F1", "log-loss", "ECE", "fit s", "size"))
    assert "A wider terminal" not in text


def test_a_narrow_terminal_says_what_it_leaves_out(several, shown):
    assert "A wider terminal shows WAR, macro-F1, log-loss, ECE, fit s, size too." in shown(several, 90)


def test_long_names_are_folded_not_cut(make_run, shown):
    text = shown([make_run(pipeline="x" * 200)], 80)
    assert text.count("x") >= 200
    assert "…" not in text


def test_leaky_runs_are_stamped_and_not_ranked(several, shown):
    leaky = shown(several, 80).split("emodb, random")[1]
    assert leaky.splitlines()[0].endswith("LEAKY")
    assert sum(line.startswith("LEAKY  ") for line in leaky.splitlines()) == 2
    assert not any(line.startswith("1 ") for line in leaky.splitlines())


def test_the_definition_of_uar_is_there_where_it_is_asked_for(several, shown):
    assert UAR_DEFINITION in " ".join(shown(several, 80, explain=True).split())
    assert "unweighted average recall" not in shown(several, 80)


def test_no_colour_and_no_control_characters_where_none_are_wanted(make_run, shown):
    text = shown([make_run(pipeline="\x1b[31mred[/bold]", corpus=":smile:")], 80, no_color=True)
    assert "\x1b" not in text
    assert "red[/bold]" in text
    assert ":smile:" in text


def test_every_run_is_compared_with_the_best(crowd, shown):
    text = shown(crowd, 140)
    rows = [re.split(r"  +", line) for line in text.splitlines() if line[:2] in ("1 ", "2 ", "3 ", "4 ")]
    assert rows[0][5:8] == ["-", "-", "-"]
    assert [row[5].split()[0] for row in rows[1:]] == ["-0.010", "-0.100", "-0.430"]
    assert [row[6] for row in rows[1:]] == ["3 of 10", "10 of 10", "10 of 10"]
    assert float(rows[1][7]) > 0.05 > float(rows[2][7])


def test_intervals_and_p_outlast_scores_on_a_narrow_terminal(crowd, shown):
    text = shown(crowd, 60)
    assert "[0.701, 0.812]" in text
    assert "10 of 10" in text
    assert "WAR" not in text.split("A wider terminal")[0]


def test_few_speakers_get_no_p(make_run, shown):
    text = shown([make_run(), make_run(pipeline="xgb", uar=0.5)], 140)
    assert "to best" in text
    assert not re.search(r"\bp\b +WAR", text)


def test_the_leaks_of_a_study_are_a_table(leaks, monkeypatch):
    stream = io.StringIO()
    show_premium(leaks, Console(file=stream, width=120, no_color=True))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "emodb, normalisation none, svm on classic"
    assert [line.split() for line in lines if line.startswith("LEAKY: random")] == [
        ["LEAKY:", "random", "split", "128", "0.900", "128", "0.700", "+0.200"]
    ]
    assert lines[-1].endswith("it appears to score 0.900, 0.200 more.")


def test_outdated_runs_are_counted(make_run, shown):
    assert "1 of 1 run (code of features" in shown([make_run(code={"a": "b"})], 140)
    assert "than those installed" not in shown([make_run()], 140)
