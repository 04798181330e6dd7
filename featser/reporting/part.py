"""Score of a run on a part of its speakers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featser.evaluation import Run
from featser.evaluation.metrics import INTERVAL, draw_speakers


@dataclass(frozen=True)
class PartScore:
    """UAR over some speakers.

    Attributes
    ----------
    uar : float
        over the emotions that these speakers have, 0 to 1
    low, high : float or None
        95 % interval over speakers; None for fewer than three
    n_speakers, n_utterances, n_classes : int
        speakers, their tested utterances, and their emotions
    """

    uar: float
    low: float | None
    high: float | None
    n_speakers: int
    n_utterances: int
    n_classes: int


def part_score(run: Run, speakers: Sequence[str]) -> PartScore:
    """Score a run on some of its speakers.

    Parameters
    ----------
    run : Run
    speakers : sequence of str
        at least one, each in ``run.spoken_by_speaker``

    Returns
    -------
    PartScore
    """
    names = sorted(speakers)
    right, spoken = (
        np.array([counts[name] for name in names], dtype=np.int64)
        for counts in (run.right_by_speaker, run.spoken_by_speaker)
    )
    draws = draw_speakers(spoken, run.seed)
    low, high = (None, None) if draws is None else map(float, np.percentile(_uar(draws, right, spoken), INTERVAL))
    uar = float(_uar(np.ones((1, len(names)), dtype=np.int64), right, spoken)[0])
    return PartScore(uar, low, high, len(names), int(spoken.sum()), int((spoken.sum(axis=0) > 0).sum()))


def _uar(times: NDArray[np.int64], right: NDArray[np.int64], spoken: NDArray[np.int64]) -> NDArray[np.float64]:
    """UAR of each draw of speakers; ``times`` states how often a draw has each of them."""
    here = spoken.sum(axis=0) > 0
    recalls: NDArray[np.float64] = (times @ right[:, here]) / (times @ spoken[:, here])
    return recalls.mean(axis=1)
