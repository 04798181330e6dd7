"""Emotions over long recordings and live sound: windows over the speech, and stretches of one emotion."""

from featser.timeline.live import LiveAnswer, listen
from featser.timeline.many import timelines
from featser.timeline.picture import draw_timeline
from featser.timeline.recording import Timeline, timeline
from featser.timeline.smoothing import Segment
from featser.timeline.writers import FORMATS, to_csv, to_document, to_rttm, to_vtt

__all__ = [
    "FORMATS",
    "LiveAnswer",
    "Segment",
    "Timeline",
    "draw_timeline",
    "listen",
    "timeline",
    "timelines",
    "to_csv",
    "to_document",
    "to_rttm",
    "to_vtt",
]
