"""How a table is split: named folds out; never an empty test set, never a class that nobody trains on."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from featser.corpora import known_corpora
from featser.errors import InputError, UnknownNameError, listed
from featser.evaluation.folds import Fold, Rows, short_speaker
from featser.evaluation.sentences import without_texts
from featser.models import strata

PROTOCOLS = {
    "auto": "published folds where there are any, else leave-one-speaker-out up to 12 speakers, else 6-fold by speaker",
    "leave-one-speaker-out": "every speaker is tested once, by a model that never heard them",
    "K-fold-by-speaker": "speakers are dealt into K folds of similar size and emotions, for example 5-fold-by-speaker",
    "speaker-and-text": "neither the speaker nor the sentence of a tested utterance is heard in training",
    "leave-one-corpus-out": "every corpus is tested once, by a model that heard only the others; over the emotions "
    "that all of them have",
    "published": "the fold list that the literature uses for the corpus, where no speaker is on both sides",
    "random": "5 folds of utterances, speakers on both sides: LEAKY, to show what leaking pretends",
}
"""Every protocol with what it does; ``K`` stands for a number."""

LEAKY = ("random",)
TEXTS_APART = ("speaker-and-text",)
CORPORA_APART = ("leave-one-corpus-out",)
_AUTO_SPEAKERS = 12
_AUTO_FOLDS = 6
_RANDOM_FOLDS = 5
_K_FOLD = re.compile(r"(\d+)-fold-by-speaker")


def resolve_protocol(protocol: str, manifest: pd.DataFrame) -> str:
    """Return the protocol that ``auto`` stands for on this table; any other name is checked and returned.

    Published folds of one speaker each are called by the name that they have everywhere, leave-one-speaker-out.

    Raises
    ------
    UnknownNameError
        no such protocol; the message has the nearest
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
    """Split a table.

    Parameters
    ----------
    protocol : str
        as `resolve_protocol` returns it
    manifest : DataFrame
        with ``emotion``, ``speaker`` and ``corpus``; ``text`` too where sentences are kept apart
    seed : int
        of the protocols that deal out at random; the others do not depend on it

    Returns
    -------
    list of Fold
        every utterance is tested once, except those that a published split only trains on, those whose emotion not
        all corpora have, which leave-one-corpus-out neither tests nor trains on, and changed copies of others
        (``derived_from``), which are trained on where their speaker is and never tested, but for a random split

    Raises
    ------
    InputError
        fewer than two emotions, unknown speakers or sentences, too few of them, or an emotion that some fold cannot
        train on
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
            folds = without_texts(folds, manifest, seed)
    if protocol not in LEAKY:
        folds = _originals_tested(folds, manifest)
    _check_training(folds, manifest)
    return folds


def _originals_tested(folds: list[Fold], manifest: pd.DataFrame) -> list[Fold]:
    """Leave copies out of the test parts: nobody will ever speak like a tape that runs too fast."""
    if "derived_from" not in manifest:
        return folds
    original = manifest["derived_from"].isna().to_numpy()
    kept = [replace(fold, test=fold.test[original[fold.test]]) for fold in folds]
    kept = [fold for fold in kept if len(fold.test)]
    if not kept:
        raise InputError(
            f"All {len(manifest)} utterances are changed copies of others ('derived_from'): nothing is left to test. "
            "Give the originals too."
        )
    return kept


def usable_rows(protocol: str, manifest: pd.DataFrame) -> Rows:
    """Rows that a protocol can use: all, or for leave-one-corpus-out those whose emotion every corpus has."""
    if protocol not in CORPORA_APART:
        return np.arange(len(manifest))
    n_corpora = manifest["corpus"].nunique()
    shared = manifest.groupby("emotion")["corpus"].nunique() == n_corpora
    return np.flatnonzero(manifest["emotion"].map(shared))


def _speaker_groups(protocol: str, manifest: pd.DataFrame, seed: int) -> list[list[str]]:
    """Speakers that are tested together, one list per fold."""
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
    """Published test speakers of each fold that are here; nothing where some speaker is not in the published lists."""
    corpora = manifest["corpus"].unique()
    corpus = known_corpora().get(corpora[0]) if len(corpora) == 1 else None
    if corpus is None:
        return []
    here = set(manifest["speaker"])
    groups = [[f"{corpus.name}/{each}" for each in fold] for fold in corpus.published_folds]
    present = [[speaker for speaker in group if speaker in here] for group in groups]
    named = {f"{corpus.name}/{each}" for fold in (*corpus.published_folds, corpus.trained_only) for each in fold}
    return [group for group in present if group] if here <= named else []


def _fold(speakers: list[str], manifest: pd.DataFrame) -> Fold:
    tested = manifest["speaker"].isin(speakers).to_numpy()
    several = len(manifest["corpus"].unique()) > 1
    ids = speakers if several else [short_speaker(speaker) for speaker in speakers]
    return Fold("+".join(ids), np.flatnonzero(~tested), np.flatnonzero(tested))


def _corpus_folds(manifest: pd.DataFrame) -> list[Fold]:
    """One fold per corpus, over the emotions that all of them have."""
    corpora = sorted(manifest["corpus"].unique())
    if len(corpora) < 2:
        raise InputError(
            f"Only one corpus ({corpora[0]}): leave-one-corpus-out needs two or more tables. "
            "Give several: featser fit A.parquet B.parquet --protocol leave-one-corpus-out."
        )
    usable = usable_rows(CORPORA_APART[0], manifest)
    shared = sorted(manifest["emotion"].iloc[usable].unique())
    if len(shared) < 2:
        raise InputError(
            f"{listed(corpora)} share {len(shared)} emotions{f' ({shared[0]})' if shared else ''}. "
            "Leave-one-corpus-out needs two that every corpus has; leave a corpus out."
        )
    corpus = manifest["corpus"].to_numpy()[usable]
    return [Fold(name, usable[corpus != name], usable[corpus == name]) for name in corpora]


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
    having = [name for name, corpus in known_corpora().items() if corpus.published_folds]
    return (
        f"No published folds for {'+'.join(corpora)} with these {manifest['speaker'].nunique()} speakers. "
        f"There are such folds for {', '.join(having)}. Take --protocol auto."
    )
