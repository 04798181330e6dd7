"""Scores of a run: from predictions and settings to a `Run`."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from featser.evaluation import calibration, metrics
from featser.evaluation.conformal import conformal_summary
from featser.evaluation.cross_validation import CrossValidation
from featser.evaluation.environment import code_digests, machine
from featser.evaluation.leaks import leak_checks
from featser.evaluation.normalisation import copy_suffixes
from featser.evaluation.protocols import CORPORA_APART, LEAKY
from featser.evaluation.runs import FORMAT, Run
from featser.models import SEQUENCE_MODELS, default_parameters
from featser.pipeline import Specification, select_features
from featser.table import Table
from featser.versions import __version__, library_versions

_SPLIT_BY = ("utterance", "emotion", "speaker", "text", "derived_from")
"""Columns of a manifest that folds depend on."""


def score(
    validated: CrossValidation,
    table: Table,
    specification: Specification,
    n_features: int,
    setting: tuple[str, str, int],
    *,
    leaks: Sequence[str] = (),
    tuning: Mapping[str, Any] | None = None,
    added: Mapping[str, Any] | None = None,
    labels: Mapping[str, Any] | None = None,
) -> Run:
    """Score out-of-fold predictions and record what they came from.

    Parameters
    ----------
    validated : CrossValidation
        predictions on folds that `guard` has checked, and their cost
    table : Table
        the feature table, all rows
    specification : Specification
        the pipeline; where a search starts, if there is one
    n_features : int
        feature columns that the pipeline uses
    setting : tuple
        protocol (as resolved), normalisation, seed
    leaks : sequence of str, optional
        one sentence for each leak
    tuning : mapping, optional
        what a search over parameters did
    added, labels : mapping, optional
        corpora in training only, and the label map; as in `Run`

    Returns
    -------
    Run
        with ``n_parameters`` and ``model_bytes`` left open
    """
    protocol, normalise, seed = setting
    settings = {
        "run": run_name(table, specification, setting, leaks, added, labels),
        "pipeline": specification.name,
        "title": specification.title,
        "model": specification.model,
        "parameters": {**default_parameters(specification.model), **specification.parameters},
        "features": table.feature_set.name,
        "n_features": n_features,
        "columns": _digest(select_features(specification, table.feature_set)),
        "clean": list(table.clean),
        "corpus": table.corpus,
        "protocol": protocol,
        "normalise": normalise,
        "leaky": protocol in LEAKY or bool(leaks),
        "seed": seed,
        "seconds": {"fit": round(validated.fit_seconds, 3), "predict": round(validated.predict_seconds, 3)},
        "machine": machine(),
        "versions": _versions(specification),
        "code": code_digests(),
        "copies": [str(each).strip("~-") for each in np.unique(copy_suffixes(table.manifest)) if each],
        "leaks": list(leaks),
        "checks": leak_checks(table.manifest, protocol),
        "tuning": dict(tuning or {}),
        "added": dict(added or {}),
        "labels": dict(labels or {}),
        "sexes": _sexes(table),
    }
    return rescored(settings, validated.predictions)


def rescored(settings: Mapping[str, Any], predictions: pd.DataFrame) -> Run:
    """Build a run from its settings and its predictions; every score is computed from the predictions.

    With the document of an older ``run.json`` and its ``predictions.parquet`` this brings a run up to date.

    Parameters
    ----------
    settings : mapping
        fields of `Run`; scores among them are replaced, unknown keys are left out
    predictions : DataFrame
        ``utterance, speaker, fold, truth, predicted`` and ``p_<emotion>`` per class, one row per tested utterance

    Returns
    -------
    Run
        in the current format

    Raises
    ------
    TypeError
        a setting without a default is missing
    """
    measured = {
        "n_utterances": len(predictions),
        "n_speakers": int(predictions["speaker"].nunique()),
        "n_folds": int(predictions["fold"].nunique()),
        "utterances": _digest(map(str, predictions[["utterance", "speaker", "truth"]].to_numpy().ravel())),
        "format": FORMAT,
        **_decision_scores(predictions, settings["seed"]),
        **(_corpus_scores(predictions, settings["seed"]) if settings["protocol"] in CORPORA_APART else {}),
        **_probability_scores(predictions),
    }
    known = {each.name: settings[each.name] for each in fields(Run) if each.name in settings}
    return Run(**{**known, **measured})


def _versions(specification: Specification) -> dict[str, str]:
    """Versions of featser and of everything that the scores of a pipeline depend on."""
    torch = {"torch": version("torch")} if specification.model in SEQUENCE_MODELS else {}
    return {"featser": __version__, **library_versions(), **torch}


def _sexes(table: Table) -> dict[str, str]:
    """Sex of each speaker, where the manifest states it."""
    known = table.manifest.reindex(columns=["speaker", "sex"]).dropna().sort_values("speaker")
    return {str(speaker): str(sex) for speaker, sex in zip(known["speaker"], known["sex"], strict=True)}


def _decision_scores(predictions: pd.DataFrame, seed: int) -> dict[str, Any]:
    """Fields of a run that depend on the predicted labels."""
    truth, predicted = list(predictions["truth"]), list(predictions["predicted"])
    interval = metrics.uar_interval(predictions, seed) or (None, None)
    uar = metrics.unweighted_average_recall(truth, predicted)
    return {
        "classes": calibration.class_names(predictions),
        "uar": uar,
        "uar_low": interval[0],
        "uar_high": interval[1],
        "war": metrics.weighted_average_recall(truth, predicted),
        "macro_precision": metrics.macro_precision(truth, predicted),
        "macro_recall": uar,
        "macro_f1": metrics.macro_f1(truth, predicted),
        "precision": metrics.precision_by_emotion(truth, predicted),
        "recall": metrics.recall_by_emotion(truth, predicted),
        "confusion": metrics.confusion(predictions),
        "uar_by_speaker": metrics.uar_by_speaker(predictions),
        "right_by_speaker": metrics.right_by_speaker(predictions),
        "spoken_by_speaker": metrics.spoken_by_speaker(predictions),
    }


def adapted_scores(predictions: pd.DataFrame, seed: int) -> dict[str, Any]:
    """Score a model that was adapted to each left-out corpus without its labels.

    Parameters
    ----------
    predictions : DataFrame
        as in `rescored`; each fold tests one corpus
    seed : int
        of the intervals

    Returns
    -------
    dict
        fields of `Run` by name: ``uar``, ``uar_low``, ``uar_high``, ``war``, ``macro_f1``, ``recall``, ``by_corpus``
        and ``conformal``
    """
    scores = _decision_scores(predictions, seed) | _corpus_scores(predictions, seed)
    names = ("uar", "uar_low", "uar_high", "war", "macro_f1", "recall", "by_corpus")
    return {name: scores[name] for name in names} | {"conformal": conformal_summary(predictions)}


def _corpus_scores(predictions: pd.DataFrame, seed: int) -> dict[str, Any]:
    """UAR of each corpus, and the mean over corpora in place of the pooled UAR."""
    by_corpus = {}
    for corpus, uar in metrics.uar_by_corpus(predictions).items():
        part = predictions[predictions["corpus"] == corpus]
        low, high = metrics.uar_interval(part, seed) or (None, None)
        by_corpus[corpus] = {
            "uar": uar,
            "uar_low": low,
            "uar_high": high,
            "n_utterances": len(part),
            "n_speakers": int(part["speaker"].nunique()),
            "classes": sorted(part["truth"].unique()),
        }
    low, high = metrics.uar_interval(predictions, seed, over_corpora=True) or (None, None)
    mean = float(np.mean([each["uar"] for each in by_corpus.values()]))
    return {"by_corpus": by_corpus, "uar": mean, "uar_low": low, "uar_high": high}


def _probability_scores(predictions: pd.DataFrame) -> dict[str, Any]:
    """Fields of a run that depend on the probabilities."""
    return {
        "log_loss": calibration.log_loss(predictions),
        "brier": calibration.brier_score(predictions),
        "ece": calibration.expected_calibration_error(predictions),
        "aurc": calibration.area_under_risk_coverage(predictions),
        "reliability": calibration.reliability(predictions),
        "risk_coverage": [list(each) for each in calibration.risk_coverage(predictions)],
        "conformal": conformal_summary(predictions),
    }


def run_name(
    table: Table,
    specification: Specification,
    setting: tuple[str, str, int],
    leaks: Sequence[str] = (),
    added: Mapping[str, Any] | None = None,
    labels: Mapping[str, Any] | None = None,
) -> str:
    """Name a run after its settings; the same settings on the same table give the same name.

    The name ends in a digest of features, pipeline, seed, cleaning, leaks, and of the columns of the manifest that
    folds depend on, so that different runs get different folders. A missing column counts as one without values.

    Parameters
    ----------
    table : Table
        the feature table
    specification : Specification
        the pipeline
    setting : tuple
        protocol (as resolved), normalisation, seed
    leaks : sequence of str, optional
        one sentence for each leak
    added, labels : mapping, optional
        corpora in training only, and the label map; as in `Run`

    Returns
    -------
    str
        ``<corpus>[-with-<corpora>][-<label map>]-<features>-<pipeline>-<protocol>-<normalisation>-<digest>``
    """
    protocol, normalise, seed = setting
    digest = hashlib.sha256()
    digest.update(json.dumps([specification.to_dict(), seed, list(table.clean)], sort_keys=True).encode())
    if leaks:
        digest.update(json.dumps(list(leaks)).encode())
    for more in (added, labels):
        if more:
            digest.update(json.dumps(more, sort_keys=True).encode())
    split_by = table.manifest.reindex(columns=list(_SPLIT_BY)).astype(object)
    digest.update(json.dumps(split_by.where(split_by.notna(), None).to_numpy().tolist()).encode())
    digest.update(table.features.to_numpy().tobytes())
    parts = (
        corpus_words(table.corpus, added or {}, labels or {}),
        table.feature_set.name,
        specification.name,
        protocol,
        normalise.replace(":", "-"),
        digest.hexdigest()[:8],
    )
    return "-".join(parts)


def corpus_words(corpus: str, added: Mapping[str, Any], labels: Mapping[str, Any]) -> str:
    """Name corpora and label map in the names of files and folders.

    Parameters
    ----------
    corpus : str
        tested corpora
    added, labels : mapping
        as in `Run`

    Returns
    -------
    str

    Examples
    --------
    >>> corpus_words("emovo", {"aesdd": {}, "emodb": {}}, {"name": "common-6"})
    'emovo-with-aesdd+emodb-common-6'
    """
    return "-".join([corpus, *(["with", "+".join(added)] if added else []), *([labels["name"]] if labels else [])])


def _digest(texts: Iterable[str]) -> str:
    """Digest of a sequence of texts, 16 characters."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
