"""Recordings in, emotions out, by the rule that the report scored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featser.audio import SAMPLE_RATE, read_signal
from featser.bundle import Answer, Model
from featser.corpora import AUDIO_SUFFIXES, CORPORA, Rejected
from featser.errors import InputError, UnknownNameError, UnreadableAudioError, UsageError, did_you_mean
from featser.evaluation.conformal import conformal_set

SPEAKER_RULES = ("one", "folder")
"""How ``--speakers`` says who speaks, besides the name of a corpus whose file names say it."""


@dataclass(frozen=True)
class Prediction:
    """The emotion of one recording.

    Attributes
    ----------
    probabilities : dict
        emotion -> probability, in alphabetical order
    start_s, end_s : float
        the part of the recording that it is about, in seconds
    set : tuple of str
        emotions that the prediction set of the model's coverage holds, the most probable first; empty for a model that
        was scored on too few speakers to have such sets
    flags : tuple of str
        ``inductive`` where a model with normalisation by speaker or enrolment answered without it
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
    """Results of the recordings that could be used, and the others with their reasons."""

    results: tuple[Prediction, ...]
    rejected: tuple[Rejected, ...]


def predict(
    model: Model, recordings: Sequence[Path], speakers: str | None = None, enrolled: Sequence[Path] = ()
) -> Predictions:
    """Give each recording an emotion; one that cannot be used is listed with its reason and gets none.

    Parameters
    ----------
    speakers : str, optional
        who speaks, for a model with speaker normalisation: ``one`` (all are one voice), ``folder`` (a folder per
        voice), or a corpus whose file names say it
    enrolled : sequence of Path, optional
        unlabelled recordings of the one voice that speaks in all the others, for a model with normalisation by
        enrolment

    Raises
    ------
    UnknownNameError
        no such way to tell speakers
    UsageError, InputError
        enrolled recordings that the model does not take, are too few, or cannot be used
    """
    rule = None if speakers is None else speaker_rule(speakers)
    enrolment = model.describe(enrolled) if enrolled else None
    rows, names, used, rejected = [], [], [], []
    for path in recordings:
        try:
            speaker = rule(path) if rule else ""
            signal = read_signal(path, model.clean)
            rows.append(model.describe_one(signal))
        except UnreadableAudioError as error:
            rejected.append(Rejected(str(path), error.reason))
            continue
        names.append(speaker)
        used.append((path, len(signal) / SAMPLE_RATE))
    if not rows:
        return Predictions((), tuple(rejected))
    answer = model.answer(np.stack(rows), names if rule else None, enrolment)
    results = [_prediction(model, answer, at, *each) for at, each in enumerate(used)]
    return Predictions(tuple(results), tuple(rejected))


def _prediction(model: Model, answer: Answer, at: int, path: Path, seconds: float) -> Prediction:
    shares = answer.decision.probabilities[at]
    probabilities = {name: float(share) for name, share in zip(answer.decision.classes, shares, strict=True)}
    sets = model.scores[answer.normalise[at]].get("conformal")
    return Prediction(
        path=str(path),
        emotion=str(answer.decision.labels[at]),
        probabilities=probabilities,
        start_s=0.0,
        end_s=seconds,
        flags=("inductive",) if model.normalise != answer.normalise[at] else (),
        set=tuple(conformal_set(probabilities, sets["threshold"])) if sets else (),
    )


def find_recordings(paths: Sequence[Path]) -> list[Path]:
    """Return files as they are given and every recording below a folder, in order of name.

    Raises
    ------
    UsageError
        a path that is not there, with the nearest name beside it
    InputError
        a folder without recordings
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                each for each in path.rglob("*") if each.suffix.lower() in AUDIO_SUFFIXES and each.name[0] != "."
            )
            if not inside:
                raise InputError(f"No recordings in {path}. Give a folder that holds .wav or .flac files.")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
            raise UsageError(f"No such file or folder: '{path}'.{did_you_mean(path.name, beside)}")
    return list(dict.fromkeys(found))


def speaker_rule(name: str) -> Callable[[Path], str]:
    """Return what says who speaks in a recording: one of `SPEAKER_RULES`, or a corpus's way to name files.

    What it returns raises `UnreadableAudioError` where a file is not named in the corpus's way.

    Raises
    ------
    UnknownNameError
        neither a rule nor a corpus
    """
    if name == "one":
        return lambda _: "one"
    if name == "folder":
        return lambda path: str(path.parent)
    if name not in CORPORA:
        raise UnknownNameError("value of --speakers", name, [*SPEAKER_RULES, *CORPORA])

    def speaker(path: Path) -> str:
        reading = CORPORA[name].parse(path.as_posix())
        if isinstance(reading, Rejected):
            reason = f"its speaker is not known ({reading.reason}); --speakers folder or one needs no such name"
            raise UnreadableAudioError(path, reason)
        return str(reading.speaker)

    return speaker
