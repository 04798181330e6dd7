"""Timelines as JSON, CSV, WebVTT and RTTM."""

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from featser.errors import UsageError
from featser.limits import path_cell
from featser.timeline.recording import Timeline

FORMATS = ("json", "csv", "vtt", "rttm")
"""Formats of timelines besides the table in the terminal."""


def to_document(timelines: Iterable[Timeline]) -> dict[str, Any]:
    """Return timelines as values for JSON.

    Parameters
    ----------
    timelines : iterable of Timeline

    Returns
    -------
    dict
        ``results``: one entry for each window, as of ``featser predict --json``; ``segments``: stretches of one
        emotion; ``recordings``: duration, speech and normalisation of each recording
    """
    timelines = list(timelines)
    return {
        "results": [asdict(window) | {"answered": window.answered} for each in timelines for window in each.windows],
        "segments": [{"path": each.path} | asdict(segment) for each in timelines for segment in each.segments],
        "recordings": [
            {
                "path": each.path,
                "duration_s": each.duration_s,
                "window_s": each.window_s,
                "hop_s": each.hop_s,
                "normalise": each.normalise,
                "speech": [list(stretch) for stretch in each.speech],
            }
            for each in timelines
        ],
    }


def to_csv(timelines: Iterable[Timeline]) -> str:
    """Return a table with one row for each window.

    Parameters
    ----------
    timelines : iterable of Timeline
        of one model

    Returns
    -------
    str
        the columns of ``featser predict --format csv``
    """
    timelines = list(timelines)
    emotions = timelines[0].emotions if timelines else ()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["path", "start_s", "end_s", "emotion", *(f"p_{name}" for name in emotions), "flags", "set", "p_value"]
    )
    for each in (window for timeline in timelines for window in timeline.windows):
        shares = [repr(each.probabilities[name]) for name in emotions]
        last = (" ".join(each.flags), ";".join(each.set))
        writer.writerow(
            [path_cell(each.path), each.start_s, each.end_s, each.emotion or "", *shares, *last, each.p_value]
        )
    return text.getvalue()


def to_vtt(timelines: Iterable[Timeline]) -> str:
    """Return the segments of a timeline as captions.

    Parameters
    ----------
    timelines : iterable of Timeline
        one

    Returns
    -------
    str
        a WebVTT file: for each segment a cue with the emotion and its probability

    Raises
    ------
    UsageError
        several timelines, which have no common clock

    References
    ----------
    W3C, WebVTT: The Web Video Text Tracks Format, 2019.
    """
    timelines = list(timelines)
    if len(timelines) > 1:
        raise UsageError(f"WebVTT has the captions of one recording, not of {len(timelines)}. Give one recording.")
    cues = [
        f"{_clock(each.start_s)} --> {_clock(each.end_s)}\n{_cue_text(each.emotion)} {each.probability:.0%}\n"
        for timeline in timelines
        for each in timeline.segments
    ]
    return "\n".join(["WEBVTT\n", *cues])


def to_rttm(timelines: Iterable[Timeline]) -> str:
    """Return the segments of timelines as lines of Rich Transcription Time Marked files.

    Parameters
    ----------
    timelines : iterable of Timeline

    Returns
    -------
    str
        one line for each segment: ``SPEAKER file 1 start duration <NA> <NA> emotion probability <NA>``, with times in
        seconds; the emotion stands where a diarisation has the speaker

    References
    ----------
    NIST, The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan, appendix A.
    """
    return "".join(
        f"SPEAKER {_field(timeline.path)} 1 {each.start_s:.3f} {each.end_s - each.start_s:.3f} <NA> <NA> "
        f"{_field(each.emotion)} {each.probability:.3f} <NA>\n"
        for timeline in timelines
        for each in timeline.segments
    )


def _clock(seconds: float) -> str:
    """Time of a cue.

    >>> _clock(3723.5)
    '01:02:03.500'
    """
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"


def _cue_text(text: str) -> str:
    """Text of a cue on one line; an escaped ``>`` keeps an arrow from being read as the time of a cue."""
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _field(text: str) -> str:
    """Field of a line whose fields are separated by blanks."""
    return "_".join(text.split()) or "<NA>"
