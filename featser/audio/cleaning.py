"""Cleaning steps: named functions that change a signal before its features are computed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from featser.audio.augmentation import change_identity, find_change, is_change
from featser.audio.limits import MIN_SECONDS
from featser.audio.signal import SAMPLE_RATE, Signal
from featser.errors import MissingExtraError, UnknownNameError, UnreadableAudioError

HIGH_PASS_HERTZ = 70.0
"""Edge of the high-pass filter: below the pitch of most voices, above rumble and the hum of 50 and 60 Hz."""

LOUDNESS_LUFS = -23.0
"""Integrated loudness after normalisation, EBU R 128."""

SILENCE_DECIBELS = 40.0
"""Level below that of the loudest 25 ms at which sound counts as silence."""

_FRAME, _HOP = 400, 160
_FADE = 80
"""Samples of the fade at both sides of a pause that is masked, 5 ms."""


@dataclass(frozen=True)
class Cleaner:
    """A cleaning step.

    Attributes
    ----------
    apply : callable
        signal -> signal
    meaning : str
        one line for lists
    library : str
        package that it calls, besides those that every feature needs; empty for none
    extra : str
        extra of featser that installs the package; empty where it is always installed
    """

    apply: Callable[[Signal], Signal]
    meaning: str
    library: str = ""
    extra: str = ""


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


def high_pass(signal: Signal) -> Signal:
    """Remove sound below `HIGH_PASS_HERTZ`: Butterworth filter of order 4, forward and backward."""
    from scipy.signal import butter, sosfiltfilt

    filters = butter(4, HIGH_PASS_HERTZ, "highpass", fs=SAMPLE_RATE, output="sos")
    return sosfiltfilt(filters, signal, padlen=min(len(signal) - 1, 1600)).astype(np.float32)


def trim_silence(signal: Signal) -> Signal:
    """Remove the silence before and after the sound: what is `SILENCE_DECIBELS` below the loudest frame (librosa)."""
    active = np.flatnonzero(_active(signal))
    return signal[active[0] : active[-1] + 1]


def remove_silence(signal: Signal) -> Signal:
    """Remove all silence, also pauses within the sound, and join the rest."""
    return signal[_active(signal)]


def mask_silence(signal: Signal) -> Signal:
    """Set all silence to zero, with fades of 5 ms; the length is kept."""
    weights = np.convolve(_active(signal), np.full(_FADE, 1 / _FADE), "same")[: len(signal)]
    return signal * weights.astype(np.float32)


def normalise_loudness(signal: Signal) -> Signal:
    """Scale a signal to an integrated loudness of `LOUDNESS_LUFS`, ITU-R BS.1770-4 (pyloudnorm).

    Signals below 0.4 s are measured as one block; those below the absolute gate of -70 LUFS stay as they are.
    """
    import pyloudnorm

    meter = pyloudnorm.Meter(SAMPLE_RATE, block_size=min(0.4, (len(signal) - 1) / SAMPLE_RATE))
    with np.errstate(divide="ignore"):
        loudness = meter.integrated_loudness(signal.astype(np.float64))
    return signal * np.float32(10 ** ((LOUDNESS_LUFS - loudness) / 20)) if np.isfinite(loudness) else signal


def reduce_noise(signal: Signal) -> Signal:
    """Lower stationary noise by spectral gating (noisereduce).

    The noise is learnt from the quietest fifth of the recording, in frames of 25 ms. What is close to it is lowered by
    20 dB.
    """
    from noisereduce import reduce_noise as gate

    n_frames = max(1, len(signal) // _FRAME)
    frames = np.resize(signal, (n_frames, min(_FRAME, len(signal))))
    order = np.argsort(np.square(frames, dtype=np.float64).sum(axis=1), kind="stable")
    noise = frames[np.sort(order[: max(4, n_frames // 5)])].ravel()
    settings = {"stationary": True, "n_fft": 512, "prop_decrease": 0.9, "n_jobs": 1}
    reduced: Signal = gate(y=signal, sr=SAMPLE_RATE, y_noise=noise, **settings)
    return reduced


CLEANERS: dict[str, Cleaner] = {
    "remove-dc": Cleaner(remove_dc, "subtract a constant offset"),
    "high-pass": Cleaner(high_pass, "remove sound below 70 Hz"),
    "trim-silence": Cleaner(trim_silence, "remove silence before and after the sound", "librosa"),
    "remove-silence": Cleaner(remove_silence, "remove all silence, also pauses", "librosa"),
    "mask-silence": Cleaner(mask_silence, "set all silence to zero", "librosa"),
    "normalise-loudness": Cleaner(normalise_loudness, "scale to -23 LUFS", "pyloudnorm", "clean"),
    "reduce-noise": Cleaner(reduce_noise, "lower stationary noise by spectral gating", "noisereduce", "clean"),
}
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
        signal -> signal, shorter where silence is removed

    Raises
    ------
    UnknownNameError
        there is no such step
    MissingExtraError
        it needs a package that is not installed
    """
    if name not in CLEANERS:
        raise UnknownNameError("cleaning step", name, CLEANERS)
    cleaner = CLEANERS[name]
    if cleaner.extra and not find_spec(cleaner.library):
        raise MissingExtraError(f"The cleaning step '{name}'", cleaner.extra)
    return cleaner.apply


def find_step(name: str) -> Callable[[Signal], Signal]:
    """Return a cleaning step or, for names of changes such as ``speed-0.95``, what `find_change` returns.

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
    return find_change(name) if is_change(name) else find_cleaner(name)


def step_identity(name: str) -> str:
    """Return a step with all that its result depends on besides the recording and the code of featser.

    Parameters
    ----------
    name : str
        as for `find_step`

    Returns
    -------
    str
        name, versions of libraries, and the digest of recordings of noise
    """
    if is_change(name):
        return change_identity(name)
    find_cleaner(name)
    library = CLEANERS[name].library
    return f"{name} {library}=={version(library)}" if library else name


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
        all samples are zero after a step, or less than `MIN_SECONDS` are left of a longer signal
    """
    for each in clean:
        n_before = len(signal)
        signal = np.ascontiguousarray(find_step(each)(signal), np.float32)
        if not signal.any():
            raise UnreadableAudioError(name, f"all samples are zero after '{each}'")
        if len(signal) < MIN_SECONDS * SAMPLE_RATE <= n_before:
            seconds = len(signal) / SAMPLE_RATE
            raise UnreadableAudioError(name, f"too short after '{each}': {1000 * seconds:.0f} ms are left")
    return signal


def _active(signal: Signal) -> NDArray[np.bool_]:
    """Samples that are not silence."""
    import librosa

    active = np.zeros(len(signal), np.bool_)
    for start, end in librosa.effects.split(
        signal, top_db=SILENCE_DECIBELS, ref=np.max, frame_length=_FRAME, hop_length=_HOP
    ):
        active[start:end] = True
    return active
