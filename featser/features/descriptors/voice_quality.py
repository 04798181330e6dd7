"""Voice quality: harmonics-to-noise ratio, jitter and shimmer."""

import numpy as np
from numpy.typing import NDArray

from featser.audio import SAMPLE_RATE
from featser.features import kernels
from featser.features.descriptors.pitch import normalised_signal, pitch_every_step, track_pitch
from featser.features.frames import Array, Frames
from featser.features.registry import low_level_descriptor

Values = NDArray[np.float64]

_AROUND_SECONDS = 0.040
"""Largest distance of a pulse from the centre of a frame; at 60 Hz, five pulses lie within it."""

_LARGEST_PERIOD_RATIO, _LARGEST_AMPLITUDE_RATIO = 1.3, 1.6
"""Pairs with a larger ratio are excluded: a pulse was missed, or the voice broke."""

_LOWEST_CORRELATION, _HIGHEST_CORRELATION = 0.01, 1 - 1e-5
"""Limits of the correlation, which bound the harmonics-to-noise ratio at -20 and 50 dB."""


@low_level_descriptor(family="voice quality", unit="dB", parameters="20 ms against the next period")
def hnr(frames: Frames) -> Array:
    r"""Harmonics-to-noise ratio (HNR): energy that repeats after one period, divided by the remaining energy.

    .. math:: \mathrm{HNR}_t = 10 \log_{10} \frac{r_t}{1 - r_t}

    where :math:`r_t` is the `voicing` of the frame: the normalised correlation of 20 ms of the signal with the 20 ms
    one period later. Boersma uses a windowed autocorrelation instead, which has to be corrected for the window.

    Returns
    -------
    Array [shape=(n_frames,)]
        -20 to 50 dB; NaN in unvoiced frames

    References
    ----------
    Boersma, Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled
    sound, Proceedings of the Institute of Phonetic Sciences 17, Amsterdam, 1993.

    Examples
    --------
    The noise has a hundredth of the power of the tone:

    >>> tone = np.sqrt(2) * np.sin(2 * np.pi * 200 * np.arange(16000) / 16000)
    >>> noise = 0.1 * np.random.default_rng(0).standard_normal(16000)
    >>> round(float(np.nanmedian(hnr(Frames((tone + noise).astype(np.float32))))))
    20
    """
    pitch = frames.shared(track_pitch)
    periodic = np.clip(pitch.voicing, _LOWEST_CORRELATION, _HIGHEST_CORRELATION, dtype=np.float64)
    ratio: Array = np.where(np.isnan(pitch.hz), np.nan, 10 * np.log10(periodic / (1 - periodic))).astype(np.float32)
    return ratio


@low_level_descriptor(family="voice quality", unit="ratio to the period", parameters="pulses within 40 ms")
def jitter(frames: Frames) -> Array:
    r"""Local jitter: mean absolute difference of consecutive periods, divided by the mean period.

    .. math:: \mathrm{jitter}_t = \frac{\sum_i |T_i - T_{i-1}|}{\sum_i \tfrac{1}{2} (T_i + T_{i-1})}

    where :math:`i` runs over the glottal pulses within 40 ms of the centre of the frame, and :math:`T_{i-1}` and
    :math:`T_i` are the periods before and after a pulse. Pairs of periods with a ratio above 1.3 are excluded; at least
    three pairs are needed.

    Returns
    -------
    Array [shape=(n_frames,)]
        0 to 0.26; NaN in unvoiced frames and in frames with too few pulses

    References
    ----------
    Horii, Fundamental frequency perturbation observed in sustained phonation, Journal of Speech and Hearing Research
    22, 1979. Boersma, Praat, a system for doing phonetics by computer, Glot International 5, 2001.

    Examples
    --------
    Periods of 79 and 81 samples alternate:

    >>> clicks = np.zeros(16000, np.float32)
    >>> clicks[np.cumsum(np.tile([79, 81], 99))] = 1
    >>> voice = np.convolve(clicks, np.diff(np.hanning(41)), "same").astype(np.float32)
    >>> round(float(np.nanmedian(jitter(Frames(voice)))), 3)
    0.025
    """
    pulses = frames.shared(find_pulses)
    periods = np.diff(pulses)
    return _perturbation(frames, pulses[1:-1], periods, _LARGEST_PERIOD_RATIO)


@low_level_descriptor(family="voice quality", unit="ratio to the amplitude", parameters="pulses within 40 ms")
def shimmer(frames: Frames) -> Array:
    r"""Local shimmer: mean absolute difference of consecutive amplitudes, divided by the mean amplitude.

    .. math:: \mathrm{shimmer}_t = \frac{\sum_i |A_i - A_{i-1}|}{\sum_i \tfrac{1}{2} (A_i + A_{i-1})}

    where :math:`i` runs over the pairs of consecutive glottal pulses within 40 ms of the centre of the frame, and
    :math:`A_i` is the root mean square of the signal within a fifth of a period around the pulse. Pairs of amplitudes
    with a ratio above 1.6 are excluded, and so are pulses between periods with a ratio above 1.3. At least three
    pairs are needed.

    Returns
    -------
    Array [shape=(n_frames,)]
        0 to 0.46; NaN in unvoiced frames and in frames with too few pulses

    References
    ----------
    Horii, Vocal shimmer in sustained phonation, Journal of Speech and Hearing Research 23, 1980. Boersma, Praat, a
    system for doing phonetics by computer, Glot International 5, 2001.

    Examples
    --------
    Amplitudes of 1.0 and 0.9 alternate:

    >>> clicks = np.zeros(16000, np.float32)
    >>> clicks[::160], clicks[80::160] = 1.0, 0.9
    >>> voice = np.convolve(clicks, np.diff(np.hanning(41)), "same").astype(np.float32)
    >>> round(float(np.nanmedian(shimmer(Frames(voice)))), 3)
    0.105
    """
    pulses = frames.shared(find_pulses)
    amplitudes = kernels.pulses.pulse_amplitudes(frames.shared(normalised_signal), pulses, _LARGEST_PERIOD_RATIO)
    return _perturbation(frames, 0.5 * (pulses[1:] + pulses[:-1]), amplitudes, _LARGEST_AMPLITUDE_RATIO)


def find_pulses(frames: Frames) -> Values:
    """Locate the glottal pulses of the voiced segments.

    Parameters
    ----------
    frames : Frames
        signal; its framing does not matter

    Returns
    -------
    Values [shape=(n_pulses,)]
        positions in samples, ascending, between samples too
    """
    hz = frames.shared(pitch_every_step).hz
    periods = np.where(np.isnan(hz), np.float32(0), SAMPLE_RATE / hz)
    pulses: Values = kernels.pulses.glottal_pulses(frames.shared(normalised_signal), periods)
    return pulses


def _perturbation(frames: Frames, positions: Values, values: Values, largest_ratio: float) -> Array:
    """Mean absolute difference of consecutive values over their mean around each voiced frame; NaN elsewhere."""
    centres = np.arange(frames.n_frames, dtype=np.float64) * frames.framing.hop
    radius = _AROUND_SECONDS * SAMPLE_RATE
    changes: Array = kernels.pulses.relative_changes(positions, values, largest_ratio, centres, radius)
    changes[np.isnan(frames.shared(track_pitch).hz)] = np.nan
    return changes
