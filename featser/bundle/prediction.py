"""Predict the emotions of recordings with a model."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.audio import find_faults, read_signal
from featser.bundle import Answer, Model, is_model, load_model
from featser.corpora import Rejected, find_audio_files, find_corpus, known_corpora
from featser.errors import UnknownNameError, UnreadableAudioError
from featser.evaluation.conformal import conformal_set
from featser.extraction import Backend, Progress, default_folder
from featser.guard import LEVEL

SPEAKER_RULES = ("one", "folder")
"""Values of ``--speakers`` besides the names of corpora."""

LONG_SECONDS = 60.0
"""Recordings above this length are flagged ``long``: the models are trained on utterances of a few seconds."""

WITHHOLDING = ("too-short", "silent", "not-speech", "unlike-training")
"""Flags of recordings that get no answer."""

SET_LEVEL = 0.2
"""Recordings with a smaller p-value get no prediction set: outside the training conditions, sets do not keep their
coverage."""

MIN_GROUP = 3
"""Smallest number of recordings of which `other_conditions` judges."""

_PARQUET = b"PAR1"
"""First bytes of a Parquet file."""


@dataclass(frozen=True)
class Prediction:
    """The emotion of one recording.

    Attributes
    ----------
    path : str
        the recording
    emotion : str or None
        the most probable emotion; None where the model does not answer
    probabilities : dict of str to float
        probability of each emotion, in alphabetical order
    start_s, end_s : float
        start and end of the labelled part of the recording, in seconds
    flags : tuple of str
        those of `featser.audio.find_faults`; ``not-speech`` and ``unlike-training``: the sound is very far from the
        training recordings, or more unusual than the level allows; ``other-conditions``: most recordings of this voice,
        or of this call where voices are unknown, are unusual; ``inductive``: the unadapted classifier of a model
        with normalisation by speaker or enrolment answered; ``own-windows``: windows of the same recording were
        enrolled; ``trained-on``: the recording was in the training table;
        ``long``: it is longer than `LONG_SECONDS`
    set : tuple of str
        conformal prediction set, the most probable emotion first; empty if the model was scored on too few speakers
        to have one, without an answer, with ``other-conditions``, and for a p-value below `SET_LEVEL`
    p_value : float
        how usual the recording is among the training recordings, above 0 up to 1
    normalise : str
        ``none``, ``speaker`` or ``enrolment:K``: the normalisation of this recording
    """

    path: str
    emotion: str | None
    probabilities: dict[str, float]
    start_s: float
    end_s: float
    flags: tuple[str, ...]
    set: tuple[str, ...] = ()
    p_value: float = 1.0
    normalise: str = "none"

    @property
    def answered(self) -> bool:
        """Whether the model answers."""
        return self.emotion is not None


@dataclass(frozen=True)
class Predictions:
    """The outcome of `predict`.

    Attributes
    ----------
    results : tuple of Prediction
        one per recording that could be used, in the given order
    rejected : tuple of Rejected
        the other recordings, each with the reason
    """

    results: tuple[Prediction, ...]
    rejected: tuple[Rejected, ...]


def predict(
    model: Model | str | Path,
    recordings: str | Path | Sequence[str | Path],
    speakers: str | None = None,
    enrolled: str | Path | Sequence[str | Path] = (),
    *,
    abstain: float = LEVEL,
    jobs: int | None = None,
    cache: str | Path | None = None,
    progress: Progress | None = None,
) -> Predictions:
    """Predict the emotion of each recording, except where the model should not answer.

    There is no answer for a recording that is too short or silent, that is no speech, or whose p-value is below a
    level.

    Parameters
    ----------
    model : Model, str or Path
        a trained model, or its file
    recordings : str, Path or sequence of these
        audio files, and folders of audio files
    speakers : str, optional
        how to tell the speakers, for a model with speaker normalisation: ``one`` (all recordings have one speaker),
        ``folder`` (one folder per speaker), or the name of a corpus, whose file names contain the speaker
    enrolled : str, Path or sequence of these, optional
        unlabelled recordings of the speaker of all ``recordings``, for a model with normalisation by enrolment
    abstain : float
        p-value below which there is no answer; 0 answers always
    jobs : int, optional
        worker processes; one per core by default
    cache : str or Path, optional
        folder of the feature cache; the user's own by default
    progress : callable, optional
        called with the numbers of recordings done and to do

    Returns
    -------
    Predictions
        one result per usable recording; the others are listed as rejected

    Raises
    ------
    UnknownNameError
        ``speakers`` is neither a rule nor a corpus
    UsageError
        a path does not exist, or ``enrolled`` is given for a model without enrolment
    InputError
        a folder has no recordings, or ``enrolled`` has too few recordings or some that cannot be used
    """
    model = model if isinstance(model, Model) else load_model(model)
    rule = None if speakers is None else speaker_rule(speakers)
    paths, enrolled_paths = find_audio_files(recordings), find_audio_files(enrolled)
    enrolment = model.describe(enrolled_paths) if enrolled_paths else None
    names, reasons = _speakers(paths, rule)
    named = list(names)
    values, rows = model.read_rows(named, Path(cache or default_folder()), Backend(jobs=jobs), progress)
    reasons |= {named[at]: reason for at, reason in rows.reasons.items()}
    rejected = tuple(Rejected(str(path), _kind_of_file(path) or reasons[path]) for path in paths if path in reasons)
    usable = np.flatnonzero(rows.usable)
    if not len(usable):
        return Predictions((), rejected)
    answer = model.answer(values, [names[named[at]] for at in usable] if rule else None, enrolment)
    faults = _faults([named[at] for at in usable], model.clean)
    strange = other_conditions(answer, [names[named[at]] for at in usable])
    results = []
    for place, at in enumerate(usable):
        flags = (
            *faults[place],
            *doubts(answer, place, abstain),
            *(("other-conditions",) if strange[place] else ()),
            *_flags(model, answer.normalise[place], rows.digests[at], rows.seconds[at]),
        )
        span = (0.0, float(rows.seconds[at]))
        results.append(prediction_of(model, answer, place, str(named[at]), span, flags, abstain))
    return Predictions(tuple(results), rejected)


def document(model: Model, name: str, predictions: Predictions) -> dict[str, Any]:
    """Arrange predictions as the JSON document of ``featser predict`` and ``featser app``.

    Parameters
    ----------
    model : Model
        model that made them
    name : str
        its file or name
    predictions : Predictions
        as returned by `predict`

    Returns
    -------
    dict
        keys ``model``, ``normalise``, ``scores``, ``results`` and ``rejected``
    """
    return {
        "model": name,
        "normalise": model.normalise,
        "scores": model.scores,
        "results": [asdict(each) | {"answered": each.answered} for each in predictions.results],
        "rejected": [asdict(each) for each in predictions.rejected],
    }


def other_conditions(answer: Answer, groups: Sequence[str]) -> NDArray[np.bool_]:
    """Find voices whose recordings as a whole are unlike the training recordings.

    Parameters
    ----------
    answer : Answer
        decisions on recordings
    groups : sequence of str
        speaker of each recording, or anything else that they have in common

    Returns
    -------
    NDArray of bool [shape=(n_recordings,)]
        recordings of groups of three or more of which more than half have a p-value below `SET_LEVEL` without
        adaptation
    """
    names = np.asarray(groups, dtype=np.str_)
    strange = np.zeros(len(names), bool)
    for name in np.unique(names):
        rows = names == name
        strange[rows] = rows.sum() >= MIN_GROUP and (answer.conditions[rows] < SET_LEVEL).mean() > 0.5
    return strange


def _faults(paths: Sequence[Path], clean: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Faults of recordings that were read before; one that cannot be read any more has none."""

    def of_file(path: Path) -> tuple[str, ...]:
        try:
            return find_faults(read_signal(path, clean))
        except UnreadableAudioError:
            return ()

    with ThreadPoolExecutor() as threads:
        return list(threads.map(of_file, paths))


def doubts(answer: Answer, at: int, abstain: float) -> tuple[str, ...]:
    """Return the flags of the guard for one of the recordings of an answer.

    Parameters
    ----------
    answer : Answer
    at : int
        number of the recording
    abstain : float
        as in `predict`

    Returns
    -------
    tuple of str
        ``not-speech``, ``unlike-training`` or nothing
    """
    if answer.far[at]:
        return ("not-speech",)
    return ("unlike-training",) if answer.p_values[at] < abstain else ()


def _speakers(paths: Sequence[Path], rule: Callable[[Path], str] | None) -> tuple[dict[Path, str], dict[Path, str]]:
    """Return the speaker of each recording, and the reasons of those that have none."""
    names, reasons = {}, {}
    for path in paths:
        try:
            names[path] = rule(path) if rule else ""
        except UnreadableAudioError as error:
            reasons[path] = error.reason
    return names, reasons


def prediction_of(
    model: Model,
    answer: Answer,
    at: int,
    path: str,
    span: tuple[float, float],
    flags: tuple[str, ...],
    abstain: float,
) -> Prediction:
    """Build the prediction for one of the recordings of an answer.

    Parameters
    ----------
    model : Model
    answer : Answer
    at : int
        number of the recording
    path : str
        the recording
    span : tuple of (float, float)
        start and end of the labelled part in seconds
    flags : tuple of str
        all flags of the recording
    abstain : float
        as in `predict`

    Returns
    -------
    Prediction
        without an emotion if one of the flags is in `WITHHOLDING`
    """
    shares = answer.decision.probabilities[at]
    probabilities = {name: float(share) for name, share in zip(answer.decision.classes, shares, strict=True)}
    answered = abstain == 0 or not set(flags) & set(WITHHOLDING)
    usual = min(answer.p_values[at], answer.conditions[at]) >= SET_LEVEL
    promised = answered and usual and "other-conditions" not in flags
    sets = model.score_of(answer.normalise[at]).get("conformal") if promised else None
    return Prediction(
        path=path,
        emotion=str(answer.decision.labels[at]) if answered else None,
        probabilities=probabilities,
        start_s=span[0],
        end_s=span[1],
        flags=flags,
        set=tuple(conformal_set(probabilities, sets["threshold"])) if sets else (),
        p_value=float(answer.p_values[at]),
        normalise=answer.normalise[at],
    )


def _flags(model: Model, normalise: str, digest: str | None, seconds: float) -> tuple[str, ...]:
    flags = {
        "inductive": normalise == "none" != model.normalise,
        "trained-on": digest is not None and model.was_trained_on(digest),
        "long": seconds > LONG_SECONDS,
    }
    return tuple(name for name, applies in flags.items() if applies)


def _kind_of_file(path: Path) -> str:
    """Return a reason that names a feature table or a model; empty for any other file."""
    try:
        with path.open("rb") as file:
            is_table = file.read(len(_PARQUET)) == _PARQUET
        if is_table:
            return "a table (Parquet), not audio; give the recordings themselves"
        return "a featser model, not audio; give one model, as the first argument" if is_model(path) else ""
    except OSError:
        return ""


def speaker_rule(name: str) -> Callable[[Path], str]:
    """Return the function that gives the speaker of a recording.

    Parameters
    ----------
    name : str
        one of `SPEAKER_RULES`, the name of a corpus, or the TOML file of a declaration

    Returns
    -------
    callable
        path -> speaker; with a corpus, it raises `UnreadableAudioError` for a file name that the corpus does not use

    Raises
    ------
    UnknownNameError
        ``name`` is neither a rule nor a corpus
    """
    if name == "one":
        return lambda _: "one"
    if name == "folder":
        return lambda path: str(path.parent)
    if not name.endswith(".toml") and name not in known_corpora():
        raise UnknownNameError("value of --speakers", name, [*SPEAKER_RULES, *known_corpora()])
    corpus = find_corpus(name)

    def speaker(path: Path) -> str:
        reading = corpus.parse(path.as_posix())
        if isinstance(reading, Rejected):
            reason = f"unknown speaker ({reading.reason}); --speakers folder and one need no such file name"
            raise UnreadableAudioError(path, reason)
        if reading.speaker is None:
            raise UnreadableAudioError(
                path, f"the names of {corpus.name} do not state the speaker; --speakers folder may"
            )
        return reading.speaker

    return speaker
