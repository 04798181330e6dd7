"""Where the real recordings lie that benchmarks are made of."""

import os
import sys
from pathlib import Path


def corpora_root() -> Path:
    """Folder that holds the corpora, as ``FEATSER_CORPORA`` names it; a line and no traceback where it does not."""
    root = os.environ.get("FEATSER_CORPORA")
    if not root:
        sys.exit("Set FEATSER_CORPORA to the folder that holds the corpora.")
    return Path(root)
