"""The leak premium: the same pipeline on the same recordings, honest and by the shortcuts that are usual elsewhere."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from featser.errors import InputError
from featser.evaluation.cross_validation import CrossValidation, fixed, predict_folds
from featser.evaluation.folds import Fold
from featser.evaluation.leaks import guard
from featser.evaluation.normalisation import prepare
from featser.evaluation.protocols import LEAKY, make_folds, resolve_protocol
from featser.evaluation.runs import Run, score
from featser.models import default_parameters, find_model
from featser.models.limits import Range
from featser.models.selection import univariate
from featser.models.spaces import read_space
from featser.pipeline import Specification, select_features
from featser.table import Table

N_SELECTED = 300
N_SETTINGS = 12

Validated = tuple[Run, pd.DataFrame]
"""A run and the predictions that it was computed from."""


@dataclass(frozen=True, eq=False)
class Study:
    """What all rows of the premium share.

    Attributes
    ----------
    table : Table
        with the columns that the pipeline uses, and no others
    protocol : str
        the honest one, as resolved
    normalise : str
        of the speakers, as for `prepare`
    """

    table: Table
    specification: Specification
    protocol: str
    normalise: str
    seed: int

    def validate(self, specification: Specification, features: pd.DataFrame | None = None) -> CrossValidation:
        """Cross-validate on the honest folds; ``features`` stand in for those of the table."""
        folds = make_folds(self.protocol, self.table.manifest, self.seed)
        return _validate(self, self.table, features, folds, specification)

    def judged(self, validated: CrossValidation, specification: Specification, leak: str = "") -> Validated:
        """Score predictions on the honest folds; ``leak`` says what they were allowed to see."""
        setting = (self.protocol, self.normalise, self.seed)
        n_features = self.table.features.shape[1]
        run = score(validated, self.table, specification, n_features, setting, leaks=[leak] if leak else [])
        return run, validated.predictions


def leak_premium(
    table: Table,
    specification: Specification,
    normalise: str = "none",
    seed: int = 0,
    copies: Table | None = None,
) -> dict[str, Validated]:
    """Score a pipeline honestly and by every shortcut.

    Parameters
    ----------
    copies : Table, optional
        changed copies of the table's recordings, as augmentation makes them, with the column ``derived_from``; without
        them the shortcut that augments before the split is left out

    Returns
    -------
    dict
        ``honest``, ``honest, N features`` (chosen inside the folds), and each of ``random split``, ``augment before
        split``, ``scale before split``, ``select before split``, ``tune on the test folds`` -> its run, stamped LEAKY,
        and predictions

    Raises
    ------
    InputError
        the table does not carry the protocol or the normalisation, or copies do not say what they were made from
    """
    if copies is not None:
        _check_copies(copies.manifest, table.manifest)
    names = select_features(specification, table.feature_set)
    only = replace(table, features=table.features[names])
    study = Study(only, specification, resolve_protocol("auto", table.manifest), normalise, seed)
    validated = {
        "honest": study.judged(study.validate(specification), specification),
        "random split": _random(study, only),
        "scale before split": _scaled_before(study),
        "tune on the test folds": _tuned_on_test(study),
        **dict(_selected_before(study)),
    }
    if copies is not None:
        validated["augment before split"] = _augmented_before(study, copies, names)
    return validated


def premium_table(validated: Mapping[str, Validated]) -> pd.DataFrame:
    """UAR of every shortcut beside that of its honest twin: columns ``shortcut, uar, honest, premium``."""
    rows = []
    for name, (run, _) in validated.items():
        if run.leaky:
            inside = [each for twin, (each, _) in validated.items() if twin != "honest" and not each.leaky]
            twin = inside[0] if name == "select before split" else validated["honest"][0]
            rows.append((name, run.uar, twin.uar, run.uar - twin.uar))
    return pd.DataFrame(rows, columns=["shortcut", "uar", "honest", "premium"])


def _validate(
    study: Study,
    table: Table,
    features: pd.DataFrame | None,
    folds: Sequence[Fold],
    specification: Specification,
) -> CrossValidation:
    matrix = prepare(table.features if features is None else features, table.manifest, study.normalise)
    return predict_folds(fixed(specification, study.seed), matrix, table.manifest, folds)


def _random(study: Study, table: Table, leak: str = "") -> Validated:
    """Deal out utterances, whoever speaks them."""
    protocol = LEAKY[0]
    folds = make_folds(protocol, table.manifest, study.seed)
    leaks = [leak] if leak else guard(folds, table, protocol)
    validated = _validate(study, table, None, folds, study.specification)
    setting = (protocol, study.normalise, study.seed)
    run = score(validated, table, study.specification, table.features.shape[1], setting, leaks=leaks)
    return run, validated.predictions


def _augmented_before(study: Study, copies: Table, names: Sequence[str]) -> Validated:
    """Deal out recordings and changed copies of them together, as notebooks do."""
    manifest = pd.concat([study.table.manifest, copies.manifest], ignore_index=True)
    features = pd.concat([study.table.features, copies.features[list(names)]], ignore_index=True)
    both = replace(study.table, manifest=manifest, features=features)
    n_copies = len(copies.manifest) / len(study.table.manifest)
    leak = f"augment before split: {n_copies:.3g} changed copies of each recording, dealt out at random with it"
    return _random(study, both, leak)


def _check_copies(copies: pd.DataFrame, originals: pd.DataFrame) -> None:
    if "derived_from" not in copies or not copies["derived_from"].isin(originals["utterance"]).all():
        raise InputError(
            "The copies do not say which utterance each was made from. Fill their column 'derived_from' with "
            "utterances of the table."
        )


def _scaled_before(study: Study) -> Validated:
    """Centre and scale over everybody, the tested speakers among them."""
    features = study.table.features
    scaled = StandardScaler().fit_transform(features.to_numpy(dtype=np.float64))
    validated = study.validate(study.specification, pd.DataFrame(scaled, columns=features.columns))
    leak = "scale before split: features centred and scaled over all utterances, the tested ones among them"
    return study.judged(validated, study.specification, leak)


def _selected_before(study: Study) -> Iterator[tuple[str, Validated]]:
    """Choose features by the labels of everybody; beside it, the same choice inside the folds."""
    features = study.table.features
    if "selection" not in default_parameters(study.specification.model) or features.shape[1] <= N_SELECTED:
        return
    parameters = {**study.specification.parameters, "selection": "univariate", "n_selected": N_SELECTED}
    inside = replace(study.specification, parameters=parameters)
    yield f"honest, {N_SELECTED} features", study.judged(study.validate(inside), inside)
    filled = SimpleImputer(strategy="median", keep_empty_features=True).fit_transform(features.to_numpy(np.float64))
    scores = univariate(filled, study.table.manifest["emotion"].to_numpy(dtype=np.str_))
    chosen = np.sort(np.argsort(-scores, kind="stable")[:N_SELECTED])
    validated = study.validate(inside, features.iloc[:, chosen])
    leak = f"select before split: {N_SELECTED} features chosen by the labels of all utterances, the tested ones too"
    yield "select before split", study.judged(validated, inside, leak)


def _tuned_on_test(study: Study) -> Validated:
    """Try settings at random and keep the one that scores best on the very folds that it is then reported on."""
    draws = list(_settings(study.specification, study.seed))
    tried = [(study.validate(each), each) for each in draws]
    leak = f"tune on the test folds: the best of {len(draws)} settings, judged by the utterances it is scored on"
    judged = [study.judged(validated, each, leak) for validated, each in tried]
    return max(judged, key=lambda each: each[0].uar)


def _settings(specification: Specification, seed: int) -> Iterator[Specification]:
    """The pipeline itself, and others with parameters drawn from the model's search space."""
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
