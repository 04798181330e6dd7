"""Reading recordings: one file in, one mono signal at 16 kHz out."""

from featser.audio.augmentation import SPEEDS, VOICES, change_names, find_change
from featser.audio.reading import (
    CLEANERS,
    MAX_AMPLITUDE,
    MAX_CHANNELS,
    MAX_RATE,
    MAX_SECONDS,
    MIN_SECONDS,
    content_digest,
    find_cleaner,
    find_step,
    read_signal,
    remove_dc,
    resample,
)
from featser.audio.signal import SAMPLE_RATE, Signal

__all__ = [
    "CLEANERS",
    "MAX_AMPLITUDE",
    "MAX_CHANNELS",
    "MAX_RATE",
    "MAX_SECONDS",
    "MIN_SECONDS",
    "SAMPLE_RATE",
    "SPEEDS",
    "VOICES",
    "Signal",
    "change_names",
    "content_digest",
    "find_change",
    "find_cleaner",
    "find_step",
    "read_signal",
    "remove_dc",
    "resample",
]
