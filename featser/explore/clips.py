"""Typical recordings of a table: where they are, and their pictures."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from featser.audio import content_digest, read_signal
from featser.errors import UnreadableAudioError

_SIZE = (7.0, 3.8)
_DOTS_PER_INCH = 100


@dataclass(frozen=True)
class Clip:
    """The typical recording of a group.

    Attributes
    ----------
    group : str
        emotion, or another group in tables without emotions
    utterance, path, speaker : str
        as in the manifest; the speaker may be ``""``
    seconds : float
        duration; NaN where not known
    png : str
        picture of waveform and spectrogram, base64; ``""`` where the recording was not found or cannot be read
    """

    group: str
    utterance: str
    path: str
    speaker: str
    seconds: float
    png: str


def make_clip(group: str, row: Mapping[str, Any], folders: Sequence[Path], clean: tuple[str, ...]) -> Clip:
    """Draw a recording where it is found.

    Parameters
    ----------
    group : str
    row : mapping
        row of the manifest
    folders : sequence of Path
        folders that the paths of manifests may be relative to
    clean : tuple of str
        cleaning steps of the table

    Returns
    -------
    Clip
    """
    file = find_recording(row, folders)
    seconds, speaker = row.get("duration_s"), row.get("speaker")
    return Clip(
        group,
        str(row["utterance"]),
        str(row.get("path") or ""),
        speaker if isinstance(speaker, str) else "",
        float(seconds) if isinstance(seconds, float) else float("nan"),
        _picture(file, row, clean) if file else "",
    )


def find_recording(row: Mapping[str, Any], folders: Sequence[Path]) -> Path | None:
    """Find the recording of a row of a manifest.

    Parameters
    ----------
    row : mapping
        with ``path``; where it has ``sha256`` and is a whole recording, a file of other bytes is not taken
    folders : sequence of Path
        folders that the path may be relative to

    Returns
    -------
    Path or None
    """
    path, digest = row.get("path"), row.get("sha256")
    if not isinstance(path, str) or ".." in PurePosixPath(path).parts:
        return None
    known = isinstance(digest, str) and not _is_segment(row)
    if PurePosixPath(path).is_absolute() and not known:
        return None
    for folder in folders:
        file = folder / path
        if file.is_file() and (not known or content_digest(file) == digest):
            return file
    return None


def _is_segment(row: Mapping[str, Any]) -> bool:
    start = row.get("start_s")
    return isinstance(start, float) and np.isfinite(start)


def _picture(file: Path, row: Mapping[str, Any], clean: tuple[str, ...]) -> str:
    from featser.pictures import draw_signal

    try:
        signal = read_signal(file, clean, (row["start_s"], row["end_s"]) if _is_segment(row) else None)
    except (UnreadableAudioError, OSError):
        return ""
    content = io.BytesIO()
    figure = draw_signal(signal, _SIZE)
    figure.savefig(content, format="png", dpi=_DOTS_PER_INCH, transparent=True, metadata={"Software": None})
    return base64.b64encode(content.getvalue()).decode("ascii")
