"""Stretches of one emotion: probabilities smoothed over time, and labels that change with hysteresis."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SMOOTHING = 0.5
"""Weight of a window against the smoothed probabilities before it."""

HYSTERESIS = 0.1
"""Smoothed probability by which an emotion has to exceed the present one to replace it."""


@dataclass(frozen=True)
class Segment:
    """A stretch of one emotion.

    Attributes
    ----------
    start_s, end_s : float
        in seconds
    emotion : str
    probability : float
        mean of the smoothed probability of the emotion
    """

    start_s: float
    end_s: float
    emotion: str
    probability: float


Probabilities = dict[str, float] | None
"""Probability of each emotion in a window; None without an answer."""


def hold_labels(windows: Iterable[tuple[int, Probabilities]]) -> Iterator[tuple[str | None, float]]:
    """Smooth the probabilities of consecutive windows and label each; a label depends on the past only.

    Parameters
    ----------
    windows : iterable of (int, dict of str to float or None)
        number of the stretch of speech, and the probability of each emotion; smoothing begins anew in each stretch.
        Windows without an answer are left out.

    Yields
    ------
    emotion : str or None
        None without an answer
    probability : float
        its smoothed probability

    Examples
    --------
    One window does not change the label; two do:

    >>> angry, calm = {"anger": 0.7, "calm": 0.3}, {"anger": 0.3, "calm": 0.7}
    >>> [emotion for emotion, _ in hold_labels([(0, angry), (0, calm), (0, calm)])]
    ['anger', 'anger', 'calm']
    """
    speech, smoothed, label = -1, dict[str, float](), ""
    for number, probabilities in windows:
        if probabilities is None:
            yield None, 0.0
            continue
        if number != speech:
            speech, smoothed = number, dict(probabilities)
            label = max(smoothed, key=lambda name: smoothed[name])
        else:
            smoothed = {
                name: SMOOTHING * share + (1 - SMOOTHING) * smoothed[name] for name, share in probabilities.items()
            }
            best = max(smoothed, key=lambda name: smoothed[name])
            label = best if smoothed[best] >= smoothed[label] + HYSTERESIS else label
        yield label, smoothed[label]


def join(
    windows: Iterable[tuple[float, float, int, Probabilities]], speech: list[tuple[float, float]]
) -> tuple[Segment, ...]:
    """Join consecutive windows of one label; two labels meet in the middle between the centres of their windows.

    Parameters
    ----------
    windows : iterable of (start in seconds, end in seconds, number of the stretch of speech, probabilities)
    speech : list of (start in seconds, end in seconds)
        stretches of speech, which the segments cover except where windows have no answer

    Returns
    -------
    tuple of Segment
        in order, without overlaps
    """
    windows = list(windows)
    labels = hold_labels((number, probabilities) for *_, number, probabilities in windows)
    found: list[tuple[float, float, str | None, list[float]]] = []
    before, centre_before = -1, 0.0
    for (start, end, number, _), (emotion, share) in zip(windows, labels, strict=True):
        begin, centre, shares = speech[number][0], (start + end) / 2, [share]
        if number == before:
            last, _, label, label_shares = found.pop()
            if label == emotion:
                begin, shares = last, [*label_shares, share]
            else:
                begin = round((centre_before + centre) / 2, 3)
                found.append((last, begin, label, label_shares))
        found.append((begin, speech[number][1], emotion, shares))
        before, centre_before = number, centre
    return tuple(
        Segment(start, end, emotion, sum(shares) / len(shares)) for start, end, emotion, shares in found if emotion
    )
