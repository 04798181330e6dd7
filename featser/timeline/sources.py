"""Sources of live sound: the microphone, raw samples from a pipe, and a file played in real time."""

import queue
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np

from featser.audio import SAMPLE_RATE, Signal
from featser.errors import InputError, MissingExtraError

BLOCK_SECONDS = 0.02
"""Duration of a block of live sound."""

_PATIENCE_SECONDS = 5.0
"""Time without samples after which the microphone is given up."""

_FULL_SCALE = np.float32(1 / 32768)


@contextmanager
def microphone() -> Iterator[tuple[Iterator[Signal], int]]:
    """Open the default microphone.

    Yields
    ------
    blocks : iterator of Signal [shape=(n_samples,)]
        mono samples, without end
    rate : int
        sample rate of the device in Hz

    Raises
    ------
    MissingExtraError
        sounddevice is not installed
    InputError
        there is no microphone, or it cannot be opened
    """
    try:
        import sounddevice
    except ImportError as error:
        raise MissingExtraError("Listening to the microphone", "live") from error
    except OSError as error:  # PortAudio, which sounddevice calls, is not installed
        raise _no_microphone("the library PortAudio is not installed") from error
    heard: queue.SimpleQueue[Signal] = queue.SimpleQueue()
    try:
        rate = round(sounddevice.query_devices(kind="input")["default_samplerate"])
        stream = sounddevice.InputStream(
            samplerate=rate,
            channels=1,
            dtype="float32",
            blocksize=round(rate * BLOCK_SECONDS),
            callback=lambda samples, *_: heard.put(samples[:, 0].copy()),
        )
    except (sounddevice.PortAudioError, ValueError) as error:
        raise _no_microphone(" ".join(str(error).split())) from error
    with stream:
        yield _blocks(heard), rate


def _blocks(heard: "queue.SimpleQueue[Signal]") -> Iterator[Signal]:
    while True:
        try:
            block = heard.get(timeout=_PATIENCE_SECONDS)
        except queue.Empty as error:
            raise _no_microphone(f"no samples for {_PATIENCE_SECONDS:.0f} s") from error
        yield block


def raw_samples(pipe: BinaryIO, rate: int) -> Iterator[Signal]:
    """Read 16-bit little-endian mono samples from a pipe.

    Parameters
    ----------
    pipe : BinaryIO
        for example ``sys.stdin.buffer``
    rate : int
        sample rate in Hz, from which the length of a block follows

    Yields
    ------
    Signal [shape=(n_samples,)]
    """
    n_bytes = 2 * max(1, round(rate * BLOCK_SECONDS))
    while content := pipe.read(n_bytes):
        yield np.frombuffer(content[: len(content) // 2 * 2], "<i2").astype(np.float32) * _FULL_SCALE


def in_real_time(blocks: Iterable[Signal], rate: int = SAMPLE_RATE) -> Iterator[Signal]:
    """Give each block at the time at which its last sample would be heard.

    Parameters
    ----------
    blocks : iterable of Signal [shape=(n_samples,)]
    rate : int
        sample rate in Hz

    Yields
    ------
    Signal
        the blocks
    """
    start, n_samples = time.perf_counter(), 0
    for block in blocks:
        n_samples += len(block)
        time.sleep(max(0.0, start + n_samples / rate - time.perf_counter()))
        yield block


def _no_microphone(why: str) -> InputError:
    return InputError(
        f"No microphone can be opened ({why}). Connect one, or give a file or a pipe: --source FILE, --source -."
    )
