"""Folds that separate sentences as well as speakers."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from featser.errors import InputError
from featser.evaluation.folds import Fold, short_speaker
from featser.models import strata

_TEXT_FOLDS = 5
"""Largest number of groups of sentences. Each training part omits one group; more groups would need more models."""
_NAMED_TEXTS = 4


def separate_texts(folds: list[Fold], manifest: pd.DataFrame, seed: int) -> list[Fold]:
    """Combine folds by speaker with groups of sentences.

    Each new fold tests one group of sentences of the test speakers, and trains on the other sentences of the other
    speakers.

    Parameters
    ----------
    folds : list of Fold
        folds by speaker
    manifest : DataFrame
        ``corpus``, ``emotion`` and ``text`` of each row
    seed : int
        seed of the assignment of sentences to groups

    Returns
    -------
    list of Fold

    Raises
    ------
    InputError
        an unknown sentence, or only one sentence
    """
    texts = _texts(manifest)
    groups = _text_groups(texts, manifest, seed)
    crossed = []
    for fold in folds:
        for number, group in enumerate(groups, start=1):
            test = fold.test[np.isin(texts[fold.test], group)]
            train = fold.train[~np.isin(texts[fold.train], group)]
            sentences = "+".join(short_speaker(text) for text in group)
            name = sentences if len(group) <= _NAMED_TEXTS else f"texts {number} of {len(groups)}"
            if len(test):
                crossed.append(Fold(f"{fold.name} x {name}", train, test))
    return crossed


def _texts(manifest: pd.DataFrame) -> NDArray[np.str_]:
    """Sentence of each utterance, as ``<corpus>/<text>``."""
    texts = manifest["text"] if "text" in manifest else pd.Series([None] * len(manifest), dtype=object)
    n_unknown = int(texts.isna().sum())
    if n_unknown:
        raise InputError(
            f"The text of {n_unknown} of {len(manifest)} utterances is not known, so speaker-and-text cannot separate "
            "sentences. Give a manifest with a 'text' column, or --protocol auto."
        )
    return (manifest["corpus"].astype(str) + "/" + texts.astype(str).to_numpy()).to_numpy(dtype=np.str_)


def _text_groups(texts: NDArray[np.str_], manifest: pd.DataFrame, seed: int) -> list[list[str]]:
    """Sentences divided into at most five groups of similar size and emotions."""
    n_groups = min(_TEXT_FOLDS, len(np.unique(texts)))
    if n_groups < 2:
        raise InputError(
            f"All {len(texts)} utterances have the text '{short_speaker(str(texts[0]))}'. "
            "speaker-and-text needs at least two. Take --protocol auto."
        )
    splitter = StratifiedGroupKFold(n_groups, shuffle=True, random_state=seed)
    splits = splitter.split(texts, strata(manifest["emotion"].to_numpy(dtype=np.str_), n_groups), texts)
    return [sorted(set(map(str, texts[test]))) for _, test in splits if len(test)]
