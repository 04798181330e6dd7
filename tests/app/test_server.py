"""``featser app`` as a process: many uploads at once, children that die or hang, and its end."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
from model_files import with_pickle
from outcomes import Outcome, one_line

from featser.app.answering import Question, Reply, Upload
from featser.app.workers import Workers
from featser.bundle import read_card

pytestmark = pytest.mark.slow

Served = tuple[str, "subprocess.Popen[str]"]


def question(path: Path, folder: Path) -> Question:
    return Question("voices", (Upload(str(path), path.name),), (), str(folder), max_seconds=60)


async def asked(workers: Workers, question: Question, n: int) -> list[Reply]:
    return await asyncio.gather(*(workers.ask(question) for _ in range(n)))


@pytest.fixture(scope="module")
def recording(voices: Path) -> Path:
    return min(voices.rglob("*.wav"))


def test_no_upload_of_many_is_lost(served: Served, recording: Path) -> None:
    async def send() -> list[httpx.Response]:
        files = {"files": ("a.wav", recording.read_bytes())}
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=served[0], limits=limits, timeout=300) as client:
            return await asyncio.gather(*(client.post("/predict", files=files) for _ in range(200)))

    responses = asyncio.run(send())
    assert {each.status_code for each in responses} == {200}
    assert len({each.content for each in responses}) == 1


def test_a_refused_upload_gets_its_answer_over_the_network(served: Served) -> None:
    response = httpx.post(f"{served[0]}/predict", files={"files": ("a.wav", b"0" * 60_000_000)}, timeout=60)
    assert response.status_code == 413
    assert httpx.get(f"{served[0]}/health").json()["status"] == "ok"


def test_a_killed_child_fails_its_own_request_only(model_path: Path, recording: Path, tmp_path: Path) -> None:
    async def run() -> tuple[list[Reply], Reply]:
        before = {each.pid for each in psutil.Process().children(recursive=True)}
        workers = Workers([("voices", model_path)])
        try:
            children = [each for each in psutil.Process().children(recursive=True) if each.pid not in before]
            victim = next(each for each in children if "LokyProcess-" in " ".join(each.cmdline()))
            os.kill(victim.pid, signal.SIGKILL)
            return await asked(workers, question(recording, tmp_path), 8), await workers.ask(
                question(recording, tmp_path)
            )
        finally:
            workers.close()

    replies, later = asyncio.run(run())
    assert sorted(each.status for each in replies) == [200] * 7 + [500]
    assert later.status == 200


# loky's manager thread ends with a KeyError if a task is taken back before a child has begun it
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_request_that_takes_too_long_is_given_up(model_path: Path, recording: Path, tmp_path: Path) -> None:
    async def run() -> tuple[Reply, Reply]:
        workers = Workers([("voices", model_path)], timeout=1e-4)
        try:
            late = await workers.ask(question(recording, tmp_path))
            workers.timeout = 60.0
            return late, await workers.ask(question(recording, tmp_path))
        finally:
            workers.close()

    late, later = asyncio.run(run())
    assert (late.status, later.status) == (504, 200)
    assert "took more than" in late.document["error"]


def test_its_end_leaves_no_child_and_no_file(model_path: Path, tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "featser", "app", str(model_path), "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[0]
        children = psutil.Process(server.pid).children(recursive=True)
        assert httpx.post(f"{address}/predict", files={"files": ("a.wav", b"junk")}).status_code == 422
        server.send_signal(signal.SIGINT)
        _, messages = server.communicate(timeout=30)
        assert server.returncode == 0
        assert "Traceback" not in messages
    deadline = time.monotonic() + 10
    while (left := list(filter(runs, children))) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
    assert list(tmp_path.glob("featser-*")) == []


def runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.system, ("touch ran",))


def test_a_model_file_that_would_run_code_is_not_unpickled(
    run_featser: Callable[..., Outcome], model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with_pickle(tmp_path / "evil.joblib", pickle.dumps(Evil()), read_card(model_path))
    outcome = run_featser("app", "evil.joblib", "--port", "0")
    assert outcome.exit_code == 3
    assert "It was not loaded." in one_line(outcome)
    assert not (tmp_path / "ran").exists()
