"""Parts of a declaration: names of groups, the best published score, files on the web."""

from collections.abc import Mapping
from dataclasses import dataclass

GROUPS = ("speaker", "emotion", "text", "intensity", "take", "channel", "sex", "age", "language")
"""Names of the groups that the patterns ``file_name`` and ``folder`` of a corpus may have. The patterns may have others
for the keys ``speaker`` and ``labels``."""

Rows = Mapping[tuple[str, ...], Mapping[str, str]]
"""Values of the groups by which a recording finds its row -> groups of the row."""


@dataclass(frozen=True)
class BestKnown:
    """Highest published score of handcrafted features on a corpus with no speaker on both sides of a split."""

    uar: float
    """unweighted average recall, 0 to 1"""
    n_emotions: int
    """emotions that it was measured on"""
    source: str
    """publication, features and protocol, as part of a sentence"""


@dataclass(frozen=True)
class Download:
    """A file of a corpus on its official page."""

    url: str
    checksum: str = ""
    """``sha256:`` or ``md5:`` and the digest in hexadecimal digits; empty where it is not known"""


def years_of(text: str) -> float | None:
    """Age as a number; None for other text, as in some tables of corpora."""
    return float(text) if text.replace(".", "", 1).isdecimal() else None
