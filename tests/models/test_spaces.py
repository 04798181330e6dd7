"""The grammar of search spaces, and the space of every model."""

import pytest

from featser.errors import UnknownNameError, UsageError
from featser.models import MODELS, SEQUENCE_MODELS, build_model, default_parameters
from featser.models.spaces import Choices, Range, default_space, draft, read_space

KNOWN = {"C": 1.0, "scaling": "standard"}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_a_space_of_its_own_parameters(name: str) -> None:
    if name in SEQUENCE_MODELS:
        pytest.importorskip("torch", reason="featser[cnn] is not installed")
    known = default_parameters(name)
    space = read_space(default_space(name, known, SEQUENCE_MODELS), known, name)
    assert space
    for parameter, each in space.items():
        if parameter in known:
            ends = (each.low, each.high) if isinstance(each, Range) else each.values
            for value in ends:
                build_model(name, {parameter: value}, seed=0)


@pytest.mark.parametrize("name", MODELS)
def test_every_default_lies_in_its_space(name: str) -> None:
    """So that a search starts from the pipeline as it stands, and never ends below it."""
    known = default_parameters(name)
    for parameter, each in read_space(default_space(name, known), known, name).items():
        assert parameter not in known or each.holds(known[parameter]), f"{parameter} = {known[parameter]}"


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
        ({"C": "big"}, r"p \[search\]: C = 'big' is no space. It would be \{ low = 0.001, .* or a list of values"),
        ({"C": 3.0}, r"C = 3.0 is no space"),
        ({"C": []}, r"C = \[\] is no space"),
        ({"C": {"low": 1.0}}, r"C = \{'low': 1.0\} is no space"),
        ({"C": {"low": "a", "high": 2}}, r"is no space"),
        ({"C": {"low": True, "high": 2}}, r"is no space"),
        ({"C": {"low": 2.0, "high": 1.0}}, r"C goes from 2.0 to 1.0. low must be below high\.$"),
        (
            {"C": {"low": 0.0, "high": 1.0, "log": True}},
            r"C goes from 0.0 to 1.0. low must be below high, and above 0\.",
        ),
        (
            {"families": "pitch"},
            r"families = 'pitch' is no space. It would be \"any\" or a list of those to try without",
        ),
        ({"functionals": [3]}, r"functionals = \[3\] is no space"),
    ],
)
def test_what_is_no_space_is_refused(space: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_space(space, KNOWN, "p [search]")


def test_a_misspelt_parameter_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"p: unknown parameter 'family'. Did you mean 'families'\? Known: C, "):
        read_space({"family": "any"}, KNOWN, "p")


def test_a_misspelt_end_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"p: C: unknown key 'hihg'. Did you mean 'high'"):
        read_space({"C": {"low": 1, "hihg": 2}}, KNOWN, "p")


def test_boosting_is_tried_with_fewer_and_bolder_rounds() -> None:
    known = {"n_trees": 300, "learning_rate": 0.1}
    assert draft("xgb", {"max_depth": 2}, known) == {"max_depth": 2, "n_trees": 50, "learning_rate": pytest.approx(0.6)}
    assert draft("svm", {"C": 2.0}, {}) == {"C": 2.0}


def test_trees_are_not_asked_about_scaling() -> None:
    assert "scaling" not in default_space("xgb", {"scaling": "none", "max_depth": 4})
    assert "scaling" in default_space("svm", {"scaling": "standard", "C": 1.0})
