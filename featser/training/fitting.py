"""Score a pipeline on unseen speakers, and train it on a whole feature table."""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
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
from featser.evaluation import (
    CORPORA_APART,
    Progress,
    Result,
    predict_folds,
    score,
    voice_ids,
)
from featser.models import DEFAULT_MODEL, average_speaker, shared_measures, without_unused
from featser.pipeline import Specification
from featser.search import Search, TuningResult, record_of, selection_optimism
from featser.table import Table
from featser.training.adapting import score_of_adapting
from featser.training.enrolment import KeptClassifiers, enrolment_curve
from featser.training.guarding import catch_rates, extraction_seconds, learn_guard_of
from featser.training.planning import Plan, make_plan


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
    plan = make_plan(
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
    plan = make_plan(
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
    caught, extracted = catch_rates(trained), extraction_seconds(trained)
    for way, result in results.items():
        summary = trained.scores[way]["guard"] | {"caught": caught}
        trained.scores[way]["guard"] = summary
        seconds = result.run.seconds | extracted
        results[way] = replace(result, run=replace(result.run, guard=summary, seconds=seconds))
    return Fitted(
        **vars(results[normalise]),
        model=trained,
        inductive=results["none"] if normalise != "none" else None,
        winners=winners,
    )


def _score(plan: Plan, normalise: str, n_searches: int, progress: Progress | None) -> Result:
    """Cross-validate under one normalisation."""
    train, found = plan.trainer(n_searches)
    kept = KeptClassifiers(train) if normalise == "speaker" else None
    features = plan.features(normalise)
    validated = predict_folds(kept or train, features, plan.table.manifest, plan.folds, plan.jobs, progress)
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
    if kept and not run.leaky:
        features = plan.features("none")
        curve = enrolment_curve(kept, features, plan.names, plan.table.manifest, plan.folds, len(plan.own), plan.seed)
        run = replace(run, enrolment=curve)
    if kept and not run.leaky and plan.protocol in CORPORA_APART:
        adapted = score_of_adapting(kept, plan.features(normalise), plan.table.manifest, plan.folds, plan.seed)
        run = replace(run, adapted=adapted)
    return Result(run=run, predictions=validated.predictions, left_out=plan.left_out)


def _train(plan: Plan, normalise: str, n_searches: int) -> tuple[ClassifierMixin, TuningResult | None]:
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
    plan: Plan, chosen: Specification, classifiers: Mapping[str, ClassifierMixin], results: Mapping[str, Result]
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


def _training(plan: Plan) -> dict[str, object]:
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
