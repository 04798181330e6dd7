"""A feature table in; an honest score, and a model trained on all of it, out."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import pandas as pd
from threadpoolctl import threadpool_limits

from featser.bundle import Model, evidence, model_versions
from featser.evaluation import Run, cross_validate, fixed, make_folds, prepare, resolve_protocol, score
from featser.pipeline import Specification, select_features
from featser.table import FeatureTable

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
    """

    scored: Scored
    inductive: Scored
    model: Model


def fit(
    table: FeatureTable,
    specification: Specification,
    protocol: str = "auto",
    normalise: str = "none",
    seed: int = 0,
    progress: Progress | None = None,
) -> Fitted:
    """Score a pipeline on speakers it never heard, then train it on all of them.

    A model that is trained with speaker normalisation comes with its inductive twin, scored on its own, for
    recordings of a voice that is heard only once.

    Raises
    ------
    InputError
        the table does not carry the protocol, the normalisation or the pipeline's features
    """
    protocol = resolve_protocol(protocol, table.manifest)
    names = select_features(specification, table.feature_set)
    folds = make_folds(protocol, table.manifest, seed)
    train = fixed(specification, seed)
    scored, classifiers = {}, {}
    for way in dict.fromkeys(("none", normalise)):
        features = prepare(table.features[names], table.manifest, way)
        validated = cross_validate(train, features, table.manifest, folds, progress=progress)
        run = score(validated, table, specification, len(names), (protocol, way, seed))
        scored[way] = Scored(run, validated.predictions)
        with threadpool_limits(1):
            classifiers[way] = train(features, table.manifest)
    model = Model(
        specification=asdict(specification),
        feature_set=table.feature_set.to_dict(),
        features=tuple(names),
        clean=table.clean,
        classifiers=classifiers,
        scores={way: evidence(each.run) for way, each in scored.items()},
        training=_training(table),
        versions=model_versions(),
    )
    return Fitted(scored[normalise], scored["none"], model)


def _training(table: FeatureTable) -> dict[str, object]:
    emotions = table.manifest["emotion"].value_counts()
    return {
        "corpus": table.corpus,
        "n_utterances": len(table.manifest),
        "n_speakers": int(table.manifest["speaker"].nunique()),
        "utterances": {str(emotion): int(count) for emotion, count in sorted(emotions.items())},
        "note": "trained on every utterance of the table; the score is of models that did not hear the tested speakers",
    }
