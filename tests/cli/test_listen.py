"""``featser listen``."""

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Self

import numpy as np
import pytest
from outcomes import Outcome, one_line

from featser.audio import SAMPLE_RATE, Signal
from featser.bundle import Model, write_model
from featser.timeline import listen
from featser.timeline.sources import in_real_time

Run = Callable[..., Outcome]
WINDOWS = ("--window", 1.5, "--hop", 0.5)


@pytest.fixture
def here(voice_model: Model, talk: Signal, stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a model and some seconds of speech."""
    monkeypatch.chdir(tmp_path)
    write_model(voice_model, tmp_path / "model.joblib")
    stored("talk.wav", talk[: 12 * SAMPLE_RATE], subtype="PCM_16")
    return tmp_path


@pytest.fixture
def expected(run_featser: Run, here: Path) -> list[dict[str, object]]:
    """The windows of ``predict`` on the recording."""
    document = json.loads(run_featser("predict", "model.joblib", "talk.wav", *WINDOWS, "--json").stdout)
    assert len(document["results"]) > 8
    return document["results"]


def check(outcome: Outcome, expected: list[dict[str, object]]) -> None:
    assert outcome.exit_code == 0
    heard = [json.loads(line) for line in outcome.stdout.splitlines()]
    for answer, result in zip(heard, expected, strict=True):
        assert (answer["start_s"], answer["end_s"]) == (result["start_s"], result["end_s"])
        assert (answer["emotion"], answer["flags"]) == (result["emotion"], result["flags"])
        assert answer["p_value"] == pytest.approx(result["p_value"])
        assert answer["probabilities"] == pytest.approx(result["probabilities"], abs=1e-12)
        assert {"smoothed", "latency_ms"} <= set(answer)


def feed(monkeypatch: pytest.MonkeyPatch, samples: Signal) -> None:
    content = np.round(samples * 32768).astype("<i2").tobytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


def sound_device(samples: Signal, rate: int = SAMPLE_RATE) -> ModuleType:
    """A stand-in for sounddevice, whose microphone hears the samples and is then interrupted."""

    class InputStream:
        def __init__(self, *, blocksize: int, callback: Callable[..., None], **_: object):
            for at in range(0, len(samples), blocksize):
                callback(samples[at : at + blocksize, None], blocksize, None, None)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    module = ModuleType("sounddevice")
    module.PortAudioError = type("PortAudioError", (Exception,), {})
    module.InputStream = InputStream
    module.query_devices = lambda **_: {"default_samplerate": float(rate)}
    return module


def test_a_file_has_the_windows_of_predict(run_featser: Run, here: Path, expected) -> None:
    check(
        run_featser("listen", "model.joblib", *WINDOWS, "--source", "talk.wav", "--fast", "--format", "jsonl"), expected
    )


def test_a_pipe_has_the_windows_of_predict(
    run_featser: Run, here: Path, expected, talk: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, talk[: 12 * SAMPLE_RATE])
    check(run_featser("listen", "model.joblib", *WINDOWS, "--source", "-", "--format", "jsonl"), expected)


def test_a_pipe_at_another_rate_is_resampled(
    run_featser: Run, here: Path, talk: Signal, monkeypatch: pytest.MonkeyPatch, stored
) -> None:
    double = np.repeat(talk[: 6 * SAMPLE_RATE], 2)
    stored("double.wav", double, 2 * SAMPLE_RATE, subtype="PCM_16")
    feed(monkeypatch, double)
    document = json.loads(run_featser("predict", "model.joblib", "double.wav", "--window", 2, "--json").stdout)
    options = ("--source", "-", "--rate", 2 * SAMPLE_RATE, "--window", 2, "--format", "jsonl")
    check(run_featser("listen", "model.joblib", *options), document["results"])


def test_the_microphone_has_the_windows_of_predict(
    run_featser: Run, here: Path, expected, talk: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted where the samples end; its windows until then are those of the file."""
    device = sound_device(talk[: 12 * SAMPLE_RATE])
    monkeypatch.setitem(sys.modules, "sounddevice", device)
    monkeypatch.setattr("queue.SimpleQueue", EndingQueue)
    outcome = run_featser("listen", "model.joblib", *WINDOWS, "--format", "jsonl")
    n_heard = len(outcome.stdout.splitlines())
    assert n_heard >= len(expected) - 1  # the last speech may not have ended
    check(outcome, expected[:n_heard])
    assert "Listening to the microphone" in outcome.stderr
    assert "Stopped." in outcome.stderr


class EndingQueue(list):
    """A queue that is interrupted when it is empty."""

    put = list.append

    def get(self, timeout: float) -> Signal:
        if not self:
            raise KeyboardInterrupt
        return self.pop(0)


def test_lines_show_the_emotion_and_the_latency(run_featser: Run, here: Path, expected) -> None:
    outcome = run_featser("listen", "model.joblib", *WINDOWS, "--source", "talk.wav", "--fast")
    lines = outcome.stdout.splitlines()
    assert len(lines) == len(expected)
    assert all(" ms  [" in line and "inductive" in line for line in lines)
    assert lines[0].split()[:4] == [f"{expected[0]['start_s']:.2f}", "-", f"{expected[0]['end_s']:.2f}", "s"]


def test_a_terminal_shows_bars(run_featser: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    shown = run_featser("listen", "model.joblib", *WINDOWS, "--source", "talk.wav", "--fast").stdout
    assert "█" in shown
    assert "ms after its end" in shown


def test_without_the_extra_it_names_it(run_featser: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    outcome = run_featser("listen", "model.joblib")
    assert outcome.exit_code == 5
    assert one_line(outcome).endswith("Install it: pip install 'featser[live]'.")


def test_without_a_microphone_it_says_so(run_featser: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = sound_device(np.zeros(0, np.float32))

    def none(**_: object) -> None:
        raise device.PortAudioError("Error querying device -1")

    device.query_devices = none
    monkeypatch.setitem(sys.modules, "sounddevice", device)
    outcome = run_featser("listen", "model.joblib")
    assert outcome.exit_code == 3
    assert one_line(outcome).startswith("No microphone can be opened (Error querying device -1). Connect one, or ")


@pytest.mark.parametrize(
    ("options", "exit_code", "words"),
    [
        (("--source", "nowhere.wav"), 2, "nowhere.wav"),
        (("--source", "model.joblib", "--fast"), 3, "Cannot use model.joblib"),
        (("--source", "talk.wav", "--window", 0), 2, "A window of 0 s"),
        (("--format", "json"), 2, "Unknown format 'json'"),
    ],
)
def test_mistakes_are_one_line(
    run_featser: Run, here: Path, options: tuple[object, ...], exit_code: int, words: str
) -> None:
    outcome = run_featser("listen", "model.joblib", *options)
    assert outcome.exit_code == exit_code
    assert words in one_line(outcome)


def test_a_file_is_played_in_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.append(now.pop() + seconds))
    played = in_real_time([np.zeros(800, np.float32)] * 3)
    assert [(len(each), round(now[0] - 100, 3)) for each in played] == [(800, 0.05), (800, 0.1), (800, 0.15)]


def test_latency_is_counted_from_the_last_sample_of_a_window(
    voice_model: Model, talk: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks that arrive in time, and no time for the computation: what is left is the wait for the samples."""
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.append(now.pop() + max(0.0, seconds)))
    blocks = in_real_time(talk[at : at + 320] for at in range(0, 10 * SAMPLE_RATE, 320))
    waits = [each.latency_s for each in listen(voice_model, blocks)]
    assert len(waits) > 3
    assert all(0.0399 <= each <= 0.0701 for each in waits[:-1])
