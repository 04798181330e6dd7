"""What a signal is: mono samples at one sample rate."""

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float32]
"""Samples, shape ``(n_samples,)``, full scale at -1 and 1."""

SAMPLE_RATE = 16_000
"""Hz; all features are computed at this rate."""
