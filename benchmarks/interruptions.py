"""Kill commands at their writes and at random moments, and check the output of the next run.

    python benchmarks/interruptions.py [--commands extract,fit,tune,report,predict] [--writes 60] [--moments 40]
                                       [--interrupts 10] [--rooms 4]

A command and its workers are killed with SIGKILL: at system calls that change files (needs strace) and at random
moments; or the command gets SIGINT, as by Ctrl-C; or it cannot write files above some size, as on a full disk. The
next run must write the same bytes as an undisturbed run, and leave no other files. No process of a killed command may
be left after ten seconds. A command that gets SIGINT must end with exit code 130 and one line, or be done; one without
room must end with exit code 3 and say so, or be done.
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from featser.synthetic import write_corpus

WRITING = "write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat2,unlink"
"""System calls that change files."""

PATIENCE = 10.0
"""Seconds in which the processes of a killed command must end."""

COMMANDS = {
    "extract": "extract corpus --features set.toml --out out/t.parquet",
    "fit": "fit t.parquet --model lda --protocol 2-fold-by-speaker --out out/m.joblib --runs out/runs",
    "tune": "tune t.parquet --model svm --trials 4 --storage out/trials.journal --out out/p.toml",
    "report": "report --runs runs --out out",
    "predict": "predict m.joblib corpus --out out/p.csv",
}
PREPARED = (
    COMMANDS["extract"].replace("out/", ""),
    COMMANDS["fit"].replace("out/", ""),
    "fit t.parquet --model logreg --protocol 2-fold-by-speaker --out l.joblib --runs runs",
)
"""Commands that make what the others read."""


def main() -> None:
    """Interrupt commands on a synthetic corpus, and print the failures."""
    parser = argparse.ArgumentParser(description="Kill commands at their writes and at random moments.")
    parser.add_argument("--commands", default=",".join(COMMANDS))
    parser.add_argument("--writes", type=int, default=60, help="largest number of writes, evenly spaced; 0 for all")
    parser.add_argument("--moments", type=int, default=40, help="number of random moments")
    parser.add_argument("--interrupts", type=int, default=10, help="number of random moments of Ctrl-C")
    parser.add_argument("--rooms", type=int, default=4, help="number of limits to the size of files")
    arguments = parser.parse_args()
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        for name in arguments.commands.split(","):
            failures += [f"{name}, {each}" for each in failures_of(Attempt(Path(folder), name), arguments)]
    print("\n".join(failures) or "every next run wrote the bytes of an undisturbed run and left no other files")
    sys.exit(bool(failures))


def failures_of(attempt: "Attempt", arguments: argparse.Namespace) -> list[str]:
    """Interrupt one command in all ways."""
    every = range(1, attempt.count_writes() + 1) if arguments.writes != 1 else range(0)
    chosen = every[:: max(1, -(-len(every) // arguments.writes))] if arguments.writes else every
    failures = [f"write {number}: {why}" for number in chosen if (why := attempt.at_write(number))]
    generator = random.Random(0)  # noqa: S311
    for kind, n in ((signal.SIGKILL, arguments.moments), (signal.SIGINT, arguments.interrupts)):
        moments = [generator.uniform(0.0, attempt.seconds) for _ in range(n)]
        failures += [f"{kind.name} after {at:.2f} s: {why}" for at in moments if (why := attempt.after(at, kind))]
    sizes = [int(1000 * 8**number) for number in range(arguments.rooms)]
    failures += [f"room for {size:,} bytes: {why}" for size in sizes if (why := attempt.without_room(size))]
    done = f"killed at {len(chosen)} of {len(every)} writes and {arguments.moments} moments"
    print(
        f"{attempt.name}: {done}, {arguments.interrupts} interrupts, {len(sizes)} full disks: {len(failures)} failures",
        flush=True,
    )
    return failures


def prepare(folder: Path) -> None:
    """Write a corpus, and make a table, two models and their runs."""
    write_corpus(folder / "corpus", "emodb", 4, ["anger", "sadness"], 3)
    (folder / "set.toml").write_text('descriptors = ["rms", "mfcc"]\nfunctionals = ["mean"]\n')
    for command in PREPARED:
        subprocess.run([*FEATSER, *command.split()], cwd=folder, check=True, capture_output=True)


FEATSER = (sys.executable, "-m", "featser", "-q")


class Attempt:
    """One command, its output of an undisturbed run, and interrupted runs."""

    def __init__(self, folder: Path, name: str):
        self.folder, self.name = folder, name
        self._mark = f"{os.getpid()}-{name}"
        self._environment = os.environ | {"FEATSER_CACHE_DIR": str(folder / "cache"), "INTERRUPTED": self._mark}
        self._clean()
        start = time.perf_counter()
        self._run()
        self.seconds = time.perf_counter() - start
        self.undisturbed = self._left()

    def count_writes(self) -> int:
        """Return the number of system calls of an undisturbed run that change files."""
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
        return self._orphans() or self._next()

    def after(self, seconds: float, kind: signal.Signals) -> str:
        """Send a signal to the process group after some seconds; return as `at_write`."""
        self._clean()
        process = subprocess.Popen(
            [*FEATSER, *COMMANDS[self.name].split()],
            cwd=self.folder,
            env=self._environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        time.sleep(seconds)
        if process.poll() is None:
            os.killpg(process.pid, kind)
        told = process.communicate()[1].decode()
        if kind == signal.SIGINT and (process.returncode not in (0, 130, -signal.SIGINT) or "Traceback" in told):
            return f"exit code {process.returncode}: {told[-500:]}"
        return self._orphans() or self._next()

    def without_room(self, size: int) -> str:
        """Run the command with a limit to the size of files; return as `at_write`."""
        self._clean()
        done = self._run(limit=size)
        told = done.stderr.decode()
        if done.returncode not in (0, 3) or "Traceback" in told or (done.returncode and "featser: " not in told):
            return f"exit code {done.returncode}: {told[-500:]}"
        parts = [str(each) for each in self._files() if each.suffix == ".part"]
        return f"left behind: {parts}" if parts else self._orphans() or self._next()

    def _next(self) -> str:
        done = self._run()
        left = self._left()
        if done.returncode:
            return f"exit code {done.returncode}: {done.stderr.decode()[-500:]}"
        different = sorted(name for name in {*left, *self.undisturbed} if left.get(name) != self.undisturbed.get(name))
        return f"other bytes or other files: {different}" if different else ""

    def _orphans(self) -> str:
        """Wait for the end of all processes of the command; name those that are left."""
        end = time.monotonic() + PATIENCE
        while (left := [each for each in psutil.process_iter() if self._is_ours(each)]) and time.monotonic() < end:
            time.sleep(0.1)
        names = [" ".join(each.cmdline())[:80] for each in left]
        for each in left:
            each.kill()
        return f"processes are left: {names}" if left else ""

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("INTERRUPTED") == self._mark and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def _run(self, before: list[str] | None = None, limit: int = -1) -> subprocess.CompletedProcess[bytes]:
        command = [*(before or []), *FEATSER, *COMMANDS[self.name].split()]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )

    def _clean(self) -> None:
        for name in ("cache", "out"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _left(self) -> dict[str, Any]:
        """Return the content of each file, without measured times and the content of cache and journal."""
        return {str(file.relative_to(self.folder)): _content(file) for file in self._files() if file.is_file()}

    def _files(self) -> list[Path]:
        return [file for name in ("cache", "out") for file in (self.folder / name).rglob("*")]


def _content(file: Path) -> Any:
    if file.name == "run.json":
        return {name: value for name, value in json.loads(file.read_text()).items() if name != "seconds"}
    return b"" if "cache" in file.parts[-3:] or file.suffix == ".journal" else file.read_bytes()


if __name__ == "__main__":
    main()
