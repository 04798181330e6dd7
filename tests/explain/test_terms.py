"""Contributions of features: they sum to the margin of the answer, through all steps around a classifier."""

from typing import Any

import numpy as np
import pytest

from featser.explain import exact_terms, margins
from featser.models import OnColumns, build_model

CLASSES = np.array(["anger", "fear", "neutral", "sadness"])


def made(n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Features with undefined values, on different scales, and emotions."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, n_classes, 90)
    features = rng.normal(size=(90, 40))
    features[:, :4] += 2 * np.eye(4)[codes]
    features = 100 + features * np.geomspace(0.01, 100, 40)
    features[rng.random(features.shape) < 0.02] = np.nan
    features[:, 39] = np.nan
    return features, CLASSES[codes]


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("lda", {}),
        ("lda", {"calibration": "none", "scaling": "none"}),
        ("logreg", {}),
        ("logreg", {"scaling": "rank", "selection": "univariate", "n_selected": 9}),
        ("logreg", {"calibration": "none", "scaling": "standard"}),
        ("linear-svm", {"C": 0.05}),
        ("linear-svm", {"selection": "mrmr", "n_selected": 7}),
        ("xgb", {"n_trees": 12, "colsample": 0.5}),
        ("xgb", {"n_trees": 12, "colsample": 0.5, "selection": "univariate", "n_selected": 9}),
    ],
)
def test_contributions_sum_to_the_margin(name: str, parameters: dict[str, Any], n_classes: int) -> None:
    features, emotions = made(n_classes)
    fitted = build_model(name, parameters, 0).fit(features, emotions)
    answers = np.arange(len(features)) % n_classes
    terms = exact_terms(fitted, features, answers)
    expected = margins(fitted.predict_proba(features), answers)
    np.testing.assert_allclose(terms.base + terms.columns.sum(axis=1), expected, atol=1e-6)
    assert np.abs(terms.columns).sum() > 0.1


@pytest.mark.parametrize("name", ["lda", "logreg", "linear-svm"])
def test_an_undefined_feature_contributes_nothing_to_a_linear_model(name: str) -> None:
    features, emotions = made(4)
    fitted = build_model(name, {}, 0).fit(features, emotions)
    terms = exact_terms(fitted, features, np.zeros(len(features), dtype=np.int64))
    assert (terms.columns[np.isnan(features)] == 0).all()


def test_the_base_of_trees_is_the_same_for_all_utterances() -> None:
    """It would absorb contributions that are wrong."""
    features, emotions = made(4)
    fitted = build_model("xgb", {"n_trees": 12, "colsample": 0.5}, 0).fit(features, emotions)
    base = exact_terms(fitted, features, np.zeros(len(features), dtype=np.int64)).base
    assert np.ptp(base) < 1e-5


def test_contributions_are_those_of_the_columns_of_the_model() -> None:
    """A classifier of some columns only, as a search makes it."""
    features, emotions = made(4)
    columns = np.arange(1, 30, 2)
    answers = np.ones(len(features), dtype=np.int64)
    fitted = build_model("lda", {}, 0).fit(features[:, columns], emotions)
    whole = exact_terms(OnColumns(columns, fitted), features, answers).columns
    np.testing.assert_array_equal(whole[:, columns], exact_terms(fitted, features[:, columns], answers).columns)
    assert not whole[:, ::2].any()


@pytest.mark.parametrize("name", ["svm", "knn", "random-forest"])
def test_other_models_have_no_exact_terms(name: str) -> None:
    features, emotions = made(4)
    parameters = {"n_trees": 3} if name == "random-forest" else {}
    fitted = build_model(name, parameters, 0).fit(features, emotions)
    assert exact_terms(fitted, features[:2], np.zeros(2, dtype=np.int64)) is None
