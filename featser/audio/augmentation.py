"""Augmentation: speed-perturbed copies of recordings, for training only."""

import re
from collections.abc import Callable, Iterable
from functools import partial

from featser.audio.signal import SAMPLE_RATE, Signal
from featser.errors import UsageError

SPEEDS = (0.8, 1.25)
"""A voice that is played slower or faster than this is nobody's."""

VOICES = ("speed-0.9", "speed-0.95", "speed-1.05", "speed-1.1")
"""Changes that make four other voices of one, which ``voices`` stands for."""

_DECIMAL = re.compile(r"\d\.\d{1,3}")


def played_at(signal: Signal, speed: float) -> Signal:
    """Play faster or slower, like a tape: pitch, formants and tempo move together, as if another voice spoke."""
    import soxr

    changed: Signal = soxr.resample(signal, SAMPLE_RATE * speed, SAMPLE_RATE, quality="HQ")
    return changed


def change_names(names: Iterable[str]) -> tuple[str, ...]:
    """Each change once, in order, with all of `VOICES` for ``voices``.

    >>> change_names(["speed-0.95", "voices"])
    ('speed-0.95', 'speed-0.9', 'speed-1.05', 'speed-1.1')
    """
    return tuple(dict.fromkeys(each for name in names for each in (VOICES if name == "voices" else (name,))))


def find_change(name: str) -> Callable[[Signal], Signal]:
    """Return the change of that name, ``speed-0.95`` for example.

    Raises
    ------
    UsageError
        no such change, or a speed outside `SPEEDS`
    """
    kind, _, value = name.partition("-")
    speed = float(value) if _DECIMAL.fullmatch(value) else 0.0
    if kind != "speed" or not SPEEDS[0] <= speed <= SPEEDS[1]:
        raise UsageError(
            f"'{name}' is no change of a recording. It would be voices, or speed-FACTOR with a factor from "
            f"{SPEEDS[0]} to {SPEEDS[1]}, for example speed-0.95."
        )
    return partial(played_at, speed=speed)
