"""`featser.features.contract` detects every broken promise."""

from collections.abc import Callable

import numpy as np
import pytest

from featser.features import UTTERANCE_FEATURES
from featser.features.contract import DESCRIPTOR_PROMISES, FUNCTIONAL_PROMISES, UTTERANCE_PROMISES, check
from featser.features.frames import Array, Frames
from featser.features.registry import Functional, LowLevelDescriptor
from featser.features.tracks import Tracks
from featser.features.utterance import UtteranceFeature

Compute = Callable[[Frames], Array]

_CALLS = iter(range(10**6))


def valid(frames: Frames) -> Array:
    """Energy of the spectrum.

    References
    ----------
    Author, 2000.
    """
    return frames.power.sum(axis=0)


def undocumented(frames: Frames) -> Array:
    return frames.power.sum(axis=0)


def modifying(frames: Frames) -> Array:
    """Doubles the shared spectrum."""
    frames.power[:] *= 2
    return frames.power.sum(axis=0)


def dependent(frames: Frames) -> Array:
    """Depends on whether the long spectrum is cached."""
    return frames.power.sum(axis=0) + np.float32("long_power" in vars(frames))


def logarithm(frames: Frames) -> Array:
    """Level in dB."""
    return np.log10(frames.power.sum(axis=0))


def descriptor(compute: Compute = valid, name: str = "mine", unit: str = "1", n_dims: int = 1) -> LowLevelDescriptor:
    return LowLevelDescriptor(name, compute, "mine", unit, n_dims, "")


def group(compute: Compute, *names: str) -> UtteranceFeature:
    return UtteranceFeature("mine", compute, "mine", "1", names or ("mine_all",))


def named(value: object) -> str:
    return value if isinstance(value, str) else ""


def faults(entry: LowLevelDescriptor | UtteranceFeature | Functional) -> dict[str, str]:
    return {each.promise: each.fault for each in check(entry) if each.fault}


def test_a_valid_descriptor_has_no_fault() -> None:
    assert faults(descriptor()) == {}
    assert [each.promise for each in check(descriptor())] == list(DESCRIPTOR_PROMISES)


BROKEN_DESCRIPTORS = [
    (descriptor(name="Mine"), "has a name", "take small letters"),
    (descriptor(name="mfcc_03"), "has a name", "makes the track 'mfcc_03'"),
    (descriptor(unit=" "), "says what it is", "has no unit: "),
    (descriptor(silent), "says what it is", "has no summary and no source: "),
    (descriptor(n_dims=3), "gives a value per", "gives shape (101,) for tone, not (3, 101)"),
    (descriptor(lambda frames: np.zeros(frames.n_frames, int)), "gives a value per", "gives int64"),
    (descriptor(lambda frames: np.full(frames.n_frames, np.inf)), "is never infinite", "infinity for tone"),
    (descriptor(lambda _: np.zeros(101)), "follows the framing", "under odd frames"),
    (descriptor(lambda frames: sound(frames) + next(_CALLS)), "is deterministic", "the second time, for tone"),
    (descriptor(writes), "does not change", "changes what others read: power"),
    (descriptor(remembers), "does not depend", "gives other numbers after other descriptors"),
    (descriptor(lambda frames: np.zeros(frames.n_frames)), "tells a tone", "the same for a tone and for noise"),
    (descriptor(lambda frames: np.full(frames.n_frames, np.nan)), "survives a minute", "undefined all the time"),
    (descriptor(logarithm), "gives a value per", "raises RuntimeWarning: divide by zero"),
]


@pytest.mark.parametrize(("entry", "promise", "fault"), BROKEN_DESCRIPTORS, ids=named)
def test_a_broken_descriptor_is_heard(entry: LowLevelDescriptor, promise: str, fault: str) -> None:
    found = faults(entry)
    assert any(each.startswith(promise) and fault in text for each, text in found.items()), found


BROKEN_GROUPS = [
    (group(lambda _: np.zeros(2)), "gives a number per name", "gives shape (2,) for tone, not (1,)"),
    (group(lambda _: np.zeros(1), "all"), "has names", "names the number 'all'"),
    (group(lambda _: np.full(1, np.inf)), "is never infinite", "infinity for tone"),
    (group(lambda _: np.full(1, next(_CALLS))), "is deterministic", "the second time"),
    (group(lambda _: np.zeros(1)), "tells a tone", "the same for a tone and for noise"),
]


@pytest.mark.parametrize(("entry", "promise", "fault"), BROKEN_GROUPS, ids=named)
def test_a_broken_group_is_heard(entry: UtteranceFeature, promise: str, fault: str) -> None:
    found = faults(entry)
    assert any(each.startswith(promise) and fault in text for each, text in found.items()), found


def modifying_tracks(tracks: Tracks) -> Array:
    """Doubles the track."""
    tracks.values[:] *= 2
    return tracks.values.sum(axis=1)


BROKEN_FUNCTIONALS = [
    (lambda tracks: np.zeros(7), "gives a number per track", "gives shape (7,) for moving, not (3,)"),
    (lambda tracks: np.full(len(tracks.values), np.inf), "is never infinite", "infinity for moving"),
    (changes, "is deterministic", "changes the track, for moving"),
    (lambda tracks: np.full(len(tracks.values), next(_CALLS)), "is deterministic", "the second time, for moving"),
    (lambda tracks: np.full(len(tracks.values), tracks.values.sum()), "looks at each", "mixes tracks"),
    (lambda tracks: np.zeros(len(tracks.values)), "is undefined", "is defined for a track without"),
    (lambda tracks: np.zeros(len(tracks.values)), "says what it is", "begins its docstring with ''"),
]


@pytest.mark.parametrize(("compute", "promise", "fault"), BROKEN_FUNCTIONALS, ids=named)
def test_a_broken_functional_is_heard(compute: Callable[[Tracks], Array], promise: str, fault: str) -> None:
    found = faults(Functional("mine", compute))
    assert any(each.startswith(promise) and fault in text for each, text in found.items()), found


def test_a_broken_case_of_every_promise_is_tested() -> None:
    """One of descriptors stands for the same promise of groups, and the other way round."""
    broken = {promise for _, promise, _ in (*BROKEN_DESCRIPTORS, *BROKEN_GROUPS, *BROKEN_FUNCTIONALS)}
    promises = OF_DESCRIPTORS.keys() | OF_GROUPS.keys() | OF_FUNCTIONALS.keys()
    assert [each for each in promises if not each.startswith(tuple(broken))] == []


@pytest.mark.parametrize("name", UTTERANCE_FEATURES)
def test_builtin_utterance_features_keep_their_promises(name: str) -> None:
    assert faults(UTTERANCE_FEATURES[name]) == {}
