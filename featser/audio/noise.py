"""Recordings of noise in a folder, and their mixture with a signal."""

import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path

import numpy as np

from featser.audio.digests import content_digest
from featser.audio.signal import Signal
from featser.errors import UnreadableAudioError, UsageError

NOISE_SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".m4a", ".mp4", ".webm")


Recordings = tuple[tuple[str, Path], ...]
"""Digest and path of each recording, sorted by digest."""

_PIN = re.compile(r"@([0-9a-f]{32})$")
"""End of the name of a folder whose contents are meant to have this digest."""


def noise_recordings(folder: str) -> Recordings:
    """List the recordings of a folder and its subfolders.

    Parameters
    ----------
    folder : str
        its path, also as `pinned` returns it

    Returns
    -------
    tuple of (str, Path)
        digest and path of each, in an order that depends on their contents only

    Raises
    ------
    UsageError
        there are none, or they are not those that are pinned
    """
    return _pinned(folder) if _PIN.search(folder) else _listed(folder)


def noise_digest(folder: str) -> str:
    """Digest of the contents of all recordings in a folder, 32 hexadecimal digits; errors of `noise_recordings`."""
    found = _PIN.search(folder)
    return found[1] if found else _digest(_listed(folder))


def pinned(folder: str) -> str:
    """Return a folder with the digest of its contents, by which worker processes notice that it has changed."""
    return f"{os.path.abspath(folder)}@{noise_digest(folder)}"  # noqa: PTH100 - workers may have another folder


def add_noise(signal: Signal, decibels: float, rng: np.random.Generator, recordings: Recordings) -> Signal:
    """Add a part of a random recording, repeated where it is short.

    Parameters
    ----------
    signal : Signal [shape=(n_samples,)]
    decibels : float
        signal-to-noise ratio: mean power of the whole signal above that of the part
    rng : Generator
        chooses recording and part
    recordings : tuple of (str, Path)
        as of `noise_recordings`; those that cannot be read, and parts that are silent, are passed over

    Returns
    -------
    Signal [shape=(n_samples,)]

    Raises
    ------
    UsageError
        no recording can be used
    """
    first = int(rng.integers(len(recordings)))
    for digest, path in (*recordings[first:], *recordings[:first]):
        noise = _noise(digest, path)
        if not len(noise):
            continue
        start = int(rng.integers(len(noise)))
        part = np.resize(np.roll(noise, -start), len(signal))
        power = np.mean(np.square(part, dtype=np.float64))
        if power > 0:
            wanted = np.mean(np.square(signal, dtype=np.float64)) * 10 ** (-decibels / 10)
            return signal + part * np.float32(np.sqrt(wanted / power))
    raise UsageError(
        f"No recording in {recordings[0][1].parent} can be used as noise. Give a folder of noise recordings."
    )


def _listed(folder: str) -> Recordings:
    paths = [path for path in Path(folder).rglob("*") if path.suffix.lower() in NOISE_SUFFIXES and path.is_file()]
    if not paths:
        raise UsageError(f"No recordings of noise in '{folder}'. Give a folder of .wav or other sound files.")
    return tuple(sorted((content_digest(path), path) for path in paths))


@lru_cache(maxsize=8)
def _pinned(folder: str) -> Recordings:
    recordings = _listed(_PIN.sub("", folder))
    if _digest(recordings) != noise_digest(folder):
        raise UsageError(f"The noise in '{_PIN.sub('', folder)}' changed while it was read. Run it again.")
    return recordings


def _digest(recordings: Recordings) -> str:
    return hashlib.sha256("".join(digest for digest, _ in recordings).encode()).hexdigest()[:32]


@lru_cache(maxsize=64)
def _noise(digest: str, path: Path) -> Signal:  # noqa: ARG001 - the digest is part of the cache's key
    """Signal of a recording; empty where it cannot be read."""
    from featser.audio.reading import read_signal  # which imports this module for its steps

    try:
        return read_signal(path)
    except UnreadableAudioError:
        return np.zeros(0, np.float32)
