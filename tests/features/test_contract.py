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
    (descriptor(name="Mine"), "has a valid name", "use lower-case letters"),
    (descriptor(name="mfcc_03"), "has a valid name", "has the track 'mfcc_03', whose name is taken"),
    (descriptor(unit=" "), "documents its", "has no unit; "),
    (descriptor(undocumented), "documents its", "has no summary and no source; "),
    (descriptor(n_dims=3), "returns one value per", "returns shape (101,) for tone, not (3, 101)"),
    (descriptor(lambda frames: np.zeros(frames.n_frames, int)), "returns one value per", "returns int64"),
    (descriptor(lambda frames: np.full(frames.n_frames, np.inf)), "returns no infinity", "infinity for tone"),
    (descriptor(lambda _: np.zeros(101)), "supports any framing", "for odd frames"),
    (descriptor(lambda frames: valid(frames) + next(_CALLS)), "is deterministic", "in a second call, for tone"),
    (descriptor(modifying), "does not modify", "modifies its input: power"),
    (descriptor(dependent), "does not depend", "returns different values after other descriptors"),
    (descriptor(lambda frames: np.zeros(frames.n_frames)), "differs between", "for a tone and for noise"),
    (descriptor(lambda frames: np.full(frames.n_frames, np.nan)), "is defined and finite", "returns only NaN"),
    (descriptor(logarithm), "returns one value per", "raises RuntimeWarning: divide by zero"),
]


@pytest.mark.parametrize(("entry", "promise", "fault"), BROKEN_DESCRIPTORS, ids=named)
def test_faults_of_descriptors_are_found(entry: LowLevelDescriptor, promise: str, fault: str) -> None:
    found = faults(entry)
    assert any(each.startswith(promise) and fault in text for each, text in found.items()), found


BROKEN_GROUPS = [
    (group(lambda _: np.zeros(2)), "returns one value per name", "returns shape (2,) for tone, not (1,)"),
    (group(lambda _: np.zeros(1), "all"), "has valid names", "has the value 'all'"),
    (group(lambda _: np.full(1, np.inf)), "returns no infinity", "infinity for tone"),
    (group(lambda _: np.full(1, next(_CALLS))), "is deterministic", "in a second call"),
    (group(lambda _: np.zeros(1)), "differs between", "same values for a tone and for noise"),
]


@pytest.mark.parametrize(("entry", "promise", "fault"), BROKEN_GROUPS, ids=named)
def test_faults_of_utterance_features_are_found(entry: UtteranceFeature, promise: str, fault: str) -> None:
    found = faults(entry)
    assert any(each.startswith(promise) and fault in text for each, text in found.items()), found


def modifying_tracks(tracks: Tracks) -> Array:
    """Doubles the track."""
    tracks.values[:] *= 2
    return tracks.values.sum(axis=1)


BROKEN_FUNCTIONALS = [
    (lambda tracks: np.zeros(7), "returns one value per track", "returns shape (7,) for moving, not (3,)"),
    (lambda tracks: np.full(len(tracks.values), np.inf), "returns no infinity", "infinity for moving"),
    (modifying_tracks, "is deterministic", "modifies the track, for moving"),
    (lambda tracks: np.full(len(tracks.values), next(_CALLS)), "is deterministic", "in a second call, for moving"),
    (lambda tracks: np.full(len(tracks.values), tracks.values.sum()), "treats each track", "depend on the other"),
    (lambda tracks: np.zeros(len(tracks.values)), "returns NaN", "returns a value other than NaN"),
    (lambda tracks: np.zeros(len(tracks.values)), "documents its summary", "has the summary ''"),
]


@pytest.mark.parametrize(("compute", "promise", "fault"), BROKEN_FUNCTIONALS, ids=named)
def test_faults_of_functionals_are_found(compute: Callable[[Tracks], Array], promise: str, fault: str) -> None:
    found = faults(Functional("mine", compute))
    assert any(each.startswith(promise) and fault in text for each, text in found.items()), found


def test_a_broken_case_of_every_promise_is_tested() -> None:
    """A promise that descriptors and utterance features share is broken once."""
    broken = {promise for _, promise, _ in (*BROKEN_DESCRIPTORS, *BROKEN_GROUPS, *BROKEN_FUNCTIONALS)}
    promises = DESCRIPTOR_PROMISES.keys() | UTTERANCE_PROMISES.keys() | FUNCTIONAL_PROMISES.keys()
    assert [each for each in promises if not each.startswith(tuple(broken))] == []


@pytest.mark.parametrize("name", UTTERANCE_FEATURES)
def test_builtin_utterance_features_keep_their_promises(name: str) -> None:
    assert faults(UTTERANCE_FEATURES[name]) == {}
