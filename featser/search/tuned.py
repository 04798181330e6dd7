"""A trainer that searches before it trains; cross-validation with it is nested cross-validation."""

from typing import Any

import pandas as pd
from sklearn.base import ClassifierMixin

from featser.evaluation import Trainer, fixed
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
    """Compare the inner scores of nested searches with the outer score, for a run.

    Parameters
    ----------
    found : list of TuningResult
        results of the outer folds
    predictions : DataFrame
        of the tuned pipelines, for the tested speakers of all outer folds

    Returns
    -------
    dict
        ``n_searches``, ``n_trials``, ``n_pruned``; ``protocol``: all protocols of inner folds; ``inner_uar``: mean UAR
        on the folds that chose the pipelines; ``outer_uar``: UAR on the tested speakers; ``optimism``: their difference
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
        "optimism": inner - outer,
    }
