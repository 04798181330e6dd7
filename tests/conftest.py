"""Fixtures that several test files share."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from outcomes import Outcome

from featser import cli
from featser.audio import SAMPLE_RATE, Signal, read_signal
from featser.bundle import Model
from featser.corpora import read_corpus
from featser.extraction import extract
from featser.extraction.rows import ensure_compiled
from featser.features import find_feature_set
from featser.features.edge_cases import edge_case_signals
from featser.pipeline import specification_for
from featser.synthetic import containers, write_corpus
from featser.table import Table, read_table, write_table
from featser.training import fit

EMOTIONS = ("anger", "boredom", "happiness", "neutral", "sadness")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the kernels once, before several test processes would each compile them."""
    if getattr(session.config.option, "numprocesses", None):
        ensure_compiled(find_feature_set("wide"))


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache for the tests alone; nobody's own is touched."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["FEATSER_CACHE_DIR"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def corpora_root() -> Path:
    """Folder of the real corpora that FEATSER_CORPORA names."""
    folder = os.environ.get("FEATSER_CORPORA")
    if not folder:
        pytest.skip("FEATSER_CORPORA is not set: the real recordings are not here")
    return Path(folder)


@pytest.fixture(scope="session")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic corpus in EmoDB's names: 6 speakers, 5 emotions, 4 utterances of each."""
    folder = tmp_path_factory.mktemp("voices")
    write_corpus(folder, "emodb", n_speakers=6, emotions=EMOTIONS, n_per_emotion=4, seed=3)
    return folder


@pytest.fixture(scope="session")
def table_path(voices: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The classic feature table of `voices`."""
    path = tmp_path_factory.mktemp("tables") / "voices.parquet"
    write_table(extract(read_corpus(voices), "classic"), path)
    return path


@pytest.fixture(scope="session")
def table(table_path: Path) -> Table:
    return read_table([table_path])


@pytest.fixture(scope="session")
def talk(voices: Path) -> Signal:
    """Twelve utterances of one speaker with pauses of 0.1 to 1.5 s; half a minute at 16 kHz, exact in 16 bits."""
    rng = np.random.default_rng(4)
    parts = [np.zeros(SAMPLE_RATE, np.float32)]
    for file in sorted(voices.rglob("03*.wav"))[:12]:
        parts += [read_signal(file), np.zeros(int(rng.uniform(0.1, 1.5) * SAMPLE_RATE), np.float32)]
    return np.round(np.concatenate(parts) * 32767).astype(np.int16).astype(np.float32) / 32768


@pytest.fixture(scope="session")
def voice_model(table: Table) -> Model:
    """A model of `voices` that can be adapted to a speaker."""
    return fit(table, specification_for("logreg"), protocol="3-fold-by-speaker", normalise="speaker").model


@pytest.fixture(scope="session")
def log_mel_path(voices: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log-mel frames of `voices`, for models of sequences."""
    path = tmp_path_factory.mktemp("tables") / "voices-log-mel.parquet"
    write_table(extract(read_corpus(voices), "log-mel"), path)
    return path


@pytest.fixture(scope="session")
def log_mel_table(log_mel_path: Path) -> Table:
    return read_table([log_mel_path])


@pytest.fixture
def run_featser(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run the command line in this process, as its entry point would."""

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["featser", *map(str, arguments)])
        exit_code = 0
        try:
            cli.main()
        except SystemExit as left:
            exit_code = int(left.code or 0)
        captured = capsys.readouterr()
        return Outcome(exit_code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def signals() -> dict[str, Signal]:
    """Copies of the edge cases of signals, by name."""
    return {name: signal.copy() for name, signal in edge_case_signals().items()}


@pytest.fixture(scope="module")
def melody() -> np.ndarray:
    """Half a second of three tones, in full precision."""
    t = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    return sum(0.25 * np.sin(2 * np.pi * f * t + f) for f in (210.0, 1234.5, 3456.7))


@pytest.fixture
def stored(melody, tmp_path):
    """Write samples, the melody by default, and return the path."""

    def store(name="sound.wav", samples=None, rate=SAMPLE_RATE, **how):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, melody if samples is None else samples, rate, **how)
        return path

    return store


@pytest.fixture
def placed(tmp_path):
    """Write bytes and return the path."""

    def place(content, name="sound.wav"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return place


@pytest.fixture
def wav(melody) -> bytes:
    return containers.wav(np.round(melody * 32767).astype(np.int16), SAMPLE_RATE)


@pytest.fixture
def place(tmp_path: Path) -> Callable[..., Path]:
    """Put empty files under a fresh folder: readers of names open none."""

    def put(*names: str, under: str = "corpus") -> Path:
        root = tmp_path / under
        for name in names:
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        return root

    return put
