"""Scaling of ``featser extract``: number of workers, start-up time, memory and second runs.

    python benchmarks/scale.py [--recordings 10000] [--largest 50000] [--rounds 3] [--pairs 5] [--sets classic wide]

Each run is a separate process. Large corpora are copies of EmoDB with different last samples, so that no recording is
in the cache. The speed-up by a second worker depends on the load of the machine, so each round measures two controls: a
pure Python loop in one process and in two, before and after; and two independent commands of one worker, with half of
the recordings each. Speed-ups are meaningful where the loop scales by nearly 2. Memory is that of all processes, with
shared pages counted once. Writes ``reports/scale.md``. Needs ``FEATSER_CORPORA`` with ``emodb/``, and Linux.
"""

import argparse
import csv
import json
import multiprocessing
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

from corpora import corpora_root

REPORT = Path(__file__).parent.parent / "reports" / "scale.md"
LONG_AGO = 1_600_000_000
_SHORT_BYTES = 44 + 2 * 4000
"""Size of a WAV file of 0.25 s. Memory hardly depends on the duration, and 50,000 full recordings take an hour."""

_FREE = 1.9
"""Smallest control of a machine with two free cores."""


@dataclass(frozen=True)
class Run:
    """One process: seconds, peak memory of it and its workers in MB, and its JSON output."""

    seconds: float
    megabytes: float
    output: dict


def copies(n_files: int, folder: Path, n_bytes: int | None = None) -> Path:
    """Write recordings with different bytes, of full length or ``n_bytes`` long; return their manifest."""
    originals = sorted(corpora_root().glob("emodb/**/*.wav"))
    (folder / "wav").mkdir(parents=True)
    with (folder / "copies.csv").open("w", newline="") as sink:
        table = csv.writer(sink)
        table.writerow(["path", "emotion", "speaker"])
        for number in range(n_files):
            original = originals[number % len(originals)]
            content = bytearray(original.read_bytes())
            if n_bytes:
                middle = len(content) // 2
                content = bytearray(_as_wav(content[middle : middle + n_bytes - 44]))
            content[-2:] = (number // len(originals) + 1).to_bytes(2, "little")
            name = f"{original.stem}-{number:06d}.wav"
            (folder / "wav" / name).write_bytes(content)
            os.utime(folder / "wav" / name, (LONG_AGO, LONG_AGO))
            table.writerow([f"wav/{name}", ("anger", "sadness")[number % 2], original.stem[:2]])
    return folder / "copies.csv"


def _as_wav(samples: bytes) -> bytes:
    rate = (16_000).to_bytes(4, "little") + (32_000).to_bytes(4, "little")
    layout = b"fmt \x10\0\0\0\x01\0\x01\0" + rate + b"\x02\0\x10\0"
    data = b"data" + len(samples).to_bytes(4, "little") + samples
    return b"RIFF" + (4 + len(layout) + len(data)).to_bytes(4, "little") + b"WAVE" + layout + data


def extract(manifest: Path, cache: Path, out: Path, *options: str, pause: float | None = None) -> Run:
    """Run ``featser extract``; measure its memory every ``pause`` seconds, which uses CPU time."""
    command = [sys.executable, "-m", "featser", "extract", "--manifest", str(manifest), "--out", str(out), "--json"]
    environment = os.environ | {"FEATSER_CACHE_DIR": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # keep compiled bytecode, as by default
    start = time.perf_counter()
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen([*command, *options], env=environment, stdout=stdout, stderr=stderr)
        peak = 0.0
        while pause and process.poll() is None:
            peak = max(peak, _megabytes(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(pause)
        process.wait()  # wait with a timeout polls every 0.05 s
        seconds = time.perf_counter() - start
        stdout.seek(0)
        stderr.seek(0)
        if process.returncode:
            raise RuntimeError(stderr.read().decode())
        return Run(seconds, peak, json.load(stdout))


def _megabytes(pid: int) -> float:
    """Return the proportional set size (PSS) of a process and its descendants in MB."""
    total, waiting = 0, [pid]
    while waiting:
        process = Path("/proc") / str(waiting.pop())
        try:
            rollup = (process / "smaps_rollup").read_text()
            for thread in (process / "task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
        except (OSError, ValueError):
            continue  # the process has ended
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def burn(n_steps: int = 20_000_000) -> int:
    """Keep one core busy."""
    total = 0
    for step in range(n_steps):
        total += step
    return total


def control() -> float:
    """Return the throughput of two processes relative to one: 2 if two cores are free."""
    context = multiprocessing.get_context("spawn")
    seconds = []
    for n_processes in (1, 2):
        processes = [context.Process(target=burn) for _ in range(n_processes)]
        start = time.perf_counter()
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        seconds.append(time.perf_counter() - start)
    return 2 * seconds[0] / seconds[1]


def workers(folder: Path, name: str, n_files: int, rounds: int) -> list[str]:
    """Time one worker, two workers and two separate commands, in alternating order, with controls around each round."""
    manifest = copies(n_files, folder / f"workers-{name}")
    halves = [_half(manifest, number) for number in (0, 1)]
    setups = {"one": [(manifest, "1")], "two": [(manifest, "2")], "separate": [(half, "1") for half in halves]}
    _timed(folder, name, [(copies(1, folder / f"warm-{name}"), "1")])  # compiles the kernels
    table = []
    for number in range(rounds):
        controls = [control()]
        order = sorted(setups, reverse=bool(number % 2))
        times = {setup: _timed(folder, name, setups[setup]) for setup in order}
        controls.append(control())
        one, two, separate = (times[setup].seconds for setup in setups)
        cpu = [times[setup].cpu_seconds for setup in ("one", "two")]
        table.append([*controls, one, two, separate, *cpu, cpu[1] / two, one / separate, one / two])
    named = [(str(number + 1), row) for number, row in enumerate(table)]
    named.append(("median", _medians(table)))
    free_rounds = [row for row in table if statistics.mean(row[:2]) >= _FREE]
    if free_rounds:
        named.append((f"median of {len(free_rounds)} with free cores", _medians(free_rounds)))
    return [_workers_line(f"{name} | {label}", row) for label, row in named]


@dataclass(frozen=True)
class Times:
    """Wall-clock and CPU seconds."""

    seconds: float
    cpu_seconds: float


def _timed(folder: Path, name: str, commands: list[tuple[Path, str]]) -> Times:
    """Run commands, given by manifest and number of jobs, at the same time; return their total times."""
    with tempfile.TemporaryDirectory(dir=folder) as temporary, ThreadPoolExecutor() as threads:
        start, cpu = time.perf_counter(), _cpu_seconds()
        running = [
            threads.submit(
                extract,
                manifest,
                Path(temporary) / manifest.stem,
                Path(temporary) / f"{manifest.stem}.parquet",
                *("--jobs", jobs, "--features", name),
            )
            for manifest, jobs in commands
        ]
        for each in running:
            each.result()
        return Times(time.perf_counter() - start, _cpu_seconds() - cpu)


def _cpu_seconds() -> float:
    """Return the CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _medians(rows: list[list[float]]) -> list[float]:
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def _workers_line(label: str, row: Sequence[float]) -> str:
    before, after, one, two, separate, cpu_one, cpu_two, in_use, gain_separate, gain = row
    seconds = f"{one:.1f} ({cpu_one:.1f}) | {two:.1f} ({cpu_two:.1f}) | {separate:.1f} | {in_use:.2f}"
    return f"| {label} | {before:.2f}, {after:.2f} | {seconds} | {gain_separate:.2f} | {gain:.2f} |"


def _half(manifest: Path, number: int) -> Path:
    """Write a manifest of every second recording, from the first (0) or the second (1) on."""
    title, *lines = manifest.read_text().splitlines(keepends=True)
    half = manifest.with_name(f"half-{number}.csv")
    half.write_text("".join([title, *lines[number::2]]))
    return half


def starts(folder: Path, name: str, rounds: int) -> list[str]:
    """Time one recording in a new process: without compiled kernels, with compiled kernels, and from the cache."""
    manifest = copies(1, folder / f"start-{name}")
    os.environ["NUMBA_CACHE_DIR"] = str(folder / f"loops-{name}")
    caches = [folder / f"s-{name}-{number}" for number in range(rounds + 1)]
    options = (folder / f"s-{name}.parquet", "--features", name)
    first, *cold = [extract(manifest, cache, *options).seconds for cache in caches]
    known = [extract(manifest, caches[-1], *options).seconds for _ in range(rounds)]
    del os.environ["NUMBA_CACHE_DIR"]
    return [f"| {name} | {first:.1f} | {statistics.median(cold):.2f} | {statistics.median(known):.2f} |"]


def second_runs(manifest: Path, folder: Path, name: str, rounds: int) -> list[str]:
    """Time a first run, a run without changes, a run after deletion of the table, and one with one changed file."""
    cache, out = folder / f"r-{name}", folder / f"r-{name}.parquet"
    options = (manifest, cache, out, "--features", name)
    first = extract(*options)
    again = statistics.median([extract(*options).seconds for _ in range(rounds)])
    out.unlink()
    rewritten = extract(*options).seconds
    file = min((manifest.parent / "wav").iterdir())
    file.write_bytes(file.read_bytes()[:-2] + f"{name:>2}"[:2].encode())
    os.utime(file)
    changed = extract(*options)
    shares = [f"{seconds:.2f} ({100 * seconds / first.seconds:.1f} %)" for seconds in (again, rewritten)]
    return [
        f"| {name} | {first.output['n_utterances']:,} | {first.seconds:.1f} | {shares[0]} | {shares[1]} | "
        f"{changed.seconds:.1f} s, {changed.output['computed']} computed | {out.stat().st_size / 1e6:.0f} |"
    ]


def memory(folder: Path, name: str, counts: list[int]) -> list[str]:
    """Measure the peak memory for increasing numbers of recordings, computed and from the cache."""
    lines = []
    for count in counts:
        manifest = copies(count, folder / f"m-{name}-{count}", _SHORT_BYTES)
        cache, out = folder / f"mc-{name}-{count}", folder / f"m-{name}-{count}.parquet"
        first = extract(manifest, cache, out, "--features", name, pause=0.05)
        out.unlink()
        again = extract(manifest, cache, out, "--features", name, pause=0.05)
        lines.append(f"| {name} | {count:,} | {first.megabytes:.0f} | {again.megabytes:.0f} | {first.seconds:.0f} |")
    return lines


def section(title: str, columns: str, rows: list[str], note: str) -> str:
    """Return a section with one table."""
    rule = "|".join("---" for _ in pairwise(columns.split("|")[1:]))
    return "\n".join([f"## {title}", "", columns, f"|{rule}|", *rows, "", note, ""])


def report(folder: Path, arguments: argparse.Namespace) -> str:
    """Measure, and return the page."""
    sets, rounds, manifest = arguments.sets, arguments.rounds, copies(arguments.recordings, folder / "many")
    names = ("numpy", "numba", "pyarrow", "joblib", "soundfile")
    versions = ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)])
    counts = sorted({arguments.largest // 100, arguments.largest // 10, arguments.largest})
    return "\n".join(
        [
            "# Scale",
            "",
            f"Made by `{' '.join(['python benchmarks/scale.py', *sys.argv[1:]])}`:",
            f"separate processes, {os.cpu_count()} cores, copies of EmoDB with different last samples. {versions}.",
            "",
            section(
                f"Workers, {arguments.shared:,} recordings",
                "| set | round | control | one worker, s | two workers, s | separate, s | cores in use "
                "| speed-up, separate | speed-up |",
                [line for name in sets for line in workers(folder, name, arguments.shared, arguments.pairs)],
                "Control: throughput of a pure Python loop in two processes relative to one, before and after the\n"
                f"round; 2 if both cores are free. The last line has the rounds with a mean control of {_FREE} or\n"
                "more. CPU seconds are in brackets; they vary with the load of the machine. Cores in use: CPU seconds\n"
                "of two workers divided by their time. Separate: two commands of one worker, with half of the\n"
                "recordings each.",
            ),
            section(
                "Start-up",
                "| set | kernels not compiled, s | kernels compiled, s | row in the cache, s |",
                [line for name in sets for line in starts(folder, name, rounds)],
                "One recording in a new process.",
            ),
            section(
                "Second runs",
                "| set | recordings | first, s | no change, s | table deleted, s | one changed | table, MB |",
                [line for name in sets for line in second_runs(manifest, folder, name, rounds)],
                "Without changes, the existing table is not written again.",
            ),
            section(
                "Memory",
                "| set | recordings | computed, MB | from the cache, MB | computed, s |",
                [line for name in sets for line in memory(folder, name, counts)],
                "Peak of all processes together, for recordings of 0.25 s.",
            ),
        ]
    )


def main() -> None:
    """Measure, print the page, and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=10_000, help="recordings of the second runs")
    parser.add_argument("--shared", type=int, default=10_000, help="recordings for one and two workers")
    parser.add_argument("--largest", type=int, default=50_000, help="recordings for memory; also 1/10 and 1/100 of it")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of start-up and second runs")
    parser.add_argument("--pairs", type=int, default=5, help="rounds for one and two workers")
    parser.add_argument("--sets", nargs="+", default=["classic", "wide"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        text = report(Path(name), arguments)
    print(text)
    REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
