"""Runs: one folder with a score that can be traced and the predictions that it was computed from."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from featser.atomic import atomic_write
from featser.errors import InputError
from featser.evaluation import calibration, metrics
from featser.evaluation.conformal import conformal_summary
from featser.evaluation.cross_validation import CrossValidation
from featser.evaluation.normalisation import copy_suffixes
from featser.evaluation.protocols import LEAKY
from featser.models import default_parameters
from featser.pipeline import Specification
from featser.table import Table
from featser.versions import library_versions

FORMAT = 2
_SPLIT_BY = ("utterance", "emotion", "speaker", "text", "derived_from")
"""Columns of a manifest that folds depend on."""


@dataclass(frozen=True)
class Run:
    """One pipeline scored on one table under one protocol and normalisation; what ``run.json`` holds.

    Attributes
    ----------
    uar, uar_low, uar_high : float
        pooled over all out-of-fold predictions, with its 95 % interval over speakers; the ends are None for fewer
        than three speakers
    confusion : list of lists
        counts, rows = truth, columns = predicted, in the order of ``classes``
    uar_by_speaker : dict
        UAR over the emotions that a speaker has
    seconds : dict
        ``fit`` and ``predict``, summed over folds
    macro_recall : float
        the UAR under its other name
    reliability, risk_coverage : list
        as `featser.evaluation.calibration` returns them; ``aurc`` is the area under the latter
    right_by_speaker : dict
        right answers of each speaker, in the order of ``classes``; empty where some speaker is not known
    copies : list of str
        changes whose copies of the recordings were trained on, and never tested
    leaks : list of str
        sentences that say what this score was allowed to see; any makes the run leaky
    tuning : dict
        what a search over parameters did, with its ``inner_uar`` and ``outer_uar``; empty for fixed parameters
    conformal : dict
        prediction sets, as `featser.evaluation.conformal.conformal_summary` describes them; empty where there are none
    n_parameters, model_bytes : int, optional
        weights of the trained model where it counts them, and the size of its file
    """

    run: str
    pipeline: str
    title: str
    model: str
    parameters: dict[str, Any]
    features: str
    n_features: int
    clean: list[str]
    corpus: str
    protocol: str
    normalise: str
    leaky: bool
    seed: int
    n_utterances: int
    n_speakers: int
    n_folds: int
    classes: list[str]
    uar: float
    uar_low: float | None
    uar_high: float | None
    war: float
    macro_f1: float
    recall: dict[str, float]
    log_loss: float
    ece: float
    confusion: list[list[int]]
    uar_by_speaker: dict[str, float]
    seconds: dict[str, float]
    versions: dict[str, str]
    macro_precision: float = 0.0
    macro_recall: float = 0.0
    precision: dict[str, float] = field(default_factory=dict)
    brier: float = 0.0
    aurc: float = 0.0
    reliability: list[dict[str, float]] = field(default_factory=list)
    risk_coverage: list[list[float]] = field(default_factory=list)
    right_by_speaker: dict[str, list[int]] = field(default_factory=dict)
    copies: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    tuning: dict[str, Any] = field(default_factory=dict)
    conformal: dict[str, Any] = field(default_factory=dict)
    n_parameters: int | None = None
    model_bytes: int | None = None
    format: int = FORMAT


def score(
    validated: CrossValidation,
    table: Table,
    specification: Specification,
    n_features: int,
    setting: tuple[str, str, int],
    *,
    leaks: Sequence[str] = (),
    tuning: Mapping[str, Any] | None = None,
) -> Run:
    """Score predictions and write down all that they came from.

    Parameters
    ----------
    setting : tuple
        protocol (as resolved), normalisation, seed
    leaks : sequence of str, optional
        sentences that say what the score was allowed to see
    tuning : mapping, optional
        what a search over parameters did
    """
    protocol, normalise, seed = setting
    predictions = validated.predictions
    return Run(
        run=run_name(table, specification, setting, leaks),
        pipeline=specification.name,
        title=specification.title,
        model=specification.model,
        parameters={**default_parameters(specification.model), **specification.parameters},
        features=table.feature_set.name,
        n_features=n_features,
        clean=list(table.clean),
        corpus=table.corpus,
        protocol=protocol,
        normalise=normalise,
        leaky=protocol in LEAKY or bool(leaks),
        seed=seed,
        n_utterances=len(predictions),
        n_speakers=int(predictions["speaker"].nunique()),
        n_folds=int(predictions["fold"].nunique()),
        seconds={"fit": round(validated.fit_seconds, 3), "predict": round(validated.predict_seconds, 3)},
        versions=library_versions(),
        copies=[str(each).strip("~-") for each in np.unique(copy_suffixes(table.manifest)) if each],
        leaks=list(leaks),
        tuning=dict(tuning or {}),
        **_decision_scores(predictions, seed),
        **_probability_scores(predictions),
    )


def _decision_scores(predictions: pd.DataFrame, seed: int) -> dict[str, Any]:
    """Fields of a run that follow from what was decided."""
    truth, predicted = list(predictions["truth"]), list(predictions["predicted"])
    interval = metrics.uar_interval(predictions, seed) or (None, None)
    uar = metrics.unweighted_average_recall(truth, predicted)
    return {
        "classes": calibration.class_names(predictions),
        "uar": uar,
        "uar_low": interval[0],
        "uar_high": interval[1],
        "war": metrics.weighted_average_recall(truth, predicted),
        "macro_precision": metrics.macro_precision(truth, predicted),
        "macro_recall": uar,
        "macro_f1": metrics.macro_f1(truth, predicted),
        "precision": metrics.precision_by_emotion(truth, predicted),
        "recall": metrics.recall_by_emotion(truth, predicted),
        "confusion": metrics.confusion(predictions),
        "uar_by_speaker": metrics.uar_by_speaker(predictions),
        "right_by_speaker": metrics.right_by_speaker(predictions),
    }


def _probability_scores(predictions: pd.DataFrame) -> dict[str, Any]:
    """Fields of a run that follow from how sure the decisions were."""
    return {
        "log_loss": calibration.log_loss(predictions),
        "brier": calibration.brier_score(predictions),
        "ece": calibration.expected_calibration_error(predictions),
        "aurc": calibration.area_under_risk_coverage(predictions),
        "reliability": calibration.reliability(predictions),
        "risk_coverage": [list(each) for each in calibration.risk_coverage(predictions)],
        "conformal": conformal_summary(predictions),
    }


def run_name(
    table: Table, specification: Specification, setting: tuple[str, str, int], leaks: Sequence[str] = ()
) -> str:
    """Name that tells runs apart by what they are made of; the same command gives the same name.

    It ends in a digest of table, pipeline and seed, so that two runs that look alike do not overwrite each other. Of
    the manifest it takes what folds are made of; a column that is absent counts as one in which nothing is known.
    """
    protocol, normalise, seed = setting
    digest = hashlib.sha256()
    digest.update(json.dumps([specification.to_dict(), seed, list(table.clean)], sort_keys=True).encode())
    if leaks:
        digest.update(json.dumps(list(leaks)).encode())
    split_by = table.manifest.reindex(columns=list(_SPLIT_BY)).astype(object)
    digest.update(json.dumps(split_by.where(split_by.notna(), None).to_numpy().tolist()).encode())
    digest.update(table.features.to_numpy().tobytes())
    parts = (
        table.corpus,
        table.feature_set.name,
        specification.name,
        protocol,
        normalise.replace(":", "-"),
        digest.hexdigest()[:8],
    )
    return "-".join(parts)


def write_run(run: Run, predictions: pd.DataFrame, folder: Path) -> Path:
    """Write ``run.json`` and ``predictions.parquet`` into a folder of the run's name; return that folder.

    Both files appear whole or not at all, and ``run.json``, by which a run is found, appears last.
    """
    place = folder / run.run
    place.mkdir(parents=True, exist_ok=True)
    with atomic_write(place / "run.json") as document, atomic_write(place / "predictions.parquet") as table:
        document.write_text(json.dumps(asdict(run), indent=1) + "\n", encoding="utf-8")
        predictions.to_parquet(table, compression="zstd", index=False)
    return place


def read_runs(folder: Path) -> list[Run]:
    """Read every run below a folder, by name.

    Raises
    ------
    InputError
        no such folder, no run in it, or a file that is no run
    """
    files = sorted(folder.glob("*/run.json"))
    if not files:
        raise InputError(f"No runs in {folder}. Make one: featser fit TABLE --model svm.")
    return [_read_run(file) for file in files]


def read_predictions(run: Run, folder: Path) -> pd.DataFrame:
    """Out-of-fold predictions of a run, by utterance."""
    return pd.read_parquet(folder / run.run / "predictions.parquet")


def scores_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return the scores table: one row per run, the recall of each emotion in a column ``recall_<emotion>``."""
    return pd.DataFrame([_flat(run) for run in runs])


_NESTED = (
    *("parameters", "clean", "copies", "classes", "recall", "precision", "confusion", "uar_by_speaker"),
    *("right_by_speaker", "reliability", "risk_coverage", "seconds", "versions", "leaks", "tuning", "conformal"),
)
_SCALARS = [each.name for each in fields(Run) if each.name not in _NESTED]
_CONFORMAL = ("level", "threshold", "coverage", "mean_size", "single")


def _flat(run: Run) -> dict[str, Any]:
    """Plain values of a run; lists and dicts by an entry to a column where they are scores."""
    return (
        {name: getattr(run, name) for name in _SCALARS}
        | {"leaks": " ".join(run.leaks), "copies": " ".join(run.copies)}
        | {f"recall_{emotion}": value for emotion, value in run.recall.items()}
        | {f"precision_{emotion}": value for emotion, value in run.precision.items()}
        | {f"conformal_{name}": run.conformal.get(name) for name in _CONFORMAL}
        | {f"tuning_{name}": value for name, value in run.tuning.items() if isinstance(value, int | float | str)}
        | {f"{name}_seconds": value for name, value in run.seconds.items()}
        | {f"version_{name}": value for name, value in run.versions.items()}
    )


def _read_run(file: Path) -> Run:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        if values.get("format") != FORMAT:
            raise InputError(f"{file} was written by another featser. Delete its folder and fit again.")
        return Run(**values)
    except (json.JSONDecodeError, TypeError, AttributeError) as error:
        raise InputError(f"{file} is not a run of featser ({error}). Delete its folder and fit again.") from error
