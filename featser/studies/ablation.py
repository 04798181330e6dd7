"""What each family of descriptors gains in UAR, and what it costs in computing time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from featser.errors import InputError
from featser.evaluation import CrossValidation, Difference, Run, compare_with, score
from featser.features import DESCRIPTORS, UTTERANCE_FEATURES, parse_feature_name
from featser.studies.feature_cost import cost_of_sets
from featser.studies.inputs import Inputs, scored
from featser.studies.study import Drawing, Study

_WHOLE = "all families"


@dataclass(frozen=True, eq=False)
class _Family:
    """A family of descriptors: its columns, and the others."""

    name: str
    columns: list[str]
    others: list[str]


def ablation(inputs: Inputs) -> Study:
    """Leave out each family of descriptors, and use each alone.

    Parameters
    ----------
    inputs : Inputs
        table, pipeline and protocol

    Returns
    -------
    Study
        one row for all families, then one per family: milliseconds per second of speech and UAR of the family alone,
        UAR without it, and the UAR that it gains (paired difference with interval, and p-value corrected for the number
        of families)

    Raises
    ------
    InputError
        the features are not ours, or of one family only
    """
    families = _families(list(inputs.features.columns), inputs.table.feature_set.name)
    steps = [list(inputs.features.columns), *(part for each in families for part in (each.others, each.columns))]
    predictions = [inputs.predictions(inputs.features[part]) for part in inputs.tracked(steps)]
    whole, without = predictions[0], predictions[1::2]
    runs = [_run(inputs, each) for each in (whole, *without)]
    table = pd.DataFrame(
        {
            "family": [_WHOLE, *(each.name for each in families)],
            "n_columns": [inputs.features.shape[1], *(len(each.columns) for each in families)],
            "milliseconds": _milliseconds(inputs, families),
            "uar_without": [None, *(run.uar for run in runs[1:])],
        }
    )
    gained = pd.DataFrame([{}, *(_gained(each) for each in compare_with(runs[0], runs[1:]) or ())])
    alone = pd.DataFrame([scored(each, inputs.seed) for each in (whole, *predictions[2::2])]).filter(like="uar")
    table = table.join(alone).join(gained)
    table = table.sort_values("gained", ascending=False, kind="stable", na_position="first", ignore_index=True)
    return Study(
        name="ablation",
        title="Families of descriptors",
        question="What does each family of descriptors gain, and what does it cost?",
        corpora=tuple(inputs.table.corpus.split("+")),
        table=table,
        drawing=Drawing("scatter", "milliseconds", series="family", title_x="milliseconds per second of speech"),
        about=inputs.about(),
        remarks=tuple(_remarks(table, runs[0])),
    )


def _families(columns: list[str], feature_set: str) -> list[_Family]:
    try:
        family = {column: _family_of(column) for column in columns}
    except InputError as error:
        raise InputError(
            f"The features '{feature_set}' have no families of descriptors. Give a table of featser extract."
        ) from error
    names = sorted(set(family.values()))
    if len(names) < 2:
        raise InputError(f"The features '{feature_set}' are of one family ({names[0]}). Give a table of wide features.")
    parts = {name: [each for each in columns if family[each] == name] for name in names}
    return [_Family(name, parts[name], [each for each in columns if family[each] != name]) for name in names]


def _family_of(column: str) -> str:
    name = parse_feature_name(column).descriptor
    return (DESCRIPTORS.get(name) or UTTERANCE_FEATURES[name]).family


def _run(inputs: Inputs, predictions: pd.DataFrame) -> Run:
    validated = CrossValidation(predictions, 0.0, 0.0)
    setting = (inputs.protocol, inputs.normalise, inputs.seed)
    return score(validated, inputs.table, inputs.specification, inputs.features.shape[1], setting)


def _gained(without: Difference) -> dict[str, float | None]:
    """UAR that a family gains: the difference to all features with its sign changed."""
    low, high = (None if end is None else -end for end in (without.high, without.low))
    return {"gained": -without.uar, "gained_low": low, "gained_high": high, "p": without.p}


def _milliseconds(inputs: Inputs, families: list[_Family]) -> list[float]:
    """Computing time of the whole set and of each family alone, in milliseconds per second of speech."""
    whole = inputs.table.feature_set.restricted_to(inputs.features.columns)

    def compute() -> pd.DataFrame:
        parts = [replace(whole.restricted_to(each.columns), name=each.name) for each in families]
        costs = cost_of_sets([replace(whole, name=_WHOLE), *parts])
        return pd.DataFrame({"milliseconds": list(costs.values())})

    key = {"feature_set": whole.to_dict(), "cost": [each.name for each in families]}
    return [float(each) for each in inputs.points.frame(key, compute)["milliseconds"]]


def _remarks(table: pd.DataFrame, whole: Run) -> Iterator[str]:
    yield (
        f"All {whole.n_features:,} features reach {whole.uar:.3f}. Gained is this score minus the score without the "
        "family; families that share information each gain little."
    )
    clear = list(table[table["p"] <= 0.05]["family"])
    yield f"Clear gains (p at most 0.05, corrected for {len(table) - 1} families): {', '.join(clear) or 'none'}."
    yield (
        "UAR and milliseconds per second of speech are of the family alone, with the inputs that it needs, on one "
        "thread of the machine that made the study. Families share inputs, so together they cost less than their sum."
    )
