"""A descriptor of one's own, loaded by own_descriptor.py."""

import numpy as np

from featser.features import Frames, low_level_descriptor


@low_level_descriptor(family="shape", unit="dB")
def spectral_crest(frames: Frames) -> np.ndarray:
    """Ratio of the strongest bin of the power spectrum to the mean of all bins.

    References
    ----------
    Peeters, A large set of audio features for sound description, IRCAM, 2004.
    """
    strongest, mean = frames.power.max(axis=0), frames.power.mean(axis=0)
    return 10 * np.log10(np.divide(strongest, mean, out=np.full_like(mean, np.nan), where=mean > 0))
