"""Load of ``featser app``: many uploads of three seconds at once.

``python benchmarks/app_load.py MODEL [-n 200]`` starts the server, sends the uploads at once, and reports how many were
lost, the slowest one, the CPU time of the server, and the memory of the server and its children before and after. The
exit code is 1 if an upload is lost.
"""

import argparse
import asyncio
import io
import subprocess
import sys
import time

import httpx
import numpy as np
import psutil
import soundfile

RATE = 16_000


def recording(seconds: float = 3.0, seed: int = 0) -> bytes:
    """A WAV file with a syllable-like tone in noise."""
    t = np.arange(int(seconds * RATE)) / RATE
    pitch = 150 + 30 * np.sin(2 * np.pi * 0.7 * t)
    voice = sum(np.sin(2 * np.pi * n * np.cumsum(pitch) / RATE) / n for n in range(1, 12))
    noise = np.random.default_rng(seed).standard_normal(len(t))
    content = io.BytesIO()
    soundfile.write(content, 0.1 * voice * (1 + np.sin(2 * np.pi * 3 * t)) + 0.002 * noise, RATE, format="WAV")
    return content.getvalue()


def megabytes(process: psutil.Process) -> float:
    """Memory of a process and its children that no other process shares."""
    return sum(each.memory_full_info().uss for each in [process, *process.children(recursive=True)]) / 1e6


async def send(address: str, n_uploads: int) -> tuple[list[float], list[dict[str, object]], int]:
    """Send different recordings at once; return seconds, documents and the number of lost ones."""
    contents = [recording(seed=number) for number in range(n_uploads)]
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=300) as client:

        async def one(content: bytes) -> tuple[float, httpx.Response]:
            start = time.perf_counter()
            response = await client.post("/predict", files={"files": ("a.wav", content)}, params={"pitch": True})
            return time.perf_counter() - start, response

        outcomes = await asyncio.gather(*map(one, contents), return_exceptions=True)
    answered = [each for each in outcomes if not isinstance(each, BaseException) and each[1].status_code == 200]
    return [each[0] for each in answered], [each[1].json() for each in answered], n_uploads - len(answered)


def main() -> int:
    """Measure, print and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("-n", type=int, default=200)
    options = parser.parse_args()
    command = [sys.executable, "-m", "featser", "app", options.model, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().split()[0]
            process = psutil.Process(server.pid)
            asyncio.run(send(address, options.n))
            print("uploads  lost  median s  slowest s  CPU s  MB before  after")
            lost = 0
            for _ in range(3):
                before, start = megabytes(process), cpu(process)
                seconds, _, n_lost = asyncio.run(send(address, options.n))
                used = cpu(process) - start
                time.sleep(1)
                row = f"{options.n:>7} {n_lost:>5} {np.median(seconds):>9.2f} {max(seconds):>10.2f} {used:>6.2f}"
                print(f"{row} {before:>10.0f} {megabytes(process):>6.0f}")
                lost += n_lost
        finally:
            server.terminate()
    return 1 if lost else 0


def cpu(process: psutil.Process) -> float:
    """CPU seconds of a process and its children."""
    times = [each.cpu_times() for each in [process, *process.children(recursive=True)]]
    return sum(each.user + each.system for each in times)


if __name__ == "__main__":
    sys.exit(main())
