"""Contract of every low-level descriptor. New descriptors are tested here automatically.

`featser.features.contract` holds the promises that plugins share; those of featser are tested for a few more.
"""

import doctest
import inspect
import re

import numpy as np
import pytest

from featser.features import DESCRIPTORS, Frames
from featser.features.contract import check
from featser.features.registry import LowLevelDescriptor


@pytest.fixture(params=DESCRIPTORS.values(), ids=DESCRIPTORS.keys())
def descriptor(request: pytest.FixtureRequest) -> LowLevelDescriptor:
    return request.param


def test_keeps_all_promises(descriptor):
    assert {each.promise: each.fault for each in check(descriptor) if each.fault} == {}


def test_is_single_precision(descriptor, signals):
    types = {name: descriptor.compute(Frames(signal)).dtype for name, signal in signals.items()}
    assert types == dict.fromkeys(signals, np.float32)


def test_documents_parameters_return_value_and_source_and_shows_an_example(descriptor):
    assert descriptor.parameters.strip()
    assert "Returns\n-------\n" in inspect.cleandoc(descriptor.compute.__doc__)
    assert re.search(r"\b(18|19|20)\d\d\b", descriptor.source), "a publication with its year"
    examples = doctest.DocTestFinder().find(descriptor.compute, descriptor.name)[0].examples
    assert any(example.want for example in examples)
