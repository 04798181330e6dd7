import pytest

from featser.evaluation.pairing import SETTINGS
from featser.models import default_parameters
from featser.reporting import comparison_text
from featser.reporting.groups import distinctions
from featser.reporting.page import page
from featser.reporting.pairs import honest_twin, leak_details, leak_name, new_texts, premium_summary, premiums

ONE_MORE = {
    "corpus": {"corpus": "ravdess"},
    "utterances": {"utterances": "another"},
    "protocol": {"protocol": "speaker-and-text"},
    "normalise": {"normalise": "speaker"},
    "model": {"model": "xgb"},
    "parameters": {"parameters": {"C": 3.0}},
    "features": {"features": "wide"},
    "clean": {"clean": ["trim"]},
    "copies": {"copies": ["speed-0.9"]},
    "added": {"added": {"elsewhere": {"n_utterances": 32}}},
    "labels": {"labels": {"name": "common-4", "map": {"anger": "anger"}, "left_out": {}}},
    "tuning": {"tuning": {"n_trials": 5}},
    "seed": {"seed": 7},
    "leaks": {"leaky": True, "leaks": ["take: 3"]},
}


def test_every_leak_stands_beside_the_honest_score_of_the_same_settings(leaks):
    (found,) = premiums(leaks)
    assert [(leak_name(each.leaky), each.honest.uar) for each in found] == [
        ("random split", 0.7),
        ("select before split", 0.68),
        ("scale before split", 0.7),
    ]
    assert [round(each.value, 3) for each in found] == [0.2, 0.12, 0.02]


def test_the_largest_premium_is_said_in_a_sentence(leaks):
    (found,) = premiums(leaks)
    assert premium_summary(found) == (
        'svm scores 0.700 on new speakers. With the leak "random split" it appears to score 0.900, 0.200 more.'
    )


def test_a_leak_that_adds_nothing_is_called_so(make_run):
    runs = [make_run(uar=0.7), make_run(uar=0.65, leaky=True, leaks=["scale before split: all"])]
    assert premium_summary(premiums(runs)[0]) == "No leak raises the score of svm above its honest 0.700."


def test_a_leak_has_a_name_and_details(make_run):
    run = make_run(leaky=True, leaks=["take: 3 utterances, e.g. x: y", "speaker: 4 utterances."])
    assert leak_name(run) == "take; speaker"
    assert leak_details(run) == "3 utterances, e.g. x: y; 4 utterances"
    assert leak_name(make_run(protocol="random", leaky=True)) == "random split"


@pytest.mark.parametrize("setting", [each for each in SETTINGS if each != "leaks"])
def test_a_run_that_differs_in_more_than_the_leak_is_no_twin(make_run, setting):
    leaky = make_run(leaky=True, leaks=["scale before split: all"])
    assert honest_twin(leaky, [make_run(**ONE_MORE[setting]), leaky]) is None
    assert honest_twin(leaky, [make_run(**ONE_MORE[setting]), make_run(), leaky]) == make_run()


@pytest.mark.parametrize(
    ("leak", "changes"),
    [
        ("random split", {"protocol": "random"}),
        ("augment before split", {"protocol": "random", "copies": ["speed-0.9"], "utterances": "and copies"}),
        ("tune on the test folds", {"tuning": {"n_trials": 12}}),
    ],
)
def test_what_a_leak_changes_by_itself_may_differ(make_run, leak, changes):
    leaky = make_run(leaky=True, leaks=[f"{leak}: so"], **changes)
    assert honest_twin(leaky, [make_run(seed=1), make_run()]) == make_run()


def test_of_honest_protocols_the_published_folds_come_first_and_new_sentences_never(make_run):
    leaky = make_run(protocol="random", leaky=True)
    names = ("speaker-and-text", "5-fold-by-speaker", "leave-one-speaker-out", "published", "leave-one-corpus-out")
    honest = {name: make_run(protocol=name) for name in names}
    assert honest_twin(leaky, list(honest.values())) == honest["published"]
    assert honest_twin(leaky, [honest[name] for name in names[:3]]) == honest["leave-one-speaker-out"]
    assert honest_twin(leaky, [honest[name] for name in ("speaker-and-text", "leave-one-corpus-out")]) is None


def test_new_sentences_stand_beside_known_ones(leaks):
    (pair,) = new_texts(leaks)
    assert (pair.speaker.uar, pair.both.uar) == (0.7, 0.6)


@pytest.mark.parametrize("setting", [each for each in SETTINGS if each != "protocol"])
def test_new_sentences_are_compared_with_the_run_that_differs_in_the_protocol_only(make_run, setting):
    """A better run with copies is not the same run on known sentences."""
    both = make_run(protocol="speaker-and-text", uar=0.56)
    planted, twin = make_run(uar=0.676, **ONE_MORE[setting]), make_run(uar=0.651)
    assert [pair.speaker.uar for pair in new_texts([planted, twin, both])] == [0.651]
    assert new_texts([planted, both]) == []


def test_both_tables_are_in_the_text(leaks):
    text = comparison_text(leaks)
    assert "## What leaks add to a score - LEAKY" in text
    (row,) = [line for line in text.splitlines() if "LEAKY: select before split" in line]
    cells = [cell.strip() for cell in row.split("|")[2:8]]
    assert cells == ["128", "0.800", "128", "0.680", "+0.120", "by all labels"]
    (row,) = [line for line in text.splitlines() if line.startswith("| emodb  | none")]
    assert [cell.strip() for cell in row.split("|")[5:8]] == ["0.700", "0.600", "-0.100"]


def test_both_tables_are_on_the_page_and_every_leak_is_stamped(leaks):
    section = page(leaks).split('id="premium"')[1].split("</section>")[0]
    assert section.count('class="stamp"') == 1 + 3
    assert section.count('class="inflated"') == 3
    assert 'id="new-text"' in page(leaks)


def test_the_table_of_leaks_says_how_many_utterances_each_row_tested(make_run):
    honest = make_run(uar=0.7)
    augmented = make_run(
        uar=0.9,
        protocol="random",
        leaky=True,
        leaks=["augment before split: 2 copies"],
        copies=["a", "b"],
        utterances="and copies",
        n_utterances=1605,
    )
    section = page([honest, augmented]).split('id="premium"')[1].split("</section>")[0]
    assert '<td class="number">1,605</td>' in section
    assert '<td class="number">128</td>' in section
    assert "| LEAKY: augment before split |  1,605 | 0.900 |            128 |" in comparison_text([honest, augmented])


def test_without_leaks_there_is_no_word_of_them(make_run):
    text = page([make_run()]) + comparison_text([make_run()])
    assert "leaks add" not in text.split("</style>")[1]
    assert "sentence is new" not in text


def test_parameters_that_a_leak_chose_distinguish_no_honest_run(make_run):
    honest = make_run()
    leaky = make_run(
        parameters=default_parameters("svm"), tuning={"n_trials": 20}, leaky=True, leaks=["tune on the test folds: 20"]
    )
    apart = distinctions([honest, leaky])
    assert apart[honest.run] == ()
    assert apart[leaky.run] == ("tune on the test folds",)
