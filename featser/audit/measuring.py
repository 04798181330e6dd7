"""One pass over one recording: format, level, clipping, offset, bandwidth, digest and fingerprint."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featser.audio import Signal, find_faults, resample
from featser.audio.limits import check_samples
from featser.audio.reading import check_complete, check_file, open_encoded
from featser.errors import UnreadableAudioError

if TYPE_CHECKING:
    from soundfile import SoundFile

    from featser.audio.media import MediaFile

N_BANDS, N_SEGMENTS = 16, 32
"""Frequency bands and time segments of a fingerprint."""

_PLAIN_CHUNKS = {"fmt ", "data", "fact"}
_BLOCK = 1 << 20
"""Samples of all channels that are decoded at once."""

_FRAMES = 1024
"""Frames whose spectra are in memory at once."""

_BANDS = (100.0, 3600.0)
"""Hz; range of a fingerprint, which every recording at 8 kHz or more has."""

_FLAT = 0.999
"""Share of the peak above which a sample counts as clipped."""

_ACTIVE = 1e-4
"""Power of an active frame relative to the loudest one, -40 dB."""

_EDGES = ((3000.0, 4500.0), (6000.0, 7500.0))
"""Hz; two bands of equal width, of which a low-pass attenuates the upper one more."""

_QUIET = 0.1
"""Share of the frames that are taken for pauses, the quietest ones."""

_SOUNDING = 1e-9
"""Power of a frame relative to the loudest one, below which it is digital silence."""

_FLOOR_DECIBELS = 10.0
"""Height above the noise of 16-bit quantisation at which a frequency counts as present."""


@dataclass(frozen=True)
class Measured:
    """Properties of one recording.

    Attributes
    ----------
    path : Path
    reason : str
        why the recording cannot be used; empty where it can, and all other values are defaults where it cannot
    container : str
        format of the content by libsndfile's name, such as ``WAV``
    rate : int
        samples per second of the file
    n_channels : int
    equal_channels : bool
        whether all channels have the same samples; True for mono
    chunks : tuple of str
        names of RIFF chunks besides ``fmt``, ``fact`` and ``data``
    seconds : float
    peak : float
        largest magnitude, full scale is 1
    level : float
        root mean square of the active frames in dBFS
    clipped : float
        share of samples within 0.1 % of the peak, 0 to 1
    offset : float
        mean of the samples, full scale is 1
    padding : float
        seconds of constant samples at the begin and the end, together
    faults : tuple of str
        as `featser.audio.find_faults` names them
    bandwidth : float
        highest frequency in Hz whose power is clearly above the noise of 16-bit quantisation
    pause_spectrum : float
        level at 6 to 7.5 kHz relative to 3 to 4.5 kHz in the quietest frames, in dB; NaN below 15 kHz sample rate. The
        background shows a low-pass of the recording whatever is spoken
    digest : str
        SHA-256 of the mono samples and the rate: equal recordings have equal digests, whatever their headers are
    fingerprint : NDArray of float32 [shape=(512,)]
        levels of 16 bands in 32 segments of the active part, without mean, of unit length
    """

    path: Path
    reason: str = ""
    container: str = ""
    rate: int = 0
    n_channels: int = 0
    equal_channels: bool = True
    chunks: tuple[str, ...] = ()
    seconds: float = 0.0
    peak: float = 0.0
    level: float = -np.inf
    clipped: float = 0.0
    offset: float = 0.0
    padding: float = 0.0
    faults: tuple[str, ...] = ()
    bandwidth: float = 0.0
    pause_spectrum: float = np.nan
    digest: str = ""
    fingerprint: NDArray[np.float32] = field(default_factory=lambda: np.zeros(N_BANDS * N_SEGMENTS, np.float32))


def measure(path: Path) -> Measured:
    """Measure one recording.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Measured
        with a reason where the recording cannot be read
    """
    try:
        return _measure(path)
    except UnreadableAudioError as error:
        return Measured(path, error.reason)
    except OSError as error:
        return Measured(path, f"cannot be opened ({error.strerror or error})")


def read_mono(path: Path) -> tuple[Signal, int]:
    """Decode a recording to mono at its own rate.

    Parameters
    ----------
    path : Path

    Returns
    -------
    signal : Signal [shape=(n_samples,)]
    rate : int

    Raises
    ------
    UnreadableAudioError
        the recording cannot be used
    OSError
        the file cannot be opened
    """
    with open_encoded(path, check_file(path)) as source:
        signal, _ = _decode(source)
        return signal, int(source.samplerate)


def _measure(path: Path) -> Measured:
    with open_encoded(path, check_file(path)) as source:
        signal, equal = _decode(source)
        check_complete(path, len(signal), source.frames)
        rate, n_channels, container = int(source.samplerate), int(source.channels), str(source.format)
    check_samples(path, signal, rate)
    magnitude = np.abs(signal)
    peak = float(magnitude.max())
    spectrum, bands, powers, edges = _spectra(signal, rate)
    active = powers >= _ACTIVE * powers.max(initial=0.0)
    return Measured(
        path,
        container=container,
        rate=rate,
        n_channels=n_channels,
        equal_channels=equal,
        chunks=_extra_chunks(path),
        seconds=len(signal) / rate,
        peak=peak,
        level=float(10 * np.log10(powers[active].mean() + 1e-20)),
        clipped=float((magnitude >= _FLAT * peak).mean()),
        offset=float(signal.mean(dtype=np.float64)),
        padding=_padding(signal) / rate,
        faults=find_faults(resample(signal, rate)),
        bandwidth=_bandwidth(spectrum, rate),
        pause_spectrum=_pause_spectrum(edges, powers, rate),
        digest=hashlib.sha256(np.ascontiguousarray(signal).tobytes() + str(rate).encode()).hexdigest(),
        fingerprint=_fingerprint(bands, active),
    )


def _decode(source: "SoundFile | MediaFile") -> tuple[Signal, bool]:
    """Mean of the channels, and whether these are equal."""
    blocks, equal = [np.zeros(0, np.float32)], True
    while len(block := source.read(_BLOCK // source.channels, dtype="float32", always_2d=True)):
        equal = equal and bool((block == block[:, :1]).all())
        blocks.append(block[:, 0] if equal else block.mean(axis=1, dtype=np.float32))
    return np.concatenate(blocks), equal


def _spectra(
    signal: Signal, rate: int
) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """Mean power spectrum; for each frame power of the bands, power without the mean, and power of `_EDGES`."""
    size = 1 << max(4, round(np.log2(0.032 * rate)))
    window = np.hanning(size).astype(np.float32)
    window /= np.sqrt(np.square(window).sum())
    edges = np.geomspace(*_BANDS, N_BANDS + 1) * size / rate
    starts = np.clip(np.round(edges).astype(int), 1, size // 2)
    total = np.zeros(size // 2 + 1)
    places = [slice(round(low * size / rate), round(high * size / rate)) for low, high in _EDGES]
    bands, powers, sides = [], [], []
    for frames in _frames(signal, size):
        power = np.square(np.abs(np.fft.rfft((frames - frames.mean(axis=1, keepdims=True)) * window, axis=1)))
        total += power.sum(axis=0)
        bands.append(np.add.reduceat(power, starts, axis=1)[:, :N_BANDS])
        powers.append(frames.var(axis=1, dtype=np.float64))
        sides.append(np.stack([power[:, place].sum(axis=1, dtype=np.float64) for place in places], axis=1))
    loudness = np.concatenate(powers)
    return total / len(loudness), np.concatenate(bands).astype(np.float32), loudness, np.concatenate(sides)


def _frames(signal: Signal, size: int) -> Iterator[NDArray[np.float32]]:
    """Frames with half overlap, some at a time; a short signal is padded to one frame."""
    padded = np.pad(signal, (0, max(0, size - len(signal))))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 2]
    for start in range(0, len(windows), _FRAMES):
        yield windows[start : start + _FRAMES]


def _padding(signal: Signal) -> int:
    """Number of equal samples at the begin and at the end."""
    changes = np.flatnonzero(np.diff(signal))
    return int(changes[0] + len(signal) - 1 - changes[-1] - 1) if len(changes) else len(signal)


def _bandwidth(spectrum: NDArray[np.float64], rate: int) -> float:
    """Highest frequency in Hz above the noise of 16-bit quantisation, which is white with a power of LSB^2 / 12."""
    floor = 10 ** (_FLOOR_DECIBELS / 10) / (12 * 32768.0**2)
    present = np.flatnonzero(spectrum > floor)
    return float(present[-1] / (len(spectrum) - 1) * rate / 2) if len(present) else 0.0


def _pause_spectrum(edges: NDArray[np.float64], powers: NDArray[np.float64], rate: int) -> float:
    """Level of the upper relative to the lower band of `_EDGES` in the quietest frames, in dB; zeros do not count."""
    sounding = powers > _SOUNDING * powers.max(initial=0.0)
    if rate < 2 * _EDGES[1][1] or not sounding.any():
        return np.nan
    quiet = sounding & (powers <= np.quantile(powers[sounding], _QUIET))
    low, high = edges[quiet].sum(axis=0) + 1e-12
    return float(10 * np.log10(high / low))


def _fingerprint(bands: NDArray[np.float32], active: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Band levels in dB over the active part, in segments of equal length; gain and pauses at the ends do not count."""
    inside = np.flatnonzero(active)
    levels = 10 * np.log10(bands[inside[0] : inside[-1] + 1] + 1e-12)
    levels = np.maximum(levels, levels.max() - 50)
    position = np.linspace(0, len(levels), N_SEGMENTS + 1)
    cumulated = np.concatenate([np.zeros((1, N_BANDS)), np.cumsum(levels, axis=0, dtype=np.float64)])
    at = np.stack([np.interp(position, np.arange(len(cumulated)), column) for column in cumulated.T], axis=1)
    profile = np.diff(at, axis=0).ravel()
    profile -= profile.mean()
    return np.asarray(profile / (np.linalg.norm(profile) + 1e-12), np.float32)


def _extra_chunks(path: Path) -> tuple[str, ...]:
    """Names of the chunks of a WAV file besides those that every one has."""
    names: list[str] = []
    with path.open("rb") as file:
        if file.read(4) != b"RIFF":
            return ()
        size = file.seek(0, 2)
        position = 12
        while position + 8 <= size and len(names) < 100:
            file.seek(position)
            header = file.read(8)
            names.append(header[:4].decode("latin-1"))
            length = int.from_bytes(header[4:], "little")
            position += 8 + length + (length & 1)
    return tuple(sorted({name for name in names if name.isprintable()} - _PLAIN_CHUNKS))
