"""Timelines of many recordings, in parallel."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, as_completed
from functools import partial
from pathlib import Path
from typing import Any

from featser.bundle import Model, load_model
from featser.corpora import Rejected, find_audio_files
from featser.errors import UnreadableAudioError
from featser.extraction import Backend, Progress
from featser.extraction.executors import executor_of
from featser.guard import LEVEL
from featser.timeline.recording import HOP_SECONDS, WINDOW_SECONDS, Timeline, timeline
from featser.timeline.windows import layout_of

_CHUNK = 8
"""Recordings per task at most; a task contains the model."""

Outcome = Timeline | Rejected


def timelines(
    model: Model | str | Path,
    recordings: str | Path | Sequence[str | Path],
    window: float = WINDOW_SECONDS,
    hop: float = HOP_SECONDS,
    *,
    speakers: str | None = None,
    enrolled: str | Path | Sequence[str | Path] = (),
    abstain: float = LEVEL,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> tuple[list[Timeline], list[Rejected]]:
    """Predict the emotions over several recordings.

    Parameters
    ----------
    model : Model, str or Path
        a trained model, or its file
    recordings : str, Path or sequence of these
        audio files, and folders of audio files
    window, hop, speakers, enrolled, abstain
        as in `timeline`; with ``speakers="one"``, each recording has one speaker
    jobs : int, optional
        worker processes; one per core by default
    progress : callable, optional
        called with the numbers of recordings, or for one recording of seconds, done and in total

    Returns
    -------
    timelines : list of Timeline
        one for each recording that can be used, in the given order
    rejected : list of Rejected
        the other recordings, each with the reason

    Raises
    ------
    UsageError, InputError
        as in `timeline`, but for recordings that cannot be used; or a path does not exist
    """
    layout_of(window, hop)
    model = model if isinstance(model, Model) else load_model(model)
    paths = find_audio_files(recordings)
    given = {"window": window, "hop": hop, "speakers": speakers, "enrolled": enrolled, "abstain": abstain}
    work = partial(_outcomes, model, given)
    backend = Backend(jobs=jobs)
    if len(paths) == 1:
        found = work(paths, progress)
    elif backend.n_workers == 1 or model.feature_set.get("plugins"):  # a worker has not loaded the plugins
        found = [work([path])[0] for path in _counted(paths, progress)]
    else:
        found = _shared_out(work, paths, backend, progress)
    return (
        [each for each in found if isinstance(each, Timeline)],
        [each for each in found if isinstance(each, Rejected)],
    )


def _outcomes(
    model: Model, given: dict[str, Any], paths: Sequence[Path], progress: Progress | None = None
) -> list[Outcome]:
    found: list[Outcome] = []
    for path in paths:
        try:
            found.append(timeline(model, path, **given, progress=progress))
        except UnreadableAudioError as error:
            found.append(Rejected(str(path), error.reason))
    return found


def _counted(paths: Sequence[Path], progress: Progress | None) -> Iterator[Path]:
    for n_done, path in enumerate(paths, 1):
        yield path
        if progress:
            progress(n_done, len(paths))


def _shared_out(
    work: "partial[list[Outcome]]", paths: Sequence[Path], backend: Backend, progress: Progress | None
) -> list[Outcome]:
    """Outcomes in order, from worker processes."""
    with executor_of(backend) as (executor, n_workers):
        size = max(1, min(_CHUNK, len(paths) // (3 * n_workers)))
        chunks = [paths[first : first + size] for first in range(0, len(paths), size)]
        futures: list[Future[list[Outcome]]] = [executor.submit(work, chunk) for chunk in chunks]
        n_done = 0
        for future in as_completed(futures):
            n_done += len(future.result())
            if progress:
                progress(n_done, len(paths))
        return [each for future in futures for each in future.result()]
