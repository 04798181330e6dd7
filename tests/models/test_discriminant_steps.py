"""Discriminant analysis of large tables: refinement in steps gives the solution of the direct method."""

import numpy as np
import pytest

from featser.models import linear
from featser.models.discriminant_steps import Deviations, weights_in_steps
from featser.models.linear import EvenDiscriminant


def made(n_rows: int, n_features: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    codes = rng.permutation(np.arange(n_rows) % 3)
    mixed = rng.normal(size=(n_rows, n_features)) @ rng.normal(size=(n_features, n_features))
    return mixed / mixed.std(axis=0) + np.eye(3, n_features)[codes], codes


@pytest.mark.parametrize("shape", [(150, 40), (60, 200)])
@pytest.mark.parametrize("shrinkage", [0.9, 0.5, 0.1])
def test_steps_give_the_weights_of_the_direct_method(shape: tuple[int, int], shrinkage: float) -> None:
    rows, codes = made(*shape)
    for found, expected in zip(
        weights_in_steps(rows, codes, shrinkage), EvenDiscriminant(shrinkage)._weights(rows, codes), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-11 * np.abs(expected).max())


def test_deviations_have_equal_weight_for_every_class() -> None:
    rows, codes = made(90, 7)
    deviations = Deviations.of(rows, codes)
    single, squares = deviations.in_single_precision()
    within = sum(np.cov(rows[codes == code].T, bias=True) for code in range(3)) / 3
    np.testing.assert_allclose(deviations.transposed_times(deviations.times(np.eye(7))), within, atol=1e-12)
    np.testing.assert_allclose(single, deviations.times(np.eye(7)), atol=1e-6)
    assert squares == pytest.approx(np.trace(within))


def test_a_system_that_single_precision_cannot_solve_is_left_to_the_direct_method() -> None:
    """Deviations from class means have three dimensions less than there are utterances."""
    rows, codes = made(60, 200)
    assert weights_in_steps(rows, codes, 1e-9) is None


def test_large_tables_use_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, codes = made(150, 40)
    labels = np.array(["anger", "fear", "neutral"])[codes]
    direct = EvenDiscriminant().fit(rows, labels).predict_proba(rows)
    monkeypatch.setattr(linear, "_LARGE", 30)
    monkeypatch.setattr(EvenDiscriminant, "_weights", None)
    np.testing.assert_allclose(EvenDiscriminant().fit(rows, labels).predict_proba(rows), direct, atol=1e-12)
