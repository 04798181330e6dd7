"""The manifest: one row per labelled recording, and an account of every file that is not in it."""

import filecmp
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path, PurePosixPath

from featser.corpora.files import Found
from featser.corpora.utterances import Utterance, Utterances


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that is not used, and why, in the words of a listing."""

    path: str
    reason: str


@dataclass(frozen=True)
class Manifest:
    """What one folder or table of labels holds: each recording found is in exactly one of the tuples."""

    corpus: str
    root: Path
    utterances: Sequence[Utterance]
    """sorted by id, in whatever order they were given; empty where every file was rejected"""
    rejected: tuple[Rejected, ...]
    skipped: tuple[str, ...] = ()
    """paths of byte-identical second copies"""
    clean: tuple[str, ...] = ()
    """cleaning steps that the corpus asks for, e.g. ``remove-dc``"""

    def __post_init__(self) -> None:
        given = self.utterances
        if not isinstance(given, Utterances) or any(one.utterance > other.utterance for one, other in pairwise(given)):
            ordered = Utterances(sorted(given, key=lambda each: each.utterance))
            object.__setattr__(self, "utterances", ordered)

    def file(self, utterance: Utterance) -> Path:
        """Where the recording lies."""
        return self.root / utterance.path


SYNTHETIC_MARK = "SYNTHETIC.txt"
"""File that a corpus without people carries in its root, so that nothing made from it can pass for the real one."""


def marked(manifest: Manifest) -> Manifest:
    """Rename the corpus to ``synthetic-<corpus>``, in every id, where its folder carries `SYNTHETIC_MARK`."""
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
    """Manifest of copies of the same recordings that one change makes, to train on; refusals are not named again.

    A copy is called ``<utterance>~<change>`` and says what it was derived from.
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
    """Manifest of what was made of each file, in the order of ``readings``; ``skipped`` are left out already.

    Of two files with one id the first is kept. The second is skipped where it is the same byte for byte,
    as in archives that hold their files twice, and rejected where it is not: nobody can tell which is meant.
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


def foreign_rejected(found: Found) -> list[Rejected]:
    """Refusals of the recordings whose format is not read."""
    reason = "{} files are not read; convert it to .wav or .flac"
    return [Rejected(path, reason.format(PurePosixPath(path).suffix)) for path in found.foreign]


def identifiers(files: Sequence[tuple[str, str]]) -> list[str]:
    """Id of each (corpus, path): ``<corpus>/<stem>``; where stems repeat, the path without its suffix.

    >>> identifiers([("mine", "a/1.wav"), ("mine", "b/1.wav"), ("mine", "b/2.wav")])
    ['mine/a/1', 'mine/b/1', 'mine/2']
    """
    stems = [(corpus, _stem(path)) for corpus, path in files]
    counts = Counter(stems)
    return [
        f"{corpus}/{stem if counts[corpus, stem] == 1 else PurePosixPath(path).with_suffix('')}"
        for (corpus, path), (_, stem) in zip(files, stems, strict=True)
    ]


def _stem(path: str) -> str:
    """As `PurePosixPath.stem`, in a tenth of the time: tens of thousands are asked for.

    >>> _stem("a/b.c.wav"), _stem("a/.wav")
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


@lru_cache(maxsize=256)  # a table asks for the same name in each of its rows
def corpus_name(text: str) -> str:
    """Name that holds only letters, digits, ``-`` and ``_``.

    >>> corpus_name("my labels (v2)")
    'my_labels_v2'
    """
    return re.sub(r"[^\w-]+", "_", text).strip("_") or "corpus"


def _storable(reading: Utterance | Rejected) -> Utterance | Rejected:
    """The reading, or a refusal where the path holds bytes of no character: no table could store it."""
    path = reading.path.encode("utf-8", "backslashreplace").decode()
    if path == reading.path:
        return reading
    return Rejected(path, "its name is not valid UTF-8; rename it")


def _same_bytes(first: Path, second: Path) -> bool:
    """Whether two files are equal; a file that cannot be opened equals none."""
    try:
        return filecmp.cmp(first, second, shallow=False)
    except OSError:
        return False
