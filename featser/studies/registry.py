"""Studies by name."""

from collections.abc import Callable

from featser.studies.shortcuts import shortcuts
from featser.studies.study import Study

STUDIES: dict[str, Callable[..., Study]] = {
    "shortcuts": shortcuts,
}
"""Name -> function of `Inputs` and options of its own that returns the study."""
