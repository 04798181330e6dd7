"""Several raters per recording: votes, the majority, and how far the raters agree."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from featser.errors import listed


def votes_text(votes: Mapping[str, int]) -> str | None:
    """Return votes as the JSON text of the column ``votes``; None where there are none.

    >>> votes_text({"neutral": 1, "anger": 2, "fear": 0})
    '{"anger": 2, "neutral": 1}'
    """
    given = {emotion: count for emotion, count in sorted(votes.items()) if count}
    return json.dumps(given, ensure_ascii=False) if given else None


def votes_of(text: str | None) -> dict[str, int]:
    """Read the column ``votes``.

    Parameters
    ----------
    text : str or None

    Returns
    -------
    dict
        emotion -> number of raters; empty where nothing is known
    """
    return {str(emotion): int(count) for emotion, count in json.loads(text).items()} if text else {}


def soft_label(votes: Mapping[str, int]) -> dict[str, float]:
    """Return the share of raters that chose each emotion.

    Parameters
    ----------
    votes : mapping
        emotion -> number of raters, at least one of which is not 0

    Returns
    -------
    dict
        emotion -> share; they sum to 1

    Examples
    --------
    >>> soft_label({"anger": 3, "neutral": 1})
    {'anger': 0.75, 'neutral': 0.25}
    """
    total = sum(votes.values())
    return {emotion: count / total for emotion, count in votes.items()}


def agreement_of(votes: Mapping[str, int]) -> float | None:
    """Return the share of the most frequent vote, above 0 to 1; None where there are no votes."""
    total = sum(votes.values())
    return max(votes.values()) / total if total else None


def majority(votes: Mapping[str, int]) -> str | None:
    """Return the most frequent vote; None where two are equally frequent.

    >>> majority({"anger": 2, "fear": 1}), majority({"anger": 1, "fear": 1})
    ('anger', None)
    """
    (first, most), *others = Counter(votes).most_common(2)
    return None if others and others[0][1] == most else first


def tie_words(votes: Mapping[str, int]) -> str:
    """Describe votes without a majority, as the reason why a recording is rejected."""
    return f"the raters do not agree: {listed([f'{emotion} {count}' for emotion, count in sorted(votes.items())])}"


def fleiss_kappa(votes: Iterable[Mapping[str, int]]) -> float | None:
    """Agreement of raters beyond chance.

    Fleiss' kappa, with the observed agreement averaged over recordings where these have different numbers of raters.

    Parameters
    ----------
    votes : iterable of mapping
        for each recording: emotion -> number of raters; recordings with one rater are left out

    Returns
    -------
    float or None
        1 for full agreement, 0 for chance; None where it is not defined

    References
    ----------
    Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76(5), 1971.

    Examples
    --------
    >>> fleiss_kappa([{"anger": 2}, {"fear": 2}])
    1.0
    """
    rated: Sequence[Mapping[str, int]] = [each for each in votes if sum(each.values()) > 1]
    if not rated:
        return None
    pairs = [(sum(n * n for n in each.values()), sum(each.values())) for each in rated]
    observed = sum((squares - n) / (n * (n - 1)) for squares, n in pairs) / len(rated)
    total = sum((Counter(each) for each in rated), Counter[str]())
    chance = sum((count / total.total()) ** 2 for count in total.values())
    return (observed - chance) / (1 - chance) if chance < 1 else None
