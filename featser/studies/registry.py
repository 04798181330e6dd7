"""Studies by name, and one function that carries out any of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from featser.errors import UnknownNameError
from featser.evaluation import Progress
from featser.models import DEFAULT_MODEL
from featser.pipeline import Specification
from featser.studies.ablation import ablation
from featser.studies.cleaning import cleaning
from featser.studies.cross_corpus import cross_corpus
from featser.studies.fairness import fairness
from featser.studies.files import points_of, write_study
from featser.studies.inputs import make_inputs
from featser.studies.noise import noise
from featser.studies.shortcuts import shortcuts
from featser.studies.speakers import speakers
from featser.studies.study import Study
from featser.table import Table

STUDIES: dict[str, Callable[..., Study]] = {
    "ablation": ablation,
    "cross-corpus": cross_corpus,
    "fairness": fairness,
    "cleaning": cleaning,
    "noise": noise,
    "shortcuts": shortcuts,
    "speakers": speakers,
}
"""Name -> function of `Inputs` and options of its own that returns the study."""


def study(
    name: str,
    table: Table,
    model: str | Path | Specification = DEFAULT_MODEL,
    *,
    protocol: str = "auto",
    normalise: str = "none",
    seed: int = 0,
    runs: str | Path | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Study:
    """Carry out a study: one question about a corpus and a pipeline, answered by a table and a picture.

    Parameters
    ----------
    name : str
        name in `featser.studies.STUDIES`, such as ``shortcuts`` or ``fairness``
    table : Table
        features and labels, as `featser.extract` returns them
    model : str, Path or Specification
        name of a model, pipeline file, or specification
    protocol : str
        how speakers are split into folds, see `featser.evaluation.PROTOCOLS`; protocols that leak are refused
    normalise : str
        ``none``, ``enrolment:K`` or ``speaker``, see `featser.evaluation.NORMALISATIONS`
    seed : int
        of everything random
    runs : str or Path, optional
        folder of runs, for example ``reports/runs``, in which the study and its computed points are kept; nothing is
        written by default
    progress : callable, optional
        called with the numbers of finished and of all points
    options
        options of this study by name, as its function in `featser.studies.STUDIES` describes them

    Returns
    -------
    Study
        its ``table`` is a DataFrame with one row per point

    Raises
    ------
    UnknownNameError
        no such study, model, protocol or normalisation
    InputError
        the table does not suit the study, the protocol or the pipeline, or a fold leaks
    """
    if name not in STUDIES:
        raise UnknownNameError("study", name, STUDIES)
    folder = None if runs is None else Path(runs)
    points = points_of(folder) if folder else None
    inputs = make_inputs(
        table, model, protocol=protocol, normalise=normalise, seed=seed, points=points, progress=progress
    )
    found = STUDIES[name](inputs, **options)
    if folder:
        write_study(found, folder)
    return found
