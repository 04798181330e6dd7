"""What features cost in time, measured here and now: for people to look at, never part of a result."""

import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from operator import attrgetter

import numpy as np

from featser.audio import SAMPLE_RATE, Signal
from featser.features.compute import compute_features, on_one_thread
from featser.features.feature_set import FeatureSet
from featser.features.frames import Array, Frames
from featser.features.registry import LowLevelDescriptor
from featser.features.utterance import UtteranceFeature
from featser.synthetic import STYLES, Voice, speak

_ROUNDS = 7
_SECONDS = 10


def cost_of_sets(feature_sets: Iterable[FeatureSet]) -> dict[str, float]:
    """Milliseconds per second of speech that each set takes on one thread, by its name.

    Measured on ten seconds of synthetic speech, warm: the shortest of seven rounds in which the sets take turns, for
    whatever else the machine does only adds to a time. The recording is in memory already; decoding comes on top.
    """
    sets = {each.name: each for each in feature_sets}
    signal = _speech()
    seconds = _seconds({name: partial(compute_features, signal, each) for name, each in sets.items()})
    return {name: 1000 * each / (len(signal) / SAMPLE_RATE) for name, each in seconds.items()}


def relative_costs(entries: Iterable[LowLevelDescriptor | UtteranceFeature]) -> dict[str, float]:
    """Time that each descriptor takes alone over that of one Fourier transform per frame, by its name.

    Alone means with all that it reads: its spectrum, pitch where it needs pitch. In a set these are computed once
    for all who read them, so that a set costs less than the sum. Measured as in `cost_of_sets`, on four seconds.
    """
    signal = _speech()[: 4 * SAMPLE_RATE]
    work = {each.name: partial(_alone, each.compute, signal) for each in entries}
    seconds = _seconds(work | {"": partial(_alone, attrgetter("power"), signal)})
    unit = seconds.pop("")
    return {name: each / unit for name, each in seconds.items()}


def _alone(compute: Callable[[Frames], Array], signal: Signal) -> Array:
    return compute(Frames(signal))


def _seconds(work: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Shortest time of each piece of work over rounds in which all take turns, after one that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    with on_one_thread():
        for _ in range(1 + _ROUNDS):
            for name, run in work.items():
                start = time.perf_counter()
                run()
                taken[name].append(time.perf_counter() - start)
    return {name: min(each[1:]) for name, each in taken.items()}


@cache
def _speech() -> Signal:
    """Ten seconds of a voice that nobody has."""
    rng = np.random.default_rng(0)
    style = next(iter(STYLES.values()))
    said: list[Signal] = []
    while sum(map(len, said)) < _SECONDS * SAMPLE_RATE:
        said.append(speak(Voice(f0_hz=130.0), style, "ma ti so du ta me", rng))
    return np.concatenate(said)[: _SECONDS * SAMPLE_RATE].astype(np.float32)
