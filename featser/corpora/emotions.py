"""The emotion vocabulary: full English nouns, and the other words that mean the same."""

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
"""Every emotion that featser has a word for. Calm is not neutral and excitement is not happiness:
merging two of them is the user's choice, never a reader's."""

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
    """Word of the vocabulary that a label stands for; None where it is not known.

    Case does not matter, nor whether words are joined by a blank, a hyphen or an underscore.

    >>> emotion_named("Angry"), emotion_named("pleasant surprise"), emotion_named("grumpy")
    ('anger', 'surprise', None)
    """
    return _WORDS.get(_folded(label))


def nearest_emotion(label: str) -> str | None:
    """Known word whose spelling is nearest to a label; None where none is near.

    >>> nearest_emotion("happyness"), nearest_emotion("zzz")
    ('happiness', None)
    """
    close = get_close_matches(_folded(label), _WORDS, n=1)
    return close[0] if close else None


def emotions_of(counts: Mapping[str, int], where: str, unit: str) -> dict[str, str]:
    """Vocabulary word of every label.

    Parameters
    ----------
    counts
        label -> how many rows or files carry it
    where, unit
        what the error calls the place ("labels.csv") and the things counted ("row")

    Raises
    ------
    InputError
        some labels are not known; it names all of them, how often each occurs and the nearest word

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
    """Each label standing for itself: what ``--own-labels`` asks for."""
    return {label: label for label in labels}


def _described(label: str, count: int, unit: str) -> str:
    nearest = nearest_emotion(label)
    near = f", nearest '{nearest}'" if nearest else ""
    return f"'{label}' ({count} {unit}{'' if count == 1 else 's'}{near})"


def _folded(label: str) -> str:
    return re.sub(r"[\s_-]+", "_", label.strip().casefold())
