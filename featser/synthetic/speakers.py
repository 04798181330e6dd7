"""Voices of the synthetic speakers, and the acting style of each emotion.

Emotions overlap, so that no model is perfect on a synthetic corpus. Voices differ about as much as similar emotions,
each speaker has a different style of each emotion, and takes vary.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from featser.errors import UnknownNameError, UsageError
from featser.synthetic.voice import Style, Voice

STYLES: Mapping[str, Style] = {
    "anger": Style(3.0, 1.4, 6.0, 1.06, 2.5, -2.0, 1.3),
    "boredom": Style(-1.5, 0.6, -2.5, 0.91, -1.5, 1.5, 1.0),
    "calm": Style(-0.5, 0.8, -2.5, 0.95, -1.0, 2.0, 0.9),
    "disgust": Style(-1.0, 1.1, 0.5, 0.92, 0.5, 1.0, 1.8),
    "fear": Style(4.0, 0.8, 0.0, 1.12, 0.5, 4.0, 1.8),
    "happiness": Style(3.5, 1.7, 3.5, 1.03, 1.2, -0.5, 1.0),
    "neutral": Style(),
    "sadness": Style(-0.5, 0.6, -4.5, 0.91, -2.5, 4.0, 1.4),
    "surprise": Style(5.0, 2.1, 2.5, 1.0, 1.0, 1.0, 1.1),
}
"""Mean style of each emotion. The directions of change follow Juslin and Laukka, Psychological Bulletin 129, 2003."""

EMOTIONS = tuple(STYLES)
"""Emotions of the synthetic speakers. Their index is part of every seed, so new emotions are added at the end."""

SPEAKER_SPREAD = {
    "pitch_semitones": 0.5,
    "range_factor": 0.1,
    "loudness_db": 0.7,
    "rate_factor": 0.03,
    "tilt_db": 0.3,
    "breathiness_db": 0.7,
    "jitter_factor": 0.1,
}
"""Standard deviations of styles between speakers; those of factors are of their logarithm."""

TAKE_SPREAD = {
    "pitch_semitones": 0.7,
    "range_factor": 0.2,
    "loudness_db": 1.2,
    "rate_factor": 0.05,
    "tilt_db": 0.5,
    "breathiness_db": 1.3,
    "jitter_factor": 0.2,
}
"""Standard deviations of styles between takes of one speaker; those of factors are of their logarithm."""

SENTENCES = (
    "da so mi tu ma se",
    "ti ma do su te ma",
    "mo sa ti de mu ta",
    "se tu ma di so da",
    "ma ti su mo da se",
    "tu de sa mi to mu",
    "si mo ta du me sa",
    "do mi se ta mu ti",
    "sa du ti mo de su",
    "me ta so di ma tu",
)
"""Sentences of meaningless syllables, for `speak`."""

VOICE_KEY, ACTING_KEY, TAKE_KEY = 1, 2, 3
"""First words of the seeds, which keep the random streams of voices, styles and takes independent."""


def speaker_voice(seed: int, speaker: int) -> Voice:
    """Draw the voice of a speaker.

    Parameters
    ----------
    seed : int
        seed of the corpus
    speaker : int
        number of the speaker; even numbers have low voices, odd numbers high ones

    Returns
    -------
    Voice

    Examples
    --------
    >>> speaker_voice(0, 0).f0_hz < speaker_voice(0, 1).f0_hz
    True
    """
    rng = generator(VOICE_KEY, seed, speaker)
    f0_hz, tract_cm = (205.0, 15.0) if speaker % 2 else (118.0, 17.3)
    draws = rng.standard_normal(8)
    return Voice(
        f0_hz=float(f0_hz * 2 ** (draws[0] / 12)),
        tract_cm=float(tract_cm + 0.3 * draws[1]),
        range_semitones=float(2.0 * np.exp(0.2 * draws[2])),
        syllables_per_second=float(5.2 * np.exp(0.05 * draws[3])),
        loudness_db=float(draws[4]),
        tilt_db=float(0.6 * draws[5]),
        breathiness_db=float(-26.0 + 1.5 * draws[6]),
        jitter=float(0.01 * np.exp(0.3 * draws[7])),
    )


def speaker_style(seed: int, speaker: int, emotion: str) -> Style:
    """Draw the mean style of a speaker for an emotion.

    Parameters
    ----------
    seed : int
        seed of the corpus
    speaker : int
        number of the speaker
    emotion : str
        one of `EMOTIONS`

    Returns
    -------
    Style

    Raises
    ------
    UnknownNameError
        unknown emotion
    """
    rng = generator(ACTING_KEY, seed, speaker, EMOTIONS.index(known_emotion(emotion)))
    return random_style(STYLES[emotion], SPEAKER_SPREAD, rng)


def take_generator(seed: int, speaker: int, emotion: str, sentence: int, take: int) -> np.random.Generator:
    """Return the random generator of one utterance, independent of all other utterances.

    Parameters
    ----------
    seed : int
        seed of the corpus
    speaker, sentence, take : int
        numbers of the utterance
    emotion : str
        one of `EMOTIONS`

    Returns
    -------
    np.random.Generator

    Raises
    ------
    UnknownNameError
        unknown emotion
    """
    return generator(TAKE_KEY, seed, speaker, EMOTIONS.index(known_emotion(emotion)), sentence, take)


def random_style(style: Style, spread: Mapping[str, float], rng: np.random.Generator) -> Style:
    """Draw a style from a normal distribution around a mean; factors are log-normal.

    Parameters
    ----------
    style : Style
        mean
    spread : mapping of str to float
        standard deviation of each attribute
    rng : np.random.Generator

    Returns
    -------
    Style
    """
    changes: dict[str, float] = {}
    for name, deviation in spread.items():
        value, draw = getattr(style, name), deviation * float(rng.standard_normal())
        changes[name] = float(value * np.exp(draw)) if name.endswith("_factor") else value + draw
    return replace(style, **changes)


def known_emotion(emotion: str) -> str:
    """Return an emotion after checking that it is one of `EMOTIONS`; raise `UnknownNameError` otherwise."""
    if emotion not in STYLES:
        raise UnknownNameError("emotion", emotion, EMOTIONS)
    return emotion


def generator(*words: int) -> np.random.Generator:
    """Return a random generator.

    Parameters
    ----------
    *words : int
        words of the seed, 0 or more

    Returns
    -------
    np.random.Generator

    Raises
    ------
    UsageError
        a negative word
    """
    if min(words) < 0:
        raise UsageError(f"A seed must be 0 or more, not {min(words)}.")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
