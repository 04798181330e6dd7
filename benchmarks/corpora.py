"""Location of the real corpora that the benchmarks use."""

import os
import sys
from pathlib import Path


def corpora_root() -> Path:
    """Return the folder named by ``FEATSER_CORPORA``; exit with a message if the variable is not set."""
    root = os.environ.get("FEATSER_CORPORA")
    if not root:
        sys.exit("Set FEATSER_CORPORA to the folder of the corpora.")
    return Path(root)
