"""Synthetic speech corpora, for the demo and for tests.

`write_corpus` writes a corpus and `plant_faults` injects faults into its files. ``python -m featser.synthetic
data/toy`` writes the toy corpora of featser.
"""

from featser.synthetic.corpus import write_corpus
from featser.synthetic.naming import EMODB, RAVDESS, SCHEMES
from featser.synthetic.plants import PLANTS, plant_faults
from featser.synthetic.speakers import EMOTIONS, STYLES
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
