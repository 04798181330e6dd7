"""Contract of descriptors, functionals and utterance features, for those of featser and of plugins.

A promise is a function that takes a registered entry and returns a description of the fault, or ``""`` where the
promise is kept. Promises are checked on the edge cases of `featser.features.edge_cases`: silence, a constant, a square
wave, a single sample and others.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from featser.audio import SAMPLE_RATE, Signal
from featser.features.edge_cases import FRAMINGS, edge_case_signals, edge_case_tracks
from featser.features.frames import Array, Frames, Framing
from featser.features.naming import name_fault
from featser.features.registry import DESCRIPTORS, Functional, LowLevelDescriptor, Registered
from featser.features.tracks import Tracks
from featser.features.utterance import UtteranceFeature

Promise = Callable[[Any], str]


@dataclass(frozen=True)
class Finding:
    """Result of one check.

    Attributes
    ----------
    name : str
        name of the entry
    promise : str
        description of the promise
    fault : str
        description of the fault; empty where the promise is kept
    """

    name: str
    promise: str
    fault: str


def check(entry: Registered) -> Iterator[Finding]:
    """Check all promises of an entry. Warnings and exceptions are faults.

    Parameters
    ----------
    entry : Registered
        descriptor, functional or group of utterance features

    Yields
    ------
    Finding
        one per promise
    """
    for description, promise in promises_of(entry).items():
        yield Finding(entry.name, description, _fault(promise, entry))


def promises_of(entry: Registered) -> Mapping[str, Promise]:
    """Return the promises of a kind of entry.

    Parameters
    ----------
    entry : Registered
        descriptor, functional or group of utterance features

    Returns
    -------
    mapping of str to Promise
        promises by description
    """
    kinds = {
        LowLevelDescriptor: DESCRIPTOR_PROMISES,
        Functional: FUNCTIONAL_PROMISES,
        UtteranceFeature: UTTERANCE_PROMISES,
    }
    return kinds[type(entry)]


def _fault(promise: Promise, entry: Registered) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return promise(entry)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; its author gets the message
        return f"raises {type(error).__name__}: {error}"


def _computed(compute: Callable[[Frames], Array], signal: Signal, framing: Framing | None = None) -> Array:
    return np.asarray(compute(Frames(signal, framing or Framing())))


def _shape(descriptor: LowLevelDescriptor, n_frames: int) -> tuple[int, ...]:
    return (n_frames,) if descriptor.n_dims == 1 else (descriptor.n_dims, n_frames)


def _value_per_frame(descriptor: LowLevelDescriptor) -> str:
    for name, signal in edge_case_signals().items():
        found, expected = _computed(descriptor.compute, signal), _shape(descriptor, Frames(signal).n_frames)
        if found.shape != expected:
            return f"returns shape {found.shape} for {name}, not {expected}"
        if not np.issubdtype(found.dtype, np.floating):
            return f"returns {found.dtype}, not floating-point numbers"
    return ""


def _any_framing(descriptor: LowLevelDescriptor) -> str:
    for name, framing in FRAMINGS.items():
        signal = edge_case_signals()["noise"]
        found, n_frames = _computed(descriptor.compute, signal, framing), Frames(signal, framing).n_frames
        if found.shape != _shape(descriptor, n_frames):
            return f"returns shape {found.shape} for {name} frames ({framing}), not {_shape(descriptor, n_frames)}"
        if np.isinf(found).any():
            return f"returns infinity for {name} frames ({framing}); undefined values must be NaN"
    return ""


def _finite(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    for name, signal in edge_case_signals().items():
        if np.isinf(_computed(entry.compute, signal)).any():
            return f"returns infinity for {name}; undefined values must be NaN"
    return ""


def _deterministic(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    for name, signal in edge_case_signals().items():
        if _computed(entry.compute, signal).tobytes() != _computed(entry.compute, signal.copy()).tobytes():
            return f"returns different values in a second call, for {name}"
    return ""


def _reads_only(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    frames = Frames(edge_case_signals()["noise"].copy())
    entry.compute(frames)  # computes the cached spectra
    before = _arrays_of(frames)
    entry.compute(frames)
    changed = [name for name, content in _arrays_of(frames).items() if before.get(name, content) != content]
    if not np.array_equal(frames.signal, edge_case_signals()["noise"]):
        changed.append("signal")
    return f"modifies its input: {', '.join(changed)}" if changed else ""


def _arrays_of(frames: Frames) -> dict[str, bytes]:
    """Contents of the arrays cached in a `Frames`, by name."""
    return {name: value.tobytes() for name, value in vars(frames).items() if isinstance(value, np.ndarray)}


def _independent(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    signal = edge_case_signals()["noise"]
    frames = Frames(signal)
    for other in DESCRIPTORS.values():
        if other.builtin:
            other.compute(frames)
    same = np.asarray(entry.compute(frames)).tobytes() == _computed(entry.compute, signal).tobytes()
    return "" if same else "returns different values after other descriptors were computed"


def _differs_for_tone_and_noise(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    tone, noise = (_computed(entry.compute, edge_case_signals()[name]) for name in ("tone", "noise"))
    return "returns the same values for a tone and for noise" if np.array_equal(tone, noise, equal_nan=True) else ""


def _one_minute(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    """Check a minute of 120 pulses per second in noise, on which descriptors of voiced frames are defined too."""
    minute = np.random.default_rng(0).normal(0, 0.001, 60 * SAMPLE_RATE).astype(np.float32)
    minute[:: SAMPLE_RATE // 120] += 0.5
    found = _computed(entry.compute, minute)
    if np.isinf(found).any():
        return "returns infinity"
    return "returns only NaN" if np.isnan(found).all() else ""


def _documented(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    facts = {"family": entry.family, "unit": entry.unit, "summary": entry.summary, "source": entry.source}
    missing = [name for name, text in facts.items() if not text.strip()]
    if missing:
        return f"has no {' and no '.join(missing)}; summary and source are the docstring's first line and References"
    return _one_sentence(entry)


def _one_sentence(entry: Registered) -> str:
    valid = entry.summary.endswith(".") and ". " not in entry.summary and not entry.summary[0].islower()
    return "" if valid else f"has the summary '{entry.summary}', which is not one sentence"


def _value_per_name(group: UtteranceFeature) -> str:
    for framing in FRAMINGS.values():
        for name, signal in edge_case_signals().items():
            found = _computed(group.compute, signal, framing)
            if found.shape != (len(group.names),):
                return f"returns shape {found.shape} for {name}, not {(len(group.names),)}"
    return ""


def _value_per_track(functional: Functional) -> str:
    for name, track in edge_case_tracks().items():
        found = np.asarray(functional.compute(Tracks(track)))
        if found.shape != track.shape[:1]:
            return f"returns shape {found.shape} for {name}, not {track.shape[:1]}"
    return ""


def _finite_statistic(functional: Functional) -> str:
    wrong = [name for name, track in edge_case_tracks().items() if np.isinf(functional.compute(Tracks(track))).any()]
    return f"returns infinity for {wrong[0]}; undefined values must be NaN" if wrong else ""


def _deterministic_statistic(functional: Functional) -> str:
    for name, track in edge_case_tracks().items():
        given = track.copy()
        first = np.asarray(functional.compute(Tracks(given))).tobytes()
        if given.tobytes() != track.tobytes():
            return f"modifies the track, for {name}"
        if np.asarray(functional.compute(Tracks(given))).tobytes() != first:
            return f"returns different values in a second call, for {name}"
    return ""


def _each_track_separately(functional: Functional) -> str:
    values = edge_case_tracks()["moving"]
    together = functional.compute(Tracks(values))
    alone = [functional.compute(Tracks(track[None]))[0] for track in values]
    same = np.allclose(together, alone, rtol=1e-6, equal_nan=True)
    return "" if same else "returns values that depend on the other tracks"


def _undefined(functional: Functional) -> str:
    found = functional.compute(Tracks(edge_case_tracks()["undefined"]))
    return "" if np.isnan(found).all() else "returns a value other than NaN"


DESCRIPTOR_PROMISES: dict[str, Promise] = {
    "has a valid name": name_fault,
    "documents its summary, unit and source": _documented,
    "returns one value per dimension and frame": _value_per_frame,
    "returns no infinity": _finite,
    "supports any framing": _any_framing,
    "is deterministic": _deterministic,
    "does not modify its input": _reads_only,
    "does not depend on other descriptors": _independent,
    "differs between a tone and noise": _differs_for_tone_and_noise,
    "is defined and finite for a minute of voice": _one_minute,
}
"""Promises of low-level descriptors, by description."""

UTTERANCE_PROMISES: dict[str, Promise] = {
    "has valid names": name_fault,
    "documents its summary, unit and source": _documented,
    "returns one value per name": _value_per_name,
    "returns no infinity": _finite,
    "is deterministic": _deterministic,
    "does not modify its input": _reads_only,
    "does not depend on other descriptors": _independent,
    "differs between a tone and noise": _differs_for_tone_and_noise,
    "is defined and finite for a minute of voice": _one_minute,
}
"""Promises of groups of utterance features, by description."""

FUNCTIONAL_PROMISES: dict[str, Promise] = {
    "has a valid name": name_fault,
    "documents its summary": _one_sentence,
    "returns one value per track": _value_per_track,
    "returns no infinity": _finite_statistic,
    "is deterministic and does not modify the tracks": _deterministic_statistic,
    "treats each track separately": _each_track_separately,
    "returns NaN for a track without defined frames": _undefined,
}
"""Promises of functionals, by description."""
