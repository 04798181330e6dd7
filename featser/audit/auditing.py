"""Audit: measure every recording once, run all checks, tell the known oddities from the others."""

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from featser.audit.balance import find_imbalance
from featser.audit.duplicates import find_duplicates
from featser.audit.faults import FAULTS, find_faults_of
from featser.audit.findings import SEVERITIES, Collection, Finding, Recording, counted
from featser.audit.labels import find_suspected_labels
from featser.audit.measuring import Measured, measure
from featser.errors import InputError
from featser.extraction import Backend
from featser.extraction.executors import executor_of

if TYPE_CHECKING:
    import pandas as pd

    from featser.corpora import Corpus, FolderPerClass, Manifest


@dataclass(frozen=True)
class Audit:
    """Result of an audit.

    Attributes
    ----------
    collections : tuple of Collection
        one for each folder
    findings : tuple of Finding
        the most serious first, known ones after the others
    """

    collections: tuple[Collection, ...]
    findings: tuple[Finding, ...]

    @property
    def serious(self) -> tuple[Finding, ...]:
        """Findings that are serious and not known."""
        return tuple(each for each in self.findings if each.severity == "serious" and not each.known)


def audit(
    paths: Iterable[str | Path],
    corpus: "str | Corpus | FolderPerClass" = "auto",
    jobs: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    predictions: "pd.DataFrame | None" = None,
) -> Audit:
    """Find what is wrong with recordings before anything is learnt from them.

    Parameters
    ----------
    paths : iterable of str or Path
        folders of recordings, one corpus each
    corpus : str, Corpus or FolderPerClass
        as for `featser.corpora.read_corpus`; where ``auto`` cannot recognise the names, recordings are checked without
        labels
    jobs : int, optional
        threads; one per core by default
    progress : callable
        receives the numbers of recordings measured and in total
    predictions : DataFrame, optional
        out-of-fold predictions of a run on these recordings, to find suspected labels

    Returns
    -------
    Audit

    Raises
    ------
    UsageError
        a folder or the corpus does not exist
    InputError
        a folder without recordings, a named corpus to which none of them belongs, or predictions of none of them
    """
    read = [_read(Path(path), corpus) for path in dict.fromkeys(map(Path, paths))]
    wanted = [manifest.root / path for manifest, _ in read for path in _paths_of(manifest)]
    measured = iter(_measure_all(wanted, jobs, progress))
    collections = tuple(_collection(manifest, why, measured) for manifest, why in read)
    entries = [(each.corpus, recording) for each in collections for recording in each.readable]
    found = [finding for each in collections for finding in (*find_faults_of(each), *find_imbalance(each))]
    found += [] if predictions is None else find_suspected_labels(collections, predictions)
    findings = [part for finding in (*found, *find_duplicates(entries)) for part in _split_known(finding)]
    return Audit(collections, tuple(sorted(findings, key=_rank)))


def _read(path: Path, corpus: "str | Corpus | FolderPerClass") -> "tuple[Manifest, str]":
    """Read a manifest; without labels, and with the reason, where no corpus is recognised."""
    from featser.corpora import Manifest, read_corpus
    from featser.corpora.files import find_audio
    from featser.corpora.manifest import Rejected

    try:
        return read_corpus(path, corpus), ""
    except InputError as error:
        if corpus != "auto":
            raise
        found = find_audio(path)
        unlabelled = tuple(Rejected(each, "") for each in found.audio)
        return Manifest(found.name or "recordings", found.root, (), unlabelled), str(error)


def _paths_of(manifest: "Manifest") -> list[str]:
    return [*(each.path for each in manifest.utterances), *(each.path for each in manifest.rejected)]


def _measure_all(paths: Sequence[Path], jobs: int | None, progress: Callable[[int, int], None]) -> list[Measured]:
    done = []
    with executor_of(Backend("threading", jobs)) as (executor, _):
        for each in executor.map(measure, paths):
            done.append(each)
            progress(len(done), len(paths))
    return done


def _collection(manifest: "Manifest", why: str, measured: "Iterable[Measured]") -> Collection:
    from featser.corpora import known_corpora

    utterances = {each.path: each for each in manifest.utterances}
    recordings = [
        Recording(path, each, utterances.get(path)) for path, each in zip(_paths_of(manifest), measured, strict=False)
    ]
    return Collection(
        manifest.corpus,
        tuple(sorted(recordings, key=lambda each: each.path)),
        None if why else known_corpora().get(manifest.corpus),
        () if why else manifest.rejected,
        manifest.skipped,
        why,
    )


def _split_known(finding: Finding) -> list[Finding]:
    """Split a finding into the part that is a known oddity of its corpus and the rest, and count the recordings."""
    pattern = _known().get(finding.corpus, {}).get(finding.kind)
    single = finding.kind in FAULTS
    if pattern is None:
        return [_with_count(finding) if single else finding]
    if not single:
        names = [*map(_stem, finding.paths), *("_".join(cell) for cell in finding.cells)]
        return [replace(finding, known=all(_fits(pattern, name) for name in names or [finding.sentence]))]
    known = tuple(path for path in finding.paths if _fits(pattern, _stem(path)))
    others = tuple(path for path in finding.paths if path not in set(known))
    parts = (replace(finding, paths=known, known=True), replace(finding, paths=others))
    return [_with_count(part) for part in parts if part.paths]


def _with_count(finding: Finding) -> Finding:
    details = {path: finding.details[path] for path in finding.paths}
    return replace(finding, sentence=f"{finding.sentence}: {counted(len(finding.paths))}.", details=details)


def _known() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("featser.audit").joinpath("known.toml").read_text(encoding="utf-8"))


def _fits(pattern: str, name: str) -> bool:
    return re.fullmatch(pattern, name.rpartition("/")[2], re.DOTALL) is not None


def _stem(path: str) -> str:
    return PurePosixPath(path).stem


def _rank(finding: Finding) -> tuple[bool, int, str, str, tuple[str, ...]]:
    return finding.known, SEVERITIES.index(finding.severity), finding.corpus, finding.kind, finding.paths
