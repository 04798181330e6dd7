"""Recordings as mono signals at 16 kHz: files and arrays, cleaning steps, changed copies."""

from featser.audio.arrays import as_signal
from featser.audio.augmentation import CHANGES, SPEEDS, VOICES, change_names, find_change, pinned_change, short_name
from featser.audio.cleaning import CLEANERS, find_cleaner, find_step, remove_dc, step_identity
from featser.audio.digests import content_digest
from featser.audio.faults import find_faults
from featser.audio.limits import MAX_AMPLITUDE, MAX_CHANNELS, MAX_RATE, MAX_SECONDS, MIN_SECONDS
from featser.audio.reading import read_signal
from featser.audio.signal import SAMPLE_RATE, Signal, resample, resample_blocks
from featser.audio.streaming import duration_of, read_blocks

__all__ = [
    "CHANGES",
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
    "as_signal",
    "change_names",
    "content_digest",
    "duration_of",
    "find_change",
    "find_cleaner",
    "find_faults",
    "find_step",
    "pinned_change",
    "read_blocks",
    "read_signal",
    "remove_dc",
    "resample",
    "resample_blocks",
    "short_name",
    "step_identity",
]
