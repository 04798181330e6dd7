"""Read a recording: detect its format, check its limits, decode, mix down, resample and clean it."""

import io
import shlex
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from featser.audio import media, mpeg, ogg
from featser.audio.cleaning import apply_steps, find_step
from featser.audio.containers import Samples, find_samples, read_pcm16
from featser.audio.limits import MAX_SECONDS, check_header, check_samples
from featser.audio.signal import Signal, mix_down, resample
from featser.errors import UnreadableAudioError

if TYPE_CHECKING:
    from soundfile import SoundFile

    from featser.audio.media import MediaFile

FORMATS = frozenset({"WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "NIST", "FLAC", "OGG"})
"""Formats that libsndfile reads besides MP3, by its names. Truncated files of its other formats are not detected."""

OTHER_FORMATS = (
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA"),
    (0, b"#!AMR", "AMR"),
)
"""Offset and bytes by which formats that are not read are named."""

_UNSUPPORTED = (1, 4, 18)
"""Codes of libsndfile's errors about formats and encodings that it does not decode."""

_TEXT = bytes([9, 10, 13, *range(32, 127), *range(128, 256)])
"""Bytes that occur in text, in ASCII, UTF-8 or Latin-1."""

_HEAD = 4096
"""Bytes from which the format is detected."""

_TOLERANCE = 0.1
"""Seconds by which a segment may end after its recording; times of labels are rounded, lengths of MP3 files too."""

_BLOCK = 1 << 20
"""Samples of all channels that are decoded at once, so that a header cannot allocate more."""


def read_signal(path: str | Path, clean: Iterable[str] = (), segment: tuple[float, float] | None = None) -> Signal:
    """Read one recording as a mono signal at `SAMPLE_RATE`.

    Channels are averaged at the rate of the file, then resampled by soxr (quality HQ, the default of librosa).

    Parameters
    ----------
    path : str or Path
        an MP3 file or one in `FORMATS`, and with the extra ``media`` MP4, M4A, 3GP, WebM, Matroska and
        AAC; its content is decisive, not its suffix
    clean : iterable of str
        names for `find_step`, applied in order to the resampled signal
    segment : (float, float), optional
        begin and end in seconds of the part to read; by default all

    Returns
    -------
    Signal [shape=(n_samples,)]
        finite, not all zero, and at least `MIN_SECONDS` long

    Raises
    ------
    UnreadableAudioError
        the file cannot be opened or decoded, is truncated, or exceeds a limit of `featser.audio.limits`
    MissingExtraError
        the format needs the extra ``media``
    """
    path, steps = Path(path), tuple(clean)
    for name in steps:
        find_step(name)
    try:
        signal, rate = _decode(path) if segment is None else _decode_segment(path, segment)
    except OSError as error:
        raise UnreadableAudioError(path, f"cannot be opened ({error.strerror or error})") from error
    check_samples(path, signal, rate)
    return apply_steps(path, resample(signal, rate), steps)


def _decode_segment(path: Path, segment: tuple[float, float]) -> tuple[Signal, int]:
    """Decode a part to mono at the rate of the file; the rest is not kept, so the file may be of any length."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        _check_head(path, head)
    with _open(path, Encoded({*FORMATS, "MP3"}, media=media.format_of(head))) as source:
        rate = int(source.samplerate)
        first, last = (round(seconds * rate) for seconds in segment)
        check_header(path, last - first, rate, source.channels)
        n_frames, tolerance = source.frames, round(_TOLERANCE * rate)
        if last > n_frames + tolerance:
            end, length = segment[1], n_frames / rate
            raise UnreadableAudioError(path, f"the segment ends at {end:.3f} s, the recording at {length:.3f} s")
        source.seek(min(first, n_frames))
        signal = _read_blocks(source, last - first)
    if len(signal) < last - first - tolerance:
        raise UnreadableAudioError(path, f"truncated: {len(signal)} of {last - first} samples of the segment are there")
    return signal, rate


def _decode(path: Path) -> tuple[Signal, int]:
    """Decode to mono at the rate of the file."""
    encoded = check_file(path)
    samples = encoded.samples
    if samples is not None and samples.pcm16 is not None and samples.n_declared:
        n_channels, rate = samples.pcm16
        check_header(path, samples.n_declared // (2 * n_channels), rate, n_channels)
        return mix_down(read_pcm16(path, samples)), rate
    with open_encoded(path, encoded) as source:
        signal = _read_blocks(source)
        check_complete(path, len(signal), source.frames)
        return signal, int(source.samplerate)


@dataclass(frozen=True)
class Encoded:
    """What is known of a file before it is decoded.

    Attributes
    ----------
    formats : collection of str
        formats that libsndfile may find in it
    content : bytes, optional
        content to decode in place of the file's
    samples : Samples, optional
        place of uncompressed samples
    media : str, optional
        format that PyAV decodes in place of libsndfile
    """

    formats: Collection[str] = FORMATS
    content: bytes | None = None
    samples: Samples | None = None
    media: str | None = None


def check_file(path: Path, max_seconds: float = MAX_SECONDS) -> Encoded:
    """Detect the format of a file, and refuse one that is truncated or not read; nothing is decoded.

    Parameters
    ----------
    path : Path
    max_seconds : float
        longest recording that is read

    Returns
    -------
    Encoded

    Raises
    ------
    UnreadableAudioError
        the file is not read, truncated or too long
    OSError
        it cannot be opened
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        _check_head(path, head)
        if kind := media.format_of(head):
            return Encoded(media=kind)
        size = file.seek(0, 2)
        if mpeg.starts_like_mp3(head) and (stream := mpeg.find_stream(file, size)):
            _check_mp3(path, stream, max_seconds)
            return Encoded({"MP3"}, None if stream.declared else mpeg.with_length(file, stream))
        if head[:4] == b"OggS" and (fault := ogg.find_fault(file)):
            raise UnreadableAudioError(path, fault)
        samples = find_samples(file, head, size)
    if samples is not None and samples.n_declared > samples.n_present:
        raise UnreadableAudioError(
            path,
            f"truncated: its header declares {samples.n_declared:,} bytes of samples, "
            f"the file has {samples.n_present:,}",
        )
    return Encoded(samples=samples)


@contextmanager
def open_encoded(path: Path, encoded: Encoded, max_seconds: float = MAX_SECONDS) -> "Iterator[SoundFile | MediaFile]":
    """Open a file with the library that decodes it.

    Parameters
    ----------
    path : Path
    encoded : Encoded
        as `check_file` returns it
    max_seconds : float
        longest recording that is read

    Yields
    ------
    SoundFile or MediaFile

    Raises
    ------
    UnreadableAudioError
        the file cannot be decoded, or its header exceeds a limit
    """
    with _open(path, encoded) as source:
        check_header(path, source.frames, source.samplerate, source.channels, max_seconds)
        yield source


@contextmanager
def _open(path: Path, encoded: Encoded) -> "Iterator[SoundFile | MediaFile]":
    """Open a file of any length."""
    import soundfile

    if encoded.media:
        with media.open_media(path, encoded.media) as source:
            yield source
        return
    opened = path if encoded.content is None else io.BytesIO(encoded.content)
    with _libsndfile_errors(path), soundfile.SoundFile(opened) as source:
        _check_format(path, source, encoded.formats)
        yield source


def check_complete(path: Path, n_samples: int, n_declared: int) -> None:
    """Raise `UnreadableAudioError` if fewer samples were decoded than the header declares."""
    if n_samples < n_declared:
        raise UnreadableAudioError(path, f"truncated: {n_samples} of {n_declared} samples are there")


def _check_format(path: Path, source: "SoundFile", formats: Collection[str]) -> None:
    if source.format not in formats or (source.format != "MP3" and source.subtype.startswith("MPEG")):
        what = f"{source.subtype_info} in {source.format_info}"
        raise UnreadableAudioError(path, f"{what} is not read; {_conversion(path)}")


@contextmanager
def _libsndfile_errors(path: Path) -> Iterator[None]:
    """Turn errors of libsndfile into ours."""
    import soundfile

    try:
        yield
    except soundfile.LibsndfileError as error:
        reason = f"not readable as audio ({error.error_string.rstrip('.')})"
        advice = f"; {_conversion(path)}" if error.code in _UNSUPPORTED else ""
        raise UnreadableAudioError(path, reason + advice) from error


def _read_blocks(source: "SoundFile | MediaFile", n_frames: int = sys.maxsize) -> Signal:
    """Read that many frames, or all that are there."""
    blocks: list[Signal] = []
    while n_frames > 0:
        block = source.read(min(n_frames, _BLOCK // source.channels), dtype="float32", always_2d=True)
        if not len(block):
            break
        blocks.append(mix_down(block))
        n_frames -= len(block)
    if len(blocks) == 1:
        return blocks[0]
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)


def _check_mp3(path: Path, stream: mpeg.Stream, max_seconds: float) -> None:
    """Refuse an MP3 file whose frames are not those that it declares, or whose last one is incomplete."""
    check_header(path, stream.n_frames * stream.first.n_samples, stream.first.rate, 1, max_seconds)
    if stream.declared and abs(stream.declared - stream.n_frames) > 1:
        short = "truncated: " if stream.n_frames < stream.declared else ""
        reason = f"its header declares {stream.declared:,} MP3 frames, the file has {stream.n_frames:,}"
        raise UnreadableAudioError(path, short + reason)
    if not stream.is_whole:
        raise UnreadableAudioError(path, f"truncated or damaged after {stream.seconds:.2f} s of sound")


def _check_head(path: Path, head: bytes) -> None:
    """Refuse files whose first bytes show that they cannot be decoded."""
    if not head:
        raise UnreadableAudioError(path, "empty file")
    if head.startswith(b"version https://git-lfs"):
        raise UnreadableAudioError(path, "a git-lfs pointer, not the recording; run 'git lfs pull' in its repository")
    if not head.translate(None, _TEXT):
        raise UnreadableAudioError(path, "text, not audio")
    if path.suffix.lower() == ".raw":
        raise UnreadableAudioError(path, "samples without a header; convert it to .wav or .flac")
    for offset, magic, name in OTHER_FORMATS:
        if head.startswith(magic, offset):
            raise UnreadableAudioError(path, f"{name} files are not read; {_conversion(path)}")


def _conversion(path: Path) -> str:
    """Advice for any file of this suffix; without its name, because files of equal content share one reason."""
    return f"convert it to .wav, for example: ffmpeg -i {shlex.quote(f'in{path.suffix}')} out.wav"
