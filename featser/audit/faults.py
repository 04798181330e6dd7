"""Checks of single recordings: each returns the recordings concerned with the measured value as text."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import PurePosixPath

import numpy as np

from featser.audit.findings import Collection, Finding, Recording

Details = dict[str, str]
"""Path -> measured value."""

_CLIPPED = 0.001
"""Share of samples at the peak; SAVEE and CREMA-D are described by this one."""

_OFFSET = 300 / 32768
"""Full scale is 1; SAVEE and URDU are described by this one."""

_QUIET_LEVEL, _QUIET_BELOW, _FAR_BELOW = -53.0, 12.0, 30.0
"""dBFS, and dB below the median of the corpus. The quietest whispers of EmoDB, EMOVO, AESDD and nEMO are at most 25 dB
below the median of their corpus."""

_SUFFIXES = {".wav": {"WAV", "WAVEX", "RF64"}, ".flac": {"FLAC"}, ".aiff": {"AIFF"}, ".mp3": {"MP3"}}


_REASONS = {
    "lfs-stub": r"a git-lfs pointer",
    "empty": r"zero samples|empty file|.*No 'data' chunk marker",
    "silent": r"all samples are zero",
    "too-short": r"too short",
    "truncated": r"truncated",
    "not-finite": r"\d+ samples are not finite",
    "not-audio": r"text, not audio",
    "unreadable": r"",
}
"""Kind -> regular expression for the begin of the reason for which a recording is refused; the first that fits."""


def _refused(kind: str) -> Callable[[Collection], Details]:
    """Check that finds the recordings that are refused for one kind of reason."""

    def check(collection: Collection) -> Details:
        reasons = {each.path: each.measured.reason for each in collection.recordings if each.measured.reason}
        return {path: reason for path, reason in reasons.items() if _kind_of(reason) == kind}

    return check


def _kind_of(reason: str) -> str:
    return next(kind for kind, pattern in _REASONS.items() if re.match(pattern, reason))


def _silent(collection: Collection) -> Details:
    peaks = {each.path: f"peak {_decibels(each):.0f} dBFS" for each in _with_fault(collection, "silent")}
    return _refused("silent")(collection) | peaks


def _short(collection: Collection) -> Details:
    lengths = {each.path: f"{each.measured.seconds:.2f} s" for each in _with_fault(collection, "too-short")}
    return _refused("too-short")(collection) | lengths


def _noisy(collection: Collection) -> Details:
    return {each.path: "less than 10 dB between loud and quiet" for each in _with_fault(collection, "noisy")}


def _quiet(collection: Collection) -> Details:
    found = collection.readable
    middle = float(np.median([each.measured.level for each in found])) if found else 0.0
    return {
        each.path: f"{each.measured.level:.0f} dBFS, {middle - each.measured.level:.0f} dB below the median"
        for each in found
        if (each.measured.level < min(_QUIET_LEVEL, middle - _QUIET_BELOW) or each.measured.level < middle - _FAR_BELOW)
        and "silent" not in each.measured.faults
    }


def _clipped(collection: Collection) -> Details:
    found = (each for each in collection.readable if each.measured.clipped >= _CLIPPED)
    return {
        each.path: f"{each.measured.clipped:.1%} of the samples"
        for each in found
        if "silent" not in each.measured.faults
    }


def _offset(collection: Collection) -> Details:
    found = (each for each in collection.readable if abs(each.measured.offset) >= _OFFSET)
    return {each.path: f"{each.measured.offset:+.3f} of full scale" for each in found}


def _rates(collection: Collection) -> Details:
    rates = Counter(each.measured.rate for each in collection.readable)
    usual = max(rates, key=lambda rate: (rates[rate], rate), default=0)
    return {each.path: f"{each.measured.rate} Hz" for each in collection.readable if each.measured.rate != usual}


def _fewer_channels(collection: Collection) -> Details:
    counts = Counter(each.measured.n_channels for each in collection.readable)
    usual = max(counts, key=lambda n: (counts[n], n), default=0)
    return {
        each.path: str(each.measured.n_channels) for each in collection.readable if each.measured.n_channels < usual
    }


def _equal_channels(collection: Collection) -> Details:
    found = (each for each in collection.readable if each.measured.n_channels > 1 and each.measured.equal_channels)
    return {each.path: f"{each.measured.n_channels} equal channels" for each in found}


def _different_channels(collection: Collection) -> Details:
    found = (each for each in collection.readable if not each.measured.equal_channels)
    return {each.path: f"{each.measured.n_channels} channels" for each in found}


def _chunks(collection: Collection) -> Details:
    found = (each for each in collection.readable if each.measured.chunks)
    return {each.path: ", ".join(chunk.strip() for chunk in each.measured.chunks) for each in found}


def _containers(collection: Collection) -> Details:
    return {
        each.path: f"{each.measured.container} inside {suffix}"
        for each in collection.readable
        if (suffix := PurePosixPath(each.path).suffix.lower()) in _SUFFIXES
        and each.measured.container not in _SUFFIXES[suffix]
    }


def _misnamed(collection: Collection) -> Details:
    return {each.path: each.reason for each in collection.rejected}


def _copies(collection: Collection) -> Details:
    return dict.fromkeys(collection.skipped, "same name and content as another file")


FAULTS: dict[str, tuple[str, str, Callable[[Collection], Details]]] = {
    "lfs-stub": ("serious", "Pointers of git-lfs in place of recordings", _refused("lfs-stub")),
    "unreadable": ("serious", "Not readable", _refused("unreadable")),
    "not-audio": ("serious", "Text in place of sound", _refused("not-audio")),
    "truncated": ("serious", "Shorter than the header declares", _refused("truncated")),
    "not-finite": ("serious", "With samples that are no numbers", _refused("not-finite")),
    "empty": ("serious", "Without any samples", _refused("empty")),
    "silent": ("serious", "Silent", _silent),
    "too-short": ("serious", "Shorter than 0.3 s", _short),
    "misnamed": ("serious", "Rejected for their names", _misnamed),
    "clipped": ("warning", "Clipped: 0.1 % of the samples or more at the peak", _clipped),
    "dc-offset": ("warning", "Constant offset of 0.9 % of full scale or more; --clean remove-dc removes it", _offset),
    "quiet": ("warning", "Very quiet, far below the level of the corpus", _quiet),
    "noisy": ("warning", "Noisy", _noisy),
    "sample-rate": ("warning", "Sample rate that differs from most others", _rates),
    "stereo-different": ("note", "Several channels that differ; featser averages them", _different_channels),
    "stereo-copy": ("note", "Several channels that are equal", _equal_channels),
    "fewer-channels": ("note", "Fewer channels than most others", _fewer_channels),
    "extra-chunks": ("note", "Extra chunks in the header, which some readers take for sound", _chunks),
    "container": ("note", "Format that differs from the suffix", _containers),
    "second-copy": ("note", "Second copies, which are left out", _copies),
}
"""Kind -> severity, title, check."""


def find_faults_of(collection: Collection) -> list[Finding]:
    """Run all checks of single recordings.

    Parameters
    ----------
    collection : Collection

    Returns
    -------
    list of Finding
        without a sentence's count, see `featser.audit.auditing`
    """
    found = []
    for kind, (severity, title, check) in FAULTS.items():
        details = check(collection)
        if details:
            paths = tuple(sorted(details))
            found.append(Finding(kind, severity, collection.corpus, title, paths, details=details))
    return found


def _with_fault(collection: Collection, fault: str) -> list[Recording]:
    return [each for each in collection.readable if fault in each.measured.faults]


def _decibels(recording: Recording) -> float:
    return float(20 * np.log10(recording.measured.peak + 1e-12))
