"""Predict the emotions of recordings with a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featser.bundle import Answer, Model, is_model, load_model
from featser.corpora import Rejected, find_audio_files, find_corpus, known_corpora
from featser.errors import UnknownNameError, UnreadableAudioError
from featser.evaluation.conformal import conformal_set
from featser.extraction import Backend, Progress, default_folder

SPEAKER_RULES = ("one", "folder")
"""Values of ``--speakers`` besides the names of corpora."""

LONG_SECONDS = 60.0
"""Recordings above this length are flagged ``long``: the models are trained on utterances of a few seconds."""

_PARQUET = b"PAR1"
"""First bytes of a Parquet file."""


@dataclass(frozen=True)
class Prediction:
    """The emotion of one recording.

    Attributes
    ----------
    path : str
        the recording
    emotion : str
        the predicted emotion
    probabilities : dict of str to float
        probability of each emotion, in alphabetical order
    start_s, end_s : float
        start and end of the labelled part of the recording, in seconds
    flags : tuple of str
        ``inductive``: the unadapted classifier of a model with normalisation by speaker or enrolment answered;
        ``trained-on``: the recording was in the training table; ``long``: it is longer than `LONG_SECONDS`
    set : tuple of str
        conformal prediction set, the most probable emotion first; empty if the model was scored on too few speakers
        to have one
    """

    path: str
    emotion: str
    probabilities: dict[str, float]
    start_s: float
    end_s: float
    flags: tuple[str, ...]
    set: tuple[str, ...] = ()


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
    jobs: int | None = None,
    cache: str | Path | None = None,
    progress: Progress | None = None,
) -> Predictions:
    """Predict the emotion of each recording.

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
    results = []
    for place, at in enumerate(usable):
        flags = _flags(model, answer.normalise[place], rows.digests[at], rows.seconds[at])
        results.append(_prediction(model, answer, place, named[at], float(rows.seconds[at]), flags))
    return Predictions(tuple(results), rejected)


def _speakers(paths: Sequence[Path], rule: Callable[[Path], str] | None) -> tuple[dict[Path, str], dict[Path, str]]:
    """Return the speaker of each recording, and the reasons of those that have none."""
    names, reasons = {}, {}
    for path in paths:
        try:
            names[path] = rule(path) if rule else ""
        except UnreadableAudioError as error:
            reasons[path] = error.reason
    return names, reasons


def _prediction(
    model: Model, answer: Answer, at: int, path: Path, seconds: float, flags: tuple[str, ...]
) -> Prediction:
    shares = answer.decision.probabilities[at]
    probabilities = {name: float(share) for name, share in zip(answer.decision.classes, shares, strict=True)}
    sets = model.scores[answer.normalise[at]].get("conformal")
    return Prediction(
        path=str(path),
        emotion=str(answer.decision.labels[at]),
        probabilities=probabilities,
        start_s=0.0,
        end_s=seconds,
        flags=flags,
        set=tuple(conformal_set(probabilities, sets["threshold"])) if sets else (),
    )


def _flags(model: Model, normalise: str, digest: str | None, seconds: float) -> tuple[str, ...]:
    flags = {
        "inductive": model.normalise != normalise,
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
        return str(reading.speaker)

    return speaker
