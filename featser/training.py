"""A feature table in; an honest score, and a model trained on all of it, out."""

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import pandas as pd
from sklearn.base import ClassifierMixin
from threadpoolctl import threadpool_limits

from featser.bundle import Model, evidence, model_versions, recording_digests
from featser.evaluation import (
    Fold,
    Run,
    Trainer,
    fixed,
    guard,
    make_folds,
    predict_folds,
    prepare,
    resolve_protocol,
    score,
    usable_rows,
)
from featser.features import FeatureSet
from featser.models import without_unused
from featser.pipeline import Specification, select_features, shaped
from featser.search import Found, Search, check_inner_folds, selection_optimism, tuned
from featser.table import Table

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Scored:
    """A run and the out-of-fold predictions that it was computed from."""

    run: Run
    predictions: pd.DataFrame


@dataclass(frozen=True)
class Fitted:
    """What `fit` returns.

    Attributes
    ----------
    scored : Scored
        under the normalisation that was asked for
    inductive : Scored
        the same without normalisation by speaker: what holds for one recording of an unknown voice
    model : Model
        trained on every utterance of the table
    left_out : dict
        utterances per emotion that the protocol cannot use, because not every corpus has that emotion
    winners : dict
        what the search on the whole table found, by normalisation; empty where there was none
    """

    scored: Scored
    inductive: Scored
    model: Model
    left_out: Mapping[str, int] = field(default_factory=dict)
    winners: Mapping[str, Found] = field(default_factory=dict)


def fit(
    table: Table,
    specification: Specification,
    protocol: str = "auto",
    normalise: str = "none",
    seed: int = 0,
    progress: Progress | None = None,
    *,
    leaks: str = "refuse",
    search: Search | None = None,
) -> Fitted:
    """Score a pipeline on speakers it never heard, then train it on all of them.

    A model that is trained with speaker normalisation comes with its inductive twin, scored on its own, for
    recordings of a voice that is heard only once.

    Parameters
    ----------
    leaks : str
        what happens where a fold cuts what must stay together: ``refuse``, or ``stamp`` the run LEAKY and go on
    search : Search, optional
        tune: search on the training speakers of each fold, which scores the search itself, then on the whole table

    Raises
    ------
    InputError
        a fold leaks, or the table does not carry the protocol, the normalisation or the pipeline's features
    """
    protocol = resolve_protocol(protocol, table.manifest)
    table, left_out = _usable(table, protocol)
    names = select_features(specification, table.feature_set)
    specification = shaped(specification, names)
    folds = make_folds(protocol, table.manifest, seed)
    stamped = guard(folds, table, protocol, leaks)
    ways = tuple(dict.fromkeys(("none", normalise)))
    planned = search and replace(search, seed=seed, n_searches=len(ways) * (len(folds) + 1))
    if planned:
        check_inner_folds(table.manifest, folds, planned)
    train, found = _trainer(specification, table.feature_set, seed, planned)
    plan = _Plan(table, specification, tuple(names), protocol, folds, stamped, seed)
    scored, classifiers, winners = {}, {}, {}
    for way in ways:
        scored[way], classifiers[way] = _score_and_train(plan, way, train, found, progress)
        winners.update({way: found[0]} if found else {})
        found.clear()
    chosen = winners[normalise].specification if winners else specification
    model = _model(table, chosen, names, classifiers, scored)
    return Fitted(scored[normalise], scored["none"], model, left_out, winners)


@dataclass(frozen=True, eq=False)
class _Plan:
    """What is scored, and how, whatever the normalisation."""

    table: Table
    specification: Specification
    names: tuple[str, ...]
    protocol: str
    folds: Sequence[Fold]
    leaks: Sequence[str]
    seed: int


def _score_and_train(
    plan: _Plan, way: str, train: Trainer, found: list[Found], progress: Progress | None
) -> tuple[Scored, ClassifierMixin]:
    """Score under one normalisation, then train on everything; ``found`` ends with what the last search found."""
    manifest = plan.table.manifest
    features = prepare(plan.table.features[list(plan.names)], manifest, way)
    validated = predict_folds(train, features, manifest, plan.folds, progress=progress)
    tuning = selection_optimism(found, validated.predictions) if found else None
    found.clear()
    setting, n_features = (plan.protocol, way, plan.seed), len(plan.names)
    run = score(validated, plan.table, plan.specification, n_features, setting, leaks=plan.leaks, tuning=tuning)
    with threadpool_limits(1):
        classifier = train(features, manifest)
    return Scored(_weighed(run, classifier), validated.predictions), classifier


def _model(
    table: Table,
    specification: Specification,
    names: list[str],
    classifiers: dict[str, ClassifierMixin],
    scored: Mapping[str, Scored],
) -> Model:
    """Put together what a new recording needs; features that a search left out are not computed for it."""
    kept, used = without_unused(classifiers, names)
    return Model(
        specification=asdict(specification),
        feature_set=table.feature_set.to_dict(),
        features=used,
        clean=table.clean,
        classifiers=kept,
        scores={way: evidence(each.run) for way, each in scored.items()},
        training=_training(table),
        training_digests=recording_digests(table.manifest),
        versions=model_versions(),
    )


def _trainer(
    specification: Specification, feature_set: FeatureSet, seed: int, search: Search | None
) -> tuple[Trainer, list[Found]]:
    """Return a trainer with fixed parameters or one that searches, and where the latter leaves what it found."""
    found: list[Found] = []
    if search is None:
        return fixed(specification, seed), found
    return tuned(specification, feature_set, search, found), found


def _usable(table: Table, protocol: str) -> tuple[Table, dict[str, int]]:
    """The rows that a protocol can use, and how many of each emotion it cannot."""
    rows = usable_rows(protocol, table.manifest)
    if len(rows) == len(table.manifest):
        return table, {}
    emotions = table.manifest["emotion"].drop(table.manifest.index[rows]).value_counts()
    manifest, features = (part.iloc[rows].reset_index(drop=True) for part in (table.manifest, table.features))
    left_out = {str(emotion): int(count) for emotion, count in sorted(emotions.items())}
    return replace(table, manifest=manifest, features=features), left_out


def _weighed(run: Run, classifier: ClassifierMixin) -> Run:
    """Write down how big the trained classifier is; a run of searches has a name of its own."""
    return replace(
        run,
        run=f"{run.run}-tuned-{run.tuning['n_trials']}" if run.tuning else run.run,
        model_bytes=len(pickle.dumps(classifier, protocol=5)),
        n_parameters=getattr(classifier, "n_parameters_", None),
    )


def _training(table: Table) -> dict[str, object]:
    emotions = table.manifest["emotion"].value_counts()
    copies = table.manifest["derived_from"].notna() if "derived_from" in table.manifest else ()
    return {
        "corpus": table.corpus,
        "n_utterances": len(table.manifest),
        "n_copies": int(sum(copies)),
        "n_speakers": int(table.manifest["speaker"].nunique()),
        "utterances": {str(emotion): int(count) for emotion, count in sorted(emotions.items())},
        "note": "trained on every utterance of the table; the score is of models that did not hear the tested speakers",
    }
