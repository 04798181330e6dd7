"""Registry of utterance features, which are computed from a whole utterance without functionals."""

from collections.abc import Callable
from dataclasses import dataclass

from featser.features.frames import Array, Frames
from featser.features.registry import Registered, enter


@dataclass(frozen=True)
class UtteranceFeature(Registered):
    """A group of utterance features, computed by one function.

    Attributes
    ----------
    name : str
        name of the group and of the function
    compute : callable
        maps `Frames` to an array of shape ``(len(names),)``; NaN where a value is undefined
    family : str
        family of features
    unit : str
        units of the values
    names : tuple of str
        names of the values; each begins with the name of the group
    """

    family: str
    unit: str
    names: tuple[str, ...]


UTTERANCE_FEATURES: dict[str, UtteranceFeature] = {}

Measure = Callable[[Frames], Array]


def utterance_feature(*, family: str, unit: str, names: tuple[str, ...]) -> Callable[[Measure], Measure]:
    """Register a function of `Frames` as a group of utterance features under its own name.

    Parameters
    ----------
    family, unit, names
        as in `UtteranceFeature`

    Returns
    -------
    decorator
        registers the function and returns it unchanged

    Raises
    ------
    UsageError
        another module has registered a group of this name
    """

    def register(compute: Measure) -> Measure:
        enter(UTTERANCE_FEATURES, UtteranceFeature(compute.__name__, compute, family, unit, names))
        return compute

    return register
