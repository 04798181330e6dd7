"""Features of a whole utterance, which are no statistics of tracks: a decorated function is all that one needs."""

from collections.abc import Callable
from dataclasses import dataclass

from featser.features.frames import Array, Frames
from featser.features.registry import docstring_section, docstring_summary


@dataclass(frozen=True)
class UtteranceFeature:
    """Several numbers of an utterance: what they measure and how they are computed.

    ``compute`` maps `Frames` to an array of shape ``(len(names),)``; NaN where a number is undefined.
    """

    name: str
    family: str
    unit: str
    names: tuple[str, ...]
    compute: Callable[[Frames], Array]

    @property
    def summary(self) -> str:
        """First sentence of the function's docstring."""
        return docstring_summary(self.compute)

    @property
    def source(self) -> str:
        """Where the definition comes from: the docstring's ``References`` section."""
        return docstring_section(self.compute, "References")


UTTERANCE_FEATURES: dict[str, UtteranceFeature] = {}

Measure = Callable[[Frames], Array]


def utterance_feature(*, family: str, unit: str, names: tuple[str, ...]) -> Callable[[Measure], Measure]:
    """Register a function of `Frames` under its own name, with the names of its columns in order."""

    def register(compute: Measure) -> Measure:
        name = compute.__name__
        UTTERANCE_FEATURES[name] = UtteranceFeature(name, family, unit, names, compute)
        return compute

    return register
