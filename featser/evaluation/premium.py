"""The leak premium: one pipeline on one set of recordings, scored honestly and with each of the usual leaks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from featser.errors import InputError
from featser.evaluation.cross_validation import CrossValidation, Progress, fixed, predict_folds
from featser.evaluation.folds import Fold
from featser.evaluation.leaks import guard
from featser.evaluation.metrics import unweighted_average_recall
from featser.evaluation.normalisation import prepare
from featser.evaluation.protocols import LEAKY, make_folds, resolve_protocol
from featser.evaluation.records import read_run, write_run
from featser.evaluation.runs import Run
from featser.evaluation.scoring import score
from featser.models import default_parameters, find_model
from featser.models.limits import Range
from featser.models.selection import univariate
from featser.models.spaces import read_space
from featser.pipeline import Specification, select_features, shaped
from featser.table import Table, select_rows

N_SELECTED = 300
N_SETTINGS = 12
_LABELS = ("truth", "predicted")

RANDOM, AUGMENTED, TUNED = "random split", "augment before split", "tune on the test folds"
CHANGED_SETTINGS = {RANDOM: ("protocol",), AUGMENTED: ("protocol", "copies", "utterances"), TUNED: ("tuning",)}
"""Leak -> settings, beside the leak itself, in which its run differs from the honest one; none for other leaks."""

Validated = tuple[Run, pd.DataFrame]
"""A run and the predictions that it was computed from."""


@dataclass(frozen=True, eq=False)
class _Study:
    """What all runs of a study share.

    Attributes
    ----------
    table : Table
        original recordings, with the columns that the pipeline uses
    copies : Table or None
        changed copies of them, with the same columns
    specification : Specification
        the pipeline
    protocol, normalise : str
        of the honest run, the protocol as resolved
    folds : sequence of Fold
        of that protocol
    seed : int
        of everything random
    """

    table: Table
    copies: Table | None
    specification: Specification
    protocol: str
    folds: Sequence[Fold]
    normalise: str
    seed: int

    def validate(self, specification: Specification, features: pd.DataFrame | None = None) -> CrossValidation:
        """Cross-validate on the honest folds; ``features`` replace those of the table."""
        matrix = prepare(self.table.features if features is None else features, self.table.manifest, self.normalise)
        return predict_folds(fixed(specification, self.seed), matrix, self.table.manifest, self.folds)

    def scored(
        self,
        validated: CrossValidation,
        specification: Specification,
        leak: str = "",
        tuning: Mapping[str, Any] | None = None,
    ) -> Validated:
        """Score predictions on the honest folds; ``leak`` says what training was allowed to see."""
        setting, n_features = (self.protocol, self.normalise, self.seed), self.table.features.shape[1]
        leaks = [leak] if leak else []
        run = score(validated, self.table, specification, n_features, setting, leaks=leaks, tuning=tuning)
        return run, validated.predictions


def leak_premium(
    table: Table,
    specification: Specification,
    normalise: str = "none",
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Validated]:
    """Score a pipeline honestly and with each of the usual leaks.

    Parameters
    ----------
    table : Table
        a feature table. Changed copies in it (rows with ``derived_from``) are used for the leak of augmenting before
        the split only; without copies that leak is left out
    specification : Specification
        the pipeline
    normalise : str
        as for `featser.evaluation.prepare`
    seed : int
        of everything random
    progress : callable, optional
        called with the number of finished and of all steps

    Returns
    -------
    dict
        name -> run and predictions. ``honest`` is the pipeline under the protocol ``auto``; ``honest, 300 features``
        selects features inside the folds. The others are stamped LEAKY: ``random split``, ``scale before split``,
        ``select before split``, ``tune on the test folds`` and ``augment before split``. Both runs with 300 features
        are left out where the model has no selection or the table no more than 300 columns

    Raises
    ------
    InputError
        the table is unfit for the protocol or the normalisation, a fold of the honest run leaks, or the originals of
        the copies are missing
    """
    originals, copies = _split_copies(table)
    names = select_features(specification, table.feature_set)
    specification = shaped(specification, names)
    originals = replace(originals, features=originals.features[names])
    copies = copies and replace(copies, features=copies.features[names])
    protocol = resolve_protocol("auto", originals.manifest)
    folds = make_folds(protocol, originals.manifest, seed)
    guard(folds, originals, protocol, specification=specification)
    study = _Study(originals, copies, specification, protocol, folds, normalise, seed)
    validated: dict[str, Validated] = {}
    for done, step in enumerate(_STEPS):
        if progress:
            progress(done, len(_STEPS))
        validated.update(step(study))
    return validated


def record_premium(validated: Mapping[str, Validated], folder: Path) -> None:
    """Write the runs of a study, as `featser.evaluation.write_run` does.

    A run that `featser fit` made with the same code and the same score is kept, for it has the size of its model.

    Parameters
    ----------
    validated : mapping
        as `leak_premium` returns it
    folder : Path
        folder of all runs
    """
    for run, predictions in validated.values():
        there = read_run(folder / run.run) if (folder / run.run / "run.json").exists() else None
        if there is None or (there.code, there.uar) != (run.code, run.uar):
            write_run(run, predictions, folder)


def _split_copies(table: Table) -> tuple[Table, Table | None]:
    """Split a table into original recordings and changed copies of them."""
    if not table.has_copies:
        return table, None
    copied = table.manifest["derived_from"].notna().to_numpy()
    known = table.manifest["derived_from"][copied].isin(table.manifest["utterance"][~copied])
    if not known.all():
        missing = table.manifest["derived_from"][copied][~known].iloc[0]
        raise InputError(
            f"{(~known).sum()} copies have no original in the table, e.g. of {missing}. "
            "Give a table with the originals too: featser extract FOLDER --copies voices."
        )
    return select_rows(table, ~copied), select_rows(table, copied)


def _honest(study: _Study) -> Iterator[tuple[str, Validated]]:
    yield "honest", study.scored(study.validate(study.specification), study.specification)


def _random_split(study: _Study) -> Iterator[tuple[str, Validated]]:
    """Split by utterance, so that speakers are on both sides."""
    yield RANDOM, _by_utterance(study, study.table)


def _augmented_before(study: _Study) -> Iterator[tuple[str, Validated]]:
    """Split recordings and changed copies of them by row, as in many published notebooks."""
    if study.copies is None:
        return
    manifest = pd.concat([study.table.manifest, study.copies.manifest], ignore_index=True)
    features = pd.concat([study.table.features, study.copies.features], ignore_index=True)
    n_copies = len(study.copies.manifest) / len(study.table.manifest)
    leak = f"{AUGMENTED}: {n_copies:.3g} changed copies of each recording, split at random together with it"
    yield AUGMENTED, _by_utterance(study, replace(study.table, manifest=manifest, features=features), leak)


def _by_utterance(study: _Study, table: Table, leak: str = "") -> Validated:
    protocol = LEAKY[0]
    folds = make_folds(protocol, table.manifest, study.seed)
    leaks = [leak] if leak else guard(folds, table, protocol)
    matrix = prepare(table.features, table.manifest, study.normalise)
    validated = predict_folds(fixed(study.specification, study.seed), matrix, table.manifest, folds)
    setting = (protocol, study.normalise, study.seed)
    run = score(validated, table, study.specification, table.features.shape[1], setting, leaks=leaks)
    return run, validated.predictions


def _scaled_before(study: _Study) -> Iterator[tuple[str, Validated]]:
    """Centre and scale over all utterances, the tested ones included."""
    features = study.table.features
    scaled = StandardScaler().fit_transform(features.to_numpy(dtype=np.float64))
    validated = study.validate(study.specification, pd.DataFrame(scaled, columns=features.columns))
    leak = "scale before split: features centred and scaled over all utterances, including the tested ones"
    yield "scale before split", study.scored(validated, study.specification, leak)


def _selected_before(study: _Study) -> Iterator[tuple[str, Validated]]:
    """Select features by the labels of all utterances; and, as the honest counterpart, inside the folds."""
    features = study.table.features
    if "selection" not in default_parameters(study.specification.model) or features.shape[1] <= N_SELECTED:
        return
    parameters = {**study.specification.parameters, "selection": "univariate", "n_selected": N_SELECTED}
    inside = replace(study.specification, parameters=parameters)
    yield f"honest, {N_SELECTED} features", study.scored(study.validate(inside), inside)
    filled = SimpleImputer(strategy="median", keep_empty_features=True).fit_transform(features.to_numpy(np.float64))
    scores = univariate(filled, study.table.manifest["emotion"].to_numpy(dtype=np.str_))
    chosen = np.sort(np.argsort(-scores, kind="stable")[:N_SELECTED])
    leak = (
        f"select before split: {N_SELECTED} features chosen by the labels of all utterances, the tested ones included"
    )
    yield "select before split", study.scored(study.validate(inside, features.iloc[:, chosen]), inside, leak)


def _tuned_on_test(study: _Study) -> Iterator[tuple[str, Validated]]:
    """Try random settings and keep the one with the best score on the test folds."""
    settings = list(_settings(study.specification, study.seed))
    tried = [study.validate(each) for each in settings]
    scores = [unweighted_average_recall(*(list(each.predictions[name]) for name in _LABELS)) for each in tried]
    best = int(np.argmax(scores))
    chosen = {"fold": "all", "parameters": dict(settings[best].parameters), "exclude": list(settings[best].exclude)}
    leak = f"{TUNED}: the best of {len(settings)} settings, chosen by the utterances that it is scored on"
    tuning = {"n_trials": len(settings), "chosen": [chosen]}
    yield TUNED, study.scored(tried[best], study.specification, leak, tuning)


_STEPS: tuple[Callable[[_Study], Iterator[tuple[str, Validated]]], ...] = (
    *(_honest, _random_split, _scaled_before, _selected_before, _tuned_on_test, _augmented_before),
)


def _settings(specification: Specification, seed: int) -> Iterator[Specification]:
    """The pipeline itself, then others with parameters drawn from the model's search space."""
    yield specification
    rng = np.random.default_rng(seed)
    known = default_parameters(specification.model)
    space = read_space(find_model(specification.model).search, known, specification.name)
    for _ in range(N_SETTINGS - 1 if space else 0):
        drawn = {name: _draw(dimension, rng) for name, dimension in space.items()}
        yield replace(specification, parameters={**specification.parameters, **drawn})


def _draw(dimension: Any, rng: np.random.Generator) -> Any:
    if not isinstance(dimension, Range):
        return dimension.values[rng.integers(len(dimension.values))]
    there: Callable[[float], float] = np.log if dimension.log else float
    drawn = rng.uniform(there(dimension.low), there(dimension.high))
    value = float(np.exp(drawn)) if dimension.log else float(drawn)
    return round(value) if dimension.whole else value
