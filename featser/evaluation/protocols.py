"""How speakers are split: a table in, named folds out; never an empty test set, never a class that nobody trains on."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from featser.corpora import CORPORA
from featser.errors import InputError, UnknownNameError, listed

PROTOCOLS = {
    "auto": "published folds where there are any, else leave-one-speaker-out up to 12 speakers, else 6-fold by speaker",
    "leave-one-speaker-out": "every speaker is tested once, by a model that never heard them",
    "K-fold-by-speaker": "speakers are dealt into K folds of similar size and emotions, for example 5-fold-by-speaker",
    "published": "the fold list that the literature uses for the corpus, where no speaker is on both sides",
    "random": "5 folds of utterances, speakers on both sides: LEAKY, to show what leaking pretends",
}
"""Every protocol with what it does; ``K`` stands for a number."""

LEAKY = ("random",)
_AUTO_SPEAKERS = 12
_AUTO_FOLDS = 6
_RANDOM_FOLDS = 5
_K_FOLD = re.compile(r"(\d+)-fold-by-speaker")

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Fold:
    """One train/test split by row numbers; its name says who is tested."""

    name: str
    train: Rows
    test: Rows


def resolve_protocol(protocol: str, manifest: pd.DataFrame) -> str:
    """Return the protocol that ``auto`` stands for on this table; any other name is checked and returned.

    Raises
    ------
    UnknownNameError
        no such protocol; the message has the nearest
    """
    if protocol in ("leave-one-speaker-out", "published", *LEAKY) or _K_FOLD.fullmatch(protocol):
        return protocol
    if protocol != "auto":
        raise UnknownNameError("protocol", protocol, PROTOCOLS)
    if len(_published_folds(manifest)) >= 2:
        return "published"
    if manifest["speaker"].nunique() <= _AUTO_SPEAKERS:
        return "leave-one-speaker-out"
    return f"{_AUTO_FOLDS}-fold-by-speaker"


def make_folds(protocol: str, manifest: pd.DataFrame, seed: int) -> list[Fold]:
    """Split a table.

    Parameters
    ----------
    protocol : str
        as `resolve_protocol` returns it
    manifest : DataFrame
        with ``emotion`` and ``speaker``
    seed : int
        of the protocols that deal out at random; the others do not depend on it

    Raises
    ------
    InputError
        fewer than two emotions, unknown speakers, too few speakers, or an emotion that only one fold has
    """
    _check_emotions(manifest)
    if protocol in LEAKY:
        folds = _random_folds(manifest, seed)
    else:
        _check_speakers(manifest, protocol)
        groups = _speaker_groups(protocol, manifest, seed)
        folds = [_fold(group, manifest) for group in groups]
    _check_training(folds, manifest)
    return folds


def short_speaker(speaker: str) -> str:
    """Return a speaker's id without the corpus.

    >>> short_speaker("emodb/03")
    '03'
    """
    return speaker.split("/", 1)[-1]


def _speaker_groups(protocol: str, manifest: pd.DataFrame, seed: int) -> list[list[str]]:
    """Speakers that are tested together, one list per fold."""
    speakers = sorted(manifest["speaker"].unique())
    if protocol == "published":
        groups = _published_folds(manifest)
        if len(groups) < 2:
            raise InputError(_no_published_folds(manifest))
        return groups
    if protocol == "leave-one-speaker-out":
        return [[speaker] for speaker in speakers]
    n_folds = int(_K_FOLD.fullmatch(protocol)[1])  # type: ignore[index]
    if not 2 <= n_folds <= len(speakers):
        raise InputError(f"{protocol} on {len(speakers)} speakers: K must be from 2 to {len(speakers)}.")
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    splits = splitter.split(manifest, _strata(manifest, n_folds), manifest["speaker"])
    return [sorted(manifest["speaker"].iloc[test].unique()) for _, test in splits]


def _published_folds(manifest: pd.DataFrame) -> list[list[str]]:
    """Published folds with the speakers that are here; nothing where some speaker is in none of them."""
    corpora = manifest["corpus"].unique()
    corpus = CORPORA.get(corpora[0]) if len(corpora) == 1 else None
    if corpus is None:
        return []
    here = set(manifest["speaker"])
    groups = [[f"{corpus.name}/{each}" for each in fold] for fold in corpus.published_folds]
    present = [[speaker for speaker in group if speaker in here] for group in groups]
    complete = here == {speaker for group in present for speaker in group}
    return [group for group in present if group] if complete else []


def _fold(speakers: list[str], manifest: pd.DataFrame) -> Fold:
    tested = manifest["speaker"].isin(speakers).to_numpy()
    several = len(manifest["corpus"].unique()) > 1
    ids = speakers if several else [short_speaker(speaker) for speaker in speakers]
    return Fold("+".join(ids), np.flatnonzero(~tested), np.flatnonzero(tested))


def _random_folds(manifest: pd.DataFrame, seed: int) -> list[Fold]:
    counts = manifest["emotion"].value_counts()
    if counts.min() < _RANDOM_FOLDS:
        raise InputError(
            f"Emotion '{counts.idxmin()}' has {counts.min()} utterances. "
            f"The random protocol needs {_RANDOM_FOLDS} of each; leave that emotion out."
        )
    splitter = StratifiedKFold(_RANDOM_FOLDS, shuffle=True, random_state=seed)
    splits = splitter.split(manifest, manifest["emotion"])
    return [Fold(f"random-{number}", train, test) for number, (train, test) in enumerate(splits, start=1)]


def _strata(manifest: pd.DataFrame, n_folds: int) -> pd.Series:
    """Emotions; those too rare for the splitter share one stratum."""
    counts = manifest["emotion"].map(manifest["emotion"].value_counts())
    return manifest["emotion"].where(counts >= n_folds, "")


def _check_emotions(manifest: pd.DataFrame) -> None:
    emotions = sorted(manifest["emotion"].unique())
    if len(emotions) < 2:
        raise InputError(f"All {len(manifest)} utterances are '{emotions[0]}'. Two emotions at least make a choice.")


def _check_speakers(manifest: pd.DataFrame, protocol: str) -> None:
    n_unknown = int(manifest["speaker"].isna().sum())
    if n_unknown:
        raise InputError(
            f"The speaker of {n_unknown} of {len(manifest)} utterances is not known, so {protocol} cannot keep "
            "speakers apart. Give a manifest with a 'speaker' column, or --protocol random, which is stamped LEAKY."
        )
    speakers = manifest["speaker"].unique()
    if len(speakers) < 2:
        raise InputError(
            f"Only one speaker ({speakers[0]}): nobody is left to test on. Two speakers at least are needed, "
            "or --protocol random, which is stamped LEAKY."
        )


def _check_training(folds: list[Fold], manifest: pd.DataFrame) -> None:
    emotions = manifest["emotion"].to_numpy()
    everything = set(emotions)
    for fold in folds:
        missing = sorted(everything - set(emotions[fold.train]))
        if missing:
            raise InputError(
                f"Emotion {listed(missing)} is spoken in fold {fold.name} only, so no model could learn it. "
                "Leave that emotion out, or give more speakers."
            )


def _no_published_folds(manifest: pd.DataFrame) -> str:
    corpora = sorted(manifest["corpus"].unique())
    having = [name for name, corpus in CORPORA.items() if corpus.published_folds]
    return (
        f"No published folds for {'+'.join(corpora)} with these {manifest['speaker'].nunique()} speakers. "
        f"There are such folds for {', '.join(having)}. Take --protocol auto."
    )
