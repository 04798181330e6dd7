"""Learning curve over the number of training speakers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from featser.errors import InputError
from featser.evaluation import Fold
from featser.studies.inputs import Inputs, scored
from featser.studies.study import Drawing, Study

Names = NDArray[np.str_]
"""Speaker or emotion of each training utterance."""

DRAWS = 5
"""Random choices of training speakers for each number of them."""

_LADDER = (2, 3, 5, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)


def speakers(inputs: Inputs, *, others: Sequence[Inputs] = (), draws: int = DRAWS) -> Study:
    """Score pipelines that are trained on some of the training speakers of each fold.

    The tested utterances are the same at every point. In each fold and draw the training speakers are put into a
    random order, and the first ones are used, so that larger sets contain the smaller ones.

    Parameters
    ----------
    inputs : Inputs
        table, pipeline and protocol
    others : sequence of Inputs, optional
        other pipelines, or the same recordings with other features, for curves beside the first
    draws : int
        random orders of the training speakers

    Returns
    -------
    Study
        one row per pipeline and number of training speakers

    Raises
    ------
    InputError
        fewer than three training speakers in a fold
    """
    curves = [(each, size) for each in (inputs, *others) for size in _sizes(each)]
    steps = [(each, size, draw) for each, size in curves for draw in range(draws)]
    found: dict[tuple[str, int], list[pd.DataFrame]] = {}
    n_trained: dict[tuple[str, int], list[float]] = {}
    for each, size, draw in inputs.tracked(steps):
        folds = [_reduced(each, fold, size, draw) for fold in each.folds]
        key = (each.specification.name, size)
        found.setdefault(key, []).append(each.predictions(folds=folds))
        n_trained.setdefault(key, []).append(float(np.mean([len(fold.train) for fold in folds])))
    rows = [
        {"model": model, "training_speakers": size, "training_utterances": round(np.mean(n_trained[model, size]))}
        | {"draws": draws}
        | scored(pd.concat(parts, ignore_index=True), inputs.seed)
        for (model, size), parts in found.items()
    ]
    table = pd.DataFrame(rows)
    return Study(
        name="speakers",
        title="Learning curve over speakers",
        question="Would more training speakers help?",
        corpora=tuple(inputs.table.corpus.split("+")),
        table=table,
        drawing=Drawing("curve", "training_speakers", series="model", reference=inputs.chance, log_x=True),
        about=inputs.about(
            model="+".join(each.specification.name for each in (inputs, *others)),
            features="+".join(dict.fromkeys(each.table.feature_set.name for each in (inputs, *others))),
            draws=draws,
        ),
        remarks=tuple(_remarks(table)),
    )


def _sizes(inputs: Inputs) -> list[int]:
    """Numbers of training speakers: a ladder up to the smallest training part."""
    speaker = inputs.table.manifest["speaker"].to_numpy(dtype=str)
    most = min(len(np.unique(speaker[fold.train])) for fold in inputs.folds)
    if most < 3:
        raise InputError(
            f"{inputs.table.corpus} has {most} training speakers in a fold; a learning curve needs 3. Add speakers."
        )
    return [*(each for each in _LADDER if each < most), most]


def _reduced(inputs: Inputs, fold: Fold, size: int, draw: int) -> Fold:
    """Fold with some of its training speakers; the order of the speakers depends on seed, draw and fold."""
    speaker = inputs.table.manifest["speaker"].to_numpy(dtype=str)[fold.train]
    seeds = [inputs.seed, draw, *fold.name.encode()]
    order = [str(each) for each in np.random.default_rng(seeds).permutation(np.unique(speaker))]
    emotion = inputs.table.manifest["emotion"].to_numpy(dtype=str)[fold.train]
    chosen = _complete(order, speaker, emotion, size)
    return replace(fold, train=fold.train[np.isin(speaker, chosen)])


def _complete(order: Sequence[str], speaker: Names, emotion: Names, size: int) -> list[str]:
    """First speakers of an order; the last ones are replaced where an emotion would be missing."""
    chosen = list(order[:size])
    missing = set(emotion) - set(emotion[np.isin(speaker, chosen)])
    for other in order[size:]:
        if not missing:
            break
        spoken = set(emotion[speaker == other])
        if missing & spoken:
            chosen[-1] = other
            missing = set(emotion) - set(emotion[np.isin(speaker, chosen)])
    return chosen


def _remarks(table: pd.DataFrame) -> Iterator[str]:
    for model, part in table.groupby("model", sort=False):
        few, many = part.iloc[0], part.iloc[-1]
        doublings = np.log2(many["training_speakers"] / few["training_speakers"])
        last = part.iloc[-2]
        slope = (many["uar"] - last["uar"]) / np.log2(many["training_speakers"] / last["training_speakers"])
        yield (
            f"{model}: {few['uar']:.3f} with {few['training_speakers']} training speakers, {many['uar']:.3f} with "
            f"{many['training_speakers']}; each doubling adds {(many['uar'] - few['uar']) / doublings:+.3f}, and "
            f"{slope:+.3f} at the end of the curve."
        )
    yield "Intervals are over the tested speakers; the scores of all draws are pooled."
