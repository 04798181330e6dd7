"""Runs: one folder with a score that can be traced and the predictions that it was computed from."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from featser.errors import InputError
from featser.evaluation import metrics
from featser.evaluation.cross_validation import CrossValidation
from featser.evaluation.protocols import LEAKY
from featser.models import default_parameters
from featser.pipeline import Specification
from featser.table import FeatureTable, library_versions

FORMAT = 1


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
    format: int = FORMAT


def score(
    validated: CrossValidation,
    table: FeatureTable,
    specification: Specification,
    n_features: int,
    setting: tuple[str, str, int],
) -> Run:
    """Score predictions and write down all that they came from.

    Parameters
    ----------
    setting : tuple
        protocol (as resolved), normalisation, seed
    """
    protocol, normalise, seed = setting
    predictions = validated.predictions
    truth, predicted = list(predictions["truth"]), list(predictions["predicted"])
    interval = metrics.uar_interval(predictions, seed) or (None, None)
    return Run(
        run=run_name(table, specification, setting),
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
        leaky=protocol in LEAKY,
        seed=seed,
        n_utterances=len(predictions),
        n_speakers=int(predictions["speaker"].nunique()),
        n_folds=int(predictions["fold"].nunique()),
        classes=metrics.class_names(predictions),
        uar=metrics.unweighted_average_recall(truth, predicted),
        uar_low=interval[0],
        uar_high=interval[1],
        war=metrics.weighted_average_recall(truth, predicted),
        macro_f1=metrics.macro_f1(truth, predicted),
        recall=metrics.recall_by_emotion(truth, predicted),
        log_loss=metrics.log_loss(predictions),
        ece=metrics.expected_calibration_error(predictions),
        confusion=metrics.confusion(predictions),
        uar_by_speaker=metrics.uar_by_speaker(predictions),
        seconds={"fit": round(validated.fit_seconds, 3), "predict": round(validated.predict_seconds, 3)},
        versions=library_versions(),
    )


def run_name(table: FeatureTable, specification: Specification, setting: tuple[str, str, int]) -> str:
    """Name that tells runs apart by what they are made of; the same command gives the same name.

    It ends in a digest of table, pipeline and seed, so that two runs that look alike do not overwrite each other.
    """
    protocol, normalise, seed = setting
    digest = hashlib.sha256()
    digest.update(json.dumps([asdict(specification), seed, list(table.clean)], sort_keys=True).encode())
    digest.update(
        pd.util.hash_pandas_object(table.manifest[["utterance", "emotion"]], index=False).to_numpy().tobytes()
    )
    digest.update(table.features.to_numpy().tobytes())
    parts = (table.corpus, table.feature_set.name, specification.name, protocol, normalise, digest.hexdigest()[:8])
    return "-".join(parts)


def write_run(run: Run, predictions: pd.DataFrame, folder: Path) -> Path:
    """Write ``run.json`` and ``predictions.parquet`` into a folder of the run's name; return that folder."""
    place = folder / run.run
    place.mkdir(parents=True, exist_ok=True)
    predictions.to_parquet(place / "predictions.parquet", compression="zstd", index=False)
    (place / "run.json").write_text(json.dumps(asdict(run), indent=1) + "\n", encoding="utf-8")
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
    rows = [
        {name: getattr(run, name) for name in _SCALARS}
        | {f"recall_{emotion}": value for emotion, value in run.recall.items()}
        | {f"{name}_seconds": value for name, value in run.seconds.items()}
        | {f"version_{name}": value for name, value in run.versions.items()}
        for run in runs
    ]
    return pd.DataFrame(rows)


_SCALARS = [
    each.name
    for each in fields(Run)
    if each.name
    not in ("parameters", "clean", "classes", "recall", "confusion", "uar_by_speaker", "seconds", "versions")
]


def _read_run(file: Path) -> Run:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        if values.get("format") != FORMAT:
            raise InputError(f"{file} was written by another featser. Delete its folder and fit again.")
        return Run(**values)
    except (json.JSONDecodeError, TypeError, AttributeError) as error:
        raise InputError(f"{file} is not a run of featser ({error}). Delete its folder and fit again.") from error
