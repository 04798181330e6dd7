"""Contract of every low-level descriptor. New descriptors are tested here automatically.

`featser.features.contract` holds the promises that plugins share; those of featser are tested for a few more.
"""

import doctest
import inspect

import numpy as np
import pytest

from featser.audio import Signal
from featser.features import DESCRIPTORS, Frames
from featser.features.contract import DESCRIPTOR_PROMISES
from featser.features.edge_cases import edge_case_signals
from featser.features.registry import LowLevelDescriptor


@pytest.fixture(params=DESCRIPTORS.values(), ids=DESCRIPTORS.keys())
def descriptor(request: pytest.FixtureRequest) -> LowLevelDescriptor:
    return request.param


@pytest.fixture(params=edge_case_signals())
def signal(request: pytest.FixtureRequest, signals: dict[str, Signal]) -> Signal:
    return signals[request.param]


@pytest.mark.parametrize("promise", DESCRIPTOR_PROMISES)
def test_keeps_its_promise(descriptor, promise):
    assert DESCRIPTOR_PROMISES[promise](descriptor) == ""


def test_is_single_precision(descriptor, signal):
    assert descriptor.compute(Frames(signal)).dtype == np.float32


def test_is_registered_under_its_own_name(descriptor):
    assert DESCRIPTORS[descriptor.name] is descriptor
    assert descriptor.compute.__name__ == descriptor.name


def test_dimension_names_are_unique(descriptor):
    names = descriptor.dimension_names()
    assert len(set(names)) == len(names) == descriptor.n_dims
    assert all(name.startswith(descriptor.name) for name in names)


def test_documents_its_parameters(descriptor):
    assert descriptor.parameters.strip()


def test_documents_what_it_returns(descriptor):
    assert "Returns\n-------\n" in inspect.cleandoc(descriptor.compute.__doc__)


def test_source_is_a_publication_with_its_year(descriptor):
    assert any(word.strip(".,").isdigit() and len(word.strip(".,")) == 4 for word in descriptor.source.split())


def test_shows_an_example_with_its_result(descriptor):
    examples = doctest.DocTestFinder().find(descriptor.compute, descriptor.name)[0].examples
    assert any(example.want for example in examples)
