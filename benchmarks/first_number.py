"""From EmoDB's audio to the number: featser's two commands beside the usual librosa script, in one run.

Each contender runs as whole processes, in turn, several rounds; medians and ratios are printed. The usual script
computes 162 means (zero crossings, chroma, MFCC, RMS, mel) at 22.05 kHz and scores an SVM by leaving one speaker out.

    python benchmarks/first_number.py [--rounds 3]

needs FEATSER_CORPORA with ``emodb/`` in it.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from places import corpora_root

USUAL_SCRIPT = """
import sys
from pathlib import Path
import librosa, numpy as np
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

def features(file):
    y, rate = librosa.load(file)
    stft = np.abs(librosa.stft(y))
    return np.hstack([
        np.mean(librosa.feature.zero_crossing_rate(y=y).T, axis=0),
        np.mean(librosa.feature.chroma_stft(S=stft, sr=rate).T, axis=0),
        np.mean(librosa.feature.mfcc(y=y, sr=rate, n_mfcc=20).T, axis=0),
        np.mean(librosa.feature.rms(y=y).T, axis=0),
        np.mean(librosa.feature.melspectrogram(y=y, sr=rate).T, axis=0),
    ])

files = sorted(Path(sys.argv[1]).rglob("*.wav"))
X = np.array([features(file) for file in files])
y = np.array([file.stem[5] for file in files])
groups = np.array([file.stem[:2] for file in files])
model = make_pipeline(StandardScaler(), SVC(C=10, class_weight="balanced"))
print(balanced_accuracy_score(y, cross_val_predict(model, X, y, groups=groups, cv=LeaveOneGroupOut())))
"""


def timed(*commands: list[str], cache: Path, folder: Path) -> float:
    """Seconds that commands take one after another, as whole processes."""
    environment = os.environ | {"FEATSER_CACHE_DIR": str(cache), "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, env=environment, cwd=folder, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    emodb = str(corpora_root() / "emodb")
    featser = [sys.executable, "-m", "featser"]
    stories = {
        name: (
            [*featser, "extract", emodb, "--features", name, "--out", "emodb.parquet"],
            [*featser, "fit", "emodb.parquet", "--model", "svm"],
        )
        for name in ("classic", "wide")
    }
    usual = [sys.executable, "-c", USUAL_SCRIPT, emodb]
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        timed(*stories["wide"], cache=folder / "warm", folder=folder)
        for number in range(rounds):
            fresh = folder / f"cache-{number}"
            for features, story in stories.items():
                for when in ("first time", "from the cache"):
                    passed = timed(*story, cache=fresh, folder=folder)
                    seconds.setdefault(f"featser, {features}, {when}", []).append(passed)
            seconds.setdefault("usual script", []).append(timed(usual, cache=fresh, folder=folder))
    slowest = statistics.median(seconds["usual script"])
    print("| from EmoDB's audio to a score | median s | min | max | usual script takes |")
    print("|---|---|---|---|---|")
    for what, values in seconds.items():
        middle = statistics.median(values)
        print(f"| {what} | {middle:.2f} | {min(values):.2f} | {max(values):.2f} | {slowest / middle:.1f} x |")


if __name__ == "__main__":
    main()
