"""What an audit finds, and what it looks at: the recordings of one corpus with their measurements."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from featser.audit.measuring import Measured

if TYPE_CHECKING:
    from featser.corpora import Corpus, Rejected, Utterance

SEVERITIES = ("serious", "warning", "note")
"""``serious``: scores become wrong, or recordings cannot be used; ``warning``: look at it before training; ``note``:
harmless for featser, worth knowing."""


@dataclass(frozen=True)
class Finding:
    """One kind of fault in one corpus.

    Attributes
    ----------
    kind : str
        one of `featser.audit.FAULTS, or of a check of a whole corpus`
    severity : str
        one of `SEVERITIES`
    corpus : str
        corpus, or several joined by ``+``
    sentence : str
        what was found
    paths : tuple of str
        recordings concerned, relative to the folder of their corpus
    cells : tuple of (str, str)
        speakers and emotions concerned
    details : mapping
        path -> measured value, as text
    known : bool
        whether it is a known oddity of this corpus
    """

    kind: str
    severity: str
    corpus: str
    sentence: str
    paths: tuple[str, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    known: bool = False


@dataclass(frozen=True)
class Recording:
    """One recording of a corpus.

    Attributes
    ----------
    path : str
        relative to the folder of the corpus
    measured : Measured
    utterance : Utterance or None
        None where the corpus has no label for it
    """

    path: str
    measured: Measured
    utterance: "Utterance | None" = None

    @property
    def speaker(self) -> str:
        """Speaker, empty where not known."""
        return (self.utterance and self.utterance.speaker) or ""

    @property
    def emotion(self) -> str:
        """Emotion, empty where not known."""
        return (self.utterance and self.utterance.emotion) or ""


@dataclass(frozen=True)
class Collection:
    """The recordings of one folder.

    Attributes
    ----------
    corpus : str
    recordings : tuple of Recording
        all files but second copies, readable or not
    published : Corpus or None
        facts on the corpus, where it is one that is known and not synthetic
    rejected : tuple of Rejected
        files that the corpus rejects by their names
    skipped : tuple of str
        second copies of files with one name
    unlabelled : str
        why no labels could be read; empty where they were
    """

    corpus: str
    recordings: tuple[Recording, ...]
    published: "Corpus | None" = None
    rejected: "tuple[Rejected, ...]" = ()
    skipped: tuple[str, ...] = ()
    unlabelled: str = ""

    @property
    def readable(self) -> list[Recording]:
        """Recordings that were decoded."""
        return [each for each in self.recordings if not each.measured.reason]

    def groups(self, name: str) -> Iterator[tuple[str, list[Recording]]]:
        """Readable recordings by ``speaker`` or ``emotion``, sorted; those without one are left out."""
        groups: dict[str, list[Recording]] = {}
        for each in self.readable:
            if value := getattr(each, name):
                groups.setdefault(value, []).append(each)
        yield from sorted(groups.items())


def counted(n: int) -> str:
    """``1 recording``, ``2 recordings``."""
    return f"{n:,} recording{'' if n == 1 else 's'}"
