"""Recordings that are arrays in memory."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from featser.audio.cleaning import apply_steps
from featser.audio.limits import MAX_CHANNELS, MAX_RATE, check_header, check_samples
from featser.audio.signal import SAMPLE_RATE, Signal, mix_down, resample

FULL_SCALES = {"uint8": 2.0**7, "int16": 2.0**15, "int32": 2.0**31}
"""Integer types of samples -> the value that becomes 1; ``uint8`` has its zero at 128."""

FLOATS = ("float32", "float64")
"""Floating-point types of samples; full scale is 1."""


def as_signal(
    samples: Any, sample_rate: int | None = None, clean: Iterable[str] = (), name: str = "the array"
) -> Signal:
    """Convert an array of samples to a signal, with the values that `read_signal` gives for a file of these samples.

    Parameters
    ----------
    samples : array-like [shape=(n_samples,) or (n_samples, n_channels)]
        ``uint8``, ``int16``, ``int32``, ``float32`` or ``float64``. Integers are divided by their full scale.
    sample_rate : int, optional
        Hz. Without it ``samples`` must be mono floats at 16 kHz with full scale at 1, of which only the values are
        checked: neither their duration nor whether they are silent.
    clean : iterable of str
        names for `featser.audio.find_step`, applied in order to the resampled signal
    name : str
        how an error names the recording

    Returns
    -------
    Signal [shape=(n_samples,)]
        mono at `SAMPLE_RATE`

    Raises
    ------
    ValueError
        another type or shape, no rate for integers or several channels, or a rate that is not from 1 to `MAX_RATE`
    UnreadableAudioError
        with a rate: samples that are too short, too long, silent, too loud or not finite; also without one: samples
        that are all zero after cleaning
    UsageError
        a cleaning step that does not exist

    Examples
    --------
    >>> tone = np.round(9000 * np.sin(np.arange(44100) / 9)).astype(np.int16)
    >>> signal = as_signal(tone, 44100)
    >>> signal.shape, signal.dtype
    ((16000,), dtype('float32'))
    """
    array = np.asarray(samples)
    _check_type(array, sample_rate)
    if sample_rate is None:
        return apply_steps(name, _check_bare(array.astype(np.float32)), clean)
    rate = _check_rate(sample_rate)
    if array.ndim not in (1, 2) or not array.size:
        raise ValueError(
            f"Samples of shape {array.shape} are not a signal. Pass (n_samples,) or (n_samples, n_channels)."
        )
    columns = array.reshape(len(array), -1)
    if columns.shape[1] > MAX_CHANNELS:
        raise ValueError(
            f"Samples of shape {array.shape} have {columns.shape[1]} channels; at most {MAX_CHANNELS} are read. "
            "Pass (n_samples, n_channels)."
        )
    check_header(name, len(columns), rate, columns.shape[1])
    signal = mix_down(scaled(columns))
    check_samples(name, signal, rate)
    return apply_steps(name, resample(signal, rate), clean)


def scaled(columns: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Convert samples to single precision with full scale at 1, as libsndfile does.

    Parameters
    ----------
    columns : NDArray [shape=(n_samples, n_channels)]
        of a type in `FULL_SCALES` or `FLOATS`

    Returns
    -------
    NDArray of float32 [shape=(n_samples, n_channels)]
    """
    scale = FULL_SCALES.get(columns.dtype.name, 1.0)
    centred = columns - np.int16(128) if columns.dtype == np.uint8 else columns
    with np.errstate(over="ignore"):  # what overflows is refused as infinite
        return np.ascontiguousarray(centred, dtype=np.float32) * np.float32(1 / scale)


def _check_type(array: np.ndarray[Any, Any], sample_rate: int | None) -> None:
    if np.iscomplexobj(array):
        raise ValueError("Complex data not supported: a signal is real. Pass samples between -1 and 1.")
    if array.dtype.name in FULL_SCALES and sample_rate is None:
        raise ValueError(f"Samples of type {array.dtype} need a sample rate. Pass pairs (samples, sample_rate).")
    if array.dtype.name not in (*FULL_SCALES, *FLOATS):
        kinds = ", ".join((*FULL_SCALES, *FLOATS))
        raise ValueError(f"Samples of type {array.dtype} are not read. Pass one of {kinds}.")


def _check_rate(sample_rate: Any) -> int:
    whole = isinstance(sample_rate, int | float | np.number) and not isinstance(sample_rate, bool)
    if not whole or sample_rate != sample_rate // 1 or not 1 <= sample_rate <= MAX_RATE:
        raise ValueError(f"{sample_rate!r} is not a sample rate. Pass a whole number of Hz from 1 to {MAX_RATE}.")
    return int(sample_rate)


def _check_bare(signal: Signal) -> Signal:
    if signal.ndim != 1 or not len(signal):
        raise ValueError(
            f"Samples of shape {signal.shape} are not a signal at {SAMPLE_RATE} Hz. Pass paths, arrays of shape "
            "(n_samples,), or pairs (samples, sample_rate)."
        )
    if not np.isfinite(signal).all():
        raise ValueError("A signal contains NaN or infinity. Pass samples between -1 and 1.")
    return signal
