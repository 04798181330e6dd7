import pytest

from featser.reporting import comparison_text
from featser.reporting.groups import differences
from featser.reporting.page import page
from featser.reporting.shortcuts import honest_twin, leak_details, leak_name, new_texts, premium_summary, premiums


def test_every_shortcut_stands_beside_the_honest_score_of_the_same_settings(shortcuts):
    (found,) = premiums(shortcuts)
    assert [(leak_name(each.leaky), each.honest.uar) for each in found] == [
        ("random split", 0.7),
        ("select before split", 0.68),
        ("scale before split", 0.7),
    ]
    assert [round(each.premium, 3) for each in found] == [0.2, 0.12, 0.02]


def test_the_largest_premium_is_said_in_a_sentence(shortcuts):
    (found,) = premiums(shortcuts)
    assert premium_summary(found) == (
        'svm is worth 0.700 to a new voice; by "random split" it would have pretended 0.900, 0.200 more.'
    )


def test_a_shortcut_that_brings_nothing_is_not_made_more_of(make_run):
    runs = [make_run(uar=0.7), make_run(uar=0.65, leaky=True, leaks=["scale before split: all"])]
    assert premium_summary(premiums(runs)[0]) == "No shortcut lifts svm above its honest score."


def test_a_leak_has_a_name_and_details(make_run):
    run = make_run(leaky=True, leaks=["take: 3 utterances, e.g. x: y", "speaker: 4 utterances."])
    assert leak_name(run) == "take; speaker"
    assert leak_details(run) == "3 utterances, e.g. x: y; 4 utterances"
    assert leak_name(make_run(protocol="random", leaky=True)) == "random split"


@pytest.mark.parametrize(
    "change", [{"normalise": "speaker"}, {"corpus": "ravdess"}, {"features": "wide"}, {"protocol": "speaker-and-text"}]
)
def test_another_question_is_no_twin(make_run, change):
    leaky = make_run(leaky=True, leaks=["take: 3"])
    assert honest_twin(leaky, [make_run(**change), leaky]) is None


def test_new_sentences_stand_beside_known_ones(shortcuts):
    (pair,) = new_texts(shortcuts)
    assert (pair.speaker.uar, pair.both.uar) == (0.7, 0.6)


def test_both_tables_are_in_the_text(shortcuts):
    text = comparison_text(shortcuts)
    assert "## What shortcuts would have pretended - LEAKY" in text
    (row,) = [line for line in text.splitlines() if "LEAKY: select before split" in line]
    assert [cell.strip() for cell in row.split("|")[2:6]] == ["0.800", "0.680", "+0.120", "by all labels"]
    (row,) = [line for line in text.splitlines() if line.startswith("| emodb  | none")]
    assert [cell.strip() for cell in row.split("|")[5:8]] == ["0.700", "0.600", "0.100"]


def test_both_tables_are_on_the_page_and_every_shortcut_is_stamped(shortcuts):
    section = page(shortcuts).split('id="premium"')[1].split("</section>")[0]
    assert section.count('class="stamp"') == 1 + 3
    assert section.count('class="pretended"') == 3
    assert 'id="new-text"' in page(shortcuts)


def test_without_shortcuts_there_is_no_word_of_them(make_run):
    text = page([make_run()]) + comparison_text([make_run()])
    assert "pretended" not in text.split("</style>")[1]
    assert "sentence is new" not in text


def test_parameters_that_a_shortcut_chose_tell_no_honest_run_apart(make_run):
    honest = make_run()
    leaky = make_run(parameters={"C": 33.0, "gamma": 1.0}, leaky=True, leaks=["tune on the test folds: 20 settings"])
    apart = differences([honest, leaky])
    assert apart[honest.run] == ()
    assert apart[leaky.run] == ("tune on the test folds",)
