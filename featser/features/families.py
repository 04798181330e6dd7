"""Every family of descriptors; importing one registers what it holds."""

from featser.features import (  # noqa: F401
    bands,
    cepstral,
    energy,
    formants,
    harmonics,
    loudness,
    modulation,
    pitch,
    shape,
    spectral,
    tonal,
    voice_quality,
)
