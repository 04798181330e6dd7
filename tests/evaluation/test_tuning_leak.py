"""A tuned pipeline is not tested on the data that chose it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from featser.errors import InputError
from featser.evaluation import guard, make_folds
from featser.pipeline import Specification
from featser.search import tune
from featser.table import Table


def a_part(table: Table) -> Table:
    return rows_of(table, np.arange(len(table.manifest)) % 3 > 0)


def some_speakers(table: Table, first: int, last: int) -> Table:
    speakers = sorted(table.manifest["speaker"].unique())[first:last]
    rows = table.manifest["speaker"].isin(speakers).to_numpy()
    return rows_of(table, rows)


def rows_of(table: Table, rows: np.ndarray) -> Table:
    manifest, features = (part[rows].reset_index(drop=True) for part in (table.manifest, table.features))
    return replace(table, manifest=manifest, features=features)


def renamed(table: Table) -> Table:
    """The same recordings under other names, as a manifest of one's own could call them."""
    other = {column: "my-" + table.manifest[column].astype(str) for column in ("utterance", "speaker", "corpus")}
    return replace(table, manifest=table.manifest.assign(**other))


def extracted_otherwise(table: Table) -> Table:
    """The same recordings with other features, under other names."""
    return renamed(replace(table, features=table.features * np.float32(1.01)))


def of_another_tool(table: Table) -> Table:
    """The same utterances in a table without the recordings' digests."""
    return replace(table, manifest=table.manifest.drop(columns="sha256"))


def with_copies(table: Table) -> Table:
    manifest = table.manifest.assign(
        utterance=table.manifest["utterance"] + "~speed-0.9", derived_from=table.manifest["utterance"]
    )
    both = pd.concat([table.manifest.assign(derived_from=None), manifest], ignore_index=True)
    features = pd.concat([table.features, table.features * np.float32(1.5)], ignore_index=True)
    return replace(table, manifest=both, features=features)


@pytest.fixture(scope="module")
def start() -> Specification:
    return Specification("small", "Few features", "logreg", include=("mfcc_0?__mean",), search={"C": [0.01, 0.1]})


@pytest.fixture(scope="module")
def tuned(table: Table, start: Specification) -> Specification:
    """Tuned on the first four of six speakers."""
    return tune(some_speakers(table, 0, 4), start, n_trials=1).specification


def guarded(table: Table, specification: Specification, rule: str = "refuse", protocol: str = "") -> list[str]:
    protocol = protocol or "2-fold-by-speaker"
    return guard(make_folds(protocol, table.manifest, 0), table, protocol, rule, specification)


@pytest.mark.parametrize(
    "changed",
    [replace, renamed, extracted_otherwise, of_another_tool, with_copies, a_part],
)
def test_the_data_that_chose_a_pipeline_is_recognised(
    table: Table, tuned: Specification, changed: Callable[[Table], Table]
) -> None:
    other = changed(some_speakers(table, 0, 4))
    n_tested = int(other.manifest.get("derived_from", pd.Series([None] * len(other.manifest))).isna().sum())
    with pytest.raises(InputError, match=rf"was tuned on {n_tested} of the {n_tested} tested utterances \(4 speakers"):
        guarded(other, tuned)


def test_the_message_has_numbers_and_what_to_do(table: Table, tuned: Specification) -> None:
    with pytest.raises(InputError) as refusal:
        guarded(table, tuned)
    assert str(refusal.value) == (
        "Pipeline small was tuned on 80 of the 120 tested utterances (4 speakers, e.g. synthetic-emodb/03), so its "
        "score would be too high. Tune inside the folds, for example with --model logreg --tune 1, give a table of "
        "other speakers, or pass --allow-leak, which stamps the run LEAKY."
    )


def test_other_speakers_are_no_leak(table: Table, tuned: Specification, start: Specification) -> None:
    assert guarded(some_speakers(table, 4, 6), tuned) == []
    assert guarded(table, start) == []


def test_a_leak_that_is_allowed_is_a_sentence_of_the_run(table: Table, tuned: Specification) -> None:
    sentence = (
        "tuned pipeline: 80 of the 120 tested utterances (4 speakers, e.g. synthetic-emodb/03) were used to choose"
    )
    (stamped,) = guarded(table, tuned, "stamp")
    assert stamped.startswith(sentence)
    by_design, also = guarded(table, tuned, protocol="random")
    assert by_design.startswith("random split: ")
    assert also.startswith(sentence)


def test_speakers_that_are_only_trained_on_are_no_leak(table: Table, tuned: Specification) -> None:
    folds = make_folds("leave-one-speaker-out", table.manifest, 0)[4:]
    assert guard(folds, table, "leave-one-speaker-out", "refuse", tuned) == []


def test_a_search_that_starts_from_a_tuned_pipeline_keeps_its_record(table: Table, tuned: Specification) -> None:
    again = tune(some_speakers(table, 4, 6), tuned, n_trials=1).specification
    with pytest.raises(InputError, match=r"was tuned on 120 of the 120 tested utterances \(6 speakers"):
        guarded(table, again)
