"""Searches: nested inside cross-validation, reproducible, without leaks."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from search_problem import CHANCE

from featser.errors import InputError
from featser.evaluation import fixed, make_folds, predict_folds, short_speaker, unweighted_average_recall
from featser.pipeline import read_pipeline
from featser.search import Search, SearchProgress, TuningResult, find_best, selection_optimism, tune, tuned
from featser.search.objective import columns_of
from featser.table import Table
from featser.training import fit


def uar(predictions: pd.DataFrame) -> float:
    return unweighted_average_recall(list(predictions["truth"]), list(predictions["predicted"]))


def search(problem, **how) -> TuningResult:
    return find_best(
        problem.specification, problem.feature_set, Search(**{"n_trials": 4, **how}), problem.features, problem.manifest
    )


def nested(problem, n_trials: int, jobs: int | None = None) -> tuple[pd.DataFrame, list[TuningResult]]:
    found: list[TuningResult] = []
    train = tuned(problem.specification, problem.feature_set, Search(n_trials), found)
    folds = make_folds("3-fold-by-speaker", problem.manifest, 0)
    return predict_folds(train, problem.features, problem.manifest, folds, jobs).predictions, found


def test_what_it_finds_is_at_least_as_good_as_where_it_starts(problem) -> None:
    found = search(problem)
    folds = make_folds("3-fold-by-speaker", problem.manifest, 0)
    start = predict_folds(fixed(problem.specification, 0), problem.features, problem.manifest, folds).predictions
    assert found.uar >= uar(start)
    assert (found.n_trials, found.protocol) == (4, "3-fold-by-speaker")


@pytest.mark.slow
def test_shuffled_emotions_score_at_chance_however_hard_one_searches(problem) -> None:
    """The inner score of the best of many is above chance; the outer one must not be."""
    random = problem.shuffled(5)
    predictions, found = nested(random, 8)
    tuning = selection_optimism(found, predictions)
    assert abs(tuning["outer_uar"] - CHANCE) < 0.1
    assert tuning["inner_uar"] > tuning["outer_uar"]
    assert tuning["optimism"] == pytest.approx(tuning["inner_uar"] - uar(predictions))


def test_the_choice_of_each_fold_is_recorded_under_its_name(problem) -> None:
    predictions, found = nested(problem, 3)
    chosen = selection_optimism(found[::-1], predictions)["chosen"]
    assert [each["fold"] for each in chosen] == sorted(set(predictions["fold"]))
    for each in chosen:
        tested = set(predictions["speaker"][predictions["fold"] == each["fold"]])
        (match,) = [one for one in found if not tested & set(one.speakers)]
        assert each["parameters"] == dict(match.specification.parameters)
        assert each["inner_uar"] == match.uar


@pytest.mark.slow
def test_an_inner_score_below_the_outer_one_is_no_optimism(problem) -> None:
    predictions, found = nested(problem, 2)
    modest = [replace(each, uar=0.0) for each in found]
    assert selection_optimism(modest, predictions)["optimism"] is None


def test_nothing_of_a_tested_speaker_reaches_the_search(problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fit inside, of every inner fold and trial, sees rows of the outer training speakers only."""
    seen = []
    real = predict_folds

    def spy(train, features, manifest, folds, jobs=None, progress=None):
        seen.append((set(manifest["speaker"]), len(features)))
        return real(train, features, manifest, folds, jobs, progress)

    monkeypatch.setattr("featser.search.objective.predict_folds", spy)
    folds = make_folds("3-fold-by-speaker", problem.manifest, 0)
    for fold in folds[:2]:
        seen.clear()
        train = tuned(problem.specification, problem.feature_set, Search(2), [])
        train(problem.features[fold.train], problem.manifest.iloc[fold.train])
        tested = set(problem.manifest["speaker"].iloc[fold.test])
        assert seen
        assert all(not speakers & tested and n_rows == len(fold.train) for speakers, n_rows in seen)


def test_a_change_in_the_tested_rows_changes_no_winner(problem) -> None:
    folds = make_folds("3-fold-by-speaker", problem.manifest, 0)
    other = problem.features.copy()
    other[folds[0].test] = np.random.default_rng(0).normal(size=other[folds[0].test].shape)
    winners = []
    for features in (problem.features, other):
        found: list[TuningResult] = []
        train = tuned(problem.specification, problem.feature_set, Search(3), found)
        predict_folds(train, features, problem.manifest, folds[:1])
        winners.append(found[0])
    assert winners[0] == winners[1]


@pytest.mark.slow
def test_one_job_and_two_give_the_same_bits(problem) -> None:
    one, found_by_one = nested(problem, 4, jobs=1)
    two, found_by_two = nested(problem, 4, jobs=2)
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert sorted(each.uar for each in found_by_one) == sorted(each.uar for each in found_by_two)


@pytest.mark.slow
def test_another_seed_asks_other_questions(problem) -> None:
    assert search(problem, n_trials=6).specification != search(problem, n_trials=6, seed=1).specification


def test_a_winner_scored_on_the_same_folds_gives_the_same_score(problem) -> None:
    found = search(problem, n_trials=6)
    folds = make_folds(found.protocol, problem.manifest, 0)
    features = problem.features[:, columns_of(found.specification, problem.specification, problem.feature_set)]
    again = predict_folds(fixed(found.specification, 0), features, problem.manifest, folds).predictions
    assert uar(again) == found.uar


def test_the_classifier_of_a_search_looks_at_what_the_winner_kept(problem) -> None:
    specification = replace(problem.specification, search={"deltas": [False], "C": [0.01]})
    found: list[TuningResult] = []
    train = tuned(specification, problem.feature_set, Search(1), found)
    classifier = train(problem.features, problem.manifest)
    assert len(classifier.columns) < problem.features.shape[1]
    ruined = problem.features.copy()
    ruined[:, np.setdiff1d(np.arange(ruined.shape[1]), classifier.columns)] = 1e6
    np.testing.assert_array_equal(classifier.predict_proba(ruined), classifier.predict_proba(problem.features))
    assert found[0].specification.exclude == ("*_d[12]__*",)


def test_it_says_how_far_it_is(problem) -> None:
    said: list[SearchProgress] = []
    search(problem, n_trials=3, watch=said.append)
    assert [(each.n_done, each.n_trials) for each in said] == [(1, 3), (2, 3), (3, 3)]
    assert said[0].best <= said[2].best


@pytest.mark.parametrize("seconds", [0, 1e-9])
def test_a_time_budget_ends_it_after_one_trial_at_least(problem, seconds: float) -> None:
    assert search(problem, n_trials=3, seconds=seconds).n_trials == 1


@pytest.mark.slow
def test_trials_that_promise_little_end_after_one_fold(problem) -> None:
    assert 0 < search(problem, n_trials=14).n_pruned < 14


def test_fewer_speakers_than_folds_take_fewer_folds(problem) -> None:
    rows = problem.manifest["speaker"].isin(sorted(set(problem.manifest["speaker"]))[:2]).to_numpy()
    pair = replace(
        problem, features=problem.features[rows], table=replace(problem.table, manifest=problem.manifest[rows])
    )
    assert search(pair, n_trials=1).protocol == "2-fold-by-speaker"


def test_one_speaker_is_refused(problem) -> None:
    rows = (problem.manifest["speaker"] == problem.manifest["speaker"].iloc[0]).to_numpy()
    alone = replace(
        problem, features=problem.features[rows], table=replace(problem.table, manifest=problem.manifest[rows])
    )
    with pytest.raises(
        InputError, match=r"splits the training speakers again, and there is only 1. Give a table of three"
    ):
        search(alone)


def test_unknown_speakers_are_refused(problem) -> None:
    unknown = replace(problem, table=replace(problem.table, manifest=problem.manifest.assign(speaker=None)))
    with pytest.raises(
        InputError, match=r"the speaker of 120 utterances is not known. Give a manifest with a 'speaker'"
    ):
        search(unknown)


def with_an_emotion_of(problem, speakers: list[str]) -> pd.DataFrame:
    """Manifest in which only some speakers are angry; the anger of the others is boredom."""
    manifest = problem.manifest
    elsewhere = (manifest["emotion"] == "anger") & ~manifest["speaker"].isin(speakers)
    return manifest.assign(emotion=manifest["emotion"].mask(elsewhere, "boredom"))


def test_an_emotion_of_two_speakers_is_refused_before_any_search_by_the_first_fold(problem, monkeypatch) -> None:
    """Whichever search would fail first: the message is that of the first fold in order, and says what it is about."""
    monkeypatch.setattr("featser.training.fitting.predict_folds", lambda *_, **__: pytest.fail("searched all the same"))
    speakers = sorted(set(problem.manifest["speaker"]))
    rare = replace(problem.table, manifest=with_an_emotion_of(problem, speakers[2:4]))
    with pytest.raises(InputError) as refused:
        fit(rare, problem.specification, tune=Search(2))
    found = re.fullmatch(
        r"Tuning uses inner folds of the training speakers of fold (\S+), where emotion anger is spoken in fold "
        r"(\S+) only, so no model could learn it\. Every emotion needs speakers in two inner folds: leave it out, give "
        r"more speakers of it, or do not tune\.",
        str(refused.value),
    )
    assert found
    folds = make_folds("leave-one-speaker-out", rare.manifest, 0)
    refusing = [fold.name for fold in folds if not has_inner_folds(rare.manifest.iloc[fold.train])]
    assert {short_speaker(each) for each in speakers[2:4]} <= set(refusing)
    assert found[1] == refusing[0]
    assert found[1] not in found[2].split("+")


def has_inner_folds(manifest: pd.DataFrame) -> bool:
    try:
        make_folds("3-fold-by-speaker", manifest, 0)
    except InputError:
        return False
    return True


def test_one_search_names_no_outer_fold(problem) -> None:
    speakers = sorted(set(problem.manifest["speaker"]))
    rare = replace(problem, table=replace(problem.table, manifest=with_an_emotion_of(problem, speakers[:1])))
    with pytest.raises(
        InputError,
        match=r"uses inner folds of the training speakers, where emotion anger is spoken in fold .* only",
    ):
        search(rare)


def test_protocols_of_inner_folds_are_named_in_one_order(problem) -> None:
    one, other = (TuningResult(problem.specification, 0.5, f"{n}-fold-by-speaker", 4, 0) for n in (3, 2))
    predictions = pd.DataFrame(
        {"truth": ["anger", "fear"], "predicted": ["anger", "anger"], "speaker": ["x/1", "x/2"], "fold": ["1", "2"]}
    )
    described = [selection_optimism(found, predictions) for found in ([one, other], [other, one])]
    assert described[0] == described[1]
    assert described[0]["protocol"] == "2-fold-by-speaker, 3-fold-by-speaker"


def test_a_single_inner_fold_with_originals_is_enough(problem) -> None:
    """Copies are trained on and never tested, so that the folds that hold nothing else fall away."""
    first = problem.manifest["speaker"] == min(problem.manifest["speaker"])
    copies = problem.manifest.assign(derived_from=problem.manifest["utterance"].mask(first, None) + "'s original")
    mostly = replace(problem, table=replace(problem.table, manifest=copies))
    assert search(mostly, n_trials=1).n_trials == 1


@pytest.mark.slow
def test_tune_finds_what_find_best_finds(problem) -> None:
    best = tune(problem.table, problem.specification, n_trials=4)
    found = search(problem)
    assert (best.uar, best.n_trials, best.protocol) == (found.uar, found.n_trials, found.protocol)
    assert best.specification.parameters == found.specification.parameters
    assert best.specification.exclude == found.specification.exclude


def test_tune_takes_the_name_of_a_model(problem) -> None:
    best = tune(problem.table, "lda", n_trials=1)
    assert (best.specification.model, best.n_trials) == ("lda", 1)
    assert best.specification.tuned.corpus == problem.table.corpus


def test_tune_takes_the_features_of_another_tool(problem) -> None:
    frame = pd.concat([problem.manifest[["utterance", "corpus", "speaker", "emotion"]], problem.table.features], axis=1)
    best = tune(Table.from_frame(frame.iloc[:, :30]), "lda", n_trials=2)
    assert best.n_trials == 2
    assert best.specification.feature_set is None


def test_a_written_result_is_read_as_the_same_pipeline(problem, tmp_path) -> None:
    best = tune(problem.table, problem.specification, n_trials=1)
    best.write(tmp_path / "new" / "small.toml")
    assert read_pipeline(tmp_path / "new" / "small.toml") == best.specification
