"""Measure timelines of long recordings: CPU time, peak memory, and the latency of live answers.

    python benchmarks/timeline.py MODEL RECORDING [--minutes 60] [--window 3] [--hop 1] [--speakers one]

The recording is repeated up to the number of minutes; give utterances of one speaker, joined. Times are CPU seconds of
one process on one core. The latency of a live answer is the wait for samples, 40 to 60 ms, and the time to compute it,
which is measured here.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import soundfile

from featser.audio import SAMPLE_RATE, read_blocks
from featser.bundle import Model, load_model
from featser.timeline import listen, timeline
from featser.timeline.windows import cut_windows, layout_of


def main() -> None:
    """Read the command line, make the long recording and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--window", type=float, default=3)
    parser.add_argument("--hop", type=float, default=1)
    parser.add_argument("--speakers", choices=["one"])
    given = parser.parse_args()
    model = load_model(given.model)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.wav"
        repeat(given.recording, path, round(given.minutes * 60 * SAMPLE_RATE))
        measure(model, path, given.window, given.hop, given.speakers)


def repeat(recording: Path, path: Path, n_samples: int) -> None:
    """Write a recording over and over, up to a number of samples."""
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, "PCM_16") as file:
        while n_samples > 0:
            for block in read_blocks(recording):
                file.write(block[:n_samples])
                n_samples = max(0, n_samples - len(block))


def measure(model: Model, path: Path, window: float, hop: float, speakers: str | None) -> None:
    """Print the figures."""
    timeline(model, next(iter(read_blocks(path))), window, hop)  # loads the compiled kernels
    start = time.process_time()
    n_windows = sum(1 for _ in cut_windows(read_blocks(path), layout_of(window, hop)))
    speech_s = time.process_time() - start
    start = time.process_time()
    found = timeline(model, path, window, hop, speakers=speakers)
    seconds = time.process_time() - start
    print(
        f"{found.duration_s / 60:.1f} minutes, {len(found.windows)} windows in {len(found.speech)} stretches of speech"
    )
    print(
        f"{seconds:.1f} CPU s, {found.duration_s / seconds:.0f} times real time ({speech_s:.1f} s to find the speech)"
    )
    print(f"{1000 * seconds / max(1, n_windows):.1f} ms per window")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")
    blocks = [block for block, _ in zip(read_blocks(path, 0.02), range(3000), strict=False)]
    start = time.process_time()
    n_answers = sum(1 for _ in listen(model, blocks, window=window, hop=hop))
    print(
        f"live: {1000 * (time.process_time() - start) / max(1, n_answers):.1f} ms per answer, speech and all included"
    )


if __name__ == "__main__":
    main()
