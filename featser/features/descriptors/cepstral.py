"""Mel-frequency cepstral coefficients: the spectral envelope, without the harmonics of the voice."""

import numpy as np

from featser.features import kernels
from featser.features.filterbanks import cosine_transform, mel_filters
from featser.features.frames import Array, Frames
from featser.features.registry import low_level_descriptor

N_MFCC = 20
N_MEL_BANDS = 40


@low_level_descriptor(family="cepstral", unit="dB", n_dims=N_MFCC, parameters="40 mel bands, 0-8000 Hz, short window")
def mfcc(frames: Frames) -> Array:
    r"""Mel-frequency cepstral coefficients 0 to 19.

    .. math:: c_n = \sum_m \mathrm{DCT}_{n,m} \, 10 \log_{10} \sum_k M_{m,k} P_k

    Returns
    -------
    Array [shape=(20, n_frames)]
        orthonormal discrete cosine transform of the levels of 40 mel bands in dB, which are clipped at -100 dB and at
        80 dB below the maximum of the recording; equals
        ``librosa.feature.mfcc(n_mfcc=20, n_mels=40, n_fft=512, win_length=400, hop_length=160)``

    References
    ----------
    Davis and Mermelstein, Comparison of parametric representations for monosyllabic word recognition in
    continuously spoken sentences, IEEE TASSP 28(4), 1980.

    Examples
    --------
    Doubling the amplitude raises coefficient 0 and does not change the others:

    >>> noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    >>> louder = mfcc(Frames(2 * noise)) - mfcc(Frames(noise))
    >>> bool(louder[0].min() > 30), bool(np.abs(louder[1:]).max() < 1e-3)
    (True, True)
    """
    bands = kernels.bands.weighted_bands(frames.power, mel_filters(frames.n_fft, N_MEL_BANDS))
    coefficients = cosine_transform(N_MFCC, N_MEL_BANDS) @ kernels.bands.levels(bands)
    return coefficients.astype(np.float32)
