"""Augmentation: changed copies of recordings, for training only, and changed test recordings of studies.

The random numbers of a change are seeded by its name and the samples, so that a copy depends neither on the path of its
recording nor on the order in which copies are made.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np

from featser.audio import effects
from featser.audio.noise import add_noise, noise_digest, noise_recordings, pinned
from featser.audio.signal import Signal
from featser.errors import UsageError

SPEEDS = (0.8, 1.25)
"""Lowest and highest speed factor; outside this range speech does not sound like a human voice."""

VOICES = ("speed-0.9", "speed-0.95", "speed-1.05", "speed-1.1")
"""The four changes that ``voices`` stands for."""


@dataclass(frozen=True)
class Change:
    """A kind of change.

    Attributes
    ----------
    apply : callable
        function of signal, value and random generator that returns the changed signal; for ``noise`` of the files, too
    values : (float, float) or tuple of str
        lowest and highest number, or the possible words; empty where the name takes no value
    example, meaning : str
        for lists and messages
    libraries : tuple of str
        packages that it calls, besides those that every feature needs
    """

    apply: Callable[..., Signal]
    values: tuple[float, float] | tuple[str, ...]
    example: str
    meaning: str
    libraries: tuple[str, ...] = ()


CHANGES: dict[str, Change] = {
    "speed": Change(effects.change_speed, SPEEDS, "speed-0.95", "played so much faster: pitch, formants and tempo"),
    "noise": Change(add_noise, (-20, 60), "noise-10:FOLDER", "a recording of FOLDER at so many dB below the voice"),
    "gain": Change(effects.change_gain, (0, 60), "gain-6", "up to so many dB louder or quieter"),
    "pitch": Change(
        effects.shift_pitch,
        (0, 12),
        "pitch-2",
        "up to so many semitones higher or lower, at the same tempo",
        ("librosa",),
    ),
    "stretch": Change(
        effects.stretch, (1, 2), "stretch-1.2", "up to so many times faster or slower, at the same pitch", ("librosa",)
    ),
    "shift": Change(effects.shift_time, (0, 10), "shift-0.1", "rotated in time by up to so many seconds"),
    "crop": Change(effects.crop, (0.1, 600), "crop-1.5", "a part of so many seconds, or all where it is shorter"),
    "telephone": Change(effects.telephone, (), "telephone", "the band of a telephone, 300 to 3400 Hz"),
    "codec": Change(effects.code, tuple(effects.CODECS), "codec-gsm", "encoded and decoded: mp3, opus, gsm or ulaw"),
    "reverb": Change(effects.reverberate, (0.1, 5), "reverb-0.5", "a room with so many seconds of reverberation"),
}
"""Kinds of changes by the first part of the name that ``featser extract --copies`` takes."""

_NUMBER = re.compile(r"-?\d+(\.\d{1,3})?")


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


def is_change(name: str) -> bool:
    """Whether a name starts with a kind in `CHANGES`."""
    return _parts(name)[0] in CHANGES


def short_name(name: str) -> str:
    """Name of a change without the folder of its noise.

    >>> short_name("noise-10:data/noise")
    'noise-10'
    """
    return name.partition(":")[0]


def pinned_change(name: str) -> str:
    """Return a change with the digest of its noise, which must not change until all copies are made."""
    folder = _parts(name)[2]
    return f"{short_name(name)}:{pinned(folder)}" if folder else name


def change_identity(name: str) -> str:
    """Return the name with all that its result depends on besides the recording.

    Parameters
    ----------
    name : str
        as for `find_change`

    Returns
    -------
    str
        the short name, the digest of the noise, and the versions of libraries
    """
    kind, _, folder = _parts(name)
    digest = [noise_digest(folder)] if folder else []
    return " ".join([short_name(name), *digest, *(f"{each}=={version(each)}" for each in CHANGES[kind].libraries)])


def find_change(name: str) -> Callable[[Signal], Signal]:
    """Return the change of a recording that a name describes.

    Parameters
    ----------
    name : str
        kind and value, for example ``speed-0.95``; for noise also a folder of recordings, ``noise-10:FOLDER``

    Returns
    -------
    callable
        signal -> changed signal; equal signals are changed equally

    Raises
    ------
    UsageError
        no such change, a value out of range, or a folder without recordings
    """
    kind, value, folder = _parts(name)
    if kind not in CHANGES:
        examples = ", ".join(each.example for each in CHANGES.values())
        raise UsageError(f"'{name}' is not a change of a recording. Use voices, or one of {examples}.")
    change = CHANGES[kind]
    parsed = _value(value, change)
    if parsed is None or bool(folder) != (kind == "noise"):
        raise UsageError(
            f"'{name}' is not a change of a recording. Use {_usage(change)}, for example {change.example}."
        )
    apply = partial(change.apply, recordings=noise_recordings(folder)) if folder else change.apply
    return partial(_changed, apply=apply, value=parsed, name=short_name(name))


def _changed(signal: Signal, apply: Callable[..., Signal], value: float | str, name: str) -> Signal:
    digest = hashlib.sha256(name.encode() + np.ascontiguousarray(signal).tobytes()).digest()
    changed: Signal = apply(signal, value, np.random.default_rng(int.from_bytes(digest[:8], "little")))
    return np.ascontiguousarray(changed, np.float32)


def _parts(name: str) -> tuple[str, str, str]:
    """Kind, value and folder of a name."""
    short, _, folder = name.partition(":")
    kind, _, value = short.partition("-")
    return kind, value, folder


def _value(text: str, change: Change) -> float | str | None:
    """Value of a change; None where it is not one."""
    values: tuple[Any, ...] = change.values
    if not values or isinstance(values[0], str):
        return text if text in (values or ("",)) else None
    number = float(text) if _NUMBER.fullmatch(text) else np.nan
    return number if values[0] <= number <= values[1] else None


def _usage(change: Change) -> str:
    kind = short_name(change.example).partition("-")[0]
    if not change.values:
        return kind
    if isinstance(change.values[0], str):
        return f"{kind}-NAME with a name of {', '.join(map(str, change.values))}"
    folder = ":FOLDER" if ":" in change.example else ""
    low, high = change.values
    return f"{kind}-NUMBER{folder} with a number from {low} to {high}"
