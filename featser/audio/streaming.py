"""Read a recording of any length block by block, in constant memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from featser.audio.limits import MAX_STREAM_SECONDS, check_peak
from featser.audio.reading import check_complete, check_file, open_encoded
from featser.audio.signal import Signal, mix_down, resample_blocks
from featser.errors import UnreadableAudioError

if TYPE_CHECKING:
    from soundfile import SoundFile

    from featser.audio.media import MediaFile

_BLOCK = 1 << 20
"""Samples of all channels that are decoded at once."""


def read_blocks(path: str | Path, seconds: float = 10.0) -> Iterator[Signal]:
    """Read a recording as consecutive blocks of a mono signal at `SAMPLE_RATE`.

    Joined, the blocks are the signal that `featser.audio.read_signal` returns, for every length of the blocks.

    Parameters
    ----------
    path : str or Path
        a file of a format that `read_signal` reads, up to `MAX_STREAM_SECONDS` long
    seconds : float
        duration of a block

    Yields
    ------
    Signal [shape=(n_samples,)]
        the next samples; may be empty

    Raises
    ------
    UnreadableAudioError
        the file cannot be decoded, is truncated, exceeds a limit, or has samples that are not finite
    """
    path = Path(path)
    try:
        encoded = check_file(path, MAX_STREAM_SECONDS)
        with open_encoded(path, encoded, MAX_STREAM_SECONDS) as source:
            yield from resample_blocks(_decoded(path, source, seconds), int(source.samplerate))
    except OSError as error:
        raise UnreadableAudioError(path, f"cannot be opened ({error.strerror or error})") from error


def duration_of(path: str | Path) -> float:
    """Duration of a recording in seconds, as its header declares it; parameters and errors as of `read_blocks`."""
    path = Path(path)
    try:
        with open_encoded(path, check_file(path, MAX_STREAM_SECONDS), MAX_STREAM_SECONDS) as source:
            return float(source.frames / source.samplerate)
    except OSError as error:
        raise UnreadableAudioError(path, f"cannot be opened ({error.strerror or error})") from error


def _decoded(path: Path, source: "SoundFile | MediaFile", seconds: float) -> Iterator[Signal]:
    """Decode and mix down; raise an error at the end if samples are missing."""
    n_samples = max(1, min(round(seconds * source.samplerate), _BLOCK // source.channels))
    n_decoded = 0
    while len(block := source.read(n_samples, dtype="float32", always_2d=True)):
        signal = mix_down(block)
        check_peak(path, signal)
        n_decoded += len(signal)
        yield signal
    check_complete(path, n_decoded, source.frames)
