"""Studies by name."""

from collections.abc import Callable

from featser.studies.ablation import ablation
from featser.studies.cleaning import cleaning
from featser.studies.cross_corpus import cross_corpus
from featser.studies.fairness import fairness
from featser.studies.noise import noise
from featser.studies.shortcuts import shortcuts
from featser.studies.speakers import speakers
from featser.studies.study import Study

STUDIES: dict[str, Callable[..., Study]] = {
    "ablation": ablation,
    "cross-corpus": cross_corpus,
    "fairness": fairness,
    "cleaning": cleaning,
    "noise": noise,
    "shortcuts": shortcuts,
    "speakers": speakers,
}
"""Name -> function of `Inputs` and options of its own that returns the study."""
