"""MP4, M4A, 3GP, WebM, Matroska and AAC files: their sound is decoded by FFmpeg's libraries, through PyAV.

Only containers and codecs on the lists of this module are opened, and FFmpeg reads from an open file, so that a file
cannot name another one. A fault of FFmpeg would end the process; `featser.app` decodes in child processes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from featser.audio.arrays import scaled
from featser.errors import MissingExtraError, UnreadableAudioError

if TYPE_CHECKING:
    import av

_MATROSKA = b"\x1a\x45\xdf\xa3"
_PARENTS = frozenset(map(bytes.fromhex, ("18538067", "1F43B675")))
"""Elements of a Matroska file that hold those in `_ELEMENTS`: segment and cluster."""

_ELEMENTS = _PARENTS | {
    *map(bytes.fromhex, ("1A45DFA3", "114D9B74", "1549A966", "1654AE6B", "1C53BB6B", "1043A770", "1254C367")),
    *map(bytes.fromhex, ("1941A469", "EC", "BF", "E7", "A3", "A0", "AB", "A7", "5854", "AF")),
}
"""Header, index, description, tracks and so on; blocks and times of a cluster."""

_DEMUXERS = {"MP4": "mp4", "WebM": "matroska", "AAC": "aac"}
"""FFmpeg's names of the formats that `format_of` finds."""

_ADTS_HEADER = 7

CODECS = frozenset(
    {"aac", "ac3", "alac", "amr_nb", "amr_wb", "eac3", "flac", "mp3", "opus", "vorbis", "pcm_s16le", "pcm_s16be"}
)
"""Encodings that are decoded, by FFmpeg's names."""

_TOLERANCE = 0.1
"""Seconds by which decoded and declared durations may differ: encoders pad the begin and the end."""

_FAR, _LEAD = 60.0, 1.0
"""Seconds: parts that begin earlier are decoded from the begin, others from so long before them, in which decoders get
into the state that they would have."""

_DRIFT = 0.001
"""Share of the duration by which they may differ too: browsers write times of a clock that is not the recorder's."""


def format_of(head: bytes) -> str | None:
    """Return the format of a file, ``MP4``, ``WebM`` or ``AAC`` (bare, in ADTS frames); None for all others.

    Parameters
    ----------
    head : bytes
        the first bytes of the file, twelve or more
    """
    if head[4:8] == b"ftyp":
        return "MP4"
    if head.startswith(_MATROSKA):
        return "WebM"
    return "AAC" if _adts_length(head[:_ADTS_HEADER]) else None


class MediaFile:
    """The first sound track of an open file, read block by block like a `soundfile.SoundFile`.

    Parameters
    ----------
    path : Path
        for errors
    container : av.container.InputContainer
        the open file
    kind : str
        what `format_of` returned

    Attributes
    ----------
    format, subtype : str
        what `format_of` returned, and the codec
    samplerate, channels, frames : int
        Hz, channels, and samples per channel: those that the times of the packets declare, and at the end of the file
        those that were decoded

    Raises
    ------
    UnreadableAudioError
        no sound track, a codec that is not in `CODECS`, or packets that are incomplete or end before the declared time
    """

    def __init__(self, path: Path, container: "av.container.InputContainer", kind: str):
        self._path, self._container = path, container
        if not container.streams.audio:
            raise UnreadableAudioError(path, f"no sound in this {kind} file")
        self._stream = container.streams.audio[0]
        decoder = self._stream.codec_context
        if decoder is None:
            raise UnreadableAudioError(path, "not readable as audio (its sound track lacks a description)")
        self.format, self.subtype = kind, decoder.codec.canonical_name
        if self.subtype not in CODECS:
            raise UnreadableAudioError(path, f"{self.subtype} sound in {kind} is not read; convert it to .wav")
        decoder.thread_count = 1
        self._base = float(self._stream.time_base)
        self._begin, self._seconds = self._check_packets()
        self.samplerate = self.channels = self._position = 0
        self._left: NDArray[np.float32] = np.zeros((0, 1), np.float32)
        self._decode_from(0.0)
        self.frames = round(self._seconds * self.samplerate)

    def read(self, frames: int, dtype: str = "float32", always_2d: bool = True) -> NDArray[np.float32]:  # noqa: ARG002
        """Return the next samples, shape ``(n_samples, n_channels)``, fewer at the end.

        Raises
        ------
        UnreadableAudioError
            a packet cannot be decoded, or the durations decoded and declared differ
        """
        parts, n_samples = [self._left], len(self._left)
        while n_samples < frames and (block := next(self._blocks, None)) is not None:
            parts.append(block)
            n_samples += len(block)
        joined = np.concatenate(parts)
        self._left = joined[frames:]
        return joined[:frames]

    def seek(self, frames: int) -> None:
        """Go to a sample. Decoding begins `_LEAD` seconds before it where it is more than `_FAR` seconds away.

        WebM is always decoded from its begin: FFmpeg gives other times to the frames of Opus after a jump.
        """
        if frames > _FAR * self.samplerate and self.format != "WebM":
            self._decode_from(frames / self.samplerate - _LEAD)
            if self._position > frames:
                self._decode_from(0.0)
        n_dropped = frames - self._position
        while n_dropped > 0 and len(dropped := self.read(min(n_dropped, 1 << 20))):
            n_dropped -= len(dropped)

    def _decode_from(self, seconds: float) -> None:
        """Decode from the last packet before a time; ``_position`` is the number of its first sample."""
        self._container.seek(round((self._begin + seconds) / self._base) if seconds else 0, stream=self._stream)
        self._blocks = self._decoded(seconds)
        self._left = next(self._blocks, np.zeros((0, 1), np.float32))

    def _check_packets(self) -> tuple[float, float]:
        """Read all packets without decoding them; return begin and duration in seconds."""
        begin, end, base = None, 0.0, self._base
        for packet in self._container.demux(self._stream):
            if packet.is_corrupt:
                raise UnreadableAudioError(self._path, f"truncated or damaged after {end:.2f} s of sound")
            if packet.size and packet.pts is not None:
                begin = packet.pts * base if begin is None else begin
                end = max(end, (packet.pts + (packet.duration or 0)) * base)
        if begin is None:
            raise UnreadableAudioError(self._path, "zero samples")
        of_file = 0 if self._container.streams.video else self._container.duration or 0
        declared = float((self._stream.duration or 0) * base) or of_file / 1e6
        if self.format == "AAC":  # declares none; FFmpeg estimates it
            declared = 0.0
        if declared and _differ(end, declared):
            reason = f"its header declares {declared:.2f} s, the file has {end:.2f} s"
            raise UnreadableAudioError(self._path, ("truncated: " if end < declared else "") + reason)
        begin = max(begin, 0.0, (self._stream.start_time or 0) * base)
        return begin, end - begin

    def _decoded(self, start: float) -> Iterator[NDArray[np.float32]]:
        """Decoded packets, shape ``(n_samples, n_channels)``."""
        n_samples = self._position = 0
        for packet in self._container.demux(self._stream):
            for frame in packet.decode():
                rate, n_channels = frame.sample_rate, frame.layout.nb_channels
                if not self.samplerate:
                    self.samplerate, self.channels = rate, n_channels
                if (rate, n_channels) != (self.samplerate, self.channels):
                    raise UnreadableAudioError(self._path, "its sample rate or number of channels changes within")
                if start and not n_samples and frame.pts is not None:
                    n_samples = self._position = round((frame.pts * self._base - self._begin) * rate)
                n_samples += frame.samples
                yield _samples(frame)
        seconds = n_samples / max(self.samplerate, 1)
        if not n_samples or _differ(seconds, self._seconds):
            reason = f"damaged: {seconds:.2f} of {self._seconds:.2f} declared seconds can be decoded"
            raise UnreadableAudioError(self._path, reason)
        self.frames = n_samples


@contextmanager
def open_media(path: Path, kind: str) -> Iterator[MediaFile]:
    """Open the sound of a file.

    Parameters
    ----------
    path : Path
    kind : str
        what `format_of` returned

    Yields
    ------
    MediaFile

    Raises
    ------
    MissingExtraError
        PyAV is not installed
    UnreadableAudioError
        the file cannot be decoded, also while it is read
    """
    try:
        import av
    except ImportError as error:
        raise MissingExtraError(f"Reading {kind} files ({path.name})", "media") from error
    with path.open("rb") as file:
        if kind in _CHECKS:
            _CHECKS[kind](path, file)
            file.seek(0)
        try:
            with av.open(file, format=_DEMUXERS[kind]) as container:
                yield MediaFile(path, container, kind)
        except (av.FFmpegError, ValueError, ArithmeticError) as error:
            what = getattr(error, "strerror", None) or str(error)
            raise UnreadableAudioError(path, f"not readable as audio ({what})") from error


def _differ(seconds: float, declared: float) -> bool:
    return abs(seconds - declared) > _TOLERANCE + _DRIFT * declared


def _samples(frame: "av.AudioFrame") -> NDArray[np.float32]:
    """Samples with full scale at 1, shape ``(n_samples, n_channels)``."""
    values: NDArray[Any] = frame.to_ndarray()
    if frame.format.is_planar:
        return scaled(values.T)
    return scaled(values.reshape(-1, frame.layout.nb_channels))


def _check_elements(path: Path, file: BinaryIO) -> None:
    """Refuse a Matroska file whose elements do not follow one another to its end, RFC 8794 and 9559.

    Recordings of browsers declare neither their length nor that of their segment: FFmpeg reads what is left of one.
    """
    size, at = file.seek(0, 2), 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        width = 9 - head[0].bit_length()
        n_bytes, n_digits = _number(head[width:])
        if head[:width] not in _ELEMENTS:
            raise UnreadableAudioError(path, f"damaged at byte {at:,}: not an element of a WebM file")
        is_parent = head[:width] in _PARENTS
        is_open = n_bytes == (1 << 7 * n_digits) - 1
        at += width + n_digits
        if at + n_bytes > size and not (is_parent and is_open):
            raise UnreadableAudioError(path, f"truncated: the element at byte {at:,} has {n_bytes:,} bytes")
        at += 0 if is_parent else n_bytes


def _check_frames(path: Path, file: BinaryIO) -> None:
    """Refuse an AAC file that is more or less than whole ADTS frames, ISO 13818-7; FFmpeg skips what it cannot read."""
    size, at = file.seek(0, 2), 0
    while at < size:
        file.seek(at)
        length = _adts_length(file.read(_ADTS_HEADER))
        if not length or at + length > size:
            raise UnreadableAudioError(path, f"truncated or damaged at byte {at:,} of {size:,}")
        at += length


def _adts_length(header: bytes) -> int:
    """Bytes of an ADTS frame; 0 where the header is none."""
    if len(header) < _ADTS_HEADER or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > _ADTS_HEADER else 0


_CHECKS = {"WebM": _check_elements, "AAC": _check_frames}
"""Format -> check of its structure, where FFmpeg reads damaged files short without an error."""


def _number(head: bytes) -> tuple[int, int]:
    """Number of variable length, and how many bytes it has: the zeros before its first set bit tell."""
    width = 9 - (head[0] if head else 0).bit_length()
    return int.from_bytes(head[:width], "big") & ((1 << 7 * width) - 1), width
