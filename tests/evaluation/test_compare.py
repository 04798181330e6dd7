"""Which runs can be told apart."""

from itertools import combinations, product

import numpy as np
import pytest
from made_runs import make_run

from featser.evaluation import Run
from featser.evaluation.compare import alike_letters, pair_p_values, smallest_p


def of_speakers(right: np.ndarray | list[list[int]]) -> Run:
    """A run of 10 utterances of each of two emotions by each speaker, from how many of each are right."""
    n = 10 * len(right)
    first, second = (int(count) for count in np.sum(right, axis=0))
    return make_run(
        classes=["a", "b"],
        confusion=[[first, n - first], [n - second, second]],
        uar=(first + second) / (2 * n),
        right_by_speaker={f"x/{number:02}": [int(count) for count in row] for number, row in enumerate(right)},
        n_speakers=len(right),
    )


def test_a_pair_has_the_p_of_all_sign_patterns() -> None:
    """Held against the plain definition: all patterns of signs, difference of the pooled UAR."""
    rng = np.random.default_rng(3)
    one, other = (rng.integers(2, 10, size=(7, 2)) for _ in range(2))
    values = pair_p_values([of_speakers(one), of_speakers(other)])
    gaps = (one - other).sum(axis=1)
    patterns = np.array(list(product([-1, 1], repeat=7)))
    assert values is not None
    assert values[0][1] == pytest.approx(np.mean(np.abs(patterns @ gaps) >= abs(gaps.sum())))


def test_runs_that_agree_have_p_1() -> None:
    run = of_speakers([[8, 7]] * 8)
    assert pair_p_values([run, run]) == ((1.0, 1.0), (1.0, 1.0))


def test_better_for_every_speaker_is_as_clear_as_it_can_be() -> None:
    values = pair_p_values([of_speakers([[9, 9]] * 10), of_speakers([[8, 8]] * 10)])
    assert values is not None
    assert values[0][1] == smallest_p(10) == 1 / 512


def test_more_runs_make_the_same_gap_less_clear() -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(4, 8, size=(10, 2))
    better = of_speakers(rows + [[1, 1], [1, -1]] * 5)
    crowd = [of_speakers(rng.integers(3, 9, size=(10, 2))) for _ in range(6)]
    alone = pair_p_values([better, of_speakers(rows)])
    among = pair_p_values([better, of_speakers(rows), *crowd])
    assert alone is not None
    assert among is not None
    assert alone[0][1] < among[0][1]


@pytest.mark.parametrize("n_speakers", [10, 24])
def test_equally_good_runs_are_rarely_told_apart(n_speakers: int) -> None:
    """False alarms: of a hundred tables of five runs that differ by luck, about five may show any difference."""
    rng = np.random.default_rng(n_speakers)
    alarms = 0
    for _ in range(100):
        hard = rng.uniform(0.4, 0.9, size=(n_speakers, 1))
        runs = [of_speakers(rng.binomial(10, hard, size=(n_speakers, 2))) for _ in range(5)]
        values = pair_p_values(runs)
        assert values is not None
        alarms += any(values[one][other] <= 0.05 for one, other in combinations(range(5), 2))
    assert alarms <= 11


def test_five_speakers_can_show_nothing() -> None:
    values = pair_p_values([of_speakers([[10, 10]] * 5), of_speakers([[1, 1]] * 5)])
    assert values is not None
    assert values[0][1] > 0.05
    assert smallest_p(5) > 0.05 > smallest_p(6)


def test_many_speakers_are_judged_the_same_each_time() -> None:
    rng = np.random.default_rng(1)
    runs = [of_speakers(rng.integers(2, 10, size=(40, 2))) for _ in range(3)]
    assert pair_p_values(runs) == pair_p_values(runs)


def test_unknown_speakers_cannot_be_compared() -> None:
    assert pair_p_values([make_run(right_by_speaker={}), make_run(right_by_speaker={})]) is None


def test_a_letter_goes_to_the_first_and_all_that_are_like_it() -> None:
    values = np.ones((5, 5))
    for one, other in ((0, 2), (0, 4), (2, 4)):
        values[one, other] = values[other, one] = 0.01
    assert alike_letters(tuple(map(tuple, values))) == ("a", "a", "b", "a", "c")


def test_there_is_a_letter_for_every_run() -> None:
    letters = alike_letters(tuple(map(tuple, np.eye(30))))
    assert len(set(letters)) == 30
