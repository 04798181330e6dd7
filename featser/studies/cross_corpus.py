"""How far a model of one corpus, or of all others, gets on each corpus."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from featser.evaluation import CORPORA_APART, Fold, make_folds, resolve_protocol
from featser.studies.inputs import Inputs, scored
from featser.studies.study import Drawing, Study

OTHERS = "all others"
_NORMALISATIONS = ("none", "speaker")


def cross_corpus(inputs: Inputs) -> Study:
    """Train on each corpus and on all others, and test on every corpus, without and with normalisation by speaker.

    Each pair of corpora is trained and tested on the emotions that both have. On the diagonal, a corpus is tested on
    its own unseen speakers.

    Parameters
    ----------
    inputs : Inputs
        a table of several corpora; its protocol and normalisation are not used

    Returns
    -------
    Study
        one row per normalisation, training and tested corpus, with the emotions
    """
    corpora = sorted(inputs.table.manifest["corpus"].unique())
    trained = [*corpora, *([OTHERS] if len(corpora) > 1 else [])]
    rows = []
    for normalise, name in inputs.tracked([(way, name) for way in _NORMALISATIONS for name in trained]):
        predictions = replace(inputs, normalise=normalise).predictions(folds=_folds(inputs, corpora, name))
        for tested, part in predictions.groupby("corpus"):
            about = {"normalise": normalise, "trained": name, "tested": tested, "model": f"{name}, {normalise}"}
            rows.append(about | scored(part, inputs.seed) | {"emotions": ", ".join(sorted(part["truth"].unique()))})
    table = pd.DataFrame(rows)
    return Study(
        name="cross-corpus",
        title="Across corpora",
        question="How far does a model of one corpus, or of all others, get on each corpus?",
        corpora=tuple(corpora),
        table=table,
        drawing=Drawing("matrix", "tested", series="model"),
        about=inputs.about(protocol="cross-corpus", normalise="+".join(_NORMALISATIONS)),
        remarks=tuple(_remarks(table)),
    )


def _folds(inputs: Inputs, corpora: Sequence[str], trained: str) -> list[Fold]:
    """Folds of one row of the matrix."""
    if trained == OTHERS:
        return make_folds(CORPORA_APART[0], inputs.table.manifest, inputs.seed)
    manifest = inputs.table.manifest
    corpus, emotion = manifest["corpus"].to_numpy(), manifest["emotion"].to_numpy()
    original = (
        ~manifest["derived_from"].notna().to_numpy() if "derived_from" in manifest else np.ones(len(corpus), bool)
    )
    own = np.flatnonzero(corpus == trained)
    part = manifest.iloc[own]
    within = make_folds(resolve_protocol("auto", part), part, inputs.seed)
    folds = [Fold(f"{trained} {each.name}", own[each.train], own[each.test]) for each in within]
    for tested in corpora:
        shared = np.isin(emotion, list(set(emotion[corpus == tested]) & set(emotion[own])))
        if tested != trained and len(set(emotion[shared])) > 1:
            train, test = shared & (corpus == trained), shared & (corpus == tested) & original
            folds.append(Fold(tested, np.flatnonzero(train), np.flatnonzero(test)))
    return folds


def _remarks(table: pd.DataFrame) -> Iterator[str]:
    yield (
        "Rows are what was trained on, columns what was tested. Each cell has the emotions that both corpora share; "
        "chance is one over their number, so cells with different emotions cannot be compared."
    )
    yield "The diagonal is the score on unseen speakers of the same corpus."
    means = {}
    for way, part in table[table["trained"] == OTHERS].groupby("normalise"):
        means[way] = part["uar"].mean()
        yield (
            f"A model of all other corpora scores {means[way]:.3f} on average over {len(part)} corpora with "
            f"normalisation {way}."
        )
    if len(means) == len(_NORMALISATIONS):
        single = table[(table["trained"] != table["tested"]) & (table["trained"] != OTHERS)]
        both = single.groupby("normalise")["uar"].mean()
        yield (
            f"A model of one other corpus scores {both['none']:.3f} and, normalised by speaker, {both['speaker']:.3f}."
        )
