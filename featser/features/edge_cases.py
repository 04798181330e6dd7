"""Edge cases of signals, framings and tracks, on which descriptors and functionals are tested."""

from functools import cache

import numpy as np

from featser.audio import SAMPLE_RATE, Signal
from featser.features.frames import Array, Framing

FRAMINGS = {
    "usual": Framing(),
    "odd": Framing(window_seconds=0.0213, hop_seconds=0.0071, long_window_seconds=0.0501),
    "gaps": Framing(window_seconds=0.005, hop_seconds=0.02, long_window_seconds=0.005),
    "wide": Framing(window_seconds=1.0, hop_seconds=0.5, long_window_seconds=1.0),
}


@cache
def edge_case_signals() -> dict[str, Signal]:
    """Return test signals for descriptors.

    Returns
    -------
    dict of str to Signal
        read-only arrays at 16 kHz, by name
    """
    rng = np.random.default_rng
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    click = np.zeros(SAMPLE_RATE)
    click[8000] = 1.0
    noise = 0.1 * rng(0).standard_normal(SAMPLE_RATE)
    found = {
        "tone": 0.5 * np.sin(2 * np.pi * 440 * t),
        "noise": noise,
        "silence": np.zeros(SAMPLE_RATE),
        "constant": np.full(SAMPLE_RATE, 0.25),
        "square": np.sign((0.5 * np.sin(2 * np.pi * 100 * t)).astype(np.float32)),
        "click": click,
        "20 ms": 0.1 * rng(0).standard_normal(SAMPLE_RATE // 50),
        "one sample": np.array([0.5]),
        "quiet": 1e-5 * rng(0).standard_normal(SAMPLE_RATE),
        "loud": 30 * noise.astype(np.float32),
        "half silent": np.concatenate([np.zeros(8000), 0.5 * np.sin(2 * np.pi * 220 * t[:8000])]),
    }
    signals = {name: signal.astype(np.float32) for name, signal in found.items()}
    for signal in signals.values():
        signal.setflags(write=False)
    return signals


@cache
def edge_case_tracks() -> dict[str, Array]:
    """Return test tracks for functionals.

    Returns
    -------
    dict of str to Array [shape=(n_tracks, n_frames)]
        by name
    """
    moving = np.random.default_rng(0).gamma(2.0, 1.0, (3, 50)) * [[1.0], [100.0], [-0.01]]
    holes = moving.copy()
    holes[0, :7] = holes[1, 20:] = holes[2, ::3] = np.nan
    rows: dict[str, list[float]] = {
        "nothing": [],
        "one frame": [0.0],
        "two frames": [1.0, -1.0],
        "zeros": [0.0] * 50,
        "constant": [-12345.678] * 50,
        "undefined": [np.nan] * 9,
        "largest": [3e38, -3e38],
        "smallest": [1e-38, 0.0, 0.0, 0.0],
    }
    tracks = {"moving": moving, "holes": holes} | {name: np.array([row, row]) for name, row in rows.items()}
    return {name: track.astype(np.float32) for name, track in tracks.items()}
