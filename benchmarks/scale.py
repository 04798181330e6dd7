"""How `extract` behaves at scale: workers, starts, memory and second runs, as whole processes on real recordings.

Copies of EmoDB whose last sample differs stand for many recordings: their bytes differ, so each is computed. What two
cores really give at the moment is told by two controls in each round: a loop of pure Python in one process and then in
two at once, before and after; and the same work done apart, by two commands of one worker each that know nothing of
each other and have a half of the recordings each. A gain is worth reading where the controls come near 2. Memory is
that of the whole family of processes together, each page that they share counted once. Results go to
``reports/scale.md``.

    python benchmarks/scale.py [--recordings 10000] [--largest 50000] [--rounds 3] [--pairs 5] [--sets classic wide]

needs FEATSER_CORPORA with ``emodb/`` in it, and Linux for the memory.
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

from places import corpora_root

REPORT = Path(__file__).parent.parent / "reports" / "scale.md"
LONG_AGO = 1_600_000_000
_PIECE_BYTES = 44 + 2 * 4000
"""A quarter of a second: memory does not ask how long recordings are, and fifty thousand whole ones take an hour."""

_FREE = 1.9
"""What two cores give a loop of pure Python where nobody else uses them, but for what measuring itself varies by."""


@dataclass(frozen=True)
class Run:
    """One whole process: seconds, peak memory in MB of it and its workers, and what it told."""

    seconds: float
    megabytes: float
    told: dict


def copies(n_files: int, folder: Path, n_bytes: int | None = None) -> Path:
    """Write so many recordings, no two of the same bytes, whole or cut, and return a table that lists them."""
    originals = sorted(corpora_root().glob("emodb/**/*.wav"))
    (folder / "wav").mkdir(parents=True)
    with (folder / "copies.csv").open("w", newline="") as sink:
        table = csv.writer(sink)
        table.writerow(["path", "emotion", "speaker"])
        for number in range(n_files):
            original = originals[number % len(originals)]
            content = bytearray(original.read_bytes())
            if n_bytes:
                held = len(content) // 2
                content = bytearray(_as_wav(content[held : held + n_bytes - 44]))
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
    """Run ``featser extract``; look at its memory every ``pause`` seconds, which takes a core's time from it."""
    command = [sys.executable, "-m", "featser", "extract", "--manifest", str(manifest), "--out", str(out), "--json"]
    environment = os.environ | {"FEATSER_CACHE_DIR": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's Python keeps what it has compiled
    start = time.perf_counter()
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen([*command, *options], env=environment, stdout=stdout, stderr=stderr)
        peak = 0.0
        while pause and process.poll() is None:
            peak = max(peak, _megabytes(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(pause)
        process.wait()  # with a time limit it would look every twentieth of a second
        seconds = time.perf_counter() - start
        stdout.seek(0)
        stderr.seek(0)
        if process.returncode:
            raise RuntimeError(stderr.read().decode())
        return Run(seconds, peak, json.load(stdout))


def _megabytes(pid: int) -> float:
    """Memory of a process and of all below it; a page that n of them share counts as an n-th in each (PSS)."""
    total, waiting = 0, [pid]
    while waiting:
        place = Path("/proc") / str(waiting.pop())
        try:
            rollup = (place / "smaps_rollup").read_text()
            for thread in (place / "task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
        except (OSError, ValueError):
            continue  # it has just ended
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def burn(n_steps: int = 20_000_000) -> int:
    """Keep one core busy with nothing but itself."""
    total = 0
    for step in range(n_steps):
        total += step
    return total


def control() -> float:
    """How much more two processes get done than one at this moment: 2 where two cores are free."""
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
    """One worker, two, and two commands apart, in turn and in changing order; each round between two controls.

    One core's seconds vary with what the machine does for others; what does not are the cores that two workers use.
    """
    manifest = copies(n_files, folder / f"workers-{name}")
    halves = [_half(manifest, which) for which in (0, 1)]
    ways = {"one": [(manifest, "1")], "two": [(manifest, "2")], "apart": [(half, "1") for half in halves]}
    _took(folder, name, [(copies(1, folder / f"warm-{name}"), "1")])  # loops may be to compile
    table = []
    for number in range(rounds):
        free = [control()]
        order = sorted(ways, reverse=bool(number % 2))
        took = {way: _took(folder, name, ways[way]) for way in order}
        free.append(control())
        one, two, apart = (took[way].seconds for way in ways)
        worked = [took[way].of_cores for way in ("one", "two")]
        table.append([*free, one, two, apart, *worked, worked[1] / two, one / apart, one / two])
    named = [(str(number + 1), row) for number, row in enumerate(table)]
    named.append(("median", _medians(table)))
    free_rounds = [row for row in table if statistics.mean(row[:2]) >= _FREE]
    if free_rounds:
        named.append((f"median of {len(free_rounds)} with free cores", _medians(free_rounds)))
    return [_workers_line(f"{name} | {which}", row) for which, row in named]


@dataclass(frozen=True)
class Took:
    """Seconds until commands were done, and those that cores worked for them."""

    seconds: float
    of_cores: float


def _took(folder: Path, name: str, commands: list[tuple[Path, str]]) -> Took:
    """What commands take that start together; each has a manifest and a number of jobs."""
    with tempfile.TemporaryDirectory(dir=folder) as place, ThreadPoolExecutor() as threads:
        start, worked = time.perf_counter(), _worked()
        running = [
            threads.submit(
                extract,
                manifest,
                Path(place) / manifest.stem,
                Path(place) / f"{manifest.stem}.parquet",
                *("--jobs", jobs, "--features", name),
            )
            for manifest, jobs in commands
        ]
        for each in running:
            each.result()
        return Took(time.perf_counter() - start, _worked() - worked)


def _worked() -> float:
    """Seconds that cores have worked for commands that are done."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _medians(rows: list[list[float]]) -> list[float]:
    return [statistics.median(column) for column in zip(*rows, strict=True)]


def _workers_line(which: str, row: Sequence[float]) -> str:
    before, after, one, two, apart, worked_one, worked_two, in_use, gain_apart, gain = row
    seconds = f"{one:.1f} ({worked_one:.1f}) | {two:.1f} ({worked_two:.1f}) | {apart:.1f} | {in_use:.2f}"
    return f"| {which} | {before:.2f}, {after:.2f} | {seconds} | {gain_apart:.2f} | {gain:.2f} |"


def _half(manifest: Path, which: int) -> Path:
    """Table of every second recording."""
    title, *lines = manifest.read_text().splitlines(keepends=True)
    half = manifest.with_name(f"half-{which}.csv")
    half.write_text("".join([title, *lines[which::2]]))
    return half


def starts(folder: Path, name: str, rounds: int) -> list[str]:
    """One recording in a new process: with loops to compile, with compiled loops, and from the cache."""
    manifest = copies(1, folder / f"start-{name}")
    os.environ["NUMBA_CACHE_DIR"] = str(folder / f"loops-{name}")
    caches = [folder / f"s-{name}-{number}" for number in range(rounds + 1)]
    options = (folder / f"s-{name}.parquet", "--features", name)
    first, *cold = [extract(manifest, cache, *options).seconds for cache in caches]
    known = [extract(manifest, caches[-1], *options).seconds for _ in range(rounds)]
    del os.environ["NUMBA_CACHE_DIR"]
    return [f"| {name} | {first:.1f} | {statistics.median(cold):.2f} | {statistics.median(known):.2f} |"]


def second_runs(manifest: Path, folder: Path, name: str, rounds: int) -> list[str]:
    """A first run, runs in which nothing has changed, without its table, and one with one changed file."""
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
        f"| {name} | {first.told['n_utterances']:,} | {first.seconds:.1f} | {shares[0]} | {shares[1]} | "
        f"{changed.seconds:.1f} s, {changed.told['computed']} computed | {out.stat().st_size / 1e6:.0f} |"
    ]


def memory(folder: Path, name: str, counts: list[int]) -> list[str]:
    """Peak memory of runs over more and more files, computed, from the cache, and for the table alone."""
    lines = []
    for count in counts:
        manifest = copies(count, folder / f"m-{name}-{count}", _PIECE_BYTES)
        cache, out = folder / f"mc-{name}-{count}", folder / f"m-{name}-{count}.parquet"
        first = extract(manifest, cache, out, "--features", name, pause=0.05)
        out.unlink()
        again = extract(manifest, cache, out, "--features", name, pause=0.05)
        lines.append(f"| {name} | {count:,} | {first.megabytes:.0f} | {again.megabytes:.0f} | {first.seconds:.0f} |")
    return lines


def section(title: str, columns: str, rows: list[str], note: str) -> str:
    """Write one table."""
    rule = "|".join("---" for _ in pairwise(columns.split("|")[1:]))
    return "\n".join([f"## {title}", "", columns, f"|{rule}|", *rows, "", note, ""])


def report(folder: Path, arguments: argparse.Namespace) -> str:
    """Measure everything."""
    sets, rounds, manifest = arguments.sets, arguments.rounds, copies(arguments.recordings, folder / "many")
    names = ("numpy", "numba", "pyarrow", "joblib", "soundfile")
    versions = ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)])
    counts = sorted({arguments.largest // 100, arguments.largest // 10, arguments.largest})
    return "\n".join(
        [
            "# Scale",
            "",
            f"Made by `{' '.join(['python benchmarks/scale.py', *sys.argv[1:]])}`:",
            f"whole processes, {os.cpu_count()} cores, copies of EmoDB whose last sample differs. {versions}.",
            "",
            section(
                f"Workers, {arguments.shared:,} recordings",
                "| set | round | control | one, s | two, s | apart, s | cores in use | gain apart | gain |",
                [line for name in sets for line in workers(folder, name, arguments.shared, arguments.pairs)],
                "The control is what two cores gave a loop of pure Python, before and after: 2 where both are free;\n"
                f"the last line has the rounds whose two controls come to {_FREE} and more in the mean. In brackets\n"
                "are the seconds that cores worked, more or less for the same work as they are slower or quicker at\n"
                "a time; cores in use are those of two workers. Apart are two commands of one worker, with a half of\n"
                "the recordings each.",
            ),
            section(
                "Starts",
                "| set | loops to compile, s | loops compiled, s | row known, s |",
                [line for name in sets for line in starts(folder, name, rounds)],
                "One recording in a new process.",
            ),
            section(
                "Second runs",
                "| set | recordings | first, s | nothing changed, s | table deleted, s | one changed | table, MB |",
                [line for name in sets for line in second_runs(manifest, folder, name, rounds)],
                "Where nothing has changed, the table that lies there is left as it is.",
            ),
            section(
                "Memory",
                "| set | recordings | computed, MB | from the cache, MB | computed, s |",
                [line for name in sets for line in memory(folder, name, counts)],
                "Peak of all processes together. Pieces of a quarter of a second.",
            ),
        ]
    )


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=10_000, help="for second runs")
    parser.add_argument("--shared", type=int, default=10_000, help="for one and two workers")
    parser.add_argument("--largest", type=int, default=50_000, help="for memory; a tenth and a hundredth of it too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=5, help="rounds for one and two workers")
    parser.add_argument("--sets", nargs="+", default=["classic", "wide"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        text = report(Path(name), arguments)
    print(text)
    REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
