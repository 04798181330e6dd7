"""One file in, one mono signal out: sniff, check against limits, decode, mix down, resample, clean.

Audio comes from strangers. Every limit is checked on the header before anything is allocated, and a
recording that cannot be used is refused with a reason that fits into a list.
"""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featser.audio.augmentation import find_change
from featser.audio.containers import find_samples, is_chunked, read_pcm16
from featser.audio.signal import SAMPLE_RATE, Signal
from featser.errors import UnknownNameError, UnreadableAudioError

MIN_SECONDS = 0.1
MAX_SECONDS = 1800.0
MAX_CHANNELS = 32
MAX_RATE = 192_000
"""Hz; a few bytes of FLAC can promise half an hour at a rate that no recorder has."""

MAX_AMPLITUDE = 2.0**31
"""Integers stored as floats without scaling stay below this; far above it, powers leave single precision."""

_PIECE = 1 << 16
"""Bytes that are hashed at once: `hashlib.file_digest` clears four times as many for each file, however short."""

_BLOCK_FRAMES = 1 << 20
_OPEN_LENGTH = 0x7FFF_FFFF_FFFF_FFFF
"""What libsndfile reports of a FLAC stream whose header leaves it open; it cannot find the end of such a file."""


def read_signal(path: Path, clean: Iterable[str] = ()) -> Signal:
    """Read one recording as a mono signal at `SAMPLE_RATE`.

    Channels are averaged in the source's own rate, then resampled by soxr (quality HQ, as librosa does).

    Parameters
    ----------
    path : Path
        WAV, FLAC, AIFF, OGG or whatever libsndfile decodes; the content decides, not the suffix.
    clean : iterable of str
        names that `find_step` knows, applied in order to the resampled signal

    Returns
    -------
    Signal [shape=(n_samples,)]
        at least `MIN_SECONDS` long, finite and not all zero, also after cleaning

    Raises
    ------
    UnreadableAudioError
        the file cannot be opened, is no audio, is empty, silent, truncated, not finite, too loud to be true,
        too short, or too long
    """
    steps = [(name, find_step(name)) for name in clean]
    try:
        signal, rate = _decode(path)
    except OSError as error:
        raise UnreadableAudioError(path, f"cannot be opened ({error.strerror or error})") from error
    _check_samples(path, signal, rate)
    signal = resample(signal, rate)
    for name, step in steps:
        signal = step(signal)
        if not signal.any():
            raise UnreadableAudioError(path, f"all samples are zero after '{name}'")
    return signal


def resample(signal: Signal, rate: int) -> Signal:
    """Resample from ``rate`` Hz to `SAMPLE_RATE`; the same array where the rates agree."""
    if rate == SAMPLE_RATE:
        return signal
    import soxr

    resampled: Signal = soxr.resample(signal, rate, SAMPLE_RATE, quality="HQ")
    return resampled


def remove_dc(signal: Signal) -> Signal:
    """Subtract the mean: a constant offset tells the microphone, not the emotion."""
    centred: Signal = signal - signal.mean(dtype=np.float64).astype(np.float32)
    return centred


CLEANERS: dict[str, Callable[[Signal], Signal]] = {"remove-dc": remove_dc}
"""Cleaning steps by the name that ``featser extract --clean`` takes; a model carries those it was trained with."""


def find_cleaner(name: str) -> Callable[[Signal], Signal]:
    """Return the cleaning step of that name, or raise `UnknownNameError` with the nearest one."""
    if name not in CLEANERS:
        raise UnknownNameError("cleaning step", name, CLEANERS)
    return CLEANERS[name]


def find_step(name: str) -> Callable[[Signal], Signal]:
    """Return a cleaning step, or a change that makes a copy of a recording another."""
    return find_change(name) if name.startswith("speed-") else find_cleaner(name)


def content_digest(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _decode(path: Path) -> tuple[Signal, int]:
    """Decode to mono float32 at the source's rate; headers are checked before anything is allocated."""
    with path.open("rb") as file:
        head = file.read(4096)
        size = file.seek(0, 2)
        _check_first_bytes(path, head)
        samples = find_samples(file, head, size) if is_chunked(head) else None
    if samples is None:
        return _decode_by_library(path)
    if samples.promised > samples.held:
        raise UnreadableAudioError(
            path,
            f"truncated: its header promises {samples.promised:,} bytes of samples, the file holds {samples.held:,}",
        )
    if samples.pcm16 is None or not samples.promised:
        return _decode_by_library(path)
    n_channels, rate = samples.pcm16
    _check_header(path, samples.promised // (2 * n_channels), rate, n_channels)
    return _mono(read_pcm16(path, samples)), rate


def _decode_by_library(path: Path) -> tuple[Signal, int]:
    """Decode by libsndfile, in blocks, so that no header can ask for memory."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as source:
            _check_header(path, source.frames, source.samplerate, source.channels)
            signal = _read_blocks(source)
            if len(signal) < source.frames:
                raise UnreadableAudioError(path, f"truncated: {len(signal)} of {source.frames} samples are there")
            return signal, int(source.samplerate)
    except soundfile.LibsndfileError as error:
        raise UnreadableAudioError(path, f"not readable as audio ({error.error_string.rstrip('.')})") from error


def _read_blocks(source: "soundfile.SoundFile") -> Signal:  # type: ignore[name-defined]  # noqa: F821
    blocks: list[Signal] = []
    while len(block := source.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
        blocks.append(_mono(block))
    if len(blocks) == 1:
        return blocks[0]  # no copy of what most recordings are
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)


def _mono(block: NDArray[np.float32]) -> Signal:
    """Average over channels, shape ``(n_frames, n_channels)`` in."""
    if block.shape[1] == 1:
        return block[:, 0]
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused with all samples in hand
        mono: Signal = block.mean(axis=1)
    return mono


def _check_header(path: Path, n_frames: int, rate: int, n_channels: int) -> None:
    if n_frames == 0:
        raise UnreadableAudioError(path, "zero samples")
    if n_frames == _OPEN_LENGTH:
        raise UnreadableAudioError(path, "its header does not say how long it is; convert it to .wav")
    if not 1 <= n_channels <= MAX_CHANNELS:
        raise UnreadableAudioError(path, f"{n_channels} channels; at most {MAX_CHANNELS} are read")
    if rate > MAX_RATE:
        raise UnreadableAudioError(path, f"{rate:,} samples per second; at most {MAX_RATE:,} are read")
    seconds = n_frames / rate
    if seconds > MAX_SECONDS:
        raise UnreadableAudioError(
            path, f"its header promises {seconds / 3600:,.1f} hours; at most {MAX_SECONDS / 60:.0f} minutes are read"
        )


def _check_samples(path: Path, signal: Signal, rate: int) -> None:
    if not len(signal):
        raise UnreadableAudioError(path, "zero samples")
    if len(signal) < MIN_SECONDS * rate:
        raise UnreadableAudioError(
            path, f"too short: {1000 * len(signal) / rate:.0f} ms, at least {1000 * MIN_SECONDS:.0f} ms are needed"
        )
    peak = max(signal.max(), -signal.min())  # NaN where any sample is
    if not np.isfinite(peak):
        raise UnreadableAudioError(
            path, f"{int((~np.isfinite(signal)).sum())} samples are not finite (NaN or infinity)"
        )
    if not peak:
        raise UnreadableAudioError(path, "all samples are zero")
    if peak > MAX_AMPLITUDE:
        raise UnreadableAudioError(path, f"samples up to {peak:.0e}, where full scale is 1")


def _check_first_bytes(path: Path, head: bytes) -> None:
    """Refuse what is plainly no audio."""
    if not head:
        raise UnreadableAudioError(path, "empty file")
    if head.startswith(b"version https://git-lfs"):
        raise UnreadableAudioError(path, "a git-lfs pointer, not the recording; run 'git lfs pull' where it came from")
    if not head.translate(None, _OF_TEXT):
        raise UnreadableAudioError(path, "text, not audio")
    if path.suffix.lower() == ".raw":
        raise UnreadableAudioError(path, "samples without a header; convert it to .wav or .flac")


_OF_TEXT = bytes([9, 10, 13, *range(32, 127), *range(128, 256)])
"""Bytes that a text may hold, in ASCII, UTF-8 or Latin-1."""
