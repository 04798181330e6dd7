"""Read corrupted recordings in a process of their own, which a crash, a hang or too much memory ends.

``python corruption.py SUFFIX`` reads files from standard input, each behind its length in four bytes. It prints a JSON
list with the length of each signal in seconds, or the reason why there is none.
"""

import contextlib
import json
import resource
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np

MEGABYTES = 1024
SECONDS = 60


def corruptions(content: bytes, n: int, seed: int) -> list[bytes]:
    """Copies of a file with flipped bits, missing, repeated, inserted or overwritten bytes, or a missing end."""
    rng = np.random.default_rng(seed)
    return [_corrupted(bytearray(content), rng) for _ in range(n)]


def _corrupted(changed: bytearray, rng: np.random.Generator) -> bytes:
    for _ in range(rng.integers(1, 4)):
        near = min(len(changed), int(rng.choice([100, 1000, len(changed)])))
        place, size = int(rng.integers(max(near, 1))), int(rng.integers(1, 64))
        if rng.random() < 0.3:
            place = max(0, len(changed) - 1 - place)
        part = changed[place : place + size]
        flipped = bytes([part[0] ^ 1 << int(rng.integers(8))]) + part[1:] if part else b""
        changes = [flipped, part[: size // 2], b"", part + part, rng.bytes(len(part)), rng.bytes(size) + part]
        chosen = int(rng.integers(len(changes) + 1))
        if chosen == len(changes):
            del changed[place:]
        else:
            changed[place : place + size] = changes[chosen]
    return bytes(changed)


def packed(files: list[bytes]) -> bytes:
    return b"".join(struct.pack("<I", len(each)) + each for each in files)


def main() -> None:
    """Read the files of standard input under the limits."""
    from featser.audio import SAMPLE_RATE, read_signal
    from featser.errors import UnreadableAudioError

    with contextlib.suppress(ImportError):
        import av  # noqa: F401
    import soundfile  # noqa: F401
    import soxr  # noqa: F401

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + (MEGABYTES << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    outcomes: list[float | str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sound{sys.argv[1]}"
        while head := sys.stdin.buffer.read(4):
            path.write_bytes(sys.stdin.buffer.read(struct.unpack("<I", head)[0]))
            try:
                outcomes.append(len(read_signal(path)) / SAMPLE_RATE)
            except UnreadableAudioError as refusal:
                outcomes.append(refusal.reason)
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
