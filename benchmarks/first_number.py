"""Time from the audio of EmoDB to a cross-validated score: two commands of featser and a typical librosa script.

    python benchmarks/first_number.py [--rounds 3]

Each command is timed as a separate process. The contenders alternate for several rounds; medians and ratios are
printed. The librosa script computes 162 means (zero crossings, chroma, MFCC, RMS, mel) at 22.05 kHz and scores an SVM
by leave-one-speaker-out. Needs ``FEATSER_CORPORA`` with ``emodb/``.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from corpora import corpora_root

LIBROSA_SCRIPT = """
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
    """Run commands one after another as processes; return the seconds."""
    environment = os.environ | {"FEATSER_CACHE_DIR": str(cache), "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, env=environment, cwd=folder, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    emodb = str(corpora_root() / "emodb")
    featser = [sys.executable, "-m", "featser"]
    contenders = {
        name: (
            [*featser, "extract", emodb, "--features", name, "--out", "emodb.parquet"],
            [*featser, "fit", "emodb.parquet", "--model", "svm"],
        )
        for name in ("classic", "wide")
    }
    librosa = [sys.executable, "-c", LIBROSA_SCRIPT, emodb]
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        timed(*contenders["wide"], cache=folder / "warm", folder=folder)
        for number in range(rounds):
            cache = folder / f"cache-{number}"
            for features, commands in contenders.items():
                for state in ("empty cache", "from the cache"):
                    passed = timed(*commands, cache=cache, folder=folder)
                    seconds.setdefault(f"featser, {features}, {state}", []).append(passed)
            seconds.setdefault("librosa script", []).append(timed(librosa, cache=cache, folder=folder))
    reference = statistics.median(seconds["librosa script"])
    print("| EmoDB, audio to score | median s | min | max | speed-up over librosa script |")
    print("|---|---|---|---|---|")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"| {name} | {median:.2f} | {min(values):.2f} | {max(values):.2f} | {reference / median:.1f} |")


if __name__ == "__main__":
    main()
