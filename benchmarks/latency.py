"""Latency of a prediction: one recording of 3 s through a loaded model, and from the shell.

    python benchmarks/latency.py [--rounds 40]

Models of `wide` are fitted on synthetic voices first; what they are trained on does not change their speed. Times are
processor seconds on one core, since other work on the machine would change the others; medians are printed and written
to ``reports/latency.md``. Throughput is audio time over processor time.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

import featser
from featser.audio import SAMPLE_RATE
from featser.bundle import Model, load_model
from featser.explain import explain_features
from featser.synthetic import write_corpus
from featser.versions import library_versions

MODELS = ("lda", "xgb")
SECONDS = 3.0
N_FILES = 40
REPORT = Path(__file__).parent.parent / "reports" / "latency.md"


def main() -> None:
    """Fit the models, measure, and write the table."""
    parser = argparse.ArgumentParser(description="Latency of a prediction with models of wide.")
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    with TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["FEATSER_CACHE_DIR"] = str(folder / "cache")
        write_corpus(folder / "voices", "emodb", 6, ("anger", "happiness", "neutral", "sadness"), 4)
        clips = clips_of(folder)
        table = featser.extract(folder / "voices", features="wide")
        rows = []
        for name in MODELS:
            path = folder / f"{name}.joblib"
            featser.fit(table, model=name, protocol="3-fold-by-speaker").save_model(path)
            rows.append((name, *measured(load_model(path), clips, rounds), shell(path, clips[0], max(3, rounds // 8))))
    REPORT.write_text(page(rows, rounds), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))


def clips_of(folder: Path) -> list[Path]:
    """Write recordings of 3 s, made of synthetic utterances."""
    paths = []
    for number, path in enumerate(sorted((folder / "voices").rglob("*.wav"))[:N_FILES]):
        samples = np.tile(soundfile.read(path, dtype="float32")[0], 5)[: round(SECONDS * SAMPLE_RATE)]
        paths.append(folder / f"clip-{number}.wav")
        soundfile.write(paths[-1], samples, SAMPLE_RATE)
    return paths


def measured(model: Model, clips: list[Path], rounds: int) -> tuple[float, float, float, float]:
    """Median milliseconds of a file, of samples, of the classifier and of an explanation."""
    signals = [soundfile.read(clip, dtype="float32")[0] for clip in clips]
    features = model.describe(signals[:1])
    model.predict_proba(clips[:2])
    return (
        median_ms(rounds, lambda at: model.predict_proba([clips[at % len(clips)]])),
        median_ms(rounds, lambda at: model.predict_proba([signals[at % len(clips)]])),
        median_ms(rounds, lambda _: model.answer(features)),
        median_ms(rounds, lambda _: explain_features(model, features)),
    )


def median_ms(rounds: int, step: Callable[[int], object]) -> float:
    """Median of the processor time of a step, in milliseconds."""
    taken = []
    for at in range(rounds):
        start = time.process_time()
        step(at)
        taken.append(1000 * (time.process_time() - start))
    return statistics.median(taken)


def shell(model: Path, clip: Path, rounds: int) -> float:
    """Median processor time of ``featser predict`` as a process, in milliseconds."""
    taken = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "featser", "predict", str(model), str(clip), "--jobs", "1", "--json"]
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return statistics.median(taken)


def page(rows: list[tuple[str, float, float, float, float, float]], rounds: int) -> str:
    """Write the table."""
    versions = library_versions()
    named = ", ".join(f"{name} {versions[name]}" for name in ("python", "numpy", "scikit-learn", "xgboost"))
    head = "| model | file, ms | samples, ms | classifier, ms | explanation, ms | times real time | shell, ms |"
    lines = [
        f"| {name} | {' | '.join(f'{each:.1f}' for each in times)} | {1000 * SECONDS / times[0]:.0f} | {start:.0f} |"
        for name, *times, start in rows
    ]
    return "\n".join(
        [
            "# Latency",
            "",
            f"Made by `python benchmarks/latency.py --rounds {rounds}`: one recording of {SECONDS:.0f} s through a",
            f"model of `wide`, processor time on one core, median. {named}.",
            "",
            head,
            "|---|---|---|---|---|---|---|",
            *lines,
            "",
            "`file` is decoding, features and classifier of a loaded model; `samples` is the same without decoding;",
            "`shell` is `featser predict` as a process, most of which is the import of the libraries.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
