"""A trainer that searches before it trains: handed to cross-validation, it *is* nested cross-validation."""

from typing import Any

import pandas as pd
from sklearn.base import ClassifierMixin

from featser.evaluation import Trainer, fixed
from featser.evaluation.cross_validation import Features
from featser.features import FeatureSet
from featser.models import OnColumns
from featser.pipeline import Specification
from featser.search.optimise import Found, find_best
from featser.search.task import Search, columns_of, pooled_uar


def tuned(specification: Specification, feature_set: FeatureSet, search: Search, found: list[Found]) -> Trainer:
    """Return a trainer that searches on inner folds of the speakers it is handed, then trains the winner on them.

    The outer loop hands over training speakers only, so there is nothing else that the search could look at.

    Parameters
    ----------
    specification : Specification
        where the search starts, with its space
    feature_set : FeatureSet
        of the table; the trainer expects the columns that `select_features` names
    found : list of Found
        what each search found is appended to it
    """

    def train(features: Features, manifest: pd.DataFrame) -> ClassifierMixin:
        best = find_best(specification, feature_set, search, features, manifest)
        found.append(best)
        columns = columns_of(best.specification, specification, feature_set)
        classifier = fixed(best.specification, search.seed)(features[:, columns], manifest)
        return OnColumns(columns, classifier)

    return train


def selection_optimism(found: list[Found], predictions: pd.DataFrame) -> dict[str, Any]:
    """Describe what searches promised and what came of it, for a run.

    Parameters
    ----------
    found : list of Found
        of the outer folds
    predictions : DataFrame
        of the winners, on speakers that no search heard

    Returns
    -------
    dict
        ``inner_uar`` is the mean of what the winners reached where they were chosen, ``optimism`` inner minus outer;
        ``protocol`` names every inner one, for folds with few training speakers are split into fewer
    """
    inner = sum(sorted(each.inner_uar for each in found)) / len(found)
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
