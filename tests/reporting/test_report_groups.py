from itertools import pairwise

import pytest

from featser.reporting import comparison
from featser.reporting.groups import distinctions


def test_a_group_never_mixes_corpora_protocols_or_normalisations(several):
    for group in comparison(several):
        keys = {(run.corpus, run.protocol, run.normalise, run.leaky) for run in group.runs}
        assert keys == {(group.corpus, group.protocol, group.normalise, group.leaky)}


def test_no_two_groups_are_the_same_question(several):
    groups = comparison(several)
    assert len({(each.corpus, each.protocol, each.normalise) for each in groups}) == len(groups)
    assert sum(len(each.runs) for each in groups) == len(several)


def test_runs_are_ranked_by_uar(several):
    for group in comparison(several):
        assert all(one.uar >= other.uar for one, other in pairwise(group.runs))


def test_equal_scores_share_a_rank(make_run):
    runs = [make_run(uar=0.5, pipeline=name) for name in ("a", "b")] + [make_run(uar=0.4, pipeline="c")]
    (group,) = comparison(runs)
    assert group.ranks == (1, 1, 3)


def test_leaky_groups_come_last_without_ranks(several):
    groups = comparison(several)
    leaky = [group.leaky for group in groups]
    assert leaky == sorted(leaky)
    assert groups[-1].best is None
    assert groups[-1].ranks == (None, None)


def test_human_voices_come_before_synthetic_ones(several):
    synthetic = [group.synthetic for group in comparison(several) if not group.leaky]
    assert synthetic == [False, False, False, True]


@pytest.mark.parametrize(
    "change",
    [
        {"n_utterances": 131},
        {"n_speakers": 5},
        {"n_folds": 5},
        {"classes": ["anger", "fear", "neutral"]},
        {"utterances": "another"},
    ],
)
def test_another_table_is_another_group(make_run, change):
    assert len(comparison([make_run(), make_run(pipeline="xgb", **change)])) == 2


def test_chance_is_one_of_the_emotions(make_run):
    assert comparison([make_run()])[0].chance == pytest.approx(1 / 3)


def test_the_order_of_the_input_does_not_matter(several):
    assert comparison(several) == comparison(several[::-1])


def test_only_differing_parameters_tell_runs_apart(several):
    apart = distinctions(several)
    assert {apart[run.run] for run in several if run.pipeline == "svm"} == {(), ("C=321.0",)}
    assert {apart[run.run] for run in several if run.pipeline != "svm"} == {()}


def test_cleaning_of_another_corpus_tells_nothing(make_run):
    runs = [make_run(), make_run(corpus="ravdess", clean=["trim"])]
    assert set(distinctions(runs).values()) == {()}


@pytest.mark.parametrize(
    ("change", "words"),
    [({"clean": ["trim"]}, "clean=trim"), ({"n_features": 12}, "12 features"), ({"seed": 7}, "seed=7")],
)
def test_other_settings_tell_runs_apart(make_run, change, words):
    runs = [make_run(), make_run(**change)]
    assert distinctions(runs)[runs[1].run] == (words,)


def test_runs_that_look_alike_get_the_end_of_their_names(make_run):
    runs = [make_run(run="x-aaaa1111"), make_run(run="x-bbbb2222")]
    assert distinctions(runs) == {"x-aaaa1111": ("run aaaa1111",), "x-bbbb2222": ("run bbbb2222",)}


def test_runs_that_are_not_clearly_lower_are_level_with_the_best(crowd):
    (group,) = comparison(crowd)
    assert group.level == (True, True, False, False)
    assert [each.n_lower for each in group.to_best] == [3, 10, 10]


def test_few_speakers_and_leaky_groups_have_no_level_runs(make_run):
    few = [make_run(), make_run(pipeline="xgb", uar=0.6)]
    leaky = [make_run(pipeline=name, protocol="random", leaky=True) for name in ("svm", "xgb")]
    assert [group.level for group in comparison(few + leaky)] == [(False, False), (False, False)]
    assert comparison(leaky)[0].to_best is None


def test_times_of_two_machines_are_not_compared(make_run):
    runs = [make_run(), make_run(pipeline="xgb", machine="another")]
    assert comparison(runs)[0].one_machine is False
    assert comparison(runs[:1])[0].one_machine is True
