"""Score of a pipeline by sex, age, language, sentence and intensity, and the segments in which it is weakest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from featser.errors import InputError
from featser.evaluation.metrics import draw_speakers
from featser.studies.inputs import Inputs, scored
from featser.studies.study import Drawing, Study

ATTRIBUTES = {"sex": "sex", "age": "age", "language": "language", "text": "sentence", "intensity": "intensity"}
"""Column of a manifest -> attribute."""

MIN_UTTERANCES = 20
"""Smallest number of utterances of a group or segment."""

MIN_SPEAKERS = 3
"""Smallest number of speakers of a segment."""

N_WEAKEST = 8
"""Segments of two attributes in the table."""

_LEVEL = 95
_DECADE = 10

Counts = NDArray[np.float64]
"""Utterances by speaker and emotion, shape ``(n_speakers, n_emotions)``."""


@dataclass(frozen=True, eq=False)
class Segment:
    """Utterances that share the value of one attribute, or of two.

    Attributes
    ----------
    by, name : str
        attributes and their values
    rows : NDArray of bool [shape=(n_utterances,)]
        which utterances
    right, spoken : NDArray [shape=(n_speakers, n_emotions)]
        correct answers and utterances
    """

    by: str
    name: str
    rows: NDArray[np.bool_]
    right: Counts
    spoken: Counts


def fairness(inputs: Inputs) -> Study:
    """Score a pipeline for groups of utterances, and find the segments in which it is weakest.

    The gap of a segment is the mean over its emotions of the recall in the segment minus the recall of the emotion over
    all utterances. The intervals of the gaps hold for all segments at once: their width is that of the largest
    standardised deviation over draws of speakers (Westfall and Young 1993, max-T).

    Parameters
    ----------
    inputs : Inputs
        table, pipeline and protocol

    Returns
    -------
    Study
        one row for all utterances, one per group, and one for each of the weakest segments of two attributes

    Raises
    ------
    InputError
        the manifest has none of the attributes, or one value of each
    """
    inputs.progress(0, 1)
    predictions = inputs.predictions().merge(_attributes(inputs.table.manifest), on="utterance", validate="one_to_one")
    known = [each for each in ATTRIBUTES.values() if each in predictions]
    if not known:
        raise InputError(
            f"The manifest of {inputs.table.corpus} has no two groups of {MIN_UTTERANCES} utterances by "
            f"{', '.join(ATTRIBUTES.values())}. Add one of these columns: featser manifest FOLDER."
        )
    groups, pairs = segments(predictions, known)
    gaps = gap_intervals(predictions, [*groups, *pairs], inputs.seed)
    rows = [{"group": "all utterances", "by": ""} | scored(predictions, inputs.seed)]
    worst = sorted(range(len(groups), len(gaps)), key=lambda at: gaps[at]["gap"])[:N_WEAKEST]
    for at in (*range(len(groups)), *worst):
        segment = (*groups, *pairs)[at]
        part = scored(predictions[segment.rows], inputs.seed)
        rows.append({"group": segment.name, "by": segment.by} | part | gaps[at])
    inputs.progress(1, 1)
    return Study(
        name="fairness",
        title="Fairness",
        question="For which groups of voices and sentences is the model weaker?",
        corpora=tuple(inputs.table.corpus.split("+")),
        table=pd.DataFrame(rows),
        drawing=Drawing("bars", "group", reference=rows[0]["uar"]),
        about=inputs.about(),
        remarks=tuple(_remarks(pd.DataFrame(rows), len(gaps), known)),
    )


def segments(predictions: pd.DataFrame, attributes: list[str]) -> tuple[list[Segment], list[Segment]]:
    """Form groups by one attribute, and segments by two, of which one may be the emotion.

    Parameters
    ----------
    predictions : DataFrame
        out-of-fold predictions, with a column for each attribute
    attributes : list of str

    Returns
    -------
    groups, pairs : list of Segment
        those with at least `MIN_UTTERANCES`, and segments of two with `MIN_SPEAKERS`; a segment that has the same
        utterances as a group is left out
    """
    groups = [each for name in attributes for each in _segments(predictions, [name])]
    seen = {each.rows.tobytes() for each in groups}
    pairs = []
    for names in combinations([*attributes, "truth"], 2):
        for each in _segments(predictions, list(names)):
            n_speakers = int((each.spoken.sum(axis=1) > 0).sum())
            if n_speakers >= MIN_SPEAKERS and each.rows.tobytes() not in seen:
                pairs.append(each)
    return groups, pairs


def gap_intervals(predictions: pd.DataFrame, found: list[Segment], seed: int) -> list[dict[str, float]]:
    """Compute the gap of each segment, with intervals that hold for all at once.

    Parameters
    ----------
    predictions : DataFrame
        out-of-fold predictions
    found : list of Segment
    seed : int
        of the draws of speakers

    Returns
    -------
    list of dict
        ``gap``, -1 to 1, ``gap_low`` and ``gap_high``, NaN where there are too few speakers
    """
    right, spoken = _counts(predictions, np.ones(len(predictions), dtype=bool))
    gaps = [float(_gap(each.right.sum(0), each.spoken.sum(0), right.sum(0), spoken.sum(0))) for each in found]
    times = draw_speakers(spoken.astype(np.int64), seed)
    if times is None:
        return [{"gap": gap, "gap_low": np.nan, "gap_high": np.nan} for gap in gaps]
    drawn = np.stack(
        [_gap(times @ each.right, times @ each.spoken, times @ right, times @ spoken) for each in found], axis=1
    )
    error = np.maximum(np.nanstd(drawn, axis=0), [_binomial_error(each) for each in found])
    largest = np.nanmax(np.abs(drawn - gaps) / error, axis=1)
    width = float(np.percentile(largest, _LEVEL)) * error
    return [{"gap": gap, "gap_low": gap - each, "gap_high": gap + each} for gap, each in zip(gaps, width, strict=True)]


def _attributes(manifest: pd.DataFrame) -> pd.DataFrame:
    """Attributes with at least two groups of sufficient size, as texts; ages by decade."""
    found = manifest[["utterance"]].copy()
    for column, name in ATTRIBUTES.items():
        values = manifest[column] if column in manifest else pd.Series(dtype=object)
        values = values.map(_decade, na_action="ignore") if column == "age" else values
        if (values.value_counts() >= MIN_UTTERANCES).sum() >= 2:
            found[name] = values
    return found


def _decade(age: float) -> str:
    first = int(age) // _DECADE * _DECADE
    return f"{first} to {first + _DECADE - 1} years"


def _segments(predictions: pd.DataFrame, names: list[str]) -> Iterator[Segment]:
    titles = ["emotion" if name == "truth" else name for name in names]
    for key, part in predictions.groupby(names, sort=True, dropna=True):
        if len(part) >= MIN_UTTERANCES:
            rows = predictions.index.isin(part.index)
            words = ", ".join(f"{each}" for each in (key if isinstance(key, tuple) else (key,)))
            yield Segment(" x ".join(titles), words, rows, *_counts(predictions, rows))


def _counts(predictions: pd.DataFrame, rows: NDArray[np.bool_]) -> tuple[Counts, Counts]:
    """Correct answers and utterances of the given rows, by speaker and emotion."""
    speakers = np.unique(predictions["speaker"].to_numpy(dtype=str), return_inverse=True)[1]
    emotions = np.unique(predictions["truth"].to_numpy(dtype=str), return_inverse=True)[1]
    shape = (speakers.max() + 1, emotions.max() + 1)
    right = (predictions["truth"] == predictions["predicted"]).to_numpy()
    counts = []
    for chosen in (rows & right, rows):
        count = np.zeros(shape)
        np.add.at(count, (speakers[chosen], emotions[chosen]), 1.0)
        counts.append(count)
    return counts[0], counts[1]


def _gap(right: Counts, spoken: Counts, right_all: Counts, spoken_all: Counts) -> Counts:
    """Mean over the emotions of a segment of its recall minus the recall over all; NaN without utterances."""
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = right / spoken - right_all / spoken_all
        there = np.isfinite(difference)
        return np.where(there, difference, 0.0).sum(axis=-1) / there.sum(axis=-1)


def _binomial_error(segment: Segment) -> float:
    """Standard error from the number of utterances alone, as a lower limit for segments of few speakers."""
    right, spoken = segment.right.sum(), segment.spoken.sum()
    share = (right + 1) / (spoken + 2)
    return float(np.sqrt(share * (1 - share) / spoken))


def _remarks(table: pd.DataFrame, n: int, known: list[str]) -> Iterator[str]:
    yield (
        "The gap compares the recalls of a group with those of the same emotions over all utterances. Its intervals "
        f"hold for all {n} groups and segments at once; groups below {MIN_UTTERANCES} utterances are left out."
    )
    weak = table[table["gap_high"] < 0]
    yield from (_clear_words(row) for row in weak.to_dict("records"))
    if weak.empty:
        yield "No group or segment is clearly weaker than the rest."
    missing = [each for each in ATTRIBUTES.values() if each not in known]
    if missing:
        yield f"Not studied, because the manifest has no two groups of sufficient size: {', '.join(missing)}."


def _clear_words(row: Mapping[object, object]) -> str:
    return f"Clearly weaker: {row['group']} ({row['by']}; gap {row['gap']:+.3f}, {row['n_utterances']} utterances)."
