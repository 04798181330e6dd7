"""The HTTP API behind the page: its addresses, their parameters and documents."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import FastAPI, File, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.staticfiles import StaticFiles

from featser.app.answering import Question, Upload
from featser.app.gate import Gate
from featser.app.workers import Workers
from featser.versions import __version__

MAX_FILES = 100
"""Recordings of a request."""

_PAGE = Path(__file__).parent / "page"
SCRATCH = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a fresh folder in it
"""Place of features of a request, which are not worth writing to a disk."""

_SUFFIX = re.compile(r"\.(?!csv|tsv|parquet|xlsx)[a-z0-9]{1,5}", re.IGNORECASE)


class Result(BaseModel):
    """Emotion of one recording."""

    path: str = Field(description="File name of the recording, as sent")
    emotion: str | None = Field(description="The most probable emotion; null where the model does not answer")
    answered: bool
    probabilities: dict[str, float] = Field(description="Probability of each emotion; they sum to 1")
    start_s: float
    end_s: float
    flags: list[str]
    set: list[str] = Field(description="Conformal prediction set, the most probable emotion first")
    p_value: float = Field(description="How usual the recording is among the training recordings")
    normalise: str = Field(description="Normalisation of this recording: none, speaker or enrolment:K")
    pitch: dict[str, Any] | None = Field(None, description="With pitch=true: step_s, and hz with null where unvoiced")
    explanation: dict[str, Any] | None = Field(None, description="With explain=true: families and acoustic words")
    timeline: dict[str, Any] | None = Field(None, description="With a window: windows, segments and speech")


class Refused(BaseModel):
    """Recording that cannot be used."""

    path: str
    reason: str


class Failure(BaseModel):
    """Why a request has no answer."""

    error: str = Field(description="What is wrong, what would be right, what to do")
    rejected: list[Refused] | None = Field(None, description="Recordings that cannot be used, where that is the reason")


class Document(BaseModel):
    """Document of ``featser predict --json``."""

    model: str
    normalise: str
    scores: dict[str, Any]
    results: list[Result]
    rejected: list[Refused]


def _failures(**meanings: str) -> dict[int | str, dict[str, Any]]:
    return {int(status[1:]): {"model": Failure, "description": text} for status, text in meanings.items()}


_RESPONSES: dict[int | str, dict[str, Any]] = _failures(
    _403="Sent by the page of another server",
    _404="No model of this name",
    _413="More bytes or a longer recording than the server takes",
    _422="No recording can be used, or a parameter is wrong; the reason in one line",
    _500="The process that read the recording was stopped; other requests are not affected",
    _503="Too many uploads are waiting",
    _504="The recording took too long",
)
_RESPONSES[200] = {"model": Document}


def create_app(
    workers: Workers, cards: dict[str, dict[str, Any]], max_bytes: int, max_seconds: float, hosts: Sequence[str]
) -> FastAPI:
    """Create the web application.

    Parameters
    ----------
    workers : Workers
        child processes that have loaded the models
    cards : dict
        card of each model by name, the default model first
    max_bytes : int
        largest request
    max_seconds : float
        longest recording
    hosts : sequence of str
        host names by which the server may be called; empty for any name

    Returns
    -------
    FastAPI
    """
    app = FastAPI(title="featser", version=__version__, description=_DESCRIPTION, docs_url=None, redoc_url=None)
    app.add_middleware(Gate, max_bytes=max_bytes, hosts=hosts)
    _add_failures(app)

    @app.get("/health", summary="Whether the server works, and its limits")
    async def health() -> dict[str, Any]:
        limits = {"max_mb": max_bytes / (1 << 20), "max_seconds": max_seconds, "max_files": MAX_FILES}
        return {"status": "ok", "version": __version__, "limits": limits}

    @app.get("/models", summary="Cards of the models, the default one first")
    async def models() -> dict[str, Any]:
        return {"models": [{"name": name, **card} for name, card in cards.items()]}

    @app.post("/predict", summary="Emotion of recordings", responses=_RESPONSES)
    async def predict(
        files: Annotated[list[UploadFile], File(description="Recordings: WAV, FLAC, MP3, Ogg, Opus and others")],
        enrol: Annotated[
            list[UploadFile] | None, File(description="Unlabelled recordings of the speaker of all files")
        ] = None,
        model: Annotated[str, Query(description="Name of a model; the first one by default")] = "",
        one_speaker: Annotated[bool, Query(description="All files have one speaker")] = False,
        pitch: Annotated[bool, Query(description="Add the pitch track of each recording")] = False,
        explain: Annotated[bool, Query(description="Add why each recording got its emotion")] = False,
        window: Annotated[float, Query(description="Add a timeline with windows of so many seconds", ge=0)] = 0,
        hop: Annotated[float, Query(description="Seconds from one window to the next", gt=0)] = 1,
        abstain: Annotated[
            float | None, Query(description="No answer for sounds less usual than this; 0 always answers", ge=0, le=1)
        ] = None,
    ) -> JSONResponse:
        name = model or next(iter(cards))
        if name not in cards:
            raise HTTPException(404, f"No model '{name}'. There are: {', '.join(cards)}.")
        with (
            TemporaryDirectory(prefix="featser-") as folder,
            TemporaryDirectory(prefix="featser-", dir=SCRATCH) as cache,
        ):
            recordings = await _received(files, Path(folder), "recording")
            enrolled = await _received(enrol or [], Path(folder), "enrolled")
            wanted: dict[str, Any] = {
                "one_speaker": one_speaker,
                "pitch": pitch,
                "explain": explain,
                "window": window,
                "hop": hop,
            }
            question = Question(name, recordings, enrolled, cache, max_seconds, abstain=abstain, **wanted)
            reply = await workers.ask(question)
        return JSONResponse(reply.document, reply.status)

    app.mount("/", StaticFiles(directory=_PAGE, html=True))
    return app


_DESCRIPTION = (
    "Predicts emotions of recordings, like `featser predict --json`. Recordings are kept in a temporary file until the "
    "request is answered."
)


async def _received(files: Sequence[UploadFile], folder: Path, kind: str) -> tuple[Upload, ...]:
    """Write received files to a folder, under names of our own."""
    if len(files) > MAX_FILES:
        raise HTTPException(413, f"{len(files)} files; at most {MAX_FILES} are taken at once. Send them in parts.")
    uploads = []
    for number, each in enumerate(files):
        suffix = Path(each.filename or "").suffix
        path = folder / f"{kind}-{number}{suffix if _SUFFIX.fullmatch(suffix) else ''}"
        with path.open("wb") as file:
            while piece := await each.read(1 << 20):
                file.write(piece)
        await each.close()
        uploads.append(Upload(str(path), each.filename or f"{kind} {number + 1}"))
    return tuple(uploads)


def _add_failures(app: FastAPI) -> None:
    """Answer every error with one document, ``{"error": ...}``."""

    async def refused(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        wrong = "; ".join(f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors())
        return JSONResponse({"error": f"{wrong}. See /openapi.json."}, 422)

    async def failed(_: Request, error: Exception) -> JSONResponse:
        what = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return JSONResponse({"error": f"{what}. This is a bug in featser; the server goes on."}, 500)

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, failed)
