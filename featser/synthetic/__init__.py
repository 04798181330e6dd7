"""Synthetic speech: small corpora of voices that never lived, to try featser on and to test it with.

`write_corpus` writes one; `plant_faults` breaks it on purpose; ``python -m featser.synthetic data/toy``
writes the toy corpora that come with featser.
"""

from featser.synthetic.cast import EMOTIONS, STYLES
from featser.synthetic.corpus import write_corpus
from featser.synthetic.naming import EMODB, RAVDESS, SCHEMES
from featser.synthetic.plants import PLANTS, plant_faults
from featser.synthetic.toy import write_toy
from featser.synthetic.voice import Style, Voice, speak

__all__ = [
    "EMODB",
    "EMOTIONS",
    "PLANTS",
    "RAVDESS",
    "SCHEMES",
    "STYLES",
    "Style",
    "Voice",
    "plant_faults",
    "speak",
    "write_corpus",
    "write_toy",
]
