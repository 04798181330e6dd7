"""Distribution of the short-window spectrum over frequency: band levels, band energies, level ratios and slopes."""

import numpy as np

from featser.features import kernels
from featser.features.descriptors.spectral import spectral_shape
from featser.features.filterbanks import mel_filters
from featser.features.frames import Array, Frames
from featser.features.registry import low_level_descriptor

N_LOG_MEL = 26


def mel_bands(frames: Frames) -> Array:
    """Power in 26 mel bands.

    Parameters
    ----------
    frames : Frames
        signal and its spectra

    Returns
    -------
    Array [shape=(26, n_frames)]
        not negative
    """
    return kernels.bands.weighted_bands(frames.power, mel_filters(frames.n_fft, N_LOG_MEL))


@low_level_descriptor(family="bands", unit="dB", n_dims=N_LOG_MEL, parameters="26 mel bands, 0-8000 Hz, short window")
def log_mel(frames: Frames) -> Array:
    r"""Log-mel spectrogram: level of 26 mel bands.

    .. math:: 10 \log_{10} \sum_k M_{m,k} P_{k,t}

    Returns
    -------
    Array [shape=(26, n_frames)]
        levels in dB, clipped at -100 dB and at 80 dB below the maximum of the recording; equals
        ``librosa.power_to_db`` of
        ``librosa.feature.melspectrogram(n_mels=26, n_fft=512, win_length=400, hop_length=160)``

    References
    ----------
    Davis and Mermelstein, Comparison of parametric representations for monosyllabic word recognition in
    continuously spoken sentences, IEEE TASSP 28(4), 1980; 26 bands as in Eyben et al., The Geneva minimalistic
    acoustic parameter set, IEEE TAC 7(2), 2016.

    Examples
    --------
    Multiplying the amplitude by 10 adds 20 dB to every band:

    >>> noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    >>> louder = log_mel(Frames(10 * noise)) - log_mel(Frames(noise))
    >>> round(float(louder.min()), 2), round(float(louder.max()), 2)
    (20.0, 20.0)
    """
    return kernels.bands.levels(frames.shared(mel_bands))


@low_level_descriptor(family="bands", unit="dB per kHz", n_dims=2, parameters="0-500 and 500-1500 Hz, short window")
def spectral_slope(frames: Frames) -> Array:
    """Slope of the spectral level over frequency, from 0 to 500 Hz and from 500 to 1500 Hz.

    Each slope is that of a least-squares line through the levels of the bins in the range, limits included. Bin
    levels are clipped at 100 dB below the level of the frame. The spectrum of a tense voice falls less steeply.

    Returns
    -------
    Array [shape=(2, n_frames)]
        in dB per kHz; NaN in frames without energy

    References
    ----------
    Eyben et al., The Geneva minimalistic acoustic parameter set (GeMAPS), IEEE TAC 7(2), 2016; Tamarit, Goudbeek
    and Scherer, Spectral slope measurements in emotionally expressive speech, ITRW 2008.

    Examples
    --------
    First differences of white noise have a spectrum that rises by 6 dB per octave; per kHz, it rises fastest at the
    lowest frequencies:

    >>> noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    >>> flat, raised = (spectral_slope(Frames(each)).mean(axis=1) for each in (noise, np.diff(noise)))
    >>> bool(np.abs(flat).max() < 2), bool(raised[0] > raised[1] > 5)
    (True, True)
    """
    return frames.shared(spectral_shape).slopes


@low_level_descriptor(family="bands", unit="dB", parameters="50-1000 over 1000-5000 Hz, short window")
def alpha_ratio(frames: Frames) -> Array:
    """Alpha ratio: level of the band 50-1000 Hz minus level of the band 1000-5000 Hz.

    Returns
    -------
    Array [shape=(n_frames,)]
        -100 to 100 dB; positive where the low band has more energy (openSMILE uses the opposite sign); NaN in frames
        without energy

    References
    ----------
    Eyben et al., The Geneva minimalistic acoustic parameter set (GeMAPS), IEEE TAC 7(2), 2016.

    Examples
    --------
    >>> t = np.arange(16000) / 16000
    >>> tones = np.sin(2 * np.pi * 500 * t) + 0.1 * np.sin(2 * np.pi * 3000 * t)
    >>> round(float(np.median(alpha_ratio(Frames(tones.astype(np.float32))))))
    20
    """
    bands = frames.shared(spectral_shape).band_energies
    return 10 * np.log10((bands[1] + bands[2] + bands[3]) / (bands[4] + bands[5] + bands[6]))


@low_level_descriptor(family="bands", unit="dB", parameters="0-2000 over 2000-5000 Hz, short window")
def hammarberg_index(frames: Frames) -> Array:
    """Hammarberg index: maximum level from 0 to 2000 Hz minus maximum level from 2000 to 5000 Hz.

    Returns
    -------
    Array [shape=(n_frames,)]
        -100 to 100 dB; NaN in frames without energy

    References
    ----------
    Hammarberg, Fritzell, Gauffin, Sundberg and Wedin, Perceptual and acoustic correlates of abnormal voice
    qualities, Acta Oto-Laryngologica 90, 1980; Eyben et al., The Geneva minimalistic acoustic parameter set
    (GeMAPS), IEEE TAC 7(2), 2016.

    Examples
    --------
    >>> t = np.arange(16000) / 16000
    >>> tones = np.sin(2 * np.pi * 500 * t) + 0.1 * np.sin(2 * np.pi * 3000 * t)
    >>> round(float(np.median(hammarberg_index(Frames(tones.astype(np.float32))))))
    20
    """
    peaks = frames.shared(spectral_shape).band_peaks
    return 10 * np.log10(peaks[:5].max(axis=0) / peaks[5:7].max(axis=0))


@low_level_descriptor(
    family="bands",
    unit="share of the energy",
    n_dims=4,
    parameters="0-250, 250-650, 1000-4000 and 4000-8000 Hz, short window",
)
def band_energy(frames: Frames) -> Array:
    """Share of the energy in four bands: 0-250, 250-650, 1000-4000 and 4000-8000 Hz.

    The bands roughly cover the fundamental, the first formant, the higher formants and frication. The four shares
    and that of the omitted band, 650-1000 Hz, sum to 1.

    Returns
    -------
    Array [shape=(4, n_frames)]
        0 to 1; NaN in frames without energy

    References
    ----------
    Schuller et al., The INTERSPEECH 2013 computational paralinguistics challenge (250-650 and 1000-4000 Hz); Eyben,
    Real-time speech and music classification by large audio feature space extraction, Springer, 2016.

    Examples
    --------
    >>> t = np.arange(16000) / 16000
    >>> tones = np.sin(2 * np.pi * 500 * t) + np.sin(2 * np.pi * 3000 * t)
    >>> np.median(band_energy(Frames(tones.astype(np.float32))), axis=1).round(2).tolist()
    [0.0, 0.5, 0.5, 0.0]
    """
    bands = frames.shared(spectral_shape).band_energies
    return np.stack([bands[0] + bands[1], bands[2], bands[4] + bands[5], bands[6] + bands[7]])
