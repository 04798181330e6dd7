"""Studies as files: one JSON document each, in the folder ``studies`` of the runs."""

import hashlib
import json
from pathlib import Path

from featser.atomic import atomic_write
from featser.errors import InputError
from featser.studies.points import Points
from featser.studies.study import Study, study_from

_FOLDER = "studies"
_CIRCUMSTANCES = ("versions", "code", "command")
"""What a study was made with; a study with the same other settings is replaced."""


def points_of(runs: Path) -> Points:
    """Return the computed points of all studies below a folder of runs."""
    return Points(runs / _FOLDER / "points")


def write_study(study: Study, runs: Path) -> Path:
    """Write a study; the file appears whole or not at all.

    Parameters
    ----------
    study : Study
        replaces an earlier one with the same settings
    runs : Path
        folder of all runs; made where it is missing

    Returns
    -------
    Path
        ``<runs>/studies/<name>-<corpora>-<digest>.json``
    """
    settings = {name: value for name, value in study.about.items() if name not in _CIRCUMSTANCES}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]
    path = runs / _FOLDER / f"{study.name}-{'+'.join(study.corpora)}-{digest}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(study.to_dict(), indent=1, ensure_ascii=False, allow_nan=False)
    with atomic_write(path) as temporary:
        temporary.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    return path


def read_studies(runs: Path) -> list[Study]:
    """Read every study below a folder of runs, sorted by file name.

    Parameters
    ----------
    runs : Path
        folder of all runs

    Returns
    -------
    list of Study
        empty where there is none

    Raises
    ------
    InputError
        a file is not a study
    """
    return [_read(path) for path in sorted((runs / _FOLDER).glob("*.json"))]


def _read(path: Path) -> Study:
    try:
        return study_from(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise InputError(f"{path} is not a study of featser ({error}). Delete it and run the study again.") from error
