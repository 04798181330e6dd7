"""Studies by name."""

from collections.abc import Callable

from featser.studies.cleaning import cleaning
from featser.studies.noise import noise
from featser.studies.shortcuts import shortcuts
from featser.studies.study import Study

STUDIES: dict[str, Callable[..., Study]] = {
    "cleaning": cleaning,
    "noise": noise,
    "shortcuts": shortcuts,
}
"""Name -> function of `Inputs` and options of its own that returns the study."""
