"""Features of a whole utterance, which are no statistics of tracks: a decorated function is all that one needs."""

from collections.abc import Callable
from dataclasses import dataclass

from featser.features.frames import Array, Frames
from featser.features.registry import Registered, enter


@dataclass(frozen=True)
class UtteranceFeature(Registered):
    """Several numbers of an utterance: what they measure and how they are computed.

    ``compute`` maps `Frames` to an array of shape ``(len(names),)``; NaN where a number is undefined.
    """

    family: str
    unit: str
    names: tuple[str, ...]


UTTERANCE_FEATURES: dict[str, UtteranceFeature] = {}

Measure = Callable[[Frames], Array]


def utterance_feature(*, family: str, unit: str, names: tuple[str, ...]) -> Callable[[Measure], Measure]:
    """Register a function of `Frames` under its own name, with the names of its columns in order."""

    def register(compute: Measure) -> Measure:
        enter(UTTERANCE_FEATURES, UtteranceFeature(compute.__name__, compute, family, unit, names))
        return compute

    return register
