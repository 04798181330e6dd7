"""What every descriptor, functional and feature of the utterance promises; a plugin's author can ask for it.

A promise is a function that takes what is registered and says how it is broken, or nothing: ``""``. Every promise is
about signals and tracks on which things go wrong: silence, a constant, a square wave, a single sample.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from featser.audio import SAMPLE_RATE, Signal
from featser.features.edge_cases import FRAMINGS, hard_signals, hard_tracks
from featser.features.frames import Array, Frames, Framing
from featser.features.naming import name_fault
from featser.features.registry import DESCRIPTORS, Functional, LowLevelDescriptor, Registered
from featser.features.tracks import Tracks
from featser.features.utterance import UtteranceFeature

Promise = Callable[[Any], str]


@dataclass(frozen=True)
class Finding:
    """Whether something keeps a promise: ``fault`` says how not, and is empty where it does."""

    name: str
    promise: str
    fault: str


def check(entry: Registered) -> Iterator[Finding]:
    """Look at every promise of what is registered; a warning is a fault, and so is any exception."""
    for promise, broken in promises_of(entry).items():
        yield Finding(entry.name, promise, _fault(broken, entry))


def promises_of(entry: Registered) -> Mapping[str, Promise]:
    """Return the promises that something makes, by their words."""
    kinds = {LowLevelDescriptor: OF_DESCRIPTORS, Functional: OF_FUNCTIONALS, UtteranceFeature: OF_GROUPS}
    return kinds[type(entry)]


def _fault(broken: Promise, entry: Registered) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return broken(entry)
    except Exception as error:  # noqa: BLE001 - whatever somebody's function raises is told to its author
        return f"raises {type(error).__name__}: {error}"


def _measured(compute: Callable[[Frames], Array], signal: Signal, framing: Framing | None = None) -> Array:
    return np.asarray(compute(Frames(signal, framing or Framing())))


def _shape(descriptor: LowLevelDescriptor, n_frames: int) -> tuple[int, ...]:
    return (n_frames,) if descriptor.n_dims == 1 else (descriptor.n_dims, n_frames)


def _value_per_frame(descriptor: LowLevelDescriptor) -> str:
    for name, signal in hard_signals().items():
        found, wanted = _measured(descriptor.compute, signal), _shape(descriptor, Frames(signal).n_frames)
        if found.shape != wanted:
            return f"gives shape {found.shape} for {name}, not {wanted}"
        if not np.issubdtype(found.dtype, np.floating):
            return f"gives {found.dtype}, not floating-point numbers"
    return ""


def _framing(descriptor: LowLevelDescriptor) -> str:
    for name, framing in FRAMINGS.items():
        signal = hard_signals()["noise"]
        found, wanted = _measured(descriptor.compute, signal, framing), Frames(signal, framing).n_frames
        if found.shape != _shape(descriptor, wanted) or np.isinf(found).any():
            return f"gives shape {found.shape} under {name} frames ({framing}), or infinity"
    return ""


def _finite(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    for name, signal in hard_signals().items():
        if np.isinf(_measured(entry.compute, signal)).any():
            return f"gives infinity for {name}; it would be NaN where something is undefined"
    return ""


def _deterministic(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    for name, signal in hard_signals().items():
        if _measured(entry.compute, signal).tobytes() != _measured(entry.compute, signal.copy()).tobytes():
            return f"gives other numbers the second time, for {name}"
    return ""


def _reads_only(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    frames = Frames(hard_signals()["noise"].copy())
    entry.compute(frames)  # makes the spectra that it needs
    before = _arrays_of(frames)
    entry.compute(frames)
    changed = [name for name, content in _arrays_of(frames).items() if before.get(name, content) != content]
    if not np.array_equal(frames.signal, hard_signals()["noise"]):
        changed.append("signal")
    return f"changes what others read: {', '.join(changed)}" if changed else ""


def _arrays_of(frames: Frames) -> dict[str, bytes]:
    """Everything that is kept in a `Frames`, by name."""
    return {name: value.tobytes() for name, value in vars(frames).items() if isinstance(value, np.ndarray)}


def _alone(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    signal = hard_signals()["noise"]
    frames = Frames(signal)
    for other in DESCRIPTORS.values():
        if other.builtin:
            other.compute(frames)
    same = np.asarray(entry.compute(frames)).tobytes() == _measured(entry.compute, signal).tobytes()
    return "" if same else "gives other numbers after other descriptors than alone"


def _tells(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    tone, noise = (_measured(entry.compute, hard_signals()[name]) for name in ("tone", "noise"))
    return "gives the same for a tone and for noise" if np.array_equal(tone, noise, equal_nan=True) else ""


def _minute(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    """A minute of pulses, 120 a second, and noise, so that what only a voice has is defined too."""
    minute = np.random.default_rng(0).normal(0, 0.001, 60 * SAMPLE_RATE).astype(np.float32)
    minute[:: SAMPLE_RATE // 120] += 0.5
    found = _measured(entry.compute, minute)
    if np.isinf(found).any():
        return "gives infinity"
    return "is undefined all the time" if np.isnan(found).all() else ""


def _says(entry: LowLevelDescriptor | UtteranceFeature) -> str:
    words = {"family": entry.family, "unit": entry.unit, "summary": entry.summary, "source": entry.source}
    missing = [name for name, word in words.items() if not word.strip()]
    if missing:
        return f"has no {' and no '.join(missing)}: summary and References stand in its docstring"
    return _one_sentence(entry)


def _one_sentence(entry: Registered) -> str:
    sound = entry.summary.endswith(".") and ". " not in entry.summary and not entry.summary[0].islower()
    return "" if sound else f"begins its docstring with '{entry.summary}', which is not one sentence"


def _numbers(group: UtteranceFeature) -> str:
    for framing in FRAMINGS.values():
        for name, signal in hard_signals().items():
            found = _measured(group.compute, signal, framing)
            if found.shape != (len(group.names),):
                return f"gives shape {found.shape} for {name}, not {(len(group.names),)}"
    return ""


def _number_per_track(functional: Functional) -> str:
    for name, track in hard_tracks().items():
        found = np.asarray(functional.compute(Tracks(track)))
        if found.shape != track.shape[:1]:
            return f"gives shape {found.shape} for {name}, not {track.shape[:1]}"
    return ""


def _finite_statistic(functional: Functional) -> str:
    wrong = [name for name, track in hard_tracks().items() if np.isinf(functional.compute(Tracks(track))).any()]
    return f"gives infinity for {wrong[0]}; it would be NaN where something is undefined" if wrong else ""


def _tracks_as_they_were(functional: Functional) -> str:
    for name, track in hard_tracks().items():
        given = track.copy()
        first = np.asarray(functional.compute(Tracks(given))).tobytes()
        if given.tobytes() != track.tobytes():
            return f"changes the track, for {name}"
        if np.asarray(functional.compute(Tracks(given))).tobytes() != first:
            return f"gives other numbers the second time, for {name}"
    return ""


def _each_track_alone(functional: Functional) -> str:
    values = hard_tracks()["moving"]
    together = functional.compute(Tracks(values))
    alone = [functional.compute(Tracks(track[None]))[0] for track in values]
    return "" if np.allclose(together, alone, rtol=1e-6, equal_nan=True) else "mixes tracks with one another"


def _undefined(functional: Functional) -> str:
    found = functional.compute(Tracks(hard_tracks()["undefined"]))
    return "" if np.isnan(found).all() else "is defined for a track without defined frames"


OF_DESCRIPTORS: dict[str, Promise] = {
    "has a name that can be part of a column": name_fault,
    "says what it is, in which unit, and where it comes from": _says,
    "gives a value per dimension and frame": _value_per_frame,
    "is never infinite": _finite,
    "follows the framing": _framing,
    "is deterministic": _deterministic,
    "does not change what it reads": _reads_only,
    "does not depend on what was computed before": _alone,
    "tells a tone from noise": _tells,
    "survives a minute of noisy voice": _minute,
}

OF_GROUPS: dict[str, Promise] = {
    "has names that can be columns": name_fault,
    "says what it is, in which unit, and where it comes from": _says,
    "gives a number per name": _numbers,
    "is never infinite": _finite,
    "is deterministic": _deterministic,
    "does not change what it reads": _reads_only,
    "does not depend on what was computed before": _alone,
    "tells a tone from noise": _tells,
    "survives a minute of noisy voice": _minute,
}

OF_FUNCTIONALS: dict[str, Promise] = {
    "has a name that can be part of a column": name_fault,
    "says what it is": _one_sentence,
    "gives a number per track": _number_per_track,
    "is never infinite": _finite_statistic,
    "is deterministic and changes no track": _tracks_as_they_were,
    "looks at each track alone": _each_track_alone,
    "is undefined for a track without defined frames": _undefined,
}
