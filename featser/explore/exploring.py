"""Explore a feature table: balance, effects, families, projections and typical recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from featser.errors import InputError
from featser.explore.balance import Combination, Crossing, combinations, crossing, quantiles
from featser.explore.clips import Clip, make_clip
from featser.explore.effects import (
    Codes,
    Matrix,
    SpeakerTest,
    cliffs_delta,
    codes_of,
    eta_squared,
    speaker_test,
    without_speakers,
)
from featser.explore.families import Column, columns_of, family_similarity, strongest
from featser.explore.projection import Projection, medoid, neighbours_alike, project
from featser.table import Table, select_rows

if TYPE_CHECKING:
    import pandas as pd

PLURALS = {"emotion": "emotions", "speaker": "speakers", "corpus": "corpora", "sex": "sexes"}
"""Columns of the manifest that utterances are compared by, and the plurals of their names."""

MOST_GROUPS = 14
"""Groups that have a picture, a typical recording and a colour at most."""

_MOST_DESCRIPTORS = 40


@dataclass(frozen=True)
class Descriptor:
    """A feature, by groups.

    Attributes
    ----------
    column : Column
    within, p : float
        eta squared of emotions within speakers, and its adjusted p-value; NaN where not known
    eta2 : dict of str to float
        column of the manifest -> share of the variance that it explains
    deltas : dict of str to float
        group -> Cliff's delta against the other groups; of values without the mean of their speaker where emotions are
        compared
    boxes : dict of str to tuple of float
        group -> 5th, 25th, 50th, 75th and 95th percentile
    """

    column: Column
    within: float
    p: float
    eta2: Mapping[str, float]
    deltas: Mapping[str, float]
    boxes: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class Exploration:
    """What `explore` found.

    Attributes
    ----------
    table : Table
        the explored utterances, without changed copies
    n_copies : int
        changed copies that were left out
    by : str
        column of the manifest whose groups are compared: ``emotion`` where there is any
    crossings : dict of str to Crossing
        other column -> utterances by group and by this column
    combinations : list of Combination
        labels that several corpora would be trained on
    durations : dict of str to tuple of float
        group -> percentiles of the durations in seconds, as in `Descriptor`
    test : SpeakerTest
        of all features
    effects : DataFrame
        one row per feature: its descriptor and family, and effects by emotion, speaker, corpus and sex
    descriptors : list of Descriptor
        one feature of each descriptor, the largest effect first
    families : tuple of (list of str, Matrix)
        names and their similarity
    projection : Projection
    colours : dict of str to (Codes, list of str)
        columns of the manifest with two groups or more
    neighbours : dict of str to (float, float)
        column of the manifest -> share of neighbours alike, and chance
    clips : list of Clip
        typical recording of each group
    """

    table: Table
    n_copies: int
    by: str
    crossings: Mapping[str, Crossing]
    combinations: list[Combination]
    durations: Mapping[str, tuple[float, ...]]
    test: SpeakerTest
    effects: "pd.DataFrame"
    descriptors: list[Descriptor]
    families: tuple[list[str], Matrix]
    projection: Projection
    colours: Mapping[str, tuple[Codes, list[str]]]
    neighbours: Mapping[str, tuple[float, float]]
    clips: list[Clip]

    @property
    def groups(self) -> list[str]:
        """Groups that are compared, in alphabetical order."""
        return codes_of(self.table.manifest[self.by])[1]

    @property
    def n_different(self) -> int:
        """Features with an adjusted p-value below 0.05."""
        return 0 if self.test.p is None else int((self.test.p < 0.05).sum())


def explore(table: Table, folders: Sequence[str | Path] = (), seed: int = 0) -> Exploration:
    """Describe the utterances and the features of a table.

    Parameters
    ----------
    table : Table
        with or without emotions; changed copies are left out
    folders : sequence of str or Path
        folders of the recordings, which paths in the table are relative to; recordings that are not there are not drawn
    seed : int
        of permutations and projections

    Returns
    -------
    Exploration

    Raises
    ------
    InputError
        the table has fewer than three utterances
    """
    originals = select_rows(table, table.manifest["derived_from"].isna().to_numpy()) if table.has_copies else table
    if len(originals) < 3:
        raise InputError(f"The table has {len(originals)} utterances. Give one of three or more.")
    manifest, by = originals.manifest, _compared(originals.manifest)
    features = originals.features.to_numpy(np.float64)
    codes = {name: codes_of(manifest[name]) for name in PLURALS if name in manifest}
    columns = columns_of(originals.feature_set)
    with threadpool_limits(1):  # sums do not depend on the number of threads
        test = speaker_test(features, codes["emotion"][0], codes["speaker"][0], seed)
        eta2 = {name: eta_squared(features, groups) for name, (groups, _) in codes.items()}
        projection = project(features, seed)
        several = {name: each for name, each in codes.items() if len(each[1]) > 1}
        neighbours = {name: neighbours_alike(projection, groups) for name, (groups, _) in several.items()}
        families = family_similarity(features, columns)
        clips = _clips(originals, codes[by], projection, [Path(each) for each in folders])
    shown = strongest(columns, _ranking(by, test, eta2), _MOST_DESCRIPTORS)
    descriptors = [_descriptor(features[:, at], at, columns[at], by, codes, test, eta2) for at in shown]
    return Exploration(
        table=replace(originals, rejected=()),
        n_copies=len(table) - len(originals),
        by=by,
        crossings={name: crossing(manifest, by, name) for name in PLURALS if name != by},
        combinations=combinations(manifest) if by == "emotion" and manifest["corpus"].nunique() > 1 else [],
        durations=_boxes(_seconds(manifest), codes[by]),
        test=test,
        effects=_effects(columns, test, eta2),
        descriptors=descriptors,
        families=families,
        projection=projection,
        colours=several,
        neighbours=neighbours,
        clips=clips,
    )


def _compared(manifest: "pd.DataFrame") -> str:
    """Column whose groups are compared: emotion, else the first with two to `MOST_GROUPS` groups."""
    if manifest["emotion"].notna().any():
        return "emotion"
    sizes = {name: len(codes_of(manifest[name])[1]) for name in ("sex", "corpus", "speaker") if name in manifest}
    return next((name for name, size in sizes.items() if 1 < size <= MOST_GROUPS), "corpus")


def _ranking(by: str, test: SpeakerTest, eta2: Mapping[str, Matrix]) -> Matrix:
    """Effects by which features are chosen: within speakers, else of the first column that has two groups."""
    if test.p is not None:
        return test.eta2
    return next((eta2[name] for name in (by, *eta2) if np.isfinite(eta2[name]).any()), eta2[by])


def _clips(table: Table, groups: tuple[Codes, list[str]], projection: Projection, folders: list[Path]) -> list[Clip]:
    codes, names = groups
    found = []
    for number, name in enumerate(names[:MOST_GROUPS]):
        place = medoid(projection, np.flatnonzero(codes == number))
        found.append(
            make_clip(
                name, dict(zip(table.manifest.columns, table.manifest.iloc[place], strict=True)), folders, table.clean
            )
        )
    return found


def _descriptor(
    values: Matrix,
    at: int,
    column: Column,
    by: str,
    codes: Mapping[str, tuple[Codes, list[str]]],
    test: SpeakerTest,
    eta2: Mapping[str, Matrix],
) -> Descriptor:
    groups, names = codes[by]
    compared = without_speakers(values[:, None], codes["speaker"][0])[:, 0] if by == "emotion" else values
    compared = np.where(groups >= 0, compared, np.nan)
    return Descriptor(
        column,
        float(test.eta2[at]),
        float("nan") if test.p is None else float(test.p[at]),
        {name: float(each[at]) for name, each in eta2.items()},
        {name: cliffs_delta(compared, groups == number) for number, name in enumerate(names[:MOST_GROUPS])},
        _boxes(values, codes[by]),
    )


def _boxes(values: Matrix, groups: tuple[Codes, list[str]]) -> dict[str, tuple[float, ...]]:
    codes, names = groups
    found = {name: quantiles(values[codes == number]) for number, name in enumerate(names[:MOST_GROUPS])}
    return {name: box for name, box in found.items() if box}


def _seconds(manifest: "pd.DataFrame") -> Matrix:
    if "duration_s" not in manifest:
        return np.full(len(manifest), np.nan)
    return manifest["duration_s"].to_numpy(np.float64)


def _effects(columns: list[Column], test: SpeakerTest, eta2: Mapping[str, Matrix]) -> "pd.DataFrame":
    import pandas as pd

    known = {"feature": [each.name for each in columns], "family": [each.family for each in columns]}
    p = np.full(len(columns), np.nan) if test.p is None else test.p
    found = {"eta2_emotion_within_speakers": test.eta2, "p_adjusted": p}
    return pd.DataFrame(known | found | {f"eta2_{name}": each for name, each in eta2.items()})
