"""Evaluation protocols: how a table is split into training and test parts.

No fold has an empty test part, and every tested emotion occurs in every training part.
"""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from featser.corpora import known_corpora
from featser.errors import InputError, UnknownNameError, listed
from featser.evaluation.folds import Fold, Rows, short_speaker
from featser.evaluation.sentences import separate_texts
from featser.models import strata

PROTOCOLS = {
    "auto": "published folds where available, otherwise leave-one-speaker-out for up to 12 speakers and "
    "6-fold-by-speaker for more",
    "leave-one-speaker-out": "each speaker is tested once, by a model trained on the other speakers",
    "K-fold-by-speaker": "speakers are divided into K folds of similar size and emotions, for example "
    "5-fold-by-speaker",
    "speaker-and-text": "neither the speaker nor the sentence of a test utterance occurs in the training part",
    "leave-one-corpus-out": "each corpus is tested once, by a model trained on the other corpora, on the emotions "
    "that it shares with any of them; the score is the mean over corpora",
    "published": "the fold list of the literature for the corpus, where it is speaker-disjoint",
    "random": "5 random folds of utterances, with speakers on both sides: LEAKY, the score is inflated",
}
"""Protocols and their descriptions; ``K`` is a number."""

LEAKY = ("random",)
TEXTS_APART = ("speaker-and-text",)
CORPORA_APART = ("leave-one-corpus-out",)
_AUTO_SPEAKERS = 12
_AUTO_FOLDS = 6
_RANDOM_FOLDS = 5
_K_FOLD = re.compile(r"(\d+)-fold-by-speaker")


def resolve_protocol(protocol: str, manifest: pd.DataFrame) -> str:
    """Validate the name of a protocol, and choose one for ``auto``.

    Published folds with one speaker each are resolved to ``leave-one-speaker-out``.

    Parameters
    ----------
    protocol : str
        name of a protocol
    manifest : DataFrame
        ``speaker`` and ``corpus`` of each row

    Returns
    -------
    str
        name of a protocol other than ``auto``

    Raises
    ------
    UnknownNameError
        unknown protocol; the message suggests the nearest one
    """
    named = ("leave-one-speaker-out", "published", *TEXTS_APART, *CORPORA_APART, *LEAKY)
    if protocol in named or _K_FOLD.fullmatch(protocol):
        return protocol
    if protocol != "auto":
        raise UnknownNameError("protocol", protocol, PROTOCOLS)
    groups = _published_folds(manifest)
    tested = {speaker for group in groups for speaker in group}
    if len(groups) >= 2 and tested == set(manifest["speaker"]) and len(groups) < len(tested):
        return "published"
    if manifest["speaker"].nunique() <= _AUTO_SPEAKERS:
        return "leave-one-speaker-out"
    return f"{_AUTO_FOLDS}-fold-by-speaker"


def make_folds(protocol: str, manifest: pd.DataFrame, seed: int) -> list[Fold]:
    """Split a table into folds.

    Every utterance is tested once, with these exceptions. Published splits may have speakers for training only.
    Leave-one-corpus-out omits emotions that only one corpus has; the training part of a fold has the emotions of its
    test part only. Augmented copies (``derived_from``) are in the training part of folds that train on their speaker
    and are never tested, except under ``random``.

    Parameters
    ----------
    protocol : str
        as `resolve_protocol` returns it
    manifest : DataFrame
        ``emotion``, ``speaker`` and ``corpus`` of each row; ``text`` for ``speaker-and-text``
    seed : int
        seed of protocols that assign speakers or utterances at random

    Returns
    -------
    list of Fold

    Raises
    ------
    InputError
        fewer than two emotions, unknown speakers or sentences, too few of them, or a fold without training utterances
        of a tested emotion
    """
    _check_emotions(manifest)
    if protocol in LEAKY:
        folds = _random_folds(manifest, seed)
    elif protocol in CORPORA_APART:
        folds = _corpus_folds(manifest)
    else:
        _check_speakers(manifest, protocol)
        by_speaker = resolve_protocol("auto", manifest) if protocol in TEXTS_APART else protocol
        folds = [_fold(group, manifest) for group in _speaker_groups(by_speaker, manifest, seed)]
        if protocol in TEXTS_APART:
            folds = separate_texts(folds, manifest, seed)
    if protocol not in LEAKY:
        folds = _originals_tested(folds, manifest)
    if protocol not in CORPORA_APART:  # their folds train on the tested emotions by construction
        _check_training(folds, manifest)
    return folds


def _originals_tested(folds: list[Fold], manifest: pd.DataFrame) -> list[Fold]:
    """Remove augmented copies from the test parts."""
    if "derived_from" not in manifest:
        return folds
    original = manifest["derived_from"].isna().to_numpy()
    kept = [replace(fold, test=fold.test[original[fold.test]]) for fold in folds]
    kept = [fold for fold in kept if len(fold.test)]
    if not kept:
        raise InputError(
            f"All {len(manifest)} utterances are augmented copies ('derived_from'), which are never tested. "
            "Add the original utterances."
        )
    return kept


def usable_rows(protocol: str, manifest: pd.DataFrame) -> Rows:
    """Return the rows that a protocol uses.

    Parameters
    ----------
    protocol : str
        as `resolve_protocol` returns it
    manifest : DataFrame
        ``emotion`` and ``corpus`` of each row

    Returns
    -------
    Rows
        all rows; for ``leave-one-corpus-out`` those with an emotion that two or more corpora have
    """
    if protocol not in CORPORA_APART:
        return np.arange(len(manifest))
    shared = manifest.groupby("emotion")["corpus"].nunique() > 1
    return np.flatnonzero(manifest["emotion"].map(shared))


def _speaker_groups(protocol: str, manifest: pd.DataFrame, seed: int) -> list[list[str]]:
    """Test speakers of each fold."""
    speakers = sorted(manifest["speaker"].unique())
    if protocol == "published":
        groups = _published_folds(manifest)
        if not groups or set(speakers) <= set(groups[0]):
            raise InputError(_no_published_folds(manifest))
        return groups
    if protocol == "leave-one-speaker-out":
        return [[speaker] for speaker in speakers]
    n_folds = int(_K_FOLD.fullmatch(protocol)[1])  # type: ignore[index]
    if not 2 <= n_folds <= len(speakers):
        choice = f"from 2 to {len(speakers)}" if len(speakers) > 2 else "2"
        raise InputError(f"{protocol} on {len(speakers)} speakers: K must be {choice}.")
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    splits = splitter.split(manifest, strata(manifest["emotion"].to_numpy(dtype=np.str_), n_folds), manifest["speaker"])
    return [sorted(manifest["speaker"].iloc[test].unique()) for _, test in splits if len(test)]


def _published_folds(manifest: pd.DataFrame) -> list[list[str]]:
    """Published test speakers of each fold, without absent ones; empty where a speaker is in none of the lists."""
    corpora = manifest["corpus"].unique()
    corpus = known_corpora().get(corpora[0]) if len(corpora) == 1 else None
    if corpus is None:
        return []
    speakers = set(manifest["speaker"])
    groups = [[f"{corpus.name}/{each}" for each in fold] for fold in corpus.published_folds]
    present = [[speaker for speaker in group if speaker in speakers] for group in groups]
    published = {f"{corpus.name}/{each}" for fold in (*corpus.published_folds, corpus.trained_only) for each in fold}
    return [group for group in present if group] if speakers <= published else []


def _fold(speakers: list[str], manifest: pd.DataFrame) -> Fold:
    tested = manifest["speaker"].isin(speakers).to_numpy()
    several = len(manifest["corpus"].unique()) > 1
    ids = speakers if several else [short_speaker(speaker) for speaker in speakers]
    return Fold("+".join(ids), np.flatnonzero(~tested), np.flatnonzero(tested))


def _corpus_folds(manifest: pd.DataFrame) -> list[Fold]:
    """One fold per corpus, with the emotions that it shares with any other."""
    corpora = sorted(manifest["corpus"].unique())
    if len(corpora) < 2:
        raise InputError(
            f"Only one corpus ({corpora[0]}): leave-one-corpus-out needs two or more. "
            "Give their tables: featser fit A.parquet B.parquet --protocol leave-one-corpus-out."
        )
    usable = usable_rows(CORPORA_APART[0], manifest)
    corpus, emotion = (manifest[column].to_numpy()[usable] for column in ("corpus", "emotion"))
    folds = []
    for name in corpora:
        tested = corpus == name
        shared = sorted(set(emotion[tested]))
        if len(shared) < 2:
            raise InputError(
                f"{name} has {'one emotion' if shared else 'no emotion'} in common with "
                f"{listed([each for each in corpora if each != name])}{f' ({shared[0]})' if shared else ''}. "
                f"Leave-one-corpus-out needs two. Remove {name}, or merge emotions with --labels FILE."
            )
        folds.append(Fold(name, usable[~tested & np.isin(emotion, shared)], usable[tested]))
    return folds


def _random_folds(manifest: pd.DataFrame, seed: int) -> list[Fold]:
    counts = manifest["emotion"].value_counts()
    if counts.min() < _RANDOM_FOLDS:
        raise InputError(
            f"Emotion '{counts.idxmin()}' has {counts.min()} utterances; the protocol random needs {_RANDOM_FOLDS}. "
            "Leave that emotion out."
        )
    splitter = StratifiedKFold(_RANDOM_FOLDS, shuffle=True, random_state=seed)
    splits = splitter.split(manifest, manifest["emotion"])
    return [Fold(f"random-{number}", train, test) for number, (train, test) in enumerate(splits, start=1)]


def _check_emotions(manifest: pd.DataFrame) -> None:
    emotions = sorted(manifest["emotion"].unique())
    if len(emotions) < 2:
        raise InputError(
            f"All {len(manifest)} utterances are '{emotions[0]}'. At least two emotions are needed. "
            "Add utterances of another emotion."
        )


def _check_speakers(manifest: pd.DataFrame, protocol: str) -> None:
    n_unknown = int(manifest["speaker"].isna().sum())
    if n_unknown:
        raise InputError(
            f"The speaker of {n_unknown} of {len(manifest)} utterances is not known, so {protocol} cannot separate "
            "speakers. Give a manifest with a 'speaker' column, or --protocol random, which is stamped LEAKY."
        )
    speakers = manifest["speaker"].unique()
    if len(speakers) < 2:
        raise InputError(
            f"Only one speaker ({speakers[0]}): {protocol} needs at least two. Add speakers, or take "
            "--protocol random, which is stamped LEAKY."
        )


def _check_training(folds: list[Fold], manifest: pd.DataFrame) -> None:
    emotions = manifest["emotion"].to_numpy()
    tested = set(emotions[np.concatenate([fold.test for fold in folds])])
    for fold in folds:
        missing = sorted(tested - set(emotions[fold.train]))
        if not missing:
            continue
        if set(np.flatnonzero(np.isin(emotions, missing))) <= set(fold.test):
            raise InputError(
                f"Emotion {listed(missing)} is spoken in fold {fold.name} only, so no model could learn it. "
                "Leave that emotion out, or give more speakers."
            )
        raise InputError(
            f"Fold {fold.name} has no training utterance of {listed(missing)}, so its model could not learn it. "
            "Leave that emotion out, or take --protocol auto."
        )


def _no_published_folds(manifest: pd.DataFrame) -> str:
    corpora = sorted(manifest["corpus"].unique())
    published = [name for name, corpus in known_corpora().items() if corpus.published_folds]
    return (
        f"No published folds for {'+'.join(corpora)} with these {manifest['speaker'].nunique()} speakers. "
        f"Published folds exist for {', '.join(published)}. Take --protocol auto."
    )
