"""Label maps: which emotions of several corpora are trained on, and which of them are merged."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from featser.corpora import read_label_map
from featser.errors import InputError, UnknownNameError, listed
from featser.table import Table, select_rows

if TYPE_CHECKING:
    import pandas as pd

_FOUR = ("anger", "happiness", "neutral", "sadness")
_SIX = ("anger", "disgust", "fear", "happiness", "neutral", "sadness")

LABEL_MAPS: dict[str, dict[str, str]] = {
    "common-4": {emotion: emotion for emotion in _FOUR},
    "common-6": {emotion: emotion for emotion in _SIX},
}
"""Label maps by name: label -> emotion. Labels that are not in a map are left out, calm among them."""


def find_label_map(labels: str | Path | Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return a label map and its name.

    Parameters
    ----------
    labels : str, Path or mapping
        name in `LABEL_MAPS`; file as of `featser.corpora.read_label_map`; or label -> emotion

    Returns
    -------
    name : str
        name in `LABEL_MAPS`, the file's name without ending, or ``own-labels``
    labels : dict
        label -> emotion

    Raises
    ------
    UsageError
        no such file
    UnknownNameError
        neither a name in `LABEL_MAPS` nor a ``.toml`` or ``.csv`` file
    InputError
        the file cannot be read
    """
    if isinstance(labels, Mapping):
        return "own-labels", {label: emotion for label, emotion in labels.items() if emotion}
    if str(labels) in LABEL_MAPS:
        return str(labels), LABEL_MAPS[str(labels)]
    file = Path(labels)
    if file.suffix.lower() not in (".toml", ".csv"):
        raise UnknownNameError("label map", str(labels), [*LABEL_MAPS, "FILE.toml", "FILE.csv"])
    return file.stem, {label: emotion for label, emotion in read_label_map(file).items() if emotion}


def relabelled(table: Table, labels: str | Path | Mapping[str, str]) -> tuple[Table, dict[str, Any]]:
    """Apply a label map to a table.

    Parameters
    ----------
    table : Table
        with an emotion in every row
    labels : str, Path or mapping
        as `find_label_map` takes it

    Returns
    -------
    table : Table
        rows whose label is in the map, with the emotion of the map
    record : dict
        ``name`` of the map, ``map`` (label -> emotion) and ``left_out`` (label -> number of rows), for the run

    Raises
    ------
    UsageError, UnknownNameError, InputError
        as `find_label_map`; InputError also if no row has a label of the map
    """
    name, known = find_label_map(labels)
    emotions = table.manifest["emotion"].str.casefold().map(known)
    record = {"name": name, "map": known, "left_out": counts_of(table.manifest["emotion"][emotions.isna()])}
    if emotions.isna().all():
        raise InputError(
            f"The label map {name} has none of the labels of {table.corpus} ({listed(sorted(record['left_out']))}). "
            f"Give a map of these; {name} has {listed(sorted(known))}."
        )
    kept = replace(table, manifest=table.manifest.assign(emotion=emotions))
    return (select_rows(kept, emotions.notna().to_numpy()) if record["left_out"] else kept), record


def counts_of(emotions: "pd.Series[str]") -> dict[str, int]:
    """Count each value of a column, in alphabetical order."""
    return {str(emotion): int(count) for emotion, count in sorted(emotions.value_counts().items())}
