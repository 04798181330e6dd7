"""RMS and zero-crossing rate: descriptors of the waveform."""

import numpy as np

from featser.features import kernels
from featser.features.frames import Array, Frames
from featser.features.registry import low_level_descriptor

_ZERO_THRESHOLD = np.float32(1e-10)


@low_level_descriptor(family="energy", unit="full scale", parameters="short window, rectangular")
def rms(frames: Frames) -> Array:
    r"""Root mean square of the samples in a frame.

    .. math:: \mathrm{rms}_t = \sqrt{\tfrac{1}{N} \sum_n x_{t,n}^2}

    Returns
    -------
    Array [shape=(n_frames,)]
        0 to 1 for a signal within [-1, 1]; equals ``librosa.feature.rms(frame_length=400, hop_length=160)``

    References
    ----------
    Peeters, A large set of audio features for sound description, IRCAM, 2004.

    Examples
    --------
    >>> t = np.arange(16000) / 16000
    >>> tone = Frames(np.sin(2 * np.pi * 1000 * t).astype(np.float32))
    >>> round(float(np.median(rms(tone))), 3)
    0.707
    """
    window = frames.framing.window
    energy: Array = np.sqrt(kernels.waveform.mean_squares(_padded(frames, window // 2), window, frames.framing.hop))
    return energy


@low_level_descriptor(family="energy", unit="crossings per sample", parameters="short window, rectangular")
def zcr(frames: Frames) -> Array:
    """Zero-crossing rate: sign changes of the waveform divided by the number of samples in the frame.

    Samples above -1e-10 count as positive, so the rate of digital silence is 0. The signal is padded with its first and
    its last sample.

    Returns
    -------
    Array [shape=(n_frames,)]
        0 to 1; equals ``librosa.feature.zero_crossing_rate(frame_length=400, hop_length=160)`` exactly

    References
    ----------
    Kedem, Spectral analysis and discrimination by zero-crossings, Proceedings of the IEEE 74(11), 1986.

    Examples
    --------
    A tone of 1000 Hz crosses zero 2000 times a second, which is once in 8 samples:

    >>> t = (np.arange(16000) + 0.5) / 16000
    >>> tone = Frames(np.sin(2 * np.pi * 1000 * t).astype(np.float32))
    >>> round(400 * float(np.median(zcr(tone))))
    49
    """
    window = frames.framing.window
    padded = _padded(frames, window // 2)
    padded[: window // 2], padded[window // 2 + len(frames.signal) :] = frames.signal[0], frames.signal[-1]
    changes = kernels.waveform.sign_changes(padded, window, frames.framing.hop, _ZERO_THRESHOLD)
    rate: Array = (changes / window).astype(np.float32)
    return rate


def _padded(frames: Frames, n_before: int) -> Array:
    """Signal with ``n_before`` zeros before it and zeros up to the end of the last window after it."""
    framing = frames.framing
    padded = np.zeros((frames.n_frames - 1) * framing.hop + framing.window, dtype=np.float32)
    padded[n_before : n_before + len(frames.signal)] = frames.signal[: len(padded) - n_before]
    return padded
