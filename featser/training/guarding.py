"""Learn the guards of a model, and measure what they reject."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from featser.bundle import Model
from featser.errors import FeatserError
from featser.evaluation import voice_ids
from featser.evaluation.cross_validation import Features
from featser.extraction import Backend, default_folder
from featser.guard import KINDS, LEVEL, Guard, learn_guard, non_speech


def learn_guards(
    normalised: Mapping[str, Features], names: Sequence[str], manifest: pd.DataFrame
) -> tuple[dict[str, Guard], dict[str, dict[str, Any]]]:
    """Learn one guard for each normalisation; augmented copies do not count as training recordings.

    Parameters
    ----------
    normalised : mapping of str to Features [shape=(n_utterances, n_features)]
        features by normalisation; those of ``none`` are not normalised
    names : sequence of str
        of the features
    manifest : DataFrame
        same rows

    Returns
    -------
    guards : dict of str to Guard
    summaries : dict of str to dict
        as of `featser.guard.learn_guard`
    """
    copies = manifest["derived_from"].notna() if "derived_from" in manifest else pd.Series(False, manifest.index)
    rows = np.flatnonzero(~copies.to_numpy(bool))
    known = manifest["speaker"].notna().to_numpy(bool)
    voices = np.where(known, voice_ids(manifest), manifest["utterance"].to_numpy(np.str_))[rows]
    with threadpool_limits(1):  # sums do not depend on the number of threads
        learnt = {
            way: learn_guard(features[rows], names if way == "none" else (), voices)
            for way, features in normalised.items()
        }
    return {way: guard for way, (guard, _) in learnt.items()}, {way: summary for way, (_, summary) in learnt.items()}


def catch_rates(model: Model) -> dict[str, float]:
    """Measure the share of synthetic sounds of each kind that a model rejects.

    Parameters
    ----------
    model : Model
        with guards

    Returns
    -------
    dict
        kind of sound, as in `featser.guard.KINDS` -> share; empty for a model of features that featser cannot compute
    """
    kinds, sounds = zip(*non_speech(), strict=True)
    try:
        values, rows = model.read_rows(sounds, default_folder(), Backend(jobs=1))
    except FeatserError:
        return {}
    features = values.astype(np.float64)
    rejected = np.ones(len(sounds), bool)
    rejected[rows.usable] = model.guards["none"].p_values(features) < LEVEL
    return {kind: float(rejected[np.array(kinds) == kind].mean()) for kind in KINDS}
