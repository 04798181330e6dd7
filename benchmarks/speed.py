"""Speed of feature extraction: featser, librosa, openSMILE and a lower bound, on one thread.

    python benchmarks/speed.py [--rounds 5] [--files 60]

The lower bound ("limit") is the work that every extractor needs: decoding, resampling to 16 kHz, and one
single-precision FFT of 512 points per 10 ms. All contenders run in one process and alternate every few files, for
several rounds. Medians and ratios are printed and written to ``reports/speed.md`` with a figure. openSMILE is included
if it is installed. Needs ``FEATSER_CORPORA`` with ``emodb/``, ``ravdess/`` and ``ravdess-native/``.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import librosa
import numpy as np
import scipy.fft
import soundfile
import soxr
from corpora import corpora_root
from threadpoolctl import threadpool_limits

from featser.audio import Signal, read_signal
from featser.features import DESCRIPTORS, UTTERANCE_FEATURES, Frames, compute_features, feature_sets
from featser.features.descriptors.pitch import track_pitch

Contender = Callable[[Path], object]
_FILES_PER_TURN = 6
"""Number of files per turn: enough for warm caches, few enough that all contenders run under the same load."""

REPORT = Path(__file__).parent.parent / "reports"
_WINDOW = np.zeros(512, np.float32)
_WINDOW[56:456] = np.hanning(401)[:-1]


def limit(file: Path) -> None:
    """Decode, resample, and compute one FFT per frame in blocks of 64."""
    samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    signal = samples.mean(axis=1) if samples.shape[1] > 1 else samples[:, 0]
    if rate != 16_000:
        signal = soxr.resample(signal, rate, 16_000, quality="HQ")
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(signal, 256), 512)[::160]
    for start in range(0, len(frames), 64):
        scipy.fft.rfft(frames[start : start + 64] * _WINDOW, axis=-1)


def librosa_script(file: Path) -> np.ndarray:
    """Means of zero crossings, chroma, MFCC, RMS, mel and contrast at 22.05 kHz, with a spectrogram for each."""
    y, rate = librosa.load(file)
    tracks = (
        librosa.feature.zero_crossing_rate(y=y),
        librosa.feature.chroma_stft(y=y, sr=rate),
        librosa.feature.mfcc(y=y, sr=rate),
        librosa.feature.rms(y=y),
        librosa.feature.melspectrogram(y=y, sr=rate),
        librosa.feature.spectral_contrast(y=y, sr=rate),
    )
    return np.hstack([track.mean(axis=1) for track in tracks])


def shared_spectrum(file: Path) -> np.ndarray:
    """Means of the same families on one shared spectrogram, at 16 kHz with a hop of 10 ms."""
    y, rate = librosa.load(file, sr=16_000)
    magnitude = np.abs(librosa.stft(y, n_fft=1024, hop_length=160))
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=rate, n_mels=40)
    tracks = (
        librosa.feature.zero_crossing_rate(y=y, frame_length=400, hop_length=160),
        librosa.feature.chroma_stft(S=magnitude**2, sr=rate, tuning=0),
        librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=20),
        librosa.feature.rms(S=magnitude, frame_length=1024),
        librosa.feature.spectral_contrast(S=magnitude, sr=rate),
    )
    return np.hstack([track.mean(axis=1) for track in tracks])


def contenders() -> dict[str, Contender]:
    """Return the contenders by name."""
    found: dict[str, Contender] = {"limit": limit}
    for name, feature_set in feature_sets().items():
        found[f"featser {name} ({len(feature_set.feature_names)} features)"] = lambda file, chosen=feature_set: (
            compute_features(read_signal(file), chosen)
        )
    found |= {"librosa, separate spectra (means)": librosa_script, "librosa, one spectrum (means)": shared_spectrum}
    if find_spec("opensmile"):
        import opensmile

        for chosen in (opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureSet.ComParE_2016):
            smile = opensmile.Smile(chosen, opensmile.FeatureLevel.Functionals)
            name = f"openSMILE {chosen.name} ({smile.num_features} features)"
            found[name] = lambda file, smile=smile: smile.process_file(str(file))
    return found


def parts(signals: dict[Path, Signal]) -> dict[str, Contender]:
    """Return the shared spectra and pitch, each descriptor and each family, computed from signals in memory."""
    shared = {
        "short spectrum": lambda frames: frames.power,
        "long spectrum": lambda frames: frames.long_power,
        "pitch": track_pitch,
    }
    alone = {each.name: each.compute for each in (*DESCRIPTORS.values(), *UTTERANCE_FEATURES.values())}
    together = {
        f"family {family}": lambda frames, names=names: [frames.shared(alone[name]) for name in names]
        for family, names in families().items()
    }
    return {
        name: lambda file, compute=compute: compute(Frames(signals[file]))
        for name, compute in {**shared, **alone, **together}.items()
    }


def families() -> dict[str, list[str]]:
    """Return the names of descriptors and utterance features by family."""
    found: dict[str, list[str]] = {}
    for each in (*DESCRIPTORS.values(), *UTTERANCE_FEATURES.values()):
        found.setdefault(each.family, []).append(each.name)
    return found


def files(n_files: int) -> list[Path]:
    """Return real recordings in three formats: 16 kHz WAV, 16 kHz FLAC, 48 kHz WAV."""
    root = corpora_root()
    emodb, ravdess = sorted(root.glob("emodb/**/*.wav")), sorted(root.glob("ravdess/**/*.flac"))
    half = (n_files - 8) // 2
    chosen = [each[:: max(1, len(each) // half)][:half] for each in (emodb, ravdess)]
    return [*chosen[0], *chosen[1], *sorted(root.glob("ravdess-native/**/*.wav"))]


def measure(contenders: dict[str, Contender], chosen: list[Path], rounds: int) -> dict[str, list[float]]:
    """Return the milliseconds per second of audio of each contender, one value per round."""
    seconds = sum(soundfile.info(file).duration for file in chosen)
    for compute in contenders.values():
        compute(chosen[0])
        compute(chosen[-1])
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        spent = dict.fromkeys(contenders, 0.0)
        for first in range(0, len(chosen), _FILES_PER_TURN):
            for name, compute in contenders.items():
                start = time.perf_counter()
                for file in chosen[first : first + _FILES_PER_TURN]:
                    compute(file)
                spent[name] += time.perf_counter() - start
        for name, own in spent.items():
            taken[name].append(1000 * own / seconds)
    return taken


def times_limit(taken: dict[str, list[float]], name: str) -> float:
    """Return the median over rounds of the ratio to the limit in the same round."""
    return statistics.median(own / bound for own, bound in zip(taken[name], taken["limit"], strict=True))


def table(taken: dict[str, list[float]], n_files: int) -> str:
    """Return medians, ranges and ratios in Markdown."""
    rows = [
        f"| {name} | {statistics.median(each):.3f} | {min(each):.3f} - {max(each):.3f} | "
        f"{times_limit(taken, name):.2f} | {1000 / statistics.median(each):,.0f} |"
        for name, each in sorted(taken.items(), key=lambda item: statistics.median(item[1]))
    ]
    return "\n".join(
        [
            "# Speed",
            "",
            f"Made by `make bench`: {n_files} real files, one thread, warm, medians of {len(taken['limit'])} rounds",
            f"in one process, in which the contenders alternate every {_FILES_PER_TURN} files. The limit is decoding,",
            "resampling and one FFT per 10 ms; ratios to it are medians of the ratios within a round.",
            f"Ratios are comparable between machines, times are not. {versions()}",
            "",
            "| contender | ms per s of audio | min - max | x limit | x real time |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def table_of_parts(taken: dict[str, list[float]]) -> str:
    """Return the cost of each family in units of the limit, in Markdown."""
    cost = partial(times_limit, taken)
    rows = []
    for family, names in sorted(families().items(), key=lambda item: -cost(f"family {item[0]}")):
        slowest = max(names, key=cost)
        rows.append(f"| {family} | {len(names)} | {cost(f'family {family}'):.2f} | {slowest} ({cost(slowest):.2f}) |")
    slow = [f"`{name}` ({cost(name):.2f})" for names in families().values() for name in names if cost(name) > 0.5]
    return "\n".join(
        [
            "",
            "## Cost of each family",
            "",
            "In units of the limit, for signals in memory, without functionals. Each family is computed separately,",
            "including the spectra that it needs. A feature set computes these only once: the spectrum of the short",
            f"window ({cost('short spectrum'):.2f}), that of the long window ({cost('long spectrum'):.2f}) and the",
            f"pitch ({cost('pitch'):.2f}).",
            f"Descriptors that take more than half of the limit: {', '.join(slow) or 'none'}.",
            "",
            "| family | members | x limit | slowest member, x limit |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def versions() -> str:
    """Return the versions of Python and the libraries."""
    parts = [f"Python {platform.python_version()}"]
    for name in ("numpy", "scipy", "numba", "librosa", "soxr", "soundfile", "opensmile"):
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            parts.append(f"{name} not installed")
    return ", ".join(parts) + "."


def draw(taken: dict[str, list[float]], path: Path) -> None:
    """Draw a bar chart of milliseconds per second of audio, on a logarithmic axis."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "featser"
    ordered = sorted(taken.items(), key=lambda item: -statistics.median(item[1]))
    figure = Figure(figsize=(8, 0.5 * len(ordered) + 1), layout="constrained")
    axes = figure.subplots()
    names, values = [name for name, _ in ordered], [statistics.median(each) for _, each in ordered]
    colours = ["#2b6a99" if "featser" in name else "#999999" for name in names]
    bars = axes.barh(names, values, color=colours)
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set_xscale("log")
    axes.set_xlabel("ms per second of audio, one thread (logarithmic)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measure, print the page, and write it with its figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=60)
    arguments = parser.parse_args()
    chosen = files(arguments.files)
    whole = contenders()
    with threadpool_limits(1):
        taken = measure(whole | parts({file: read_signal(file) for file in chosen}), chosen, arguments.rounds)
    of_whole = {name: taken[name] for name in whole}
    text = table(of_whole, len(chosen)) + table_of_parts(taken)
    print(text)
    (REPORT / "speed.md").write_text(text, encoding="utf-8")
    draw(of_whole, REPORT / "speed.svg")


if __name__ == "__main__":
    main()
