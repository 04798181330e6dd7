"""What every low-level descriptor promises; a new one is tested here without a new test.

The promises themselves are in `featser.features.contract`, for plugins make them too; ours promise a little more.
"""

import doctest
import inspect

import numpy as np
import pytest

from featser.audio import Signal
from featser.features import DESCRIPTORS, Frames
from featser.features.contract import OF_DESCRIPTORS
from featser.features.edge_cases import hard_signals
from featser.features.registry import LowLevelDescriptor


@pytest.fixture(params=DESCRIPTORS.values(), ids=DESCRIPTORS.keys())
def descriptor(request: pytest.FixtureRequest) -> LowLevelDescriptor:
    return request.param


@pytest.fixture(params=hard_signals())
def signal(request: pytest.FixtureRequest, signals: dict[str, Signal]) -> Signal:
    return signals[request.param]


@pytest.mark.parametrize("promise", OF_DESCRIPTORS)
def test_keeps_its_promise(descriptor, promise):
    assert OF_DESCRIPTORS[promise](descriptor) == ""


def test_is_single_precision(descriptor, signal):
    assert descriptor.compute(Frames(signal)).dtype == np.float32


def test_is_registered_under_its_own_name(descriptor):
    assert DESCRIPTORS[descriptor.name] is descriptor
    assert descriptor.compute.__name__ == descriptor.name


def test_dimensions_have_names_of_their_own(descriptor):
    names = descriptor.dimension_names()
    assert len(set(names)) == len(names) == descriptor.n_dims
    assert all(name.startswith(descriptor.name) for name in names)


def test_says_which_parameters_it_has(descriptor):
    assert descriptor.parameters.strip()


def test_documents_what_it_returns(descriptor):
    assert "Returns\n-------\n" in inspect.cleandoc(descriptor.compute.__doc__)


def test_source_is_a_publication_with_its_year(descriptor):
    assert any(word.strip(".,").isdigit() and len(word.strip(".,")) == 4 for word in descriptor.source.split())


def test_shows_an_example_with_its_result(descriptor):
    examples = doctest.DocTestFinder().find(descriptor.compute, descriptor.name)[0].examples
    assert any(example.want for example in examples)
