"""A trainer that searches before it trains; cross-validation with it is nested cross-validation."""

import json
from typing import Any

import pandas as pd
from sklearn.base import ClassifierMixin

from featser.evaluation import Trainer, fixed, short_speaker
from featser.evaluation.cross_validation import Features
from featser.features import FeatureSet
from featser.models import OnColumns
from featser.pipeline import Specification
from featser.search.objective import Search, columns_of, pooled_uar
from featser.search.optimise import TuningResult, find_best


def tuned(specification: Specification, feature_set: FeatureSet, search: Search, found: list[TuningResult]) -> Trainer:
    """Return a trainer that searches on inner folds of its training speakers, then trains the best pipeline on them.

    Cross-validation calls a trainer with the training part of a fold only, so the search uses no tested speaker.

    Parameters
    ----------
    specification : Specification
        pipeline with which the search starts
    feature_set : FeatureSet
        of the table; the trainer needs the columns from `select_features`
    search : Search
    found : list of TuningResult
        the result of each search is appended

    Returns
    -------
    Trainer
    """

    def train(features: Features, manifest: pd.DataFrame) -> ClassifierMixin:
        best = find_best(specification, feature_set, search, features, manifest)
        found.append(best)
        columns = columns_of(best.specification, specification, feature_set)
        classifier = fixed(best.specification, search.seed)(features[:, columns], manifest)
        return OnColumns(columns, classifier)

    return train


def selection_optimism(found: list[TuningResult], predictions: pd.DataFrame) -> dict[str, Any]:
    """Describe the searches of a nested cross-validation, for a run.

    Parameters
    ----------
    found : list of TuningResult
        results of the searches, one per outer fold, in any order
    predictions : DataFrame
        out-of-fold predictions of the chosen pipelines

    Returns
    -------
    dict
        ``n_searches``, ``n_trials`` (per search), ``n_pruned`` (in all); ``protocol`` of the inner folds, several
        joined by commas; ``inner_uar``, the mean score of the chosen pipelines on the inner folds; ``outer_uar``, the
        pooled UAR of ``predictions``; ``optimism``, inner minus outer, None where it is not positive; ``chosen``, one
        dict per fold with ``fold``, ``inner_uar``, ``parameters`` and ``exclude`` (patterns of feature columns)
    """
    inner = sum(sorted(each.uar for each in found)) / len(found)
    outer = pooled_uar(predictions)
    return {
        "n_searches": len(found),
        "n_trials": max(each.n_trials for each in found),
        "n_pruned": sum(each.n_pruned for each in found),
        "protocol": ", ".join(sorted({each.protocol for each in found})),
        "inner_uar": inner,
        "outer_uar": outer,
        "optimism": inner - outer if inner > outer else None,
        "chosen": sorted((_chosen(each, predictions) for each in found), key=json.dumps),
    }


def _chosen(found: TuningResult, predictions: pd.DataFrame) -> dict[str, Any]:
    """Choice of one search, under the name of the fold that tests the speakers it was not given."""
    held_out = predictions[~predictions["speaker"].isin(found.speakers)]
    folds, speakers = sorted(set(held_out["fold"])), sorted(set(map(short_speaker, held_out["speaker"])))
    return {
        "fold": folds[0] if len(folds) == 1 else "+".join(speakers),
        "inner_uar": found.uar,
        "parameters": dict(found.specification.parameters),
        "exclude": list(found.specification.exclude),
    }
