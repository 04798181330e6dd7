"""Features equal the golden values, which ``python tests/golden/write.py`` writes."""

import hashlib
import json
import runpy
from pathlib import Path

import pytest

from featser.features import find_feature_set

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def golden() -> dict[str, float]:
    return json.loads((GOLDEN / "classic.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def row() -> dict[str, float]:
    """Features that the script computes now."""
    return runpy.run_path(str(GOLDEN / "write.py"))["golden_row"]("classic")


def track_of(column: str) -> str:
    return column.rsplit("__", 1)[0]


def test_columns_equal_the_golden_file(golden, row):
    assert list(row) == list(golden)


def test_values_equal_the_golden_file(golden, row):
    """Within 1e-4 plus 1e-6 of the largest value of the track, since the mean of a derivative is near 0."""
    scale = {track_of(name): max(abs(golden[f"{track_of(name)}__{end}"]) for end in ("min", "max")) for name in golden}
    drift = {
        name: (row[name], expected)
        for name, expected in golden.items()
        if not abs(row[name] - expected) <= 1e-4 * abs(expected) + 1e-6 * scale[track_of(name)]
    }
    assert drift == {}


@pytest.mark.parametrize(
    ("name", "digest"),
    [("wide", "d74a9bd6dfd42bf8"), ("classic", "3c2e468b4e98f25d"), ("log-mel", "2ce11ae10d292eb0")],
)
def test_columns_keep_their_order(name: str, digest: str) -> None:
    """Forests and boosted trees draw columns at random, so another order gives them another score."""
    names = find_feature_set(name).feature_names
    assert hashlib.sha256("\n".join(names).encode()).hexdigest()[:16] == digest
