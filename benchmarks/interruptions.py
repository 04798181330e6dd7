"""Kill ``featser extract`` at its writes and at random moments, and check the output of the next run.

    python benchmarks/interruptions.py [--writes 60] [--moments 40]

The process and its workers are killed with SIGKILL. The next run must write the same bytes as an uninterrupted run, and
leave no other files than the table and the cache. Needs strace, which kills a process at a given system call.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from featser.synthetic import write_corpus

WRITING = "write,pwrite64,fsync,fdatasync,ftruncate,rename,unlink"
"""System calls that change files."""


def main() -> None:
    """Interrupt runs on a synthetic corpus, and print the failures."""
    parser = argparse.ArgumentParser(description="Kill extract at its writes and at random moments.")
    parser.add_argument("--writes", type=int, default=0, help="largest number of writes, evenly spaced; 0 for all")
    parser.add_argument("--moments", type=int, default=40, help="number of random moments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        attempt = Attempt(Path(folder))
        every = list(range(1, attempt.count_writes() + 1))
        chosen = every[:: max(1, len(every) // arguments.writes)] if arguments.writes else every
        failures = [f"write {number}: {why}" for number in chosen if (why := attempt.at_write(number))]
        print(f"killed at {len(chosen)} of {len(every)} writes: {len(failures)} failures")
        generator = random.Random(0)  # noqa: S311
        moments = [generator.uniform(0.0, attempt.seconds) for _ in range(arguments.moments)]
        failures += [f"after {seconds:.2f} s: {why}" for seconds in moments if (why := attempt.after(seconds))]
        print(f"killed at {arguments.moments} random moments")
        print("\n".join(failures) or "every next run wrote the bytes of an uninterrupted run and left no other files")
        sys.exit(bool(failures))


class Attempt:
    """A corpus, its table of an uninterrupted run, and interrupted runs."""

    def __init__(self, folder: Path):
        self.folder = folder
        write_corpus(folder / "corpus", "emodb", 4, ["anger", "sadness"], 3)
        (folder / "set.toml").write_text('descriptors = ["rms", "mfcc"]\nfunctionals = ["mean"]\n')
        self._clean()
        start = time.perf_counter()
        self._run()
        self.seconds = time.perf_counter() - start
        self.undisturbed = self._left()

    def count_writes(self) -> int:
        """Return the number of system calls of an uninterrupted run that change files."""
        self._clean()
        log = self.folder / "strace.log"
        self._run(["strace", "-f", "-o", str(log), "-e", f"trace={WRITING}"])
        text = log.read_text(errors="replace")
        log.unlink()
        return sum(1 for line in text.splitlines() if "resumed" not in line and "(" in line)

    def at_write(self, number: int) -> str:
        """Kill the process at a system call; return the fault of the next run, or ``""``."""
        self._clean()
        self._run(["strace", "-f", "-o", os.devnull, "-e", f"inject={WRITING}:signal=SIGKILL:when={number}"])
        return self._next()

    def after(self, seconds: float) -> str:
        """Kill the process group after some seconds; return as `at_write`."""
        self._clean()
        process = subprocess.Popen(
            self._command(), env=self._environment(), start_new_session=True, stdout=-3, stderr=-3
        )
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return self._next()

    def _next(self) -> str:
        done = self._run()
        left = self._left()
        if done.returncode:
            return f"exit code {done.returncode}: {done.stderr.decode()}"
        return "" if left == self.undisturbed else f"other bytes or other files: {sorted(left)}"

    def _command(self) -> list[str]:
        table, corpus = self.folder / "out" / "t.parquet", self.folder / "corpus"
        command = [sys.executable, "-m", "featser", "-q", "extract", str(corpus), "--out", str(table)]
        return [*command, "--features", str(self.folder / "set.toml")]

    def _environment(self) -> dict[str, str]:
        return os.environ | {"FEATSER_CACHE_DIR": str(self.folder / "cache")}

    def _run(self, before: list[str] | None = None) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([*(before or []), *self._command()], env=self._environment(), capture_output=True)

    def _clean(self) -> None:
        for name in ("cache", "out"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _left(self) -> dict[str, bytes]:
        """Return the bytes of the table, and the names of all other files."""
        files = [file for name in ("cache", "out") for file in (self.folder / name).rglob("*")]
        return {file.name: file.read_bytes() if file.suffix == ".parquet" else b"" for file in files}


if __name__ == "__main__":
    main()
