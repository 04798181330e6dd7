"""Requests that are made from the API's own OpenAPI document, with values that fit it and values that do not."""

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from featser.app.answering import Question, Reply, answer, load_models
from featser.app.gate import LOCAL_HOSTS
from featser.app.service import create_app
from featser.bundle import read_card

ODD = ("", "-1", "nan", "inf", "1e309", "x", "\x1b[2J", "<b>", "../m", "9" * 99, "true")
NAMES = ("a.wav", "../../a.wav", "\x1b[2J.wav", "a\nb.wav", "=1.wav", "<b>.wav", "x" * 300, ".parquet")


class Here:
    """Answers in this process instead of a child."""

    async def ask(self, question: Question) -> Reply:
        return answer(question)


@pytest.fixture(scope="module")
def api(model_path: Path) -> FastAPI:
    load_models([("voices", str(model_path))])
    return create_app(Here(), {"voices": read_card(model_path)}, 300_000, 20.0, LOCAL_HOSTS)


@pytest.fixture(scope="module")
def sound(voices: Path) -> bytes:
    return min((path.read_bytes() for path in voices.rglob("03*.wav")), key=len)


def value_of(schema: dict[str, Any], rng: Random) -> str:
    """A value of a parameter's schema as text, or an odd one."""
    kinds = {each.get("type") for each in schema.get("anyOf", [schema])}
    fitting = (
        ("true", "false") if "boolean" in kinds else ("0", "0.5", "1", "3") if "number" in kinds else ("", "voices")
    )
    return rng.choice(fitting if rng.random() < 0.7 else ODD)


def check_answer(api: FastAPI, sound: bytes, seed: int) -> None:
    """Send one request; its status and document are those that the API describes."""
    rng = Random(seed)
    described = api.openapi()["paths"]["/predict"]["post"]
    chosen = [each for each in described["parameters"] if rng.random() < 0.4]
    parameters = {each["name"]: value_of(each["schema"], rng) for each in chosen}
    contents = (sound, sound, sound[:2000], b"", b"RIFF", sound[:40] + b"\xff" * 400)
    fields = ("files", "files", "enrol", "other")
    files = [(rng.choice(fields), (rng.choice(NAMES), rng.choice(contents))) for _ in range(rng.randrange(4))]
    reply = asyncio.run(send(api, "POST", "/predict", params=parameters, files=files or None))
    assert reply.status_code in (200, 404, 413, 422), reply.text
    assert str(reply.status_code) in described["responses"]
    document = reply.json()
    model = described["responses"][str(reply.status_code)]["content"]["application/json"]["schema"]["$ref"]
    schema = api.openapi()["components"]["schemas"][model.rpartition("/")[2]]
    assert set(schema["required"]) <= set(document) <= set(schema["properties"])
    for each in document.get("results", ()):
        assert sum(each["probabilities"].values()) == pytest.approx(1)
    json.dumps(document, allow_nan=False)


async def send(api: FastAPI, method: str, path: str, **how: Any) -> httpx.Response:
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
        return await client.request(method, path, **how)


@pytest.mark.parametrize("seed", range(5))
def test_a_request_gets_a_described_answer(api: FastAPI, sound: bytes, seed: int) -> None:
    check_answer(api, sound, seed)


@pytest.mark.slow
def test_many_requests_get_described_answers(api: FastAPI, sound: bytes) -> None:
    for seed in range(5, 200):
        check_answer(api, sound, seed)
