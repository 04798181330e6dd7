"""MP3 streams: count their frames, because libsndfile estimates the length where a header does not declare it."""

from dataclasses import dataclass
from typing import BinaryIO

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Hz by MPEG version (1, 2, 2.5) and index."""

_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""kbit/s by index, of layer III in MPEG 1 and in MPEG 2 and 2.5."""

_TAGS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3")
"""Beginnings of the tags that may follow the last frame."""


@dataclass(frozen=True)
class Frame:
    """What the four bytes of a frame header say.

    Attributes
    ----------
    n_bytes : int
        length of the frame with its header
    n_samples : int
        samples per channel
    rate : int
        Hz
    tag_at : int
        offset in the frame at which a Xing or Info tag would start
    """

    n_bytes: int
    n_samples: int
    rate: int
    tag_at: int


@dataclass(frozen=True)
class Stream:
    """The frames of an MP3 file.

    Attributes
    ----------
    first : Frame
        the first one
    start, end : int
        byte offsets of the first frame and behind the last whole one
    n_frames : int
        whole frames of audio, without that of a Xing or Info tag
    declared : int or None
        number of frames that a Xing or Info tag declares; None without such a tag
    is_whole : bool
        whether nothing but tags and zeros follows the last frame
    """

    first: Frame
    start: int
    end: int
    n_frames: int
    declared: int | None
    is_whole: bool

    @property
    def seconds(self) -> float:
        """Duration of all frames."""
        return self.n_frames * self.first.n_samples / self.first.rate


def starts_like_mp3(head: bytes) -> bool:
    """Whether a file starts with an ID3 tag or the header of a layer III frame.

    Parameters
    ----------
    head : bytes
        the first bytes of the file, four or more

    Returns
    -------
    bool
    """
    return head[:3] == b"ID3" or _frame(head[:4]) is not None


def find_stream(file: BinaryIO, size: int) -> Stream | None:
    """Walk the frames of an open file.

    Parameters
    ----------
    file : BinaryIO
        open for reading, at any position
    size : int
        length of the file in bytes

    Returns
    -------
    Stream or None
        None where the first frame is not of layer III, or its bit rate is free
    """
    start = at = _after_id3(file)
    first, declared, n_frames = None, None, 0
    while (frame := _frame(_read(file, at, 4))) and at + frame.n_bytes <= size:
        if first is None:
            first, declared = frame, _declared(_read(file, at, frame.n_bytes), frame)
        n_frames += 1
        at += frame.n_bytes
    if first is None:
        return None
    rest = _read(file, at, 1024)
    is_whole = rest.startswith(_TAGS) or not rest.strip(b"\0")
    return Stream(first, start, at, n_frames - (declared is not None), declared, is_whole)


def with_length(file: BinaryIO, stream: Stream) -> bytes:
    """Return the frames of a stream that declares no length, behind an Info tag that declares it.

    The tag is a frame of silence that decoders skip (Xing/LAME tag, flag 1: the number of frames follows).

    Parameters
    ----------
    file : BinaryIO
        open for reading, at any position
    stream : Stream
        from `find_stream`, for the same file

    Returns
    -------
    bytes
        content of an MP3 file
    """
    header = _read(file, stream.start, 4)
    tag = b"Info" + (1).to_bytes(4, "big") + stream.n_frames.to_bytes(4, "big")
    info = (header + bytes(stream.first.tag_at - 4) + tag).ljust(stream.first.n_bytes, b"\0")
    return info + _read(file, stream.start, stream.end - stream.start)


def _read(file: BinaryIO, at: int, n_bytes: int) -> bytes:
    file.seek(at)
    return file.read(n_bytes)


def _after_id3(file: BinaryIO) -> int:
    """Offset behind the ID3v2 tags at the beginning; their length is written in 7 bits per byte."""
    at = 0
    while (head := _read(file, at, 10))[:3] == b"ID3" and len(head) == 10:
        at += 10 + sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
    return at


def _frame(header: bytes) -> Frame | None:
    """Header of a layer III frame (ISO 11172-3, 13818-3); None where the bytes are none or the bit rate is free."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2 or header[1] >> 3 & 3 == 1:
        return None
    version, bits, rate = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if bits in (0, 15) or rate == 3:
        return None
    is_first_version, is_mono = version == 3, header[3] >> 6 == 3
    kbits = (_KBITS_1 if is_first_version else _KBITS_2)[bits]
    n_samples = 1152 if is_first_version else 576
    hertz = _RATES[version][rate]
    side = (17 if is_mono else 32) if is_first_version else (9 if is_mono else 17)
    return Frame(n_samples // 8 * 1000 * kbits // hertz + (header[2] >> 1 & 1), n_samples, hertz, 4 + side)


def _declared(frame: bytes, header: Frame) -> int | None:
    """Number of frames that the Xing or Info tag in the first frame declares."""
    tag = frame[header.tag_at : header.tag_at + 12]
    if tag[:4] not in (b"Xing", b"Info") or len(tag) < 12 or not tag[7] & 1:
        return None
    return int.from_bytes(tag[8:], "big")
