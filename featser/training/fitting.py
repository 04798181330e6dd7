"""Score a pipeline on unseen speakers, and train it on a whole feature table."""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from threadpoolctl import threadpool_limits

from featser.bundle import (
    Model,
    corpora_with_licences,
    evidence,
    golden_rows,
    model_versions,
    recording_digests,
    training_means,
    write_model,
)
from featser.errors import UsageError
from featser.evaluation import (
    Fold,
    Progress,
    Result,
    Trainer,
    fixed,
    guard,
    make_folds,
    predict_folds,
    prepare,
    resolve_protocol,
    score,
    usable_rows,
    voice_ids,
)
from featser.models import DEFAULT_MODEL, average_speaker, shared_measures, without_unused
from featser.pipeline import Specification, find_pipeline, select_features, shaped
from featser.search import Search, TuningResult, check_inner_folds, record_of, selection_optimism, tuned
from featser.table import Table, labelled, select_rows
from featser.training.enrolment import KeptClassifiers, enrolment_curve
from featser.training.guarding import catch_rates, learn_guard_of
from featser.training.joining import Joined, join, pooled
from featser.training.label_maps import relabelled


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Fitted(Result):
    """Score of a pipeline, and the model trained on every utterance of the table.

    Attributes
    ----------
    model : Model
        the trained pipeline; its ``predict`` takes recordings
    inductive : Result or None
        score of the same pipeline without normalisation by speaker or enrolment; None where ``normalise`` is ``none``
    winners : dict
        best pipeline of the search on the whole table, per normalisation; empty without tuning
    """

    model: Model
    inductive: Result | None = None
    winners: Mapping[str, TuningResult] = field(default_factory=dict)

    @property
    def results(self) -> tuple[Result, ...]:
        """The inductive result where there is one, then the result itself."""
        return (self,) if self.inductive is None else (self.inductive, self)

    def save_model(self, path: str | Path) -> Path:
        """Write the model for `featser.load_model` and ``featser predict``.

        Parameters
        ----------
        path : str or Path
            file to write, usually ``*.joblib``

        Returns
        -------
        Path
            the file
        """
        write_model(self.model, Path(path))
        return Path(path)


def cross_validate(
    table: Table,
    model: str | Path | Specification = DEFAULT_MODEL,
    *,
    protocol: str = "auto",
    normalise: str = "none",
    with_tables: Sequence[Table] = (),
    labels: str | Path | Mapping[str, str] | None = None,
    tune: int | Search = 0,
    seed: int = 0,
    allow_leak: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Score a pipeline on speakers that it was not trained on.

    Parameters
    ----------
    table : Table
        features and labels, as `featser.extract` returns them
    model : str, Path or Specification
        name of a model (`featser.models.MODELS`), pipeline file, or specification
    protocol : str
        how speakers are split into folds, see `featser.evaluation.PROTOCOLS`
    normalise : str
        ``none``, ``enrolment:K`` or ``speaker``, see `featser.evaluation.NORMALISATIONS`
    with_tables : sequence of Table, optional
        tables of other corpora with the same features. Their utterances with an emotion of ``table`` are in the
        training part of every fold and never tested; the classifier is then a `featser.models.PooledVote`
    labels : str, Path or mapping, optional
        label map for all tables, see `featser.training.find_label_map`; utterances whose label is not in it are left
        out
    tune : int or Search
        number of trials of a search over parameters and features, repeated on the training speakers of every fold;
        0 uses the parameters of the pipeline
    seed : int
        seed of everything random
    allow_leak : bool
        score folds that leak and stamp the run LEAKY; by default they are refused
    jobs : int, optional
        number of folds at a time, by default all cores; results do not depend on it
    progress : callable, optional
        called with the number of finished folds and the number of all folds

    Returns
    -------
    Result
        scores and out-of-fold predictions, without a model

    Raises
    ------
    UsageError
        unknown model, protocol, normalisation or label map, a file that cannot be read, or ``tune`` together with
        ``with_tables``
    InputError
        a fold leaks, or a table does not suit the protocol, the normalisation, the pipeline or the other tables
    """
    plan = _plan(
        (table, *with_tables), model, protocol, seed, labels=labels, allow_leak=allow_leak, tune=tune, jobs=jobs
    )
    return _score(plan, normalise, len(plan.folds), progress)


def fit(
    table: Table,
    model: str | Path | Specification = DEFAULT_MODEL,
    *,
    protocol: str = "auto",
    normalise: str = "none",
    with_tables: Sequence[Table] = (),
    labels: str | Path | Mapping[str, str] | None = None,
    tune: int | Search = 0,
    seed: int = 0,
    allow_leak: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Fitted:
    """Score a pipeline on speakers that it was not trained on, then train it on the whole table.

    With normalisation by speaker or enrolment, the pipeline is also scored and trained without it; the model uses that
    classifier for voices of which it gets too few recordings.

    Parameters
    ----------
    table : Table
        features and labels, as `featser.extract` returns them
    model : str, Path or Specification
        name of a model (`featser.models.MODELS`), pipeline file, or specification
    protocol : str
        how speakers are split into folds, see `featser.evaluation.PROTOCOLS`
    normalise : str
        ``none``, ``enrolment:K`` or ``speaker``, see `featser.evaluation.NORMALISATIONS`
    with_tables : sequence of Table, optional
        tables of other corpora with the same features. Their utterances with an emotion of ``table`` are in the
        training part of every fold and never tested; the classifier is then a `featser.models.PooledVote`
    labels : str, Path or mapping, optional
        label map for all tables, see `featser.training.find_label_map`; utterances whose label is not in it are left
        out
    tune : int or Search
        number of trials of a search over parameters and features, repeated on the training speakers of every fold
        and on the whole table; 0 uses the parameters of the pipeline
    seed : int
        seed of everything random
    allow_leak : bool
        score folds that leak and stamp the run LEAKY; by default they are refused
    jobs : int, optional
        number of folds at a time, by default all cores; results do not depend on it
    progress : callable, optional
        called with the number of finished folds and the number of all folds

    Returns
    -------
    Fitted
        scores, out-of-fold predictions and the trained model

    Raises
    ------
    UsageError
        unknown model, protocol, normalisation or label map, a file that cannot be read, or ``tune`` together with
        ``with_tables``
    InputError
        a fold leaks, or a table does not suit the protocol, the normalisation, the pipeline or the other tables
    """
    plan = _plan(
        (table, *with_tables), model, protocol, seed, labels=labels, allow_leak=allow_leak, tune=tune, jobs=jobs
    )
    ways = tuple(dict.fromkeys(("none", normalise)))
    n_searches = len(ways) * (len(plan.folds) + 1)
    results: dict[str, Result] = {}
    classifiers: dict[str, ClassifierMixin] = {}
    winners: dict[str, TuningResult] = {}
    for way in ways:
        result = _score(plan, way, n_searches, progress)
        classifiers[way], found = _train(plan, way, n_searches)
        results[way] = _with_size(result, classifiers[way])
        winners.update({way: record_of(found, plan.own, way)} if found else {})
    chosen = winners[normalise].specification if winners else plan.specification
    trained = _model(plan, chosen, classifiers, results)
    caught = catch_rates(trained)
    for way, result in results.items():
        summary = trained.scores[way]["guard"] | {"caught": caught}
        trained.scores[way]["guard"] = summary
        results[way] = replace(result, run=replace(result.run, guard=summary))
    return Fitted(
        **vars(results[normalise]),
        model=trained,
        inductive=results["none"] if normalise != "none" else None,
        winners=winners,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Plan:
    """A pipeline and the folds to score it on; the normalisation is still open.

    ``table`` has the own rows, which are tested, and then those of other corpora; ``own`` has the own rows only.
    """

    joined: Joined
    own: Table
    labels: Mapping[str, Any]
    specification: Specification
    names: tuple[str, ...]
    protocol: str
    folds: Sequence[Fold]
    leaks: Sequence[str]
    seed: int
    left_out: Mapping[str, int]
    search: Search | None
    jobs: int | None

    @property
    def table(self) -> Table:
        return self.joined.table

    def trainer(self, n_searches: int) -> tuple[Trainer, list[TuningResult]]:
        """Return a trainer, with fixed parameters or with a search, and the list that collects what searches find."""
        found: list[TuningResult] = []
        if self.joined.added:
            return pooled(self.specification, self.seed, sorted(set(self.own.manifest["corpus"]))), found
        if self.search is None:
            return fixed(self.specification, self.seed), found
        search = replace(self.search, n_searches=n_searches)
        return tuned(self.specification, self.table.feature_set, search, found), found

    def features(self, normalise: str) -> NDArray[np.float64]:
        """Return the columns of the pipeline under one normalisation."""
        return prepare(self.table.features[list(self.names)], self.table.manifest, normalise)


def _plan(
    tables: Sequence[Table],
    model: str | Path | Specification,
    protocol: str,
    seed: int,
    *,
    labels: str | Path | Mapping[str, str] | None,
    allow_leak: bool,
    tune: int | Search,
    jobs: int | None,
) -> _Plan:
    """Choose columns and folds, and check both before anything is trained; the first table is the own one."""
    if tune and len(tables) > 1:
        raise UsageError("--tune does not go with --with. Tune on the own table, then give the pipeline it writes.")
    specification = find_pipeline(model)
    (table, *others), record = _relabelled(tables, labels)
    protocol = resolve_protocol(protocol, table.manifest)
    table, left_out = _usable(table, protocol)
    names = tuple(select_features(specification, table.feature_set))
    joined = join(table, others)
    folds = joined.folds(make_folds(protocol, table.manifest, seed))
    search = replace(tune, seed=seed) if isinstance(tune, Search) else Search(tune, seed) if tune else None
    plan = _Plan(
        joined=joined,
        own=table,
        labels=record,
        specification=shaped(specification, names),
        names=names,
        protocol=protocol,
        folds=folds,
        leaks=guard(folds, joined.table, protocol, "stamp" if allow_leak else "refuse", specification),
        seed=seed,
        left_out=left_out,
        search=search,
        jobs=jobs,
    )
    if search:
        check_inner_folds(table.manifest, folds, search)
    return plan


def _relabelled(
    tables: Sequence[Table], labels: str | Path | Mapping[str, str] | None
) -> tuple[list[Table], dict[str, Any]]:
    """Leave out unlabelled rows and apply the label map; the record is that of the first table."""
    known = [labelled(table) for table in tables]
    if labels is None:
        return known, {}
    mapped = [relabelled(table, labels) for table in known]
    return [table for table, _ in mapped], mapped[0][1]


def _score(plan: _Plan, normalise: str, n_searches: int, progress: Progress | None) -> Result:
    """Cross-validate under one normalisation."""
    train, found = plan.trainer(n_searches)
    train = KeptClassifiers(train)
    features = plan.features(normalise)
    validated = predict_folds(train, features, plan.table.manifest, plan.folds, plan.jobs, progress)
    tuning = selection_optimism(found, validated.predictions) if found else None
    setting, n_features = (plan.protocol, normalise, plan.seed), len(plan.names)
    run = score(
        validated,
        plan.own,
        plan.specification,
        n_features,
        setting,
        leaks=plan.leaks,
        tuning=tuning,
        added=plan.joined.added,
        labels=plan.labels,
    )
    if tuning:
        run = replace(run, run=f"{run.run}-tuned-{tuning['n_trials']}")
    if normalise == "speaker" and not run.leaky:
        features = plan.features("none")
        curve = enrolment_curve(train, features, plan.names, plan.table.manifest, plan.folds, len(plan.own), plan.seed)
        run = replace(run, enrolment=curve)
    return Result(run=run, predictions=validated.predictions, left_out=plan.left_out)


def _train(plan: _Plan, normalise: str, n_searches: int) -> tuple[ClassifierMixin, TuningResult | None]:
    """Train on the whole table; return the classifier, and what the search found where there was one."""
    train, found = plan.trainer(n_searches)
    with threadpool_limits(1):
        classifier = train(plan.features(normalise), plan.table.manifest)
    return classifier, found[0] if found else None


def _with_size(result: Result, classifier: ClassifierMixin) -> Result:
    """Add the size of the trained classifier to the run."""
    n_bytes = len(pickle.dumps(classifier, protocol=5))
    n_parameters = getattr(classifier, "n_parameters_", None)
    return replace(result, run=replace(result.run, model_bytes=n_bytes, n_parameters=n_parameters))


def _model(
    plan: _Plan, chosen: Specification, classifiers: Mapping[str, ClassifierMixin], results: Mapping[str, Result]
) -> Model:
    """Build the model; features that a search left out are not computed for new recordings."""
    kept, used = without_unused(classifiers, plan.names)
    at = {name: place for place, name in enumerate(plan.names)}
    guards, summaries, golden, average = {}, {}, {}, None
    for way in results:
        features = plan.features(way)[: len(plan.own)]
        if len(used) < len(plan.names):
            features = features[:, [at[name] for name in used]]
        guards[way], summaries[way] = learn_guard_of(features, used if way == "none" else (), plan.own.manifest)
        golden[way] = golden_rows(features).astype(np.float32)
        if way == "none" and "speaker" in kept:
            average = average_speaker(features, voice_ids(plan.own.manifest), shared_measures(used))
    return Model(
        specification=chosen.to_dict(),
        feature_set=plan.table.feature_set.to_dict(),
        features=used,
        clean=plan.table.clean,
        classifiers=kept,
        scores={way: evidence(each.run) | {"guard": summaries[way]} for way, each in results.items()},
        training=_training(plan),
        training_digests=recording_digests(plan.table.manifest),
        versions=model_versions(),
        guards=guards,
        means=training_means(plan.own.features[list(used)]),
        golden=golden,
        average_speaker=average,
    )


def _usable(table: Table, protocol: str) -> tuple[Table, dict[str, int]]:
    """Return the rows that a protocol can use, and the number of others per emotion."""
    rows = usable_rows(protocol, table.manifest)
    if len(rows) == len(table.manifest):
        return table, {}
    emotions = table.manifest["emotion"].drop(table.manifest.index[rows]).value_counts()
    left_out = {str(emotion): int(count) for emotion, count in sorted(emotions.items())}
    return select_rows(table, rows), left_out


def _training(plan: _Plan) -> dict[str, object]:
    """Describe the training data of a model; numbers are of the own corpus, except in ``added``."""
    table = plan.own
    emotions = table.manifest["emotion"].value_counts()
    copies = table.manifest["derived_from"].notna() if "derived_from" in table.manifest else ()
    return {
        "corpus": table.corpus,
        "licences": corpora_with_licences(plan.table.manifest),
        "n_utterances": len(table.manifest),
        "n_copies": int(sum(copies)),
        "n_speakers": int(table.manifest["speaker"].nunique()),
        "utterances": {str(emotion): int(count) for emotion, count in sorted(emotions.items())},
        **({"added": plan.joined.added} if plan.joined.added else {}),
        **({"labels": plan.labels} if plan.labels else {}),
        "note": "trained on every utterance of the table; the score is of models that did not train on the speaker",
    }
