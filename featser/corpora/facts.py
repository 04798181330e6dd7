"""Facts on a corpus that have several parts: its best published score, and its files on the web."""

from dataclasses import dataclass


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
