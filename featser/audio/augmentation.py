"""Augmentation: speed-perturbed copies of recordings, for training only."""

import re
from collections.abc import Callable, Iterable
from functools import partial

from featser.audio.signal import SAMPLE_RATE, Signal
from featser.errors import UsageError

SPEEDS = (0.8, 1.25)
"""Lowest and highest speed factor; outside this range speech does not sound like a human voice."""

VOICES = ("speed-0.9", "speed-0.95", "speed-1.05", "speed-1.1")
"""The four changes that ``voices`` stands for."""

_DECIMAL = re.compile(r"\d\.\d{1,3}")


def change_speed(signal: Signal, speed: float) -> Signal:
    """Play a signal faster or slower: pitch, formants and tempo change together, as if another speaker spoke.

    Parameters
    ----------
    signal : Signal [shape=(n_samples,)]
    speed : float
        1.1 plays it 10 % faster

    Returns
    -------
    Signal
        about ``n_samples / speed`` samples
    """
    import soxr

    changed: Signal = soxr.resample(signal, SAMPLE_RATE * speed, SAMPLE_RATE, quality="HQ")
    return changed


def change_names(names: Iterable[str]) -> tuple[str, ...]:
    """Replace ``voices`` by the names in `VOICES` and remove repeated names.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    tuple of str
        in the order of their first occurrence

    Examples
    --------
    >>> change_names(["speed-0.95", "voices"])
    ('speed-0.95', 'speed-0.9', 'speed-1.05', 'speed-1.1')
    """
    return tuple(dict.fromkeys(each for name in names for each in (VOICES if name == "voices" else (name,))))


def find_change(name: str) -> Callable[[Signal], Signal]:
    """Return the change of a recording that a name describes.

    Parameters
    ----------
    name : str
        ``speed-FACTOR``, for example ``speed-0.95``

    Returns
    -------
    callable
        signal -> changed signal

    Raises
    ------
    UsageError
        no such change, or a factor outside `SPEEDS`
    """
    kind, _, value = name.partition("-")
    speed = float(value) if _DECIMAL.fullmatch(value) else 0.0
    if kind != "speed" or not SPEEDS[0] <= speed <= SPEEDS[1]:
        raise UsageError(
            f"'{name}' is not a change of a recording. Use voices, or speed-FACTOR with a factor from "
            f"{SPEEDS[0]} to {SPEEDS[1]}, for example speed-0.95."
        )
    return partial(change_speed, speed=speed)
