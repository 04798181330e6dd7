"""Families of low-level descriptors; importing this package registers all of them."""

from featser.features.descriptors import (  # noqa: F401
    bands,
    cepstral,
    chroma,
    energy,
    formants,
    harmonics,
    loudness,
    modulation,
    pitch,
    spectral,
    voice_quality,
)
