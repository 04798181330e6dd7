"""Paired comparisons with the best run."""

from itertools import product

import numpy as np
import pytest
from made_runs import make_run

from featser.evaluation import Run, compare_with
from featser.evaluation.compare import smallest_p

EQUAL = ((5, 10), (12, 24))


def of_speakers(right: np.ndarray | list[list[int]], n: int = 10) -> Run:
    """A run on ``n`` utterances of each of two emotions by each speaker, from the number of correct ones."""
    right = np.asarray(right)
    total = n * len(right)
    first, second = (int(count) for count in right.sum(axis=0))
    names = [f"x/{number:02}" for number in range(len(right))]
    return make_run(
        classes=["a", "b"],
        confusion=[[first, total - first], [total - second, second]],
        uar=(first + second) / (2 * total),
        right_by_speaker={name: [int(count) for count in row] for name, row in zip(names, right, strict=True)},
        spoken_by_speaker={name: [n, n] for name in names},
        uar_by_speaker={name: float(row.mean()) / n for name, row in zip(names, right, strict=True)},
        n_speakers=len(right),
    )


def all_p(best: Run, others: list[Run]) -> list[float]:
    found = compare_with(best, others)
    assert found is not None
    return [each.p for each in found]


def test_one_comparison_has_the_p_of_all_sign_patterns() -> None:
    """Against the plain definition: all patterns of signs, difference of the pooled UAR."""
    rng = np.random.default_rng(3)
    one, other = (rng.integers(2, 10, size=(7, 2)) for _ in range(2))
    gaps = (one - other).sum(axis=1)
    patterns = np.array(list(product([-1, 1], repeat=7)))
    (p,) = all_p(of_speakers(one), [of_speakers(other)])
    assert p == pytest.approx(np.mean(np.abs(patterns @ gaps) >= abs(gaps.sum())))


def test_several_comparisons_have_the_p_of_the_step_down() -> None:
    """Against the plain definition of Westfall and Young: the smallest p of the comparisons that are left."""
    rng = np.random.default_rng(4)
    rows = [rng.integers(3, 10, size=(6, 2)) for _ in range(5)]
    gaps = np.stack([(row - rows[0]).sum(axis=1) for row in rows[1:]], axis=1)
    sums = np.abs(np.array(list(product([-1, 1], repeat=6))) @ gaps)
    alone = np.array([[np.mean(sums[:, at] >= value) for at, value in enumerate(row)] for row in sums])
    observed = np.array([np.mean(sums[:, at] >= abs(gaps[:, at].sum())) for at in range(4)])
    expected, so_far = np.empty(4), 0.0
    left = list(np.argsort(observed, kind="stable"))
    while left:
        so_far = max(so_far, float(np.mean(alone[:, left].min(axis=1) <= observed[left[0]] + 1e-12)))
        expected[left.pop(0)] = so_far
    assert all_p(of_speakers(rows[0]), [of_speakers(row) for row in rows[1:]]) == pytest.approx(expected)


def test_a_run_that_equals_the_best_has_p_1() -> None:
    run = of_speakers([[8, 7]] * 8)
    assert all_p(run, [run, run]) == [1.0, 1.0]


def test_worse_for_ten_of_ten_speakers_is_clear_among_many_runs() -> None:
    """Uneven gaps, as those of tree ensembles on EmoDB, beside twenty runs near the best."""
    rng = np.random.default_rng(0)
    best = np.full((10, 2), 45)
    uneven = best - np.array([[1, 1], [1, 1], [1, 2], [2, 2], [2, 3], [3, 3], [8, 9], [14, 15], [22, 24], [26, 28]])
    near = [best - rng.integers(-3, 6, size=(10, 2)) for _ in range(20)]
    found = compare_with(of_speakers(best, 50), [of_speakers(row, 50) for row in (uneven, *near)])
    assert found is not None
    assert (found[0].n_lower, found[0].n_higher, found[0].n_speakers) == (10, 0, 10)
    assert found[0].clear
    assert found[0].high < 0


def test_weak_runs_raise_no_p_but_by_their_own() -> None:
    rng = np.random.default_rng(1)
    best = rng.integers(6, 10, size=(10, 2))
    others = [of_speakers(best - rng.integers(-1, 3, size=best.shape)) for _ in range(4)]
    weak = [of_speakers(best - rng.integers(4, 6, size=best.shape)) for _ in range(20)]
    before = all_p(of_speakers(best), others)
    after = all_p(of_speakers(best), [*others, *weak])
    assert min(before) < 0.5
    assert after[:4] == pytest.approx(np.maximum(before, max(after[4:])))


@pytest.mark.slow
@pytest.mark.parametrize(("n_runs", "n_speakers"), EQUAL)
def test_a_run_as_good_as_the_best_is_rarely_clearly_lower(n_runs: int, n_speakers: int) -> None:
    """Of 100 tables of equally good runs, a run drawn beforehand may be clearly lower than the best in about 5."""
    rng = np.random.default_rng(n_speakers)
    alarms = 0
    for _ in range(100):
        hard = rng.uniform(0.4, 0.9, size=(n_speakers, 1))
        runs = [of_speakers(rng.binomial(10, hard, size=(n_speakers, 2))) for _ in range(n_runs)]
        drawn = runs[0]
        best, *others = sorted(runs, key=lambda run: -run.uar)
        if best is not drawn:
            alarms += all_p(best, others)[[each is drawn for each in others].index(True)] <= 0.05
    assert alarms <= 8


def test_the_interval_is_a_bootstrap_over_speakers_with_the_same_draws_for_both_runs() -> None:
    rng = np.random.default_rng(5)
    one, other = (rng.integers(2, 10, size=(7, 2)) for _ in range(2))
    found = compare_with(of_speakers(other), [of_speakers(one)])
    assert found is not None
    draws = np.random.default_rng(0).integers(0, 7, size=(2000, 7))
    gaps = [((one - other)[draw].sum(axis=0) / 70).mean() for draw in draws]
    assert (found[0].low, found[0].high) == pytest.approx(tuple(np.percentile(gaps, (2.5, 97.5))))
    assert found[0].uar == pytest.approx((one - other).mean() / 10)


def test_two_speakers_carry_no_interval() -> None:
    found = compare_with(of_speakers([[9, 9]] * 2), [of_speakers([[8, 8]] * 2)])
    assert found is not None
    assert (found[0].low, found[0].high) == (None, None)


def test_five_speakers_cannot_be_clear() -> None:
    (p,) = all_p(of_speakers([[10, 10]] * 5), [of_speakers([[1, 1]] * 5)])
    assert p == smallest_p(5) > 0.05 > smallest_p(6)


def test_many_speakers_are_judged_the_same_each_time() -> None:
    rng = np.random.default_rng(1)
    runs = [of_speakers(rng.integers(2, 10, size=(40, 2))) for _ in range(3)]
    assert compare_with(runs[0], runs[1:]) == compare_with(runs[0], runs[1:])


def test_unknown_speakers_cannot_be_compared() -> None:
    assert compare_with(make_run(right_by_speaker={}), [make_run(right_by_speaker={})]) is None
