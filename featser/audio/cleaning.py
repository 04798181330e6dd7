"""Cleaning steps: named functions that change a signal before its features are computed."""

from collections.abc import Callable, Iterable

import numpy as np

from featser.audio.augmentation import find_change
from featser.audio.signal import Signal
from featser.errors import UnknownNameError, UnreadableAudioError


def remove_dc(signal: Signal) -> Signal:
    """Subtract the mean: a constant offset identifies the recording equipment, not the emotion.

    Parameters
    ----------
    signal : Signal [shape=(n_samples,)]

    Returns
    -------
    Signal [shape=(n_samples,)]
    """
    centred: Signal = signal - signal.mean(dtype=np.float64).astype(np.float32)
    return centred


CLEANERS: dict[str, Callable[[Signal], Signal]] = {"remove-dc": remove_dc}
"""Cleaning steps by the name that ``featser extract --clean`` takes. A model stores the names of its own."""


def find_cleaner(name: str) -> Callable[[Signal], Signal]:
    """Return a cleaning step by its name.

    Parameters
    ----------
    name : str
        key of `CLEANERS`

    Returns
    -------
    callable
        signal -> signal of the same length

    Raises
    ------
    UnknownNameError
        there is no such step
    """
    if name not in CLEANERS:
        raise UnknownNameError("cleaning step", name, CLEANERS)
    return CLEANERS[name]


def find_step(name: str) -> Callable[[Signal], Signal]:
    """Return a cleaning step or, for names that start with ``speed-``, a change as `find_change` does.

    Parameters
    ----------
    name : str
        ``remove-dc`` or ``speed-0.95``, for example

    Returns
    -------
    callable
        signal -> signal

    Raises
    ------
    UsageError
        there is no such step or change
    """
    return find_change(name) if name.startswith("speed-") else find_cleaner(name)


def apply_steps(name: object, signal: Signal, clean: Iterable[str]) -> Signal:
    """Apply cleaning steps and changes in order.

    Parameters
    ----------
    name : object
        path or name of the recording, for the error
    signal : Signal [shape=(n_samples,)]
    clean : iterable of str
        names for `find_step`

    Returns
    -------
    Signal

    Raises
    ------
    UsageError
        there is no such step or change
    UnreadableAudioError
        all samples are zero after a step
    """
    for each in clean:
        signal = find_step(each)(signal)
        if not signal.any():
            raise UnreadableAudioError(name, f"all samples are zero after '{each}'")
    return signal
