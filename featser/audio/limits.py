"""Limits of a recording: duration, channels, sample rate and amplitude."""

import numpy as np

from featser.audio.signal import Signal
from featser.errors import UnreadableAudioError

MIN_SECONDS = 0.1
MAX_SECONDS = 1800.0
MAX_STREAM_SECONDS = 86_400.0
"""Longest recording that is read block by block."""

MAX_CHANNELS = 32
MAX_RATE = 192_000
"""Hz; a few bytes of FLAC can declare half an hour at a rate that no recorder has."""

MAX_AMPLITUDE = 2.0**31
"""Largest sample. Integers that are stored as floats without scaling stay below; the powers of much larger values
overflow in single precision."""

_UNKNOWN_LENGTH = 0x7FFF_FFFF_FFFF_FFFF
"""Number of frames that libsndfile reports for a FLAC stream whose header declares none."""


def check_header(name: object, n_frames: int, rate: int, n_channels: int, max_seconds: float = MAX_SECONDS) -> None:
    """Check the sizes that a header declares, before memory is allocated for them.

    Parameters
    ----------
    name : object
        path or name of the recording, for the error
    n_frames : int
        samples per channel
    rate : int
        Hz
    n_channels : int
    max_seconds : float
        longest recording that is read

    Raises
    ------
    UnreadableAudioError
        no samples, an unknown length, or more than the limits of this module
    """
    if n_frames == 0:
        raise UnreadableAudioError(name, "zero samples")
    if n_frames == _UNKNOWN_LENGTH:
        raise UnreadableAudioError(name, "its header does not declare its length; convert it to .wav")
    if not 1 <= n_channels <= MAX_CHANNELS:
        raise UnreadableAudioError(name, f"{n_channels:,} channels; at most {MAX_CHANNELS} are read")
    if not 1 <= rate <= MAX_RATE:
        raise UnreadableAudioError(name, f"{rate:,} samples per second; at most {MAX_RATE:,} are read")
    seconds = n_frames / rate
    if seconds > max_seconds:
        most = f"{max_seconds / 60:.0f} minutes" if max_seconds < 7200 else f"{max_seconds / 3600:.0f} hours"
        reason = f"a length of {seconds / 3600:,.1f} hours; at most {most} are read"
        raise UnreadableAudioError(name, reason)


def check_samples(name: object, signal: Signal, rate: int) -> None:
    """Check decoded samples.

    Parameters
    ----------
    name : object
        path or name of the recording, for the error
    signal : Signal [shape=(n_samples,)]
    rate : int
        its sample rate in Hz

    Raises
    ------
    UnreadableAudioError
        no samples, fewer than `MIN_SECONDS`, all zero, not finite, or above `MAX_AMPLITUDE`
    """
    if not len(signal):
        raise UnreadableAudioError(name, "zero samples")
    if len(signal) < MIN_SECONDS * rate:
        raise UnreadableAudioError(
            name, f"too short: {1000 * len(signal) / rate:.0f} ms, at least {1000 * MIN_SECONDS:.0f} ms are needed"
        )
    if not check_peak(name, signal):
        raise UnreadableAudioError(name, "all samples are zero")


def check_peak(name: object, signal: Signal) -> float:
    """Return the largest magnitude of samples, 0 if there are none.

    Parameters
    ----------
    name : object
        path or name of the recording, for the error
    signal : Signal [shape=(n_samples,)]

    Returns
    -------
    float

    Raises
    ------
    UnreadableAudioError
        samples that are not finite, or above `MAX_AMPLITUDE`
    """
    peak = float(max(signal.max(), -signal.min())) if len(signal) else 0.0  # NaN where any sample is NaN
    if not np.isfinite(peak):
        n_bad = int((~np.isfinite(signal)).sum())
        raise UnreadableAudioError(name, f"{n_bad} samples are not finite (NaN or infinity)")
    if peak > MAX_AMPLITUDE:
        raise UnreadableAudioError(name, f"samples up to {peak:.0e}, where full scale is 1")
    return peak
