"""Segments of long recordings: label tracks of Audacity, RTTM files, and the spelling of times."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from featser.corpora.files import AUDIO_SUFFIXES, check_exists
from featser.errors import InputError

SEGMENT_SUFFIXES = (".rttm", ".txt")
"""Files of segments: RTTM, and label tracks that Audacity exports."""


class Segment(NamedTuple):
    """A part of a recording, as a file of segments states it."""

    recording: str
    """name of the recording without suffix; empty where the file does not state it"""
    start_s: float
    end_s: float
    speaker: str = ""
    label: str = ""


def read_segments(file: Path) -> list[Segment]:
    """Read a file of segments.

    Parameters
    ----------
    file : Path
        ``.rttm``: lines ``SPEAKER recording channel start duration <NA> <NA> speaker <NA> <NA>``;
        ``.txt``: lines with start, end and label, separated by tabs

    Returns
    -------
    list of Segment

    Raises
    ------
    UsageError
        the file does not exist
    InputError
        it has no segments, or a line that cannot be read
    """
    check_exists(file)
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read '{file}': {getattr(error, 'strerror', None) or 'not UTF-8'}.") from error
    parse = _rttm if file.suffix.lower() == ".rttm" else _audacity
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found += list(parse(line))
        except (ValueError, IndexError) as error:
            form = (
                "SPEAKER recording channel start duration <NA> <NA> speaker" if parse is _rttm else "start, end, label"
            )
            raise InputError(f"{file.name}, line {number}: '{line:.60}' is not: {form}.") from error
    if not found:
        raise InputError(f"{file.name} has no segments.")
    return found


def _rttm(line: str) -> Iterator[Segment]:
    cells = line.split()
    if cells and cells[0] == "SPEAKER":
        start, duration = seconds(cells[3]), seconds(cells[4])
        speaker = cells[7] if cells[7] != "<NA>" else ""
        yield Segment(cells[1], start, round(start + duration, 6), speaker)


def _audacity(line: str) -> Iterator[Segment]:
    if line.strip() and not line.startswith("\\"):  # such lines give the frequencies of the label above
        start, end, *label = line.split("\t")
        yield Segment("", seconds(start), seconds(end), label=label[0].strip() if label else "")


def seconds(text: str) -> float:
    """Return a time in seconds; a comma may separate the decimals.

    >>> seconds("12,5"), seconds("1:02.5")
    (12.5, 62.5)
    """
    value = 0.0
    for part in text.strip().replace(",", ".").split(":"):
        number = float(part)
        if not 0 <= number < 1e7:
            raise ValueError(text)
        value = 60 * value + number
    return value


def recording_beside(file: Path, name: str = "") -> str:
    """Return the name of the recording that a file of segments is about, which lies beside it.

    Parameters
    ----------
    file : Path
        file of segments
    name : str
        name of the recording without suffix, by default that of ``file``

    Returns
    -------
    str
        name with the suffix of the recording that exists, else with ``.wav``
    """
    stem = name or file.stem
    there = (suffix for suffix in AUDIO_SUFFIXES if (file.parent / f"{stem}{suffix}").is_file())
    return f"{stem}{next(there, '.wav')}"
