"""The HTTP API of ``featser app``: its answers, refusals and traces. Children are replaced by this process."""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from media_files import RATE, write_media
from outcomes import Outcome, one_line

from featser.app import gate, service
from featser.app.answering import Question, Reply, answer, load_models
from featser.app.gate import LOCAL_HOSTS
from featser.app.service import create_app
from featser.app.serving import serve
from featser.audio import read_signal
from featser.bundle import read_card
from featser.errors import UsageError

MAX_BYTES, MAX_SECONDS = 300_000, 20.0
PAGE = Path(gate.__file__).parent / "page"


class Here:
    """Answers in this process instead of a child."""

    async def ask(self, question: Question) -> Reply:
        return answer(question)


class Client:
    """Requests to an application without a network."""

    def __init__(self, app: object):
        self.app = app

    def get(self, url: str, **how: object) -> httpx.Response:
        return asyncio.run(self._send("GET", url, how))

    def post(self, url: str, **how: object) -> httpx.Response:
        return asyncio.run(self._send("POST", url, how))

    async def _send(self, method: str, url: str, how: dict[str, object]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
            return await client.request(method, url, **how)


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(service, "SCRATCH", str(folder))
    return folder


@pytest.fixture
def client(model_path: Path, uploads: Path) -> Client:
    load_models([("voices", str(model_path))])
    return Client(create_app(Here(), {"voices": read_card(model_path)}, MAX_BYTES, MAX_SECONDS, LOCAL_HOSTS))


@pytest.fixture
def files(voices: Path) -> list[Path]:
    return sorted(voices.rglob("03*.wav"))[:3]


def sent(*paths: Path, field: str = "files") -> list[tuple[str, tuple[str, bytes]]]:
    return [(field, (path.name, path.read_bytes())) for path in paths]


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 9999):
        yield body[at : at + 9999]


def test_its_answer_is_the_document_of_the_command(
    client: Client, run_featser: Callable[..., Outcome], model_path: Path, files: list[Path]
) -> None:
    expected = json.loads(run_featser("predict", model_path, *files, "--json").stdout)
    for part in (*expected["results"], *expected["rejected"]):
        part["path"] = Path(part["path"]).name
    expected["model"] = "voices"
    assert client.post("/predict", files=sent(*files)).json() == expected


def test_enrolled_recordings_of_the_speaker_adapt_the_model(
    client: Client, run_featser: Callable[..., Outcome], model_path: Path, voices: Path
) -> None:
    first, *others = sorted(voices.rglob("03*.wav"))[:4]
    enrolled = [part for path in others for part in ("--enrol", path)]
    expected = json.loads(run_featser("predict", model_path, first, *enrolled, "--json").stdout)["results"][0]
    made = client.post("/predict", files=[*sent(first), *sent(*others, field="enrol")]).json()
    assert made["results"] == [expected | {"path": first.name}]
    assert made["results"][0]["normalise"] == "enrolment:3"
    few = client.post("/predict", files=[*sent(first), *sent(*others[:2], field="enrol")])
    assert few.status_code == 422
    assert few.json()["error"].startswith("2 enrolled recordings are too few")


def test_noise_gets_no_answer_unless_one_is_asked_for(client: Client, tmp_path: Path) -> None:
    noise = tmp_path / "noise.wav"
    soundfile.write(noise, 0.1 * np.random.default_rng(0).standard_normal(32000), 16000)
    usual, forced = (client.post(f"/predict{query}", files=sent(noise)).json() for query in ("", "?abstain=0"))
    assert usual["results"][0]["answered"] is False
    assert usual["results"][0]["emotion"] is None
    assert forced["results"][0]["answered"] is True


def test_the_pitch_track_covers_the_recording(client: Client, files: list[Path]) -> None:
    result = client.post("/predict?pitch=true", files=sent(files[0])).json()["results"][0]
    track = result["pitch"]
    assert len(track["hz"]) * track["step_s"] == pytest.approx(result["end_s"], abs=0.02)
    assert all(60 <= hz <= 500 for hz in track["hz"] if hz is not None)
    assert any(track["hz"])


@pytest.mark.parametrize("kind", ["live.webm", "aac.m4a"])
def test_recordings_of_browsers_and_telephones_are_decoded(
    client: Client, run_featser: Callable[..., Outcome], model_path: Path, files: list[Path], kind: str, tmp_path: Path
) -> None:
    path = write_media(tmp_path / kind, kind, read_signal(files[0]))
    expected = json.loads(run_featser("predict", model_path, path, "--json").stdout)["results"]
    made = client.post("/predict", files=sent(path)).json()
    assert made["results"] == [expected[0] | {"path": kind}]
    long = write_media(tmp_path / f"long-{kind}", kind, np.zeros(21 * RATE, np.float32))
    assert client.post("/predict", files=sent(long)).status_code == 413


def test_unusable_recordings_are_told_by_the_name_that_was_sent(client: Client, files: list[Path]) -> None:
    junk = ("files", ("../../my.wav", b"no audio"))
    alone = client.post("/predict", files=[junk])
    assert alone.status_code == 422
    assert alone.json()["error"] == "Cannot use ../../my.wav: text, not audio."
    among = client.post("/predict", files=[junk, *sent(files[0])])
    assert among.status_code == 200
    assert among.json()["rejected"] == [{"path": "../../my.wav", "reason": "text, not audio"}]
    assert [each["path"] for each in among.json()["results"]] == [files[0].name]


def test_too_large_uploads_are_refused_before_they_are_kept(client: Client, uploads: Path, tmp_path: Path) -> None:
    declared = client.post("/predict", files=[("files", ("a.wav", b"0" * MAX_BYTES))])
    assert declared.status_code == 413
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n' + b"0" * MAX_BYTES
    streamed = client.post(
        "/predict", content=in_pieces(body), headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert streamed.status_code == 413
    assert "--max-mb" in declared.json()["error"] == streamed.json()["error"]
    long = tmp_path / "long.flac"
    soundfile.write(long, [0.0] * 16000 * 21, 16000)
    lasting = client.post("/predict", files=sent(long))
    assert lasting.status_code == 413
    assert lasting.json()["error"].startswith("long.flac lasts 21 s; this server takes at most 20 s.")


def test_nothing_is_kept_after_a_request(client: Client, uploads: Path, files: list[Path]) -> None:
    assert client.post("/predict", files=[*sent(*files), ("files", ("junk", b"\0\1"))]).status_code == 200
    assert client.post("/predict", files=[("files", ("junk", b"\0\1"))]).status_code == 422
    assert list(uploads.iterdir()) == []


def test_other_pages_and_names_are_refused(client: Client, files: list[Path]) -> None:
    rebound = client.get("/models", headers={"Host": "evil.example"})
    assert rebound.status_code == 421
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        foreign = client.post("/predict", files=sent(files[0]), headers={"Origin": origin})
        assert foreign.status_code == 403
        assert origin in foreign.json()["error"]
    own = client.post("/predict", files=sent(files[0]), headers={"Origin": "http://127.0.0.1:8765"})
    assert own.status_code == 200
    assert "access-control-allow-origin" not in own.headers


def test_mistakes_have_a_status_and_one_line(
    client: Client, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {
        404: client.post("/predict?model=x", files=sent(files[0])),
        422: client.post("/predict?hop=0", files=sent(files[0])),
        400: client.post("/predict", content=b"--x", headers={"Content-Type": "multipart/form-data"}),
    }
    monkeypatch.setattr(gate, "MAX_WAITING", 0)
    refused[503] = client.post("/predict", files=sent(files[0]))
    for status, response in refused.items():
        assert response.status_code == status
        assert response.json().keys() == {"error"}
        assert "\n" not in response.json()["error"]


def test_the_api_describes_itself_without_a_page_of_another_server(client: Client) -> None:
    document = client.get("/openapi.json").json()
    assert document["paths"].keys() == {"/health", "/models", "/predict"}
    assert {"200", "413", "422", "503"} <= document["paths"]["/predict"]["post"]["responses"].keys()
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404
    assert client.get("/models").json()["models"][0]["classes"]
    assert client.get("/health").json()["limits"] == {
        "max_mb": MAX_BYTES / 2**20,
        "max_seconds": 20.0,
        "max_files": 100,
    }


def test_the_page_loads_from_this_server_only(client: Client) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    for path in PAGE.iterdir():
        assert client.get(f"/{path.name}").status_code == 200
        text = (
            path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "").replace("http://127.0.0.1", "")
        )
        assert "http://" not in text
        assert "https://" not in text


def test_the_command_refuses_what_it_cannot_serve(
    run_featser: Callable[..., Outcome], model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    junk = tmp_path / "junk.joblib"
    junk.write_bytes(b"no model")
    assert run_featser("app", junk).exit_code == 3
    assert run_featser("app", tmp_path / "none.joblib").exit_code == 2
    with pytest.raises(UsageError, match="same file name"):
        serve([model_path, tmp_path / model_path.name])
    taken = run_featser("app", model_path, "--host", "203.0.113.1")
    assert taken.exit_code == 2
    assert "Cannot listen on 203.0.113.1" in one_line(taken)
    assert taken.stderr.startswith("Warning: with --host 203.0.113.1, everyone who reaches this machine can use")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    missing = run_featser("app", model_path)
    assert missing.exit_code == 5
    assert "featser[app]" in one_line(missing)
