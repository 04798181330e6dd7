"""One file in, one mono signal out: sniff, check against limits, decode, mix down, resample, clean.

Audio comes from strangers. Every limit is checked on the header before anything is allocated, and a
recording that cannot be used is refused with a reason that fits into a list.
"""

import hashlib
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featser.errors import UnknownNameError, UnreadableAudioError

Signal = NDArray[np.float32]
"""Samples, shape ``(n_samples,)``, full scale at -1 and 1."""

SAMPLE_RATE = 16_000
"""Hz; all features are computed at this rate."""

MIN_SECONDS = 0.1
MAX_SECONDS = 1800.0
MAX_CHANNELS = 32
MAX_RATE = 192_000
"""Hz; a few bytes of FLAC can promise half an hour at a rate that no recorder has."""

MAX_AMPLITUDE = 2.0**31
"""Integers stored as floats without scaling stay below this; far above it, powers leave single precision."""

_BLOCK_FRAMES = 1 << 20
_OPEN_LENGTH = 0x7FFF_FFFF_FFFF_FFFF
"""What libsndfile reports of a FLAC stream whose header leaves it open; it cannot find the end of such a file."""

_LENGTHS = {b"RIFF": "<I", b"RF64": "<I", b"RIFX": ">I", b"FORM": ">I"}
"""How the containers that are made of chunks write a length."""

_ALL_ONES = 0xFFFF_FFFF


def read_signal(path: Path, clean: Iterable[str] = ()) -> Signal:
    """Read one recording as a mono signal at `SAMPLE_RATE`.

    Channels are averaged in the source's own rate, then resampled by soxr (quality HQ, as librosa does).

    Parameters
    ----------
    path : Path
        WAV, FLAC, AIFF, OGG or whatever libsndfile decodes; the content decides, not the suffix.
    clean : iterable of str
        names from `CLEANERS`, applied in order to the resampled signal

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
    steps = [(name, find_cleaner(name)) for name in clean]
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


def content_digest(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _decode(path: Path) -> tuple[Signal, int]:
    """Decode to mono float32 at the source's rate, in blocks, so that no header can ask for memory."""
    import soundfile

    _check_first_bytes(path)
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
        blocks.append(block[:, 0] if source.channels == 1 else _mixed_down(block))
    if len(blocks) == 1:
        return blocks[0]  # no copy of what most recordings are
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)


def _mixed_down(block: NDArray[np.float32]) -> Signal:
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
    if not np.isfinite(signal).all():
        raise UnreadableAudioError(
            path, f"{int((~np.isfinite(signal)).sum())} samples are not finite (NaN or infinity)"
        )
    peak = max(signal.max(), -signal.min())
    if not peak:
        raise UnreadableAudioError(path, "all samples are zero")
    if peak > MAX_AMPLITUDE:
        raise UnreadableAudioError(path, f"samples up to {peak:.0e}, where full scale is 1")


def _check_first_bytes(path: Path) -> None:
    """Refuse what is plainly no audio, and a file in chunks that ends before its samples do."""
    with path.open("rb") as file:
        head = file.read(4096)
        size = file.seek(0, 2)
    if not head:
        raise UnreadableAudioError(path, "empty file")
    if head.startswith(b"version https://git-lfs"):
        raise UnreadableAudioError(path, "a git-lfs pointer, not the recording; run 'git lfs pull' where it came from")
    if _is_text(head):
        raise UnreadableAudioError(path, "text, not audio")
    if path.suffix.lower() == ".raw":
        raise UnreadableAudioError(path, "samples without a header; convert it to .wav or .flac")
    if head[:4] in _LENGTHS and head[8:12] in (b"WAVE", b"AIFF", b"AIFC"):
        _check_chunks(path, head, size)


def _is_text(head: bytes) -> bool:
    printable = sum(byte in b"\t\n\r" or 32 <= byte < 127 or byte >= 128 for byte in head)
    return printable == len(head)


def _check_chunks(path: Path, head: bytes, size: int) -> None:
    """Compare what the chunk of samples promises with what the file holds; libsndfile reads what there is."""
    form = _LENGTHS[head[:4]]
    with path.open("rb") as file:
        file.seek(12)
        while len(header := file.read(8)) == 8:
            length = struct.unpack(form, header[4:])[0]
            if header[:4] in (b"data", b"SSND"):
                promised, held = _promised(head, length), size - file.tell()
                if promised > held:
                    raise UnreadableAudioError(
                        path, f"truncated: its header promises {promised:,} bytes of samples, the file holds {held:,}"
                    )
                return
            file.seek(length + (length & 1), 1)


def _promised(head: bytes, length: int) -> int:
    """Bytes of samples that a header promises.

    A length of all ones stands for the longer one that RF64 states first (EBU Tech 3306). In both headers of a
    RIFF file it is what streaming writers leave, and promises nothing.
    """
    if length != _ALL_ONES:
        return length
    if head[:4] == b"RF64":
        return int.from_bytes(head[28:36], "little") if head[12:16] == b"ds64" else 0
    return 0 if head[4:8] == b"\xff\xff\xff\xff" else length
