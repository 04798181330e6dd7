"""Runs as files: one folder per run, with ``run.json`` and ``predictions.parquet``."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pandas as pd

from featser.atomic import atomic_write
from featser.errors import InputError
from featser.evaluation.record_checks import check_record
from featser.evaluation.runs import FORMAT, Run
from featser.evaluation.scoring import rescored

_UPGRADED = (2,)
"""Older formats whose runs are scored again from their predictions when they are read."""


def write_run(run: Run, predictions: pd.DataFrame, folder: Path) -> Path:
    """Write ``run.json`` and ``predictions.parquet`` into a folder of the run's name.

    Both files are written under temporary names and renamed when complete; ``run.json``, by which `read_runs` finds a
    run, is renamed last.

    Parameters
    ----------
    run : Run
        the run
    predictions : DataFrame
        out-of-fold predictions that it was computed from
    folder : Path
        folder of all runs; made where it is missing

    Returns
    -------
    Path
        the folder of this run
    """
    place = folder / run.run
    place.mkdir(parents=True, exist_ok=True)
    with atomic_write(place / "run.json") as document, atomic_write(place / "predictions.parquet") as table:
        document.write_text(json.dumps(asdict(run), indent=1) + "\n", encoding="utf-8")
        predictions.to_parquet(table, compression="zstd", index=False)
    return place


def read_runs(folder: Path) -> list[Run]:
    """Read every run below a folder, sorted by name.

    Runs of format 2 are scored again from their predictions; what was not recorded then (machine, code, leak checks,
    parameters chosen by a search) stays empty.

    Parameters
    ----------
    folder : Path
        folder of all runs

    Returns
    -------
    list of Run
        at least one

    Raises
    ------
    InputError
        no such folder, no run in it, or a file that is no run
    """
    files = sorted(folder.glob("*/run.json"))
    if not files:
        raise InputError(f"No runs in {folder}. Make one: featser fit TABLE --model svm.")
    return [read_run(file.parent) for file in files]


def read_run(place: Path) -> Run:
    """Read one run; see `read_runs`.

    Parameters
    ----------
    place : Path
        folder of the run

    Returns
    -------
    Run
        the run

    Raises
    ------
    InputError
        its ``run.json`` is missing or no run
    """
    file = place / "run.json"
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        if values.get("format") in _UPGRADED:
            return rescored(values, pd.read_parquet(place / "predictions.parquet"))
        if values.get("format") != FORMAT:
            raise InputError(f"{file} was written by another version of featser. Delete its folder and fit again.")
        check_record(values)
        return Run(**values)
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise InputError(f"{file} is not a run of featser ({error}). Delete its folder and fit again.") from error


def read_predictions(run: Run, folder: Path) -> pd.DataFrame:
    """Read the out-of-fold predictions of a run.

    Parameters
    ----------
    run : Run
        the run
    folder : Path
        folder of all runs

    Returns
    -------
    DataFrame
        one row per tested utterance, sorted by utterance
    """
    return pd.read_parquet(folder / run.run / "predictions.parquet")


def scores_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Put runs into a table.

    Parameters
    ----------
    runs : sequence of Run
        rows of the table, in this order

    Returns
    -------
    DataFrame
        one row per run, with ``recall_<emotion>``, ``precision_<emotion>``, ``<step>_seconds``,
        ``version_<library>`` and so on for entries of dictionaries
    """
    return pd.DataFrame([_flat(run) for run in runs])


_NESTED = (
    *("parameters", "clean", "copies", "classes", "recall", "precision", "confusion", "uar_by_speaker"),
    *("right_by_speaker", "spoken_by_speaker", "reliability", "risk_coverage", "seconds", "versions", "leaks"),
    *("checks", "tuning", "conformal", "added", "labels", "code", "guard", "enrolment", "sexes", "words"),
    *("by_corpus", "adapted"),
)
_SCALARS = [each.name for each in fields(Run) if each.name not in _NESTED]
_CONFORMAL = ("level", "threshold", "coverage", "mean_size", "single")


def _flat(run: Run) -> dict[str, Any]:
    """Fields of a run as scalars."""
    return (
        {name: getattr(run, name) for name in _SCALARS}
        | {"leaks": " ".join(run.leaks), "checks": ", ".join(run.checks), "copies": " ".join(run.copies)}
        | {"added": "+".join(run.added), "labels": run.labels.get("name", "")}
        | {f"recall_{emotion}": value for emotion, value in run.recall.items()}
        | {f"precision_{emotion}": value for emotion, value in run.precision.items()}
        | {f"conformal_{name}": run.conformal.get(name) for name in _CONFORMAL}
        | {f"tuning_{name}": value for name, value in run.tuning.items() if isinstance(value, int | float | str)}
        | {f"{name}_seconds": value for name, value in run.seconds.items()}
        | {f"version_{name}": value for name, value in run.versions.items()}
        | {f"code_{part}": digest for part, digest in run.code.items()}
    )
