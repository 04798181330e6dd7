"""How fast features are computed: featser, its peers and the physical limit, interleaved in one process, one thread.

The limit is what nobody can do without: decode, resample to 16 kHz, one single-precision FFT of 512 points per 10 ms.
Contenders take turns at a few files each, round after round; medians and ratios are printed and written to
``reports/speed.md`` with a picture. openSMILE runs where its package is installed.

    python benchmarks/speed.py [--rounds 5] [--files 60]

needs FEATSER_CORPORA with ``emodb/``, ``ravdess/`` and ``ravdess-native/`` in it.
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
from places import corpora_root
from threadpoolctl import threadpool_limits

from featser.audio import Signal, read_signal
from featser.features import DESCRIPTORS, UTTERANCE_FEATURES, Frames, compute_features, feature_sets
from featser.features.descriptors.pitch import track_pitch

Contender = Callable[[Path], object]
_AT_A_TURN = 6
"""Files that each takes before it is the next one's turn: enough to be warm, few enough to meet the same machine."""

REPORT = Path(__file__).parent.parent / "reports"
_WINDOW = np.zeros(512, np.float32)
_WINDOW[56:456] = np.hanning(401)[:-1]


def limit(file: Path) -> None:
    """Decode, resample, one FFT per frame in blocks of 64, and nothing else."""
    samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    signal = samples.mean(axis=1) if samples.shape[1] > 1 else samples[:, 0]
    if rate != 16_000:
        signal = soxr.resample(signal, rate, 16_000, quality="HQ")
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(signal, 256), 512)[::160]
    for start in range(0, len(frames), 64):
        scipy.fft.rfft(frames[start : start + 64] * _WINDOW, axis=-1)


def usual_script(file: Path) -> np.ndarray:
    """Means of zero crossings, chroma, MFCC, RMS, mel and contrast at 22.05 kHz, each by a call of its own."""
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
    """The same families on one spectrogram, at 16 kHz and 25/10 ms: librosa used well."""
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
    """Everybody who takes part, by name."""
    found: dict[str, Contender] = {"limit": limit}
    for name, feature_set in feature_sets().items():
        found[f"featser {name} ({len(feature_set.feature_names)} features)"] = lambda file, chosen=feature_set: (
            compute_features(read_signal(file), chosen)
        )
    found |= {"librosa, usual script (means)": usual_script, "librosa, one spectrum (means)": shared_spectrum}
    if find_spec("opensmile"):
        import opensmile

        for chosen in (opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureSet.ComParE_2016):
            smile = opensmile.Smile(chosen, opensmile.FeatureLevel.Functionals)
            name = f"openSMILE {chosen.name} ({smile.num_features} features)"
            found[name] = lambda file, smile=smile: smile.process_file(str(file))
    return found


def parts(signals: dict[Path, Signal]) -> dict[str, Contender]:
    """What descriptors read, each descriptor alone, and each family at once, of signals that are in memory."""
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
    """Names of descriptors, and of features of the utterance, by family."""
    found: dict[str, list[str]] = {}
    for each in (*DESCRIPTORS.values(), *UTTERANCE_FEATURES.values()):
        found.setdefault(each.family, []).append(each.name)
    return found


def files(n_files: int) -> list[Path]:
    """Real recordings of three kinds: 16 kHz WAV, 16 kHz FLAC, 48 kHz WAV."""
    root = corpora_root()
    emodb, ravdess = sorted(root.glob("emodb/**/*.wav")), sorted(root.glob("ravdess/**/*.flac"))
    half = (n_files - 8) // 2
    chosen = [each[:: max(1, len(each) // half)][:half] for each in (emodb, ravdess)]
    return [*chosen[0], *chosen[1], *sorted(root.glob("ravdess-native/**/*.wav"))]


def measure(everybody: dict[str, Contender], chosen: list[Path], rounds: int) -> dict[str, list[float]]:
    """Milliseconds per second of audio, a value per round."""
    seconds = sum(soundfile.info(file).duration for file in chosen)
    for compute in everybody.values():
        compute(chosen[0])
        compute(chosen[-1])
    taken: dict[str, list[float]] = {name: [] for name in everybody}
    for _ in range(rounds):
        spent = dict.fromkeys(everybody, 0.0)
        for first in range(0, len(chosen), _AT_A_TURN):
            for name, compute in everybody.items():
                start = time.perf_counter()
                for file in chosen[first : first + _AT_A_TURN]:
                    compute(file)
                spent[name] += time.perf_counter() - start
        for name, own in spent.items():
            taken[name].append(1000 * own / seconds)
    return taken


def times_limit(taken: dict[str, list[float]], name: str) -> float:
    """Median over rounds of the ratio to the limit within a round, in which both saw the same machine."""
    return statistics.median(own / bound for own, bound in zip(taken[name], taken["limit"], strict=True))


def table(taken: dict[str, list[float]], n_files: int) -> str:
    """Medians, spread and ratios as Markdown."""
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
            f"in one process, in which all take turns at {_AT_A_TURN} files at a time. The limit is decoding,",
            "resampling and one FFT per 10 ms; the ratios to it are medians of those within a round.",
            f"Ratios travel to other machines, times do not. {versions()}",
            "",
            "| contender | ms per s of audio | min - max | x limit | x real time |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def table_of_parts(taken: dict[str, list[float]]) -> str:
    """What each family costs, in units of the limit, as Markdown; ratios are taken within a round."""
    cost = partial(times_limit, taken)
    rows = []
    for family, names in sorted(families().items(), key=lambda item: -cost(f"family {item[0]}")):
        dearest = max(names, key=cost)
        rows.append(f"| {family} | {len(names)} | {cost(f'family {family}'):.2f} | {dearest} ({cost(dearest):.2f}) |")
    dear = [f"`{name}` ({cost(name):.2f})" for names in families().values() for name in names if cost(name) > 0.5]
    return "\n".join(
        [
            "",
            "## What each family costs",
            "",
            "In units of the limit, of signals that are in memory, without functionals: each family alone, with",
            "all that it reads. In a set what several read is computed once: the spectrum of the short",
            f"window ({cost('short spectrum'):.2f}), of the long one ({cost('long spectrum'):.2f}),",
            f"pitch ({cost('pitch'):.2f}).",
            f"More than half of the limit alone: {', '.join(dear) or 'no descriptor'}.",
            "",
            "| family | members | x limit, alone | dearest member, alone |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def versions() -> str:
    """Versions of everything that takes part."""
    parts = [f"Python {platform.python_version()}"]
    for name in ("numpy", "scipy", "numba", "librosa", "soxr", "soundfile", "opensmile"):
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            parts.append(f"{name} not installed")
    return ", ".join(parts) + "."


def draw(taken: dict[str, list[float]], path: Path) -> None:
    """Bars of milliseconds per second of audio, on a logarithmic axis."""
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
    """Measure, print, write."""
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
