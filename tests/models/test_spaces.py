"""Grammar of search spaces, and the default space of each model."""

import pytest

from featser.errors import UnknownNameError, UsageError
from featser.models import MODELS, find_model
from featser.models.limits import Choices, Range
from featser.models.spaces import FEATURES, default_space, read_space

KNOWN = {"C": 1.0, "scaling": "standard"}


@pytest.mark.parametrize("name", MODELS)
def test_every_default_space_is_within_the_limits_of_its_parameters(name: str) -> None:
    model = find_model(name)
    space = read_space(default_space(model), model.parameters, name)
    assert set(model.search) <= set(space)
    for parameter in set(space) - set(FEATURES):
        dimension = space[parameter]
        for value in (dimension.low, dimension.high) if isinstance(dimension, Range) else dimension.values:
            model.check_parameter(parameter, value, name)


@pytest.mark.parametrize("name", MODELS)
def test_every_default_is_in_its_space(name: str) -> None:
    """A search starts with the default parameters, so it never ends below them."""
    model = find_model(name)
    space = read_space(default_space(model), model.parameters, name)
    for parameter in set(space) - set(FEATURES):
        assert model.defaults[parameter] in space[parameter], parameter


def test_a_space_is_a_range_or_a_list() -> None:
    space = read_space({"C": {"low": 1, "high": 9}, "scaling": ["rank", "none"], "families": "any"}, KNOWN, "p")
    assert space == {"C": Range(1, 9), "scaling": Choices(("rank", "none")), "families": Choices(("any",))}
    assert Range(1, 9).whole
    assert not Range(1.0, 9).whole


def test_families_that_may_be_left_out_need_not_be() -> None:
    assert read_space({"families": ["pitch"]}, KNOWN, "p")["families"] == Choices(("all", "pitch"))


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"C": "big"}, r"p \[search\]: C = 'big' is not a search space. Give \{ low = 0.001, .* or a list of values"),
        ({"C": 3.0}, r"C = 3.0 is not a search space"),
        ({"C": []}, r"C = \[\] is not a search space"),
        ({"C": {"low": 1.0}}, r"C = \{'low': 1.0\} is not a search space"),
        ({"C": {"low": "a", "high": 2}}, r"is not a search space"),
        ({"C": {"low": True, "high": 2}}, r"is not a search space"),
        ({"C": {"low": 2.0, "high": 1.0}}, r"C goes from 2.0 to 1.0. low must be below high\.$"),
        (
            {"C": {"low": 0.0, "high": 1.0, "log": True}},
            r"C goes from 0.0 to 1.0. low must be below high, and above 0\.",
        ),
        (
            {"families": "pitch"},
            r"families = 'pitch' is not a search space. Give \"any\" or a list of names to leave out",
        ),
        ({"functionals": [3]}, r"functionals = \[3\] is not a search space"),
    ],
)
def test_an_invalid_space_is_refused(space: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_space(space, KNOWN, "p [search]")


def test_a_misspelt_parameter_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"p: unknown parameter 'family'. Did you mean 'families'\? Known: C, "):
        read_space({"family": "any"}, KNOWN, "p")


def test_a_misspelt_end_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"p: C: unknown key 'hihg'. Did you mean 'high'"):
        read_space({"C": {"low": 1, "hihg": 2}}, KNOWN, "p")


def test_trials_of_boosting_have_fewer_rounds_and_a_higher_rate() -> None:
    draft = find_model("xgb").draft
    assert draft is not None
    assert draft({"n_trees": 300, "learning_rate": 0.1}) == {"n_trees": 50, "learning_rate": pytest.approx(0.6)}
    assert find_model("svm").draft is None


def test_the_scaling_before_trees_is_not_searched() -> None:
    assert "scaling" not in default_space(find_model("xgb"))
    assert "scaling" in default_space(find_model("svm"))


def test_models_of_sequences_do_not_search_functionals() -> None:
    assert not set(FEATURES) & set(default_space(find_model("gru")))
    assert set(FEATURES) <= set(default_space(find_model("svm")))
