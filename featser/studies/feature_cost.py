"""Computing time of descriptors and feature sets, measured on this machine for display only."""

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
    """Measure the computing time of feature sets on one thread.

    The processor time is the minimum of seven rounds over ten seconds of synthetic speech, after a round to warm up;
    the sets alternate within a round. Decoding is not included.

    Parameters
    ----------
    feature_sets : iterable of FeatureSet
        the sets to measure

    Returns
    -------
    dict of str to float
        milliseconds per second of speech, by name of the set
    """
    sets = {each.name: each for each in feature_sets}
    signal = _speech()
    seconds = _seconds({name: partial(compute_features, signal, each) for name, each in sets.items()})
    return {name: 1000 * each / (len(signal) / SAMPLE_RATE) for name, each in seconds.items()}


def relative_costs(entries: Iterable[LowLevelDescriptor | UtteranceFeature]) -> dict[str, float]:
    """Measure the computing time of descriptors relative to one Fourier transform per frame.

    A descriptor's time includes its inputs, such as the spectrum or the pitch. A set computes shared inputs once, so it
    costs less than the sum of its descriptors. Measured as in `cost_of_sets`, on four seconds of speech.

    Parameters
    ----------
    entries : iterable of LowLevelDescriptor or UtteranceFeature
        the descriptors to measure

    Returns
    -------
    dict of str to float
        time over that of the Fourier transforms, by name of the descriptor
    """
    signal = _speech()[: 4 * SAMPLE_RATE]
    work = {each.name: partial(_alone, each.compute, signal) for each in entries}
    seconds = _seconds(work | {"": partial(_alone, attrgetter("power"), signal)})
    unit = seconds.pop("")
    return {name: each / unit for name, each in seconds.items()}


def _alone(compute: Callable[[Frames], Array], signal: Signal) -> Array:
    return compute(Frames(signal))


def _seconds(work: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Return the minimum time of each task over alternating rounds; the first round is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    with on_one_thread():
        for _ in range(1 + _ROUNDS):
            for name, run in work.items():
                start = time.process_time()
                run()
                taken[name].append(time.process_time() - start)
    return {name: min(each[1:]) for name, each in taken.items()}


@cache
def _speech() -> Signal:
    """Return ten seconds of synthetic speech."""
    rng = np.random.default_rng(0)
    style = next(iter(STYLES.values()))
    utterances: list[Signal] = []
    while sum(map(len, utterances)) < _SECONDS * SAMPLE_RATE:
        utterances.append(speak(Voice(f0_hz=130.0), style, "ma ti so du ta me", rng))
    return np.concatenate(utterances)[: _SECONDS * SAMPLE_RATE].astype(np.float32)
