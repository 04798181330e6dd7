"""A feature set restricted to some columns computes only what they need, with bitwise equal values."""

from dataclasses import replace
from functools import cache, wraps

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featser.audio import Signal
from featser.errors import InputError
from featser.features import (
    DESCRIPTORS,
    FUNCTIONALS,
    UTTERANCE_FEATURES,
    FeatureSet,
    compute_features,
    feature_sets,
    find_feature_set,
)
from featser.features.edge_cases import edge_case_signals
from featser.features.frames import Array
from featser.features.registry import Registered
from featser.synthetic import STYLES, Voice, speak


@cache
def signal_of(name: str) -> Signal:
    if name == "voice":
        return speak(Voice(), next(iter(STYLES.values())), "ma ti so du", np.random.default_rng(0))
    return edge_case_signals()[name]


@cache
def whole_row(feature_set: str, signal: str) -> Array:
    return compute_features(signal_of(signal), find_feature_set(feature_set))


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the entries computed, in order."""
    seen: list[str] = []

    def noted(entry: Registered) -> Registered:
        @wraps(entry.compute)
        def compute(given: object) -> Array:
            seen.append(entry.name)
            return entry.compute(given)

        return replace(entry, compute=compute)

    for registry in (DESCRIPTORS, FUNCTIONALS, UTTERANCE_FEATURES):
        for name, entry in registry.items():
            monkeypatch.setitem(registry, name, noted(entry))
    return seen


@pytest.mark.parametrize("name", feature_sets())
@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_kept=st.sampled_from([1, 2, 7, 40, 400]),
    signal=st.sampled_from(["voice", "noise", "silence", "20 ms", "half silent"]),
)
def test_selected_columns_equal_those_of_the_whole_row(name: str, seed: int, n_kept: int, signal: str) -> None:
    whole = find_feature_set(name)
    columns = np.sort(np.random.default_rng(seed).choice(len(whole.feature_names), n_kept, replace=False))
    some = whole.restricted_to([whole.feature_names[column] for column in columns])
    assert some.feature_names == tuple(whole.feature_names[column] for column in columns)
    assert compute_features(signal_of(signal), some).tobytes() == whole_row(name, signal)[columns].tobytes()


def test_only_what_the_columns_need_is_computed(computed: list[str]) -> None:
    names = ("mfcc_03__mean", "rms_d1__slope", "zcr__voiced_std", "rhythm__active_share")
    compute_features(signal_of("noise"), find_feature_set("wide").restricted_to(names))
    descriptors, functionals, groups = {"mfcc", "rms", "zcr"}, {"mean", "slope", "std"}, {"rhythm"}
    assert set(computed) == descriptors | functionals | groups


def test_excluded_descriptors_and_functionals_are_not_computed(computed: list[str]) -> None:
    blocks = FeatureSet("", "", ("rms", "chroma", "f0"), ("mean", "std"), exclude=("chroma_*", "*__std"))
    compute_features(signal_of("noise"), blocks)
    assert computed == ["rms", "f0", "mean"]


def test_functionals_of_other_dimensions_are_not_computed() -> None:
    some = find_feature_set("wide").restricted_to(["mfcc_03__mean", "mfcc_17__mean"])
    assert [selection.mask.shape for selection in some.selections] == [(2, 1)]


def test_a_restricted_set_survives_a_round_trip() -> None:
    from featser.features import feature_set_from

    some = find_feature_set("wide").restricted_to(["f0__mean", "rhythm__active_share"])
    assert feature_set_from(some.to_dict(), some.name, "metadata") == some


def test_include_selects_columns_by_pattern() -> None:
    some = FeatureSet("", "", ("mfcc", "rms"), ("mean", "std"), include=("mfcc_0[01]*", "rms__std"))
    assert some.feature_names == ("mfcc_00__mean", "mfcc_00__std", "mfcc_01__mean", "mfcc_01__std", "rms__std")


def test_restricting_twice_is_restricting_once() -> None:
    wide = find_feature_set("wide")
    names = wide.feature_names[100:110]
    assert wide.restricted_to(wide.feature_names[:200]).restricted_to(names) == wide.restricted_to(names)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["f0__mean", "f0__men"], r"^'f0__men' is not a column of feature set 'wide'\. Give names of its columns\.$"),
        ([], r"^No column of feature set 'wide' is given\. Give at least one\.$"),
    ],
)
def test_unknown_columns_are_refused(names: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_feature_set("wide").restricted_to(names)


def test_all_columns_are_the_whole_set(computed: list[str]) -> None:
    classic = find_feature_set("classic")
    compute_features(signal_of("voice"), classic.restricted_to(classic.feature_names))
    assert {name for name in computed if name in DESCRIPTORS} == {"mfcc", "zcr", "rms", "chroma", "spectral_contrast"}
