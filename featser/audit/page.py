"""The audit as one HTML page without scripts or requests."""

import base64
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from featser.atomic import atomic_write
from featser.audio import SAMPLE_RATE, resample
from featser.audit.auditing import Audit
from featser.audit.findings import Collection, Recording
from featser.audit.measuring import read_mono
from featser.errors import UnreadableAudioError

_AUDIBLE = (
    *("suspected-label", "duplicate", "near-duplicate", "clipped", "dc-offset", "quiet", "noisy", "stereo-different"),
    "too-short",
)
"""Kinds of findings that can be heard; those with a hyphenated ending too."""

_MAX_CLIPS = 8
_CLIP_SECONDS = 4.0


@dataclass(frozen=True)
class Clip:
    """A short part of a recording, to listen to."""

    path: str
    kind: str
    wav: str
    """base64 of a WAV file"""


def page(audit: Audit) -> str:
    """Write an audit as an HTML page.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    str
        a whole document with the begins of up to eight recordings, at most 4 s each at 16 kHz
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    template = environment.from_string(files("featser.audit").joinpath("page.html.jinja").read_text(encoding="utf-8"))
    style = files("featser.reporting").joinpath("page.css").read_text(encoding="utf-8")
    return template.render(
        audit=audit,
        clips=list(_clips(audit)),
        cells=cells,
        spread=spread,
        style=Markup(style),  # noqa: S704  our own file
    )


def write_page(audit: Audit, path: Path) -> None:
    """Write an audit to an HTML file, which is replaced as a whole.

    Parameters
    ----------
    audit : Audit
    path : Path
    """
    text = page(audit)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def cells(collection: Collection) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """Count the recordings of each speaker and emotion.

    Parameters
    ----------
    collection : Collection

    Returns
    -------
    emotions : list of str
    rows : list of (str, list of int)
        speaker and the counts of the emotions
    """
    counts = Counter((each.speaker, each.emotion) for each in collection.recordings if each.speaker and each.emotion)
    emotions = sorted({emotion for _, emotion in counts})
    speakers = sorted({speaker for speaker, _ in counts})
    return emotions, [(speaker, [counts[speaker, emotion] for emotion in emotions]) for speaker in speakers]


def spread(collection: Collection, name: str) -> list[tuple[str, ...]]:
    """Describe the recordings of each speaker or emotion.

    Parameters
    ----------
    collection : Collection
    name : str
        ``speaker`` or ``emotion``

    Returns
    -------
    list of tuple of str
        group, count, median duration, median level, sample rates, median bandwidth
    """
    return [(group, *_medians(those)) for group, those in collection.groups(name)]


def _medians(those: list[Recording]) -> tuple[str, ...]:
    measured = [each.measured for each in those]
    rates = ", ".join(str(rate) for rate in sorted({each.rate for each in measured}))
    return (
        str(len(those)),
        f"{np.median([each.seconds for each in measured]):.2f} s",
        f"{np.median([each.level for each in measured]):.1f} dBFS",
        f"{rates} Hz",
        f"{np.median([each.bandwidth for each in measured]):.0f} Hz",
    )


def _clips(audit: Audit) -> Iterator[Clip]:
    """Begins of the first recordings of each audible finding."""
    recordings = {
        (each.corpus, name): recording
        for each in reversed(audit.collections)
        for recording in each.readable
        for name in (recording.path, str(recording.measured.path))
    }
    chosen: dict[Path, tuple[Recording, str]] = {}
    for finding in audit.findings:
        if finding.kind.startswith(_AUDIBLE):
            places = [(corpus, path) for path in finding.paths[:2] for corpus in finding.corpus.split("+")]
            for recording in (recordings[place] for place in places if place in recordings):
                chosen.setdefault(recording.measured.path, (recording, finding.kind))
    found = list(chosen.values())
    for recording, kind in found[:_MAX_CLIPS]:
        try:
            yield Clip(recording.path, kind, _wav(recording.measured.path))
        except (UnreadableAudioError, OSError):  # changed since it was measured
            continue


def _wav(path: Path) -> str:
    import soundfile

    signal = resample(*read_mono(path))[: round(_CLIP_SECONDS * SAMPLE_RATE)]
    content = io.BytesIO()
    soundfile.write(content, np.clip(signal, -1, 1), SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return base64.b64encode(content.getvalue()).decode("ascii")
