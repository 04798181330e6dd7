"""Learn the guards of a model, and measure what they reject."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from featser.audio import SAMPLE_RATE
from featser.bundle import Model
from featser.evaluation import voice_ids
from featser.evaluation.cross_validation import Features
from featser.extraction import Backend, default_folder
from featser.features import feature_set_from
from featser.guard import KINDS, LEVEL, Guard, learn_guard, non_speech


def learn_guard_of(features: Features, names: Sequence[str], manifest: pd.DataFrame) -> tuple[Guard, dict[str, Any]]:
    """Learn a guard from the rows of a table; augmented copies do not count as training recordings.

    Parameters
    ----------
    features : Features [shape=(n_utterances, n_features)]
        normalised as the classifier's
    names : sequence of str
        of the features; empty where they are normalised by speaker
    manifest : DataFrame
        same rows

    Returns
    -------
    guard : Guard
    summary : dict
        as of `featser.guard.learn_guard`
    """
    known = manifest["speaker"].notna().to_numpy(bool)
    voices = np.where(known, voice_ids(manifest), manifest["utterance"].to_numpy(np.str_))
    if "derived_from" in manifest:
        originals = manifest["derived_from"].isna().to_numpy(bool)
        features, voices = features[originals], voices[originals]
    with threadpool_limits(1):  # sums do not depend on the number of threads
        return learn_guard(features, names, voices)


def catch_rates(model: Model) -> dict[str, float]:
    """Measure the share of synthetic sounds of each kind that a model rejects.

    Parameters
    ----------
    model : Model
        with guards

    Returns
    -------
    dict
        kind of sound, as in `featser.guard.KINDS` -> share; empty for features of another tool, which featser cannot
        compute
    """
    if not feature_set_from(model.feature_set, model.feature_set["name"], "This model").computable:
        return {}
    kinds, sounds = zip(*non_speech(), strict=True)
    values, rows = model.read_rows(sounds, default_folder(), Backend(jobs=1))
    features = values.astype(np.float64)
    rejected = np.ones(len(sounds), bool)
    rejected[rows.usable] = model.guards["none"].p_values(features) < LEVEL
    return {kind: float(rejected[np.array(kinds) == kind].mean()) for kind in KINDS}


def extraction_seconds(model: Model) -> dict[str, float]:
    """Measure how long the features of one second of sound take, on one core, without decoding.

    Parameters
    ----------
    model : Model

    Returns
    -------
    dict
        ``extract`` -> seconds, the minimum of three rounds over two seconds of noise; empty for features of another
        tool
    """
    if model.feature_set.get("columns"):
        return {}
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * SAMPLE_RATE).astype(np.float32)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        model.describe([(noise, SAMPLE_RATE)])
        times.append(time.perf_counter() - start)
    return {"extract": round(min(times) / 2, 5)}
