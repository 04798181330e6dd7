"""Levels of the harmonics of the voice, and the prominence of the cepstral peak."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from featser.audio import SAMPLE_RATE
from featser.features import kernels
from featser.features.descriptors.formants import formant_frequency
from featser.features.descriptors.pitch import track_pitch
from featser.features.frames import Array, Frames
from featser.features.registry import low_level_descriptor

_TOLERANCE = np.float32(0.25)
"""Largest distance of a harmonic from the multiple of F0, relative to F0."""

_FORMANT_TOLERANCE = np.float32(0.1)
"""Largest distance of the strongest harmonic from F3, relative to F3."""

_LIMIT_DB = np.float32(100.0)

_BAND_HZ = 3000.0
_TREND_FROM_SECONDS = 0.001
_HIGHEST_HZ, _LOWEST_HZ = 333.0, 60.0
_SILENCE = 1e-6
_FLOOR = 1e-8
_SMALLEST_RIPPLE = 0.003


@low_level_descriptor(family="harmonics", unit="dB", parameters="long window, at F0 and 2 F0 +- F0 / 4", window="long")
def h1_h2(frames: Frames) -> Array:
    r"""H1-H2: level of the first harmonic minus level of the second.

    .. math:: 10 \log_{10} P(f_0) - 10 \log_{10} P(2 f_0)

    where :math:`P(f)` is the strongest peak of the power spectrum within :math:`f_0 / 4` of :math:`f`. H1-H2 is high
    for a breathy voice and low for a pressed or creaky one. It is not corrected for the formants, so a low F1 changes
    it.

    Returns
    -------
    Array [shape=(n_frames,)]
        -100 to 100 dB; NaN in unvoiced frames and in frames that the long window skips

    References
    ----------
    Klatt and Klatt, Analysis, synthesis, and perception of voice quality variations among female and male talkers,
    JASA 87(2), 1990.

    Examples
    --------
    A second harmonic of half the amplitude is 6 dB weaker:

    >>> t = np.arange(16000) / 16000
    >>> voice = sum(0.4 / n * np.sin(2 * np.pi * 150 * n * t) for n in (1, 2, 3, 4))
    >>> round(float(np.nanmedian(h1_h2(Frames(voice.astype(np.float32))))))
    6
    """
    hz = _pitch(frames)
    return frames.spread(_difference(frames.shared(_first_harmonic), _peak_level(frames, 2 * hz, _TOLERANCE * hz)))


@low_level_descriptor(
    family="harmonics", unit="dB", parameters="long window, at F0 +- F0 / 4 and F3 +- 10 %", window="long"
)
def h1_a3(frames: Frames) -> Array:
    r"""H1-A3: level of the first harmonic minus level of the strongest harmonic near the third formant.

    .. math:: 10 \log_{10} P(f_0) - \max_{|f - F_3| \le 0.1 F_3} 10 \log_{10} P(f)

    The range around F3 is at least :math:`f_0 / 2` wide on each side. H1-A3 measures the spectral tilt of the glottal
    source. A loud or tense voice closes the glottis abruptly, which raises the high harmonics and lowers H1-A3. It is
    not corrected for the formants.

    Returns
    -------
    Array [shape=(n_frames,)]
        -100 to 100 dB; NaN in unvoiced frames, where F3 is undefined, and in frames that the long window skips

    References
    ----------
    Hanson, Glottal characteristics of female speakers: acoustic correlates, JASA 101(1), 1997; Eyben et al., The
    Geneva minimalistic acoustic parameter set, IEEE Transactions on Affective Computing 7(2), 2016.

    Examples
    --------
    Harmonics that fall by 12 dB per octave are more than 35 dB below the first near F3:

    >>> t = np.arange(16000) / 16000
    >>> voice = sum(0.4 / n**2 * np.sin(2 * np.pi * 150 * n * t) for n in range(1, 50))
    >>> bool(np.nanmedian(h1_a3(Frames(voice.astype(np.float32)))) > 35)
    True
    """
    third = formant_frequency(frames)[2, :: frames.framing.long_step]
    tolerance = np.maximum(_FORMANT_TOLERANCE * third, np.float32(0.5) * _pitch(frames))
    return frames.spread(_difference(frames.shared(_first_harmonic), _peak_level(frames, third, tolerance)))


@low_level_descriptor(
    family="harmonics", unit="dB", parameters="long window, 0-3000 Hz, peak at 60-333 Hz", window="long"
)
def cepstral_peak_prominence(frames: Frames) -> Array:
    r"""Cepstral peak prominence (CPP): height of the cepstral peak above the trend of the cepstrum.

    .. math:: c_t(q) = 20 \log_{10} \left| \sum_k \cos(2 \pi q f_k) \, 10 \log_{10} P_{k,t} \right|

    The sum runs over the spectrum up to 3 kHz. CPP is the maximum of :math:`c` at quefrencies from 1/333 to 1/60 s,
    minus the value there of the regression line through :math:`c` from 1 ms to 1/60 s. CPP is high where the harmonics
    are regular, as in a clear voice; that of noise is about half as large. It is computed for voiced and unvoiced
    frames alike.

    Returns
    -------
    Array [shape=(n_frames,)]
        in dB; NaN in frames whose strongest bin is at least 60 dB below the strongest of the recording, and in frames
        that the long window skips

    References
    ----------
    Hillenbrand, Cleveland and Erickson, Acoustic correlates of breathy vocal quality, Journal of Speech and Hearing
    Research 37(4), 1994.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0, 0.001, 16000).astype(np.float32)
    >>> pulses = noise.copy()
    >>> pulses[::100] += 0.5
    >>> voice, breath = (float(np.nanmedian(cepstral_peak_prominence(Frames(x)))) for x in (pulses, noise))
    >>> voice > breath + 8
    True
    """
    transform = _cepstral_transform(frames.n_fft_long)
    loudest, even, odd = kernels.harmonics.folded_logarithm(frames.long_power[: transform.n_bins], _FLOOR)
    cepstrum = np.empty((len(transform.even) + len(transform.odd), frames.n_long_frames), dtype=np.float32)
    np.matmul(transform.even, even, out=cepstrum[0::2])
    np.matmul(transform.odd, odd, out=cepstrum[1::2])
    height = kernels.harmonics.prominence(cepstrum, transform.first_peak, _SMALLEST_RIPPLE)
    height[(loudest <= _SILENCE * loudest.max()) | (loudest == 0)] = np.nan
    return frames.spread(height)


def _pitch(frames: Frames) -> Array:
    """Fundamental frequency in Hz in the frames of the long window, shape ``(n_long_frames,)``."""
    return frames.shared(track_pitch).hz[:: frames.framing.long_step]


def _first_harmonic(frames: Frames) -> Array:
    """Level of the first harmonic in dB, shape ``(n_long_frames,)``."""
    hz = _pitch(frames)
    return _peak_level(frames, hz, _TOLERANCE * hz)


def _peak_level(frames: Frames, centre_hz: Array, tolerance_hz: Array) -> Array:
    """Level in dB of the strongest peak of the long spectrum around a frequency, shape ``(n_long_frames,)``."""
    bins_per_hz = np.float32(frames.n_fft_long / SAMPLE_RATE)
    return kernels.harmonics.strongest_level(frames.long_power, centre_hz * bins_per_hz, tolerance_hz * bins_per_hz)


def _difference(first: Array, second: Array) -> Array:
    difference: Array = np.minimum(np.maximum(first - second, -_LIMIT_DB), _LIMIT_DB)
    return difference


@dataclass(frozen=True, eq=False)
class _CepstralTransform:
    """Cosine transform of a log spectrum at the quefrencies of `cepstral_peak_prominence`, as two matrices.

    Cosines of even order are symmetric about the middle of the band, those of odd order antisymmetric. Each needs
    only half of the spectrum, folded about the middle.

    Attributes
    ----------
    even, odd : Array
        every second row of the transform, from the first and from the second on
    first_peak : int
        row of the first quefrency at which a peak may lie
    """

    even: Array
    odd: Array
    first_peak: int

    @property
    def n_bins(self) -> int:
        """Number of bins from 0 Hz to 3 kHz, limits included."""
        return 2 * self.odd.shape[1] + 1


@lru_cache(maxsize=8)
def _cepstral_transform(n_fft: int) -> _CepstralTransform:
    n_bins = 2 * round(_BAND_HZ * n_fft / SAMPLE_RATE / 2)
    rate = 2 * _BAND_HZ
    first, first_peak = round(_TREND_FROM_SECONDS * rate), int(np.ceil(rate / _HIGHEST_HZ))
    quefrencies = np.arange(first, max(min(int(rate / _LOWEST_HZ) + 1, n_bins), first_peak + 1) + 1)
    weight = np.full(n_bins // 2 + 1, 2.0 / n_bins)
    weight[0] = 1.0 / n_bins
    cosines = weight * np.cos(np.pi / n_bins * np.outer(quefrencies, np.arange(n_bins // 2 + 1)))
    cosines = cosines.astype(np.float32)
    return _CepstralTransform(cosines[0::2].copy(), cosines[1::2, :-1].copy(), first_peak - first)
