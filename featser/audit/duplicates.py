"""Recordings that occur twice: exactly, or changed in level, rate or length."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from featser.audio import SAMPLE_RATE, Signal, resample
from featser.audit.findings import Finding, Recording
from featser.audit.measuring import read_mono
from featser.errors import UnreadableAudioError
from featser.evaluation.duplicates import connected_groups

_LIKELY = 0.9
"""Correlation of two fingerprints from which the waveforms are compared."""

_SAME = 0.8
"""Largest correlation of two waveforms, over all shifts, from which they are one recording. Two takes of one sentence
by one speaker stay below 0.5."""

_BLOCK = 512

Entry = tuple[str, Recording]
"""Corpus and recording."""


def find_duplicates(entries: Sequence[Entry]) -> list[Finding]:
    """Find recordings that occur more than once, over all corpora.

    Parameters
    ----------
    entries : sequence of (str, Recording)
        readable recordings with the name of their corpus

    Returns
    -------
    list of Finding
        one for each group; serious where labels or speakers differ
    """
    same: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        same[entry[1].measured.digest].append(entry)
    exact = [_finding("duplicate", "The same recording", group) for group in same.values() if len(group) > 1]
    first = [group[0] for group in same.values()]
    near = [_finding("near-duplicate", "Copies of one recording", group) for group in _near_groups(first)]
    return [*exact, *near]


def _finding(kind: str, what: str, group: Sequence[Entry]) -> Finding:
    corpora = sorted({corpus for corpus, _ in group})
    speakers = sorted({each.speaker for _, each in group if each.speaker})
    emotions = sorted({each.emotion for _, each in group if each.emotion})
    differing = [*(["labels"] if len(emotions) > 1 else []), *(["speakers"] if len(speakers) > 1 else [])]
    under = f" under several {' and '.join(differing)}" if differing else ""
    distinct = len({each.path for _, each in group}) == len(group)
    details = {
        each.path if distinct else str(each.measured.path): ", ".join(filter(None, (each.speaker, each.emotion)))
        for _, each in group
    }
    paths = tuple(sorted(details))
    shown = ", ".join(paths[:4]) + (f" and {len(paths) - 4} more" if len(paths) > 4 else "")
    return Finding(
        "-".join([kind, *differing]),
        "serious" if differing else "warning",
        "+".join(corpora),
        f"{what}{under}: {shown}.",
        paths,
        details=details,
    )


def _near_groups(entries: Sequence[Entry]) -> list[list[Entry]]:
    pairs = np.array([pair for pair in _likely_pairs(entries) if _are_one(entries[pair[0]], entries[pair[1]])])
    if not len(pairs):
        return []
    numbers = connected_groups(pairs[:, 0], pairs[:, 1], len(entries))
    return [
        [entries[int(row)] for row in np.flatnonzero(numbers == group)] for group in np.unique(numbers[numbers >= 0])
    ]


def _likely_pairs(entries: Sequence[Entry]) -> Iterable[tuple[int, int]]:
    """Pairs of recordings whose fingerprints agree, the lower number first."""
    prints = np.stack([each.measured.fingerprint for _, each in entries]) if entries else np.zeros((0, 1), np.float32)
    for start in range(0, len(prints), _BLOCK):
        found = np.argwhere(prints[start : start + _BLOCK] @ prints[start:].T >= _LIKELY) + start
        yield from ((int(one), int(other)) for one, other in found if one < other)


def _are_one(one: Entry, other: Entry) -> bool:
    """Whether two waveforms are one recording."""
    try:
        first, second = (resample(*read_mono(each.measured.path)) for _, each in (one, other))
    except (UnreadableAudioError, OSError):  # changed since it was measured
        return False
    return _correlation(first[: 60 * SAMPLE_RATE], second[: 60 * SAMPLE_RATE]) >= _SAME


def _correlation(first: Signal, second: Signal) -> float:
    """Largest magnitude of the normalised cross-correlation over all shifts, 0 to 1."""
    size = 1 << (len(first) + len(second) - 1).bit_length()
    spectra = [np.fft.rfft(_centred(each), size) for each in (first, second)]
    return float(np.abs(np.fft.irfft(spectra[0] * np.conj(spectra[1]), size)).max())


def _centred(signal: Signal) -> NDArray[np.float64]:
    centred = signal - signal.mean(dtype=np.float64)
    return np.asarray(centred / (np.linalg.norm(centred) + 1e-12), np.float64)
