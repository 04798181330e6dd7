"""Recordings in containers, written by PyAV."""

from pathlib import Path
from typing import Any

import av
import numpy as np

RATE = 16_000

MEDIA: dict[str, tuple[str, str, dict[str, str]]] = {
    "aac.m4a": ("ipod", "aac", {}),
    "alac.m4a": ("ipod", "alac", {}),
    "aac.mp4": ("mp4", "aac", {"movflags": "faststart"}),
    "pieces.mp4": ("mp4", "aac", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
    "mp3.mp4": ("mp4", "libmp3lame", {}),
    "aac.3gp": ("3gp", "aac", {}),
    "opus.webm": ("webm", "libopus", {}),
    "live.webm": ("webm", "libopus", {"live": "1"}),
    "bare.aac": ("adts", "aac", {}),
    "opus.mka": ("matroska", "libopus", {}),
}
"""File name -> container, encoder and options of the container."""


def voice(seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    """A sound of several tones that swell, which no encoder leaves out."""
    t = np.arange(int(seconds * rate)) / rate
    tones = sum(np.sin(2 * np.pi * f * t + f) for f in (210.0, 1234.5, 3456.7))
    return (0.2 * tones * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * t))).astype(np.float32)


def write_media(
    path: Path, kind: str, samples: np.ndarray | None = None, rate: int = RATE, n_channels: int = 1
) -> Path:
    """Write samples with PyAV, equal in all channels."""
    container, encoder, options = MEDIA[kind]
    layout = "mono" if n_channels == 1 else "stereo"
    values = np.stack([voice(rate=rate) if samples is None else samples] * n_channels)
    with av.open(str(path), "w", format=container, options=options) as file:
        stream: Any = file.add_stream(encoder, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(values, format="fltp", layout=layout)
        frame.sample_rate = rate
        for given in (frame, None):
            for packet in stream.encode(given):
                file.mux(packet)
    return path
