"""Compiled inner loops, one file per family; each has a plain numpy twin beside it that is its test oracle."""

import os
from pathlib import Path


def are_compiled() -> bool:
    """Whether an earlier run has left compiled loops; where they would be kept elsewhere, nobody knows, so yes."""
    folder = Path(__file__).parent / "__pycache__"
    elsewhere = "NUMBA_CACHE_DIR" in os.environ or not os.access(folder.parent, os.W_OK)
    return elsewhere or any(folder.glob("*.nbi"))
