"""The vocabulary of emotions: full English nouns and their synonyms."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from featser.errors import InputError, listed

EMOTIONS = (
    *("neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise"),
    *("boredom", "excitement", "amusement", "sleepiness", "anxiety", "apology", "assertiveness"),
    *("concern", "encouragement", "pain", "pleasure", "disappointment", "frustration", "contempt"),
    "other",
)
"""All emotions. Readers never merge two of them, for example calm into neutral or excitement into happiness."""

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "neutral": ("neu", "neutrality"),
    "calm": ("calmness",),
    "happiness": ("happy", "hap", "joy", "joyful", "glad"),
    "sadness": ("sad", "sorrow"),
    "anger": ("angry", "ang", "rage"),
    "fear": ("fearful", "fea", "afraid", "scared"),
    "disgust": ("disgusted", "dis"),
    "surprise": ("surprised", "sur", "ps", "pleasant_surprise", "pleasant_surprised"),
    "boredom": ("bored",),
    "excitement": ("excited", "exc"),
    "amusement": ("amused",),
    "sleepiness": ("sleepy",),
    "anxiety": ("anxious",),
    "apology": ("apologetic",),
    "assertiveness": ("assertive",),
    "concern": ("concerned",),
    "encouragement": ("encouraging",),
    "disappointment": ("disappointed",),
    "frustration": ("frustrated", "fru"),
    "contempt": ("contemptuous",),
}
"""Other words for an emotion, as folders and label tables spell them."""

_WORDS = {word: word for word in EMOTIONS} | {
    synonym: emotion for emotion, synonyms in SYNONYMS.items() for synonym in synonyms
}


def emotion_named(label: str) -> str | None:
    """Translate a label to the vocabulary, in any case, with blanks, hyphens or underscores between words.

    Parameters
    ----------
    label : str

    Returns
    -------
    str or None
        one of `EMOTIONS`; None where the label is not known

    Examples
    --------
    >>> emotion_named("Angry"), emotion_named("pleasant surprise"), emotion_named("grumpy")
    ('anger', 'surprise', None)
    """
    return _WORDS.get(_folded(label))


def nearest_emotion(label: str) -> str | None:
    """Find the known word with the nearest spelling.

    Parameters
    ----------
    label : str

    Returns
    -------
    str or None
        None where no spelling is near

    Examples
    --------
    >>> nearest_emotion("happyness"), nearest_emotion("zzz")
    ('happiness', None)
    """
    close = get_close_matches(_folded(label), _WORDS, n=1)
    return close[0] if close else None


def emotions_of(counts: Mapping[str, int], where: str, unit: str) -> dict[str, str]:
    """Translate labels to the vocabulary.

    Parameters
    ----------
    counts : mapping
        label -> number of rows or files that have it
    where, unit : str
        how the error names the source ("labels.csv") and what is counted ("row")

    Returns
    -------
    dict
        label -> one of `EMOTIONS`

    Raises
    ------
    InputError
        unknown labels; the message lists each with its number and the nearest known word
    """
    words = {label: emotion_named(label) for label in counts}
    unknown = [label for label, word in words.items() if word is None]
    if unknown:
        described = listed([_described(label, counts[label], unit) for label in sorted(unknown)])
        raise InputError(
            f"{where}: not known as emotions: {described}. "
            "Correct the spelling, or keep the labels as they are with --own-labels."
        )
    return {label: word for label, word in words.items() if word}


def own_emotions(labels: Iterable[str]) -> dict[str, str]:
    """Map each label to itself, for ``--own-labels``.

    Parameters
    ----------
    labels : iterable of str

    Returns
    -------
    dict
    """
    return {label: label for label in labels}


def _described(label: str, count: int, unit: str) -> str:
    nearest = nearest_emotion(label)
    near = f", nearest '{nearest}'" if nearest else ""
    return f"'{label}' ({count} {unit}{'' if count == 1 else 's'}{near})"


def _folded(label: str) -> str:
    return re.sub(r"[\s_-]+", "_", label.strip().casefold())
