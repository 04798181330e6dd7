"""Families of low-level descriptors; importing this package registers all of them."""

from importlib import import_module

FAMILIES = (
    *("spectral", "bands", "cepstral", "energy", "pitch", "formants", "harmonics", "loudness"),
    *("chroma", "voice_quality", "modulation"),
)
"""Modules in the order of the columns of feature sets; models that draw columns at random depend on this order."""

for _family in FAMILIES:
    import_module(f"{__name__}.{_family}")
