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


def hold_labels(
    windows: Iterable[tuple[int, dict[str, float]]],
) -> Iterator[tuple[str, float]]:
    """Smooth the probabilities of consecutive windows and label each; a label depends on the past only.

    Parameters
    ----------
    windows : iterable of (int, dict of str to float)
        number of the stretch of speech, and the probability of each emotion; smoothing begins anew in each stretch

    Yields
    ------
    emotion : str
    probability : float
        its smoothed probability

    Examples
    --------
    One window does not change the label; two do:

    >>> angry, calm = {"anger": 0.7, "calm": 0.3}, {"anger": 0.3, "calm": 0.7}
    >>> [emotion for emotion, _ in hold_labels([(0, angry), (0, calm), (0, calm)])]
    ['anger', 'anger', 'calm']
    """
    speech, smoothed, label = -1, {}, ""
    for number, probabilities in windows:
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
    windows: Iterable[tuple[float, float, int, dict[str, float]]], speech: list[tuple[float, float]]
) -> tuple[Segment, ...]:
    """Join consecutive windows of one label; two labels meet in the middle between the centres of their windows.

    Parameters
    ----------
    windows : iterable of (start in seconds, end in seconds, number of the stretch of speech, probabilities)
    speech : list of (start in seconds, end in seconds)
        stretches of speech, which the segments cover

    Returns
    -------
    tuple of Segment
        in order, without overlaps
    """
    windows = list(windows)
    labels = list(hold_labels((number, probabilities) for *_, number, probabilities in windows))
    segments: list[Segment] = []
    shares: list[float] = []
    before, centre_before = -1, 0.0
    for (start, end, number, _), (emotion, share) in zip(windows, labels, strict=True):
        centre = (start + end) / 2
        if number == before and segments[-1].emotion == emotion:
            begin, shares = segments.pop().start_s, [*shares, share]
        elif number == before:
            begin, shares = round((centre_before + centre) / 2, 3), [share]
            last = segments.pop()
            segments.append(Segment(last.start_s, begin, last.emotion, last.probability))
        else:
            begin, shares = speech[number][0], [share]
        segments.append(Segment(begin, speech[number][1], emotion, sum(shares) / len(shares)))
        before, centre_before = number, centre
    return tuple(segments)
