"""Limits of parameters: errors in one line before anything is trained."""

from typing import Any

import numpy as np
import pytest

from featser.errors import UnknownNameError, UsageError
from featser.models import MODELS, build_model


@pytest.mark.parametrize("name", MODELS)
def test_every_default_is_within_its_limits(name: str) -> None:
    for parameter in MODELS[name].parameters.values():
        assert parameter.default in parameter.limits


@pytest.mark.parametrize(
    ("model", "parameters", "message"),
    [
        ("svm", {"C": -1}, "C = -1 is out of range. Give a number from 1e-09 to 1e+09."),
        ("svm", {"C": float("nan")}, "C = nan is out of range. Give a number from 1e-09 to 1e+09."),
        ("svm", {"C": [1, 2]}, "C = [1, 2] is not a number. Give a number from 1e-09 to 1e+09."),
        ("svm", {"C": True}, "C = True is not a number. Give a number from 1e-09 to 1e+09."),
        ("svm", {"gamma": 0.0}, "gamma = 0.0 is out of range. Give a number from 1e-09 to 1e+09."),
        ("svm", {"n_selected": 0}, "n_selected = 0 is out of range. Give a whole number from 1 to 1000000."),
        (
            "svm",
            {"n_selected": 10.5},
            "n_selected = 10.5 is not a whole number. Give a whole number from 1 to 1000000.",
        ),
        (
            "mlp",
            {"n_components": 100.0},
            "n_components = 100.0 is not a whole number. Give a whole number from 0 to 1000000.",
        ),
        (
            "mlp",
            {"n_components": "all"},
            "n_components = 'all' is not a number. Give a whole number from 0 to 1000000.",
        ),
        ("lda", {"shrinkage": 2}, "shrinkage = 2 is out of range. Give a number from 1e-06 to 1."),
        ("xgb", {"colsample": 0}, "colsample = 0 is out of range. Give a number from 1e-06 to 1."),
        ("xgb", {"n_trees": 0}, "n_trees = 0 is out of range. Give a whole number from 1 to 100000."),
        ("knn", {"n_neighbours": 0}, "n_neighbours = 0 is out of range. Give a whole number from 1 to 1000000."),
        ("svm", {"scaling": 3}, "scaling = 3 is not a text. Give one of: standard, robust, rank, none."),
    ],
)
def test_a_value_outside_its_limits_is_refused(model: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        build_model(model, parameters, seed=0)
    assert str(refusal.value) == f"model {model}: {message}"


def test_for_an_unknown_choice_the_nearest_is_suggested() -> None:
    with pytest.raises(UnknownNameError, match=r"mine: unknown scaling 'rnak'. Did you mean 'rank'"):
        build_model("svm", {"scaling": "rnak"}, seed=0, where="mine")


@pytest.mark.parametrize("parameters", [{"C": 1, "gamma": np.float32(0.5)}, {"n_selected": np.int64(7)}])
def test_numpy_numbers_are_numbers(parameters: dict[str, Any]) -> None:
    assert build_model("svm", parameters, seed=0)
