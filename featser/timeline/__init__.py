"""Emotions over long recordings and live sound: windows over the speech, and stretches of one emotion."""

from featser.timeline.smoothing import Segment
from featser.timeline.timeline import Timeline, timeline

__all__ = ["Segment", "Timeline", "timeline"]
