"""One declaration of a model serves command line, search and model files."""

import inspect
from typing import Annotated

import pytest
from sklearn.base import ClassifierMixin
from sklearn.naive_bayes import GaussianNB

from featser.errors import UnknownNameError, UsageError
from featser.models import MODELS, ModelDefinition, Preparation, find_model, model, part_checks, stored_names
from featser.models.file_checks import PartCheck, require
from featser.models.limits import Choices, Range
from featser.models.spaces import default_space, read_space


def check_variances(bayes: GaussianNB) -> None:
    require((bayes.var_ > 0).all(), "a variance is not positive")


@model(
    "bayes",
    search={"smoothing": {"low": 1e-9, "high": 1e-3, "log": True}},
    stores=("sklearn.naive_bayes.GaussianNB",),
    checks=(PartCheck(GaussianNB, "var_", check_variances),),
)
def bayes(
    smoothing: Annotated[float, Range(1e-12, 1.0)] = 1e-9,
    prior: Annotated[str, Choices(("even", "observed"))] = "even",
    before: Preparation = Preparation(calibration="none"),  # noqa: B008 - frozen
    seed: int = 0,
) -> ClassifierMixin:
    """Gaussian naive Bayes on
    standardised functionals.

    More about it.
    """
    return before.then(GaussianNB(var_smoothing=smoothing), seed)


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> ModelDefinition:
    """A new model: a builder with a decorator, and an entry of the registry."""
    monkeypatch.setitem(MODELS, "bayes", bayes)
    return find_model("bayes")


def test_a_definition_describes_itself(added: ModelDefinition) -> None:
    assert added.title == "Gaussian naive Bayes on standardised functionals"
    assert added.defaults == {
        "smoothing": 1e-9,
        "prior": "even",
        "scaling": "standard",
        "selection": "none",
        "n_selected": 1000,
        "calibration": "none",
    }
    assert added.parameters["smoothing"].limits == Range(1e-12, 1.0)
    assert added.parameters["n_selected"].limits == Range(1, 1_000_000)


def test_a_definition_builds_within_limits(added: ModelDefinition) -> None:
    built = added.build({"smoothing": 0.5, "scaling": "rank"}, seed=0)
    assert (built.scaling, built.estimator.var_smoothing) == ("rank", 0.5)
    with pytest.raises(UsageError, match=r"model bayes: smoothing = 2 is out of range\. Give a number from 1e-12 to 1"):
        added.build({"smoothing": 2}, seed=0)
    with pytest.raises(UnknownNameError, match=r"mine: unknown prior 'evn'. Did you mean 'even'"):
        added.build({"prior": "evn"}, seed=0, where="mine")


def test_a_definition_is_searched_and_read_from_files(added: ModelDefinition) -> None:
    assert set(read_space(default_space(added), added.parameters, "")) >= {"smoothing", "scaling", "families"}
    assert "sklearn.naive_bayes.GaussianNB" in stored_names()
    assert check_variances in [each.check for each in part_checks()]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_documented(name: str) -> None:
    text = inspect.getdoc(MODELS[name].builder) or ""
    assert text.split("\n\n")[0].endswith(".")
    assert "References" in text
    for parameter in inspect.signature(MODELS[name].builder).parameters:
        assert f"\n{parameter} : " in text or f"{parameter}, " in text or f", {parameter}\n" in text, parameter
