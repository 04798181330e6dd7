import io

import pytest
from rich.console import Console

from featser.reporting import show_comparison
from featser.reporting.words import UAR_DEFINITION


@pytest.fixture
def shown(monkeypatch):
    """What a terminal of some width shows."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def show(runs, width, **settings):
        stream = io.StringIO()
        show_comparison(runs, Console(file=stream, width=width, **settings))
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
    text = shown(several, 120)
    assert all(title in text for title in ("WAR", "macro-F1", "log-loss", "ECE", "fit s", "size"))
    assert "A wider terminal" not in text


def test_a_narrow_terminal_says_what_it_leaves_out(several, shown):
    assert "A wider terminal shows macro-F1, ECE, fit s, size too." in shown(several, 80)


def test_long_names_are_folded_not_cut(make_run, shown):
    text = shown([make_run(pipeline="x" * 200)], 80)
    assert text.count("x") >= 200
    assert "…" not in text


def test_leaky_runs_are_stamped_and_not_ranked(several, shown):
    leaky = shown(several, 80).split("emodb, random")[1]
    assert leaky.splitlines()[0].endswith("LEAKY")
    assert sum(line.startswith("LEAKY  ") for line in leaky.splitlines()) == 2
    assert not any(line.startswith("1 ") for line in leaky.splitlines())


def test_the_definition_of_uar_is_there(several, shown):
    assert UAR_DEFINITION in " ".join(shown(several, 80).split())


def test_no_colour_and_no_control_characters_where_none_are_wanted(make_run, shown):
    text = shown([make_run(pipeline="\x1b[31mred[/bold]", corpus=":smile:")], 80, no_color=True)
    assert "\x1b" not in text
    assert "red[/bold]" in text
    assert ":smile:" in text


def test_runs_that_are_alike_share_a_letter(crowd, shown):
    rows = [line.split() for line in shown(crowd, 120).splitlines() if line[:2] in ("1 ", "2 ", "3 ", "4 ")]
    assert [row[6] for row in rows] == ["a", "a", "b", "c"]
    assert rows[0][7] == "-"
    assert float(rows[1][7]) > 0.05 > float(rows[2][7])


def test_letters_outlast_intervals_on_a_narrow_terminal(crowd, shown):
    text = shown(crowd, 40)
    assert "alike" in text
    assert "[0.701, 0.812]" not in text


def test_few_speakers_get_no_letters(make_run, shown):
    assert "alike" not in shown([make_run(), make_run(pipeline="xgb", uar=0.5)], 120)
