"""Acoustic words of each emotion: how a table's emotions differ from the usual voice of their speakers."""

from collections.abc import Hashable, Mapping

import numpy as np

from featser.explain.words import WORDS, difference
from featser.table import Table

Profile = dict[str, dict[str, tuple[float, str]]]


def emotion_profile(table: Table) -> Profile:
    """Measure how each emotion differs from the mean of its speaker.

    The features that measure the acoustic words are averaged over the utterances of each speaker and emotion, and
    compared with the mean over all emotions of this speaker, each emotion weighing the same; then the median over
    speakers is taken. Augmented copies do not count.

    Parameters
    ----------
    table : Table

    Returns
    -------
    dict
        emotion -> word of `featser.explain.WORDS` -> difference and its unit; words that the features do not measure,
        and speakers and emotions that are unknown, are left out

    Examples
    --------
    ``{"anger": {"pitch": (3.1, "semitones"), "loudness": (7.2, "dB")}}``
    """
    names = [name for word in WORDS for name, _ in word.measures if name in table.features]
    manifest = table.manifest
    known = manifest["speaker"].notna() & manifest["emotion"].notna()
    if "derived_from" in manifest:
        known &= manifest["derived_from"].isna()
    values = table.features.loc[known, list(dict.fromkeys(names))].astype("float64")
    means = values.groupby([manifest.loc[known, "speaker"], manifest.loc[known, "emotion"]]).mean()
    usual = means.groupby(level="speaker").mean()
    found: dict[str, dict[str, list[tuple[float, str]]]] = {}
    references = dict(zip(usual.index, usual.to_dict("records"), strict=True))
    for (speaker, emotion), row in zip(means.index.tolist(), means.to_dict("records"), strict=True):
        for word in WORDS:
            gap = difference(word, _named(row), _named(references[speaker]))
            if gap is not None:
                found.setdefault(str(emotion), {}).setdefault(word.name, []).append(gap)
    return {
        emotion: {
            word: (round(float(np.median([gap for gap, _ in gaps])), 2), gaps[0][1]) for word, gaps in each.items()
        }
        for emotion, each in sorted(found.items())
    }


def _named(row: Mapping[Hashable, float]) -> dict[str, float]:
    return {str(name): value for name, value in row.items()}
