"""Acoustic words: what listeners name in a voice, and the features that measure each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

SEMITONES, DECIBELS, HERTZ, PERCENT, AMPLITUDE = "semitones", "dB", "Hz", "%", "amplitude"
"""Units of differences. ``%`` is relative to the reference; ``amplitude`` is a ratio, stated in dB."""


LEVELS = ("mean", "p25", "p50", "p75", "p90")
"""Functionals that measure the level of a track."""


@dataclass(frozen=True)
class Word:
    """An acoustic word.

    Attributes
    ----------
    name : str
    columns : tuple of str
        features that belong to the word: about ten direct measures, so that words of different size can be compared
    measures : tuple of (str, str)
        feature that states the difference, and its unit; the first one that a model has is used
    more, less : str
        words for a positive and a negative difference; by default the name with the sign of the difference
    """

    name: str
    columns: tuple[str, ...]
    measures: tuple[tuple[str, str], ...]
    more: str = ""
    less: str = ""


def _tracks(names: Sequence[str], functionals: Sequence[str] = LEVELS) -> tuple[str, ...]:
    return tuple(f"{name}__{functional}" for name in names for functional in functionals)


WORDS = (
    Word(
        "tempo",
        (
            *_tracks(("rhythm",), ("syllables_per_s", "voiced_per_s", "voiced_mean_s", "duration_s")),
            *_tracks(("log_energy", "loudness", "rms"), ("peak_rate", "mean_crossing_rate")),
        ),
        (("rhythm__syllables_per_s", PERCENT), ("loudness__peak_rate", PERCENT)),
        "faster by",
        "slower by",
    ),
    Word(
        "pitch range",
        _tracks(("f0", "f0_d1"), ("std", "iqr", "range90")),
        (("f0__range90", PERCENT), ("f0__std", PERCENT)),
    ),
    Word("pitch", _tracks(("f0",), ("p10", *LEVELS)), (("f0__p50", SEMITONES), ("f0__mean", SEMITONES))),
    Word(
        "loudness",
        _tracks(("log_energy", "loudness", "rms")),
        (("log_energy__p75", DECIBELS), ("log_energy__mean", DECIBELS), ("rms__mean", AMPLITUDE)),
        "energy +",
        "energy -",
    ),
    Word(
        "breathiness",
        (*_tracks(("hnr",)), *_tracks(("jitter", "shimmer", "cepstral_peak_prominence"), ("mean", "p50"))),
        (("hnr__mean", DECIBELS), ("cepstral_peak_prominence__mean", DECIBELS)),
        "clearer voice, harmonics-to-noise ratio +",
        "breathier or rougher voice, harmonics-to-noise ratio -",
    ),
    Word(
        "brightness",
        _tracks(("spectral_centroid", "alpha_ratio")),
        (("spectral_centroid__mean", HERTZ),),
        "spectral centroid +",
        "spectral centroid -",
    ),
    Word(
        "vowels",
        _tracks(("formant_frequency_0", "formant_frequency_1")),
        (("formant_frequency_0__mean", HERTZ),),
        "first formant +",
        "first formant -",
    ),
)
"""Acoustic words. No feature belongs to two of them, and most features belong to none."""


def columns_of_words(features: Sequence[str]) -> dict[str, list[int]]:
    """Assign features to words.

    Parameters
    ----------
    features : sequence of str
        columns of a model

    Returns
    -------
    dict of str to list of int
        numbers of the columns of each word that has any

    Examples
    --------
    >>> columns_of_words(["mfcc_00__mean", "f0__mean", "f0__range90"])
    {'pitch range': [2], 'pitch': [1]}
    """
    at = {column: number for number, column in enumerate(features)}
    found = {word.name: [at[column] for column in word.columns if column in at] for word in WORDS}
    return {name: columns for name, columns in found.items() if columns}


def difference(word: Word, values: Mapping[str, float], reference: Mapping[str, float]) -> tuple[float, str] | None:
    """Compare an utterance with a reference by the feature that measures a word.

    Parameters
    ----------
    word : Word
    values, reference : mapping
        value of each feature; NaN where it is undefined

    Returns
    -------
    tuple of float and str
        the difference and its unit, ``semitones``, ``dB``, ``Hz`` or ``%``; None if it cannot be stated

    Examples
    --------
    >>> difference(WORDS[1], {"f0__range90": 6.9}, {"f0__range90": 5.0})[0]
    38.0
    """
    name, unit = next(((name, unit) for name, unit in word.measures if name in values), ("", ""))
    value, usual = values.get(name, np.nan), reference.get(name, np.nan)
    if not np.isfinite(value) or not np.isfinite(usual):
        return None
    if unit not in (PERCENT, AMPLITUDE):
        return round(float(value - usual), 4), unit
    if value <= 0 or usual <= 0:
        return None
    if unit == AMPLITUDE:
        return round(float(20 * np.log10(value / usual)), 4), DECIBELS
    return round(float(100 * (value / usual - 1)), 4), PERCENT


def phrase(word: Word, amount: float, unit: str) -> str:
    """State a difference.

    Parameters
    ----------
    word : Word
    amount : float
    unit : str

    Returns
    -------
    str

    Examples
    --------
    >>> phrase(WORDS[0], 33.4, "%"), phrase(WORDS[1], 38.0, "%"), phrase(WORDS[3], -6.0, "dB")
    ('faster by 33 %', 'pitch range +38 %', 'energy -6.0 dB')
    """
    sign = "+" if amount >= 0 else "-"
    verb = (word.more if amount >= 0 else word.less) or f"{word.name} {sign}"
    size = f"{abs(amount):.0f}" if unit in (PERCENT, HERTZ) else f"{abs(amount):.1f}"
    return f"{verb}{'' if verb.endswith(sign) else ' '}{size} {unit}"
