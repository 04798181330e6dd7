"""The manifest: one row per labelled recording, and a list of the files that cannot be used."""

import filecmp
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from featser.corpora.utterances import Utterance
from featser.limits import label_fault

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that cannot be used, and the reason."""

    path: str
    reason: str


@dataclass(frozen=True)
class Manifest:
    """Labelled recordings of one folder or table of labels; every file found is in exactly one of the tuples.

    Attributes
    ----------
    corpus : str
        name of the corpus
    root : Path
        folder that the paths of the utterances are relative to
    utterances : tuple of Utterance
        usable recordings, sorted by id
    rejected : tuple of Rejected
        files that cannot be used, with reasons
    skipped : tuple of str
        paths of byte-identical second copies
    clean : tuple of str
        cleaning steps that the corpus needs, for example ``remove-dc``
    """

    corpus: str
    root: Path
    utterances: tuple[Utterance, ...]
    rejected: tuple[Rejected, ...]
    skipped: tuple[str, ...] = ()
    clean: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.utterances, key=lambda each: each.utterance))
        object.__setattr__(self, "utterances", ordered)

    @property
    def table(self) -> "pd.DataFrame":
        """The utterances as a table, one row each, with the fields of `Utterance` as columns."""
        import pandas as pd

        return pd.DataFrame.from_records(self.utterances, columns=Utterance._fields)

    def file(self, utterance: Utterance) -> Path:
        """Return the path of a recording."""
        return self.root / utterance.path


_LABELS = ("emotion", "speaker", "native_label", "sex", "language", "text", "intensity", "take", "channel")
"""Texts that come from tables of labels and names of folders."""

SYNTHETIC_MARK = "SYNTHETIC.txt"
"""File in the root of a synthetic corpus, so that results from it cannot be mistaken for those of the real corpus."""


def marked(manifest: Manifest) -> Manifest:
    """Rename the corpus to ``synthetic-<corpus>`` in every id if its folder holds the file `SYNTHETIC_MARK`."""
    if not any((folder / SYNTHETIC_MARK).is_file() for folder in (manifest.root, manifest.root.absolute().parent)):
        return manifest
    corpus = f"synthetic-{manifest.corpus}"
    renamed = tuple(
        each._replace(
            utterance=f"synthetic-{each.utterance}",
            corpus=corpus,
            speaker=each.speaker and f"synthetic-{each.speaker}",
        )
        for each in manifest.utterances
    )
    return replace(manifest, corpus=corpus, utterances=renamed)


def changed_copies(manifest: Manifest, change: str) -> Manifest:
    """Return the manifest of changed copies of all recordings, to train on.

    Parameters
    ----------
    manifest : Manifest
        recordings
    change : str
        change as `featser.audio.find_change` knows it

    Returns
    -------
    Manifest
        one utterance ``<utterance>~<change>`` for each, derived from the original; without rejected files, which are
        listed with the originals
    """
    copies = tuple(
        each._replace(utterance=f"{each.utterance}~{change}", derived_from=each.utterance)
        for each in manifest.utterances
    )
    return replace(manifest, utterances=copies, rejected=(), skipped=())


def assemble(
    corpus: str,
    root: Path,
    readings: Iterable[Utterance | Rejected],
    clean: tuple[str, ...] = (),
    skipped: Iterable[str] = (),
) -> Manifest:
    """Make a manifest from the readings of all files.

    Of two files with one id the first is kept. The second is skipped if it has the same bytes, as in archives that hold
    their files twice, and rejected if not, because either could be meant.

    Parameters
    ----------
    corpus : str
        name of the corpus
    root : Path
        folder that paths are relative to
    readings : iterable of Utterance or Rejected
        one for each file
    clean : tuple of str
        cleaning steps that the corpus needs
    skipped : iterable of str
        paths that were left out before
    """
    kept: dict[str, Utterance] = {}
    rejected: list[Rejected] = []
    skipped = [*skipped]
    for reading in map(_storable, readings):
        if isinstance(reading, Rejected):
            rejected.append(reading)
            continue
        first = kept.setdefault(reading.utterance, reading)
        if first is reading:
            continue
        if _same_bytes(root / first.path, root / reading.path):
            skipped.append(reading.path)
        else:
            reason = f"same name as {first.path} but other contents; keep one of the two"
            rejected.append(Rejected(reading.path, reason))
    return Manifest(corpus, root, tuple(kept.values()), tuple(rejected), tuple(skipped), clean)


def identifiers(files: Sequence[tuple[str, str]]) -> list[str]:
    """Return the id of each (corpus, path): ``<corpus>/<stem>``, or the path without its suffix if stems repeat.

    >>> identifiers([("mine", "a/1.wav"), ("mine", "b/1.wav"), ("mine", "b/2.wav")])
    ['mine/a/1', 'mine/b/1', 'mine/2']
    """
    stems = [(corpus, stem_of(path)) for corpus, path in files]
    counts = Counter(stems)
    return [
        f"{corpus}/{stem if counts[corpus, stem] == 1 else PurePosixPath(path).with_suffix('')}"
        for (corpus, path), (_, stem) in zip(files, stems, strict=True)
    ]


def stem_of(path: str) -> str:
    """Return `PurePosixPath.stem` in a tenth of its time, for tens of thousands of paths.

    >>> stem_of("a/b.c.wav"), stem_of("a/.wav")
    ('b.c', '.wav')
    """
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[:dot] if 0 < dot < len(name) - 1 else name


def qualified(corpus: str, name: str) -> str:
    """``<corpus>/<name>``, unless the name is already written so.

    >>> qualified("mine", "03"), qualified("mine", "mine/03")
    ('mine/03', 'mine/03')
    """
    return name if name.startswith(f"{corpus}/") else f"{corpus}/{name}"


@lru_cache(maxsize=256)  # the same name occurs in each row of a table
def corpus_name(text: str) -> str:
    """Return a name that holds only letters, digits, ``-`` and ``_``.

    >>> corpus_name("my labels (v2)")
    'my_labels_v2'
    """
    return re.sub(r"[^\w-]+", "_", text).strip("_") or "corpus"


def _storable(reading: Utterance | Rejected) -> Utterance | Rejected:
    """Reject a path that is not valid UTF-8, which no table can store."""
    path = reading.path.encode("utf-8", "backslashreplace").decode()
    if path == reading.path:
        fault = isinstance(reading, Utterance) and _label_fault(reading)
        return Rejected(path, fault) if fault else reading
    return Rejected(path, "its name is not valid UTF-8; rename it")


def _label_fault(utterance: Utterance) -> str:
    """Return why a text of a recording cannot be kept, or an empty text."""
    for name in _LABELS:
        value = getattr(utterance, name)
        if isinstance(value, str) and (fault := _fault_of(value)):
            return f"{name} {fault}"
    return ""


_fault_of = lru_cache(maxsize=4096)(label_fault)


def _same_bytes(first: Path, second: Path) -> bool:
    """Whether two files have the same bytes; False if one cannot be opened."""
    try:
        return filecmp.cmp(first, second, shallow=False)
    except OSError:
        return False
