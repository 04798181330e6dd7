"""Write the golden values after an intended change: ``python tests/golden/write.py``.

Review the difference before committing it, and state in CHANGELOG.md by how much the values changed.
"""

import json
from pathlib import Path

import numpy as np

from featser.audio import Signal
from featser.features import compute_features, find_feature_set
from featser.synthetic import Style, Voice, speak

FOLDER = Path(__file__).parent


def golden_voice() -> Signal:
    """One synthetic sentence of about a second."""
    return speak(Voice(f0_hz=130.0), Style(), "ma ti so du", np.random.default_rng(0))


def golden_row(feature_set: str) -> dict[str, float]:
    """Features of the golden voice, to six significant digits."""
    found = find_feature_set(feature_set)
    row = compute_features(golden_voice(), found)
    return {name: float(f"{value:.6g}") for name, value in zip(found.feature_names, row, strict=True)}


def write_golden(feature_set: str) -> Path:
    """Write one file; return its path."""
    path = FOLDER / f"{feature_set}.json"
    path.write_text(json.dumps(golden_row(feature_set), indent=1) + "\n", encoding="utf-8", newline="\n")
    return path


if __name__ == "__main__":
    write_golden("classic")
