"""Voice quality: how regular the voice is from one period to the next, and how much of it is noise."""

import numpy as np
from numpy.typing import NDArray

from featser.audio import SAMPLE_RATE
from featser.features import kernels
from featser.features.descriptors.pitch import levelled, pitch_every_step, track_pitch
from featser.features.frames import Array, Frames
from featser.features.registry import low_level_descriptor

Values = NDArray[np.float64]

_AROUND_SECONDS = 0.040
"""Pulses so far before and after the centre of a frame are its own: at 60 Hz these are five."""

_STEADY_PERIODS, _STEADY_AMPLITUDES = 1.3, 1.6
"""Neighbours with a larger ratio are left out: between them a pulse was missed, or the voice broke."""

_NOISIEST, _CLEAREST = 0.01, 1 - 1e-5
"""Correlations between which the harmonics-to-noise ratio runs: -20 and 50 dB."""


@low_level_descriptor(family="voice quality", unit="dB", parameters="20 ms against the next period")
def hnr(frames: Frames) -> Array:
    r"""Harmonics-to-noise ratio: the part of a frame that repeats after one period, against the part that does not.

    .. math:: \mathrm{HNR}_t = 10 \log_{10} \frac{r_t}{1 - r_t}

    where :math:`r_t` is the `voicing` of the frame: the correlation of 20 ms with the 20 ms one period later. Both
    are normalised by their own energies, so that no window has to be corrected for, as in the autocorrelation of the
    paper.

    Returns
    -------
    Array [shape=(n_frames,)]
        -20 to 50; NaN in unvoiced frames

    References
    ----------
    Boersma, Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled
    sound, Proceedings of the Institute of Phonetic Sciences 17, Amsterdam, 1993.

    Examples
    --------
    Noise with a hundredth of the power of a tone:

    >>> tone = np.sqrt(2) * np.sin(2 * np.pi * 200 * np.arange(16000) / 16000)
    >>> noise = 0.1 * np.random.default_rng(0).standard_normal(16000)
    >>> round(float(np.nanmedian(hnr(Frames((tone + noise).astype(np.float32))))))
    20
    """
    pitch = frames.shared(track_pitch)
    periodic = np.clip(pitch.voicing, _NOISIEST, _CLEAREST, dtype=np.float64)
    ratio: Array = np.where(np.isnan(pitch.hz), np.nan, 10 * np.log10(periodic / (1 - periodic))).astype(np.float32)
    return ratio


@low_level_descriptor(family="voice quality", unit="share of the period", parameters="pulses within 40 ms")
def jitter(frames: Frames) -> Array:
    r"""Local jitter: how much the period changes from one to the next.

    .. math:: \mathrm{jitter}_t = \frac{\sum_i |T_i - T_{i-1}|}{\sum_i \tfrac{1}{2} (T_i + T_{i-1})}

    over the glottal pulses :math:`i` within 40 ms of the frame, at least three, each between the periods
    :math:`T_{i-1}` and :math:`T_i`. Pairs with a ratio above 1.3 do not count.

    Returns
    -------
    Array [shape=(n_frames,)]
        0 to 0.26, 0.01 for a change by one percent; NaN in unvoiced frames and where there are too few pulses

    References
    ----------
    Horii, Fundamental frequency perturbation observed in sustained phonation, Journal of Speech and Hearing Research
    22, 1979. Boersma, Praat, a system for doing phonetics by computer, Glot International 5, 2001.

    Examples
    --------
    Waves every 79 and 81 samples in turn:

    >>> clicks = np.zeros(16000, np.float32)
    >>> clicks[np.cumsum(np.tile([79, 81], 99))] = 1
    >>> voice = np.convolve(clicks, np.diff(np.hanning(41)), "same").astype(np.float32)
    >>> round(float(np.nanmedian(jitter(Frames(voice)))), 3)
    0.025
    """
    pulses = frames.shared(find_pulses)
    periods = np.diff(pulses)
    return _perturbation(frames, pulses[1:-1], periods, _STEADY_PERIODS)


@low_level_descriptor(family="voice quality", unit="share of the amplitude", parameters="pulses within 40 ms")
def shimmer(frames: Frames) -> Array:
    r"""Local shimmer: how much the amplitude changes from one period to the next.

    .. math:: \mathrm{shimmer}_t = \frac{\sum_i |A_i - A_{i-1}|}{\sum_i \tfrac{1}{2} (A_i + A_{i-1})}

    over the neighbouring glottal pulses within 40 ms of the frame, at least three pairs. :math:`A_i` is the root mean
    square within a fifth of a period around the pulse. Pairs with a ratio above 1.6 do not count, nor do pulses whose
    periods have one above 1.3.

    Returns
    -------
    Array [shape=(n_frames,)]
        0 to 0.46, 0.01 for a change by one percent; NaN in unvoiced frames and where there are too few pulses

    References
    ----------
    Horii, Vocal shimmer in sustained phonation, Journal of Speech and Hearing Research 23, 1980. Boersma, Praat, a
    system for doing phonetics by computer, Glot International 5, 2001.

    Examples
    --------
    Every other wave is a tenth smaller:

    >>> clicks = np.zeros(16000, np.float32)
    >>> clicks[::160], clicks[80::160] = 1.0, 0.9
    >>> voice = np.convolve(clicks, np.diff(np.hanning(41)), "same").astype(np.float32)
    >>> round(float(np.nanmedian(shimmer(Frames(voice)))), 3)
    0.105
    """
    pulses = frames.shared(find_pulses)
    amplitudes = kernels.pulses.pulse_amplitudes(frames.shared(levelled), pulses, _STEADY_PERIODS)
    return _perturbation(frames, 0.5 * (pulses[1:] + pulses[:-1]), amplitudes, _STEADY_AMPLITUDES)


def find_pulses(frames: Frames) -> Values:
    """Places of the glottal pulses in samples, ascending, shape ``(n_pulses,)``."""
    hz = frames.shared(pitch_every_step).hz
    periods = np.where(np.isnan(hz), np.float32(0), SAMPLE_RATE / hz)
    places: Values = kernels.pulses.glottal_pulses(frames.shared(levelled), periods)
    return places


def _perturbation(frames: Frames, places: Values, values: Values, largest_ratio: float) -> Array:
    """Mean change from one value to the next, as a share of their mean, around each voiced frame."""
    centres = np.arange(frames.n_frames, dtype=np.float64) * frames.framing.hop
    changes: Array = kernels.pulses.local_changes(places, values, largest_ratio, centres, _AROUND_SECONDS * SAMPLE_RATE)
    changes[np.isnan(frames.shared(track_pitch).hz)] = np.nan
    return changes
