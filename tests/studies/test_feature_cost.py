"""Computing times: every set and descriptor is measured, and the minimum of the rounds counts."""

from itertools import accumulate

import pytest

from featser.features import DESCRIPTORS, UTTERANCE_FEATURES, feature_sets, find_feature_set
from featser.studies import feature_cost


def test_every_set_has_a_cost() -> None:
    costs = feature_cost.cost_of_sets(feature_sets().values())
    assert costs.keys() == feature_sets().keys()
    assert all(each > 0 for each in costs.values())


def test_every_descriptor_and_group_has_a_cost() -> None:
    costs = feature_cost.relative_costs([*DESCRIPTORS.values(), *UTTERANCE_FEATURES.values()])
    assert costs.keys() == DESCRIPTORS.keys() | UTTERANCE_FEATURES.keys()
    assert all(each > 0 for each in costs.values())


def test_the_first_round_does_not_count_and_the_shortest_does(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = [1.0, 9.0, 4.0, 7.0, 5.0, 8.0, 6.0, 9.0]
    clock = iter([0.0, *accumulate(each for seconds in taken for each in (seconds, 100.0))])
    monkeypatch.setattr("time.process_time", lambda: next(clock))
    costs = feature_cost.cost_of_sets([find_feature_set("classic")])
    assert costs == {"classic": pytest.approx(4000 / 10)}
