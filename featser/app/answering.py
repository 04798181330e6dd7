"""Answers to requests, computed in child processes that load the models and read the recordings of strangers."""

import os
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featser.errors import FeatserError

if TYPE_CHECKING:
    from featser.bundle import Model

MEMORY_BYTES = 3 << 30
"""Memory that a request may allocate in its child process, besides that of the models and libraries."""

MAX_PITCH_VALUES = 6000
"""Values of the pitch track in an answer; tracks of recordings above a minute are thinned out."""

TOO_LARGE, UNUSABLE = 413, 422
"""HTTP status of recordings that are too long, and of recordings that cannot be used."""

_WATCH_SECONDS = 1.0

_models: "dict[str, Model]" = {}
"""Models of this process by name."""

_faults: list[str] = []
"""Errors of this process from loading them."""


@dataclass(frozen=True)
class Upload:
    """A received file.

    Attributes
    ----------
    path : str
        temporary file with its content
    name : str
        file name that the sender gave; used in answers only
    """

    path: str
    name: str


@dataclass(frozen=True)
class Question:
    """What a request asks for.

    Attributes
    ----------
    model : str
        name of the model
    recordings : tuple of Upload
        recordings to predict
    enrolled : tuple of Upload
        unlabelled recordings of the speaker of all of them
    cache : str
        temporary folder for the features of this request
    max_seconds : float
        longest recording
    one_speaker : bool
        whether all recordings have one speaker
    pitch, explain : bool
        whether to add the pitch track, and the explanation
    window, hop : float
        seconds of the windows of a timeline, and from one to the next; 0 for no timeline
    abstain : float or None
        p-value below which there is no answer; None for the default of `featser.predict`
    """

    model: str
    recordings: tuple[Upload, ...]
    enrolled: tuple[Upload, ...]
    cache: str
    max_seconds: float
    one_speaker: bool = False
    pitch: bool = False
    explain: bool = False
    window: float = 0.0
    hop: float = 1.0
    abstain: float | None = None


@dataclass(frozen=True)
class Reply:
    """HTTP status and JSON document of an answer."""

    status: int
    document: dict[str, Any]


def start_child(parent: int, models: Sequence[tuple[str, str]], plugins: Sequence[str]) -> None:
    """Prepare a child process: load the models, and limit the memory that it may allocate from then on.

    The child ignores Ctrl-C, which the server handles, and exits when the server is gone.

    Parameters
    ----------
    parent : int
        process number of the server
    models, plugins
        as in `load_models`
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with, args=(parent,), daemon=True).start()
    try:
        load_models(models, plugins)
    except FeatserError as error:
        _faults.append(str(error))
    else:
        _warm_up()
        _limit_memory()


def load_models(models: Sequence[tuple[str, str]], plugins: Sequence[str] = ()) -> None:
    """Load the models that `answer` uses in this process.

    Parameters
    ----------
    models : sequence of (str, str)
        name and file of each model
    plugins : sequence of str
        Python files that register descriptors

    Raises
    ------
    InputError, UsageError
        a model or plugin cannot be loaded
    """
    from featser.bundle import load_model
    from featser.features import load_plugin

    for place in plugins:
        load_plugin(place)
    _models.update({name: load_model(path) for name, path in models})


def fault() -> str:
    """Error of a model that could not be loaded by `start_child`; empty if all are loaded."""
    return "".join(_faults)


def answer(question: Question) -> Reply:
    """Answer a request; runs in a child process.

    Parameters
    ----------
    question : Question

    Returns
    -------
    Reply
        200 with the document of ``featser predict --json``, 413 or 422 with the reason
    """
    uploads = (*question.recordings, *question.enrolled)
    for each in uploads:
        seconds = declared_seconds(each.path)
        if seconds > question.max_seconds:
            reason = f"{each.name} lasts {seconds:.0f} s; this server takes at most {question.max_seconds:.0f} s"
            return Reply(TOO_LARGE, {"error": f"{reason}. Cut it, or start featser app with a larger --max-seconds."})
    try:
        return _predicted(question)
    except FeatserError as error:
        message = str(error)
        for each in uploads:
            message = message.replace(each.path, each.name)
        return Reply(UNUSABLE, {"error": message})


def declared_seconds(path: str) -> float:
    """Duration that the header of a recording declares, without decoding it.

    Parameters
    ----------
    path : str

    Returns
    -------
    float
        in seconds; 0 if the file cannot be opened or declares no duration
    """
    from featser.audio import duration_of

    try:
        return duration_of(path)
    except FeatserError:  # the answer tells why
        return 0.0


def _predicted(question: Question) -> Reply:
    from featser.bundle.prediction import document, predict
    from featser.explain import explain

    model, cache, speakers = _models[question.model], question.cache, "one" if question.one_speaker else None
    recordings, enrolled = ([each.path for each in group] for group in (question.recordings, question.enrolled))
    options: dict[str, Any] = {} if question.abstain is None else {"abstain": question.abstain}
    predictions = predict(model, recordings, speakers, enrolled, jobs=1, cache=cache, **options)
    made = document(model, question.model, predictions)
    if question.explain:
        usable = [each["path"] for each in made["results"]]
        reasons = explain(model, usable, speakers, enrolled, jobs=1, cache=cache) if usable else ()
        for result, each in zip(made["results"], reasons, strict=True):
            result["explanation"] = asdict(each) if result["answered"] else None
    for result in made["results"]:
        if question.pitch:
            result["pitch"] = _pitch(model, result["path"])
        if question.window:
            result["timeline"] = _timeline(model, result["path"], question, enrolled)
    return _reply(made, {each.path: each.name for each in (*question.recordings, *question.enrolled)})


def _reply(made: dict[str, Any], names: dict[str, str]) -> Reply:
    """Reply with the names that the sender gave."""
    for each in (*made["results"], *made["rejected"]):
        each["path"] = names[each["path"]]
    if made["results"]:
        return Reply(200, made)
    reasons = "; ".join(f"{each['path']}: {each['reason']}" for each in made["rejected"])
    return Reply(UNUSABLE, {"error": f"Cannot use {reasons}.", "rejected": made["rejected"]})


def _timeline(model: "Model", path: str, question: Question, enrolled: Sequence[str]) -> dict[str, Any]:
    """Windows and segments of a recording; paths are those of the result."""
    from featser.timeline import timeline

    speakers = "one" if model.normalise == "speaker" else None
    found = asdict(timeline(model, path, question.window, question.hop, speakers=speakers, enrolled=enrolled))
    for each in (found, *found["windows"]):
        del each["path"]
    return found


def _pitch(model: "Model", path: str) -> dict[str, Any]:
    """Fundamental frequency in Hz at equal distances, null where unvoiced."""
    import numpy as np

    from featser.audio import read_signal
    from featser.features import Frames
    from featser.features.descriptors.pitch import STEP_SECONDS, pitch_every_step

    hz = pitch_every_step(Frames(read_signal(path, model.clean))).hz
    step = -(-len(hz) // MAX_PITCH_VALUES)
    values = [round(float(value), 1) if np.isfinite(value) else None for value in hz[::step]]
    return {"step_s": round(step * STEP_SECONDS, 3), "hz": values}


def _warm_up() -> None:
    """Predict one synthetic sound with each model, so that the first request is as fast as the others."""
    import numpy as np

    from featser.features import Frames
    from featser.features.descriptors.pitch import pitch_every_step

    t = np.arange(16000) / 16000
    tone = (0.3 * np.sin(2 * np.pi * 150 * t) * np.sin(2 * np.pi * 3 * t)).astype(np.float32)
    pitch_every_step(Frames(tone))
    for model in _models.values():
        model.predict([tone])


def _limit_memory() -> None:
    """Limit the address space, so that a recording cannot take the memory of the machine; does nothing off Linux."""
    status = Path("/proc/self/statm")
    if status.exists():
        import resource

        n_bytes = int(status.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (n_bytes + MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _exit_with(parent: int) -> None:
    """Exit when the parent is gone; a killed server cannot stop its children."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)
