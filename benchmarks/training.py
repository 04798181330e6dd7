"""Time and memory of `fit` with lda, and how both grow with the table.

    python benchmarks/training.py [--sizes 1860 3720 7441] [--jobs 2]

The tables have the 5,304 features of `wide`, 91 speakers and 6 emotions: rows of synthetic voices, repeated with noise.
Each size is a process of its own with 6 folds and both normalisations. Processor seconds and the largest memory are
printed and written to ``reports/training.md``; other work on the machine changes the seconds by tens of percent.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

import featser
from featser.synthetic import write_corpus
from featser.table import Table

EMOTIONS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness")
N_SPEAKERS = 91
REPORT = Path(__file__).parent.parent / "reports" / "training.md"


def main() -> None:
    """Measure each size in its own process, and write the table."""
    parser = argparse.ArgumentParser(description="Time and memory of fit with lda.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1860, 3720, 7441])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--one", type=int)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(options.one, options.jobs)))
        return
    lines = []
    for size in options.sizes:
        command = [sys.executable, "-W", "ignore", __file__, "--one", str(size), "--jobs", str(options.jobs)]
        done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        lines.append(f"| {size:,} | {done['cpu']:.0f} | {done['wall']:.0f} | {done['gigabytes']:.2f} |")
        print(lines[-1], flush=True)
    head = ["| utterances | processor, s | wall, s | memory, GB |", "|---|---|---|---|"]
    made = (
        f"Made by `python benchmarks/training.py --jobs {options.jobs}`: `fit` with lda on `wide`, 6 folds by speaker,"
    )
    text = ["# Training", "", made, "with and without normalisation by speaker, temperature on inner folds.", ""]
    REPORT.write_text("\n".join([*text, *head, *lines, ""]), encoding="utf-8")


def measured(size: int, jobs: int) -> dict[str, float]:
    """Fit one table; return processor and wall seconds, and the largest memory of the process."""
    table = enlarged(size)
    wall, cpu = time.perf_counter(), time.process_time()
    featser.fit(table, "lda", protocol="6-fold-by-speaker", normalise="speaker", jobs=jobs)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "gigabytes": memory}


def enlarged(size: int) -> Table:
    """Repeat the rows of a small table, with noise of a third of their spread."""
    with TemporaryDirectory() as place:
        write_corpus(Path(place), "ravdess", 8, EMOTIONS, 4)
        small = featser.extract(place, features="wide")
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(small), size)
    values = small.features.to_numpy()
    noise = rng.standard_normal((size, values.shape[1]), dtype=np.float32) * np.nan_to_num(np.nanstd(values, axis=0))
    manifest = pd.DataFrame(
        {
            "utterance": [f"large/{number:05d}" for number in range(size)],
            "path": "",
            "corpus": "large",
            "speaker": [f"large/{number % N_SPEAKERS:02d}" for number in range(size)],
            "emotion": small.manifest["emotion"].to_numpy()[rows],
        }
    )
    features = pd.DataFrame(values[rows] + noise / 3, columns=small.features.columns)
    return Table(manifest, features, small.feature_set)


if __name__ == "__main__":
    main()
