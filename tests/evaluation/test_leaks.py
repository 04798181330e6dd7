"""Leaks between training and test are found and refused with an example."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from featser.corpora import read_corpus
from featser.errors import InputError, UnknownNameError
from featser.evaluation import Fold, guard, make_folds
from featser.evaluation.duplicates import MIN_COLUMNS, equal_rows, near_rows
from featser.evaluation.leaks import bonds, find_leaks
from featser.extraction import extract
from featser.pipeline import specification_for
from featser.synthetic import plant_faults, write_corpus
from featser.table import Table, read_table, write_table
from featser.training import fit


@pytest.fixture
def honest(table: Table) -> list[Fold]:
    return make_folds("leave-one-speaker-out", table.manifest, 0)


def with_manifest(table: Table, **columns: object) -> Table:
    return replace(table, manifest=table.manifest.assign(**columns))


def with_row(table: Table, at: int, values: np.ndarray) -> Table:
    """The table with other features for one utterance."""
    features = table.features.copy()
    features.iloc[at] = values.astype(np.float32)
    return replace(table, features=features)


def extracted(folder: Path) -> Table:
    write_table(extract(read_corpus(folder), "classic"), folder / "t.parquet")
    return read_table([folder / "t.parquet"])


@pytest.fixture
def small(tmp_path: Path) -> Path:
    folder = tmp_path / "voices"
    write_corpus(folder, "emodb", n_speakers=3, emotions=["anger", "sadness"], n_per_emotion=4, seed=5)
    return folder


def first_of(table: Table, speaker: str, emotion: str) -> int:
    rows = (table.manifest["speaker"].str.endswith(speaker)) & (table.manifest["emotion"] == emotion)
    return int(np.flatnonzero(rows)[0])


def test_a_clean_table_passes_without_a_word(table: Table, honest: list[Fold]) -> None:
    assert guard(honest, table, "leave-one-speaker-out") == []


def test_one_recording_under_two_speakers_is_refused_with_both_names(small: Path) -> None:
    planted = plant_faults(small, ["cross-speaker-duplicate"])["cross-speaker-duplicate"]
    with pytest.raises(InputError) as refusal:
        fit(extracted(small), specification_for("logreg"))
    assert all(path.stem in str(refusal.value) for path in planted)
    assert "which is the same recording (identical audio; 2 tested utterances in all)" in str(refusal.value)
    assert str(refusal.value).endswith("--allow-leak goes on and stamps the run LEAKY.")


def test_a_quieter_copy_under_another_speaker_is_refused(small: Path) -> None:
    one, other = (min(small.rglob(f"{speaker}*W*.*")) for speaker in ("03", "08"))
    samples, rate = soundfile.read(one, dtype="int16")
    soundfile.write(other, (samples * 0.7).astype(np.int16), rate, subtype="PCM_16")
    with pytest.raises(InputError, match=r"which is nearly the same recording \(near-identical audio; 2 tested"):
        fit(extracted(small), specification_for("logreg"))


def test_let_through_the_run_is_stamped_with_what_leaked(table: Table) -> None:
    one, other = first_of(table, "/03", "anger"), first_of(table, "/08", "anger")
    leaky = with_row(table, other, table.features.iloc[one].to_numpy())
    run = fit(leaky, specification_for("logreg"), allow_leak=True).run
    assert run.leaky
    assert run.leaks[0].startswith("identical audio: 2 tested utterances have one in training that is the same record")
    assert not any(leak.startswith("near-identical audio") for leak in run.leaks)
    honest = fit(table, specification_for("logreg"), allow_leak=True).run
    assert (honest.leaky, honest.leaks) == (False, [])


def test_a_changed_copy_is_refused_where_the_manifest_says_what_it_was_made_from(
    table: Table, honest: list[Fold]
) -> None:
    one, other = first_of(table, "/03", "anger"), first_of(table, "/08", "anger")
    source = np.where(np.arange(len(table.manifest)) == other, table.manifest["utterance"].iloc[one], None)
    leaky = with_manifest(table, derived_from=source)
    with pytest.raises(InputError, match=r"which was made from the same recording \(derived copy; 2 tested"):
        guard(honest, leaky, "leave-one-speaker-out")


def test_two_copies_of_a_recording_that_is_not_in_the_table_are_bound_too(table: Table, honest: list[Fold]) -> None:
    rows = [first_of(table, "/03", "anger"), first_of(table, "/08", "anger")]
    source = np.where(np.isin(np.arange(len(table.manifest)), rows), "elsewhere/1", None)
    (leak,) = find_leaks(honest, table.manifest, bonds(with_manifest(table, derived_from=source), "auto"))
    assert (leak.bond, leak.n_tested) == ("derived copy", 2)


def by_hand(n: int, tested: list[int]) -> list[Fold]:
    """One fold that tests these rows and trains on all others."""
    return [Fold("mine", np.setdiff1d(np.arange(n), tested), np.array(tested))]


@pytest.mark.parametrize(
    ("different", "message"),
    [
        ("take", r"which is another take of it \(take; 1 tested utterances in all\)"),
        ("emotion", r"which is the same sentence by the same speaker \(speaker and text; 1 tested"),
        ("text", r"which is by the same speaker \(speaker; 1 tested"),
    ],
)
def test_folds_of_ones_own_are_refused_with_the_closest_bond_that_they_cut(
    table: Table, different: str, message: str
) -> None:
    pair = replace(
        table,
        manifest=table.manifest.iloc[:2].assign(text="a01", take=["a", "b"], emotion="anger"),
        features=table.features.iloc[:2],
    )
    other = {"take": "b", "emotion": "fear", "text": "b01"}[different]
    pair.manifest.loc[pair.manifest.index[1], different] = other
    with pytest.raises(InputError, match=message):
        guard(by_hand(2, [0]), pair, "auto")


def test_a_sentence_on_both_sides_is_a_leak_only_where_the_protocol_promises_otherwise(
    table: Table, honest: list[Fold]
) -> None:
    assert guard(honest, table, "leave-one-speaker-out") == []
    with pytest.raises(InputError, match=r"which is the same sentence \(text; "):
        guard(honest, table, "speaker-and-text")
    assert guard(make_folds("speaker-and-text", table.manifest, 0), table, "speaker-and-text") == []


def test_the_random_protocol_is_stamped_in_one_sentence(table: Table) -> None:
    (sentence,) = guard(make_folds("random", table.manifest, 0), table, "random")
    assert sentence == (
        "random split: 120 tested utterances; related ones in training: 120 by speaker, 120 by speaker and text"
    )


def test_unknown_speakers_bind_nobody(table: Table) -> None:
    unknown = with_manifest(table, speaker=None, text=None)
    assert [bond.name for bond in bonds(unknown, "auto") if (bond.groups >= 0).any()] == []


def test_equal_rows_may_contain_undefined_values() -> None:
    rows = np.array([[1, 2, 3, 4, np.nan], [2, 0, 1, 5, 6], [1, 2, 3, 4, np.nan], [1, 2, 3, 4, 5]], dtype=np.float32)
    assert list(equal_rows(rows) >= 0) == [True, False, True, False]


def random_rows(n: int, n_columns: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, n_columns)).astype(np.float32)


def test_near_rows_are_found_across_blocks() -> None:
    rows = random_rows(1200, 3 * MIN_COLUMNS)
    rows[1100] = rows[3] + 0.1 * rows[7]
    rows[1150] = rows[1100] + 0.1 * rows[9]
    groups = near_rows(rows)
    assert list(np.flatnonzero(groups >= 0)) == [3, 1100, 1150]
    assert len(set(groups[[3, 1100, 1150]])) == 1


def test_two_takes_are_not_duplicates() -> None:
    """Takes of one sentence are similar; the smallest distance in EmoDB and RAVDESS is 0.35 of the median."""
    rows = random_rows(300, 3 * MIN_COLUMNS)
    rows[1] = rows[0] + 0.5 * rows[2]
    assert (near_rows(rows) == -1).all()


def test_with_few_columns_only_equal_rows_are_duplicates() -> None:
    rows = random_rows(300, MIN_COLUMNS - 1)
    rows[1] = rows[0] * np.float32(1.0001)
    rows[3] = rows[2]
    assert list(np.flatnonzero(near_rows(rows) >= 0)) == [2, 3]


def test_constant_and_undefined_columns_are_ignored() -> None:
    rows = random_rows(300, 2 * MIN_COLUMNS)
    rows[:, : MIN_COLUMNS - 20] = 7.0
    rows[:, -1] = np.nan
    assert (near_rows(rows) == -1).all()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tables_of_up_to_two_rows_have_no_duplicates(n: int) -> None:
    assert (near_rows(random_rows(n, 2 * MIN_COLUMNS)) == -1).all()


@pytest.mark.corpora
def test_the_known_duplicate_of_ravdess_is_found(corpora_root: Path) -> None:
    """RAVDESS contains one recording twice, and no other near-duplicates."""
    manifest = read_corpus(corpora_root / "ravdess" / "Actor_07")
    groups = near_rows(extracted_features(manifest))
    pair = [each.utterance for each, group in zip(manifest.utterances, groups, strict=True) if group >= 0]
    assert pair == ["ravdess/03-01-03-01-02-01-07", "ravdess/03-01-03-01-02-02-07"]


def extracted_features(manifest: object) -> np.ndarray:
    return extract(manifest, "classic").features.to_numpy()


def test_tables_of_two_corpora_that_share_recordings_are_caught(table: Table) -> None:
    other = table.manifest.copy()
    for column in ("utterance", "speaker", "corpus"):
        other[column] = "copy-" + other[column]
    both = replace(
        table,
        manifest=pd.concat([table.manifest, other], ignore_index=True),
        features=pd.concat([table.features, table.features], ignore_index=True),
    )
    with pytest.raises(InputError, match=r"identical audio; 240 tested utterances in all"):
        fit(both, specification_for("logreg"), protocol="leave-one-corpus-out")


def test_rows_with_few_defined_values_are_not_duplicates() -> None:
    """Recordings without a voice have undefined pitch features and equal counts of voiced frames."""
    pitch = np.full((3, 1), np.nan, np.float32)
    assert set(equal_rows(pitch)) == {-1}
    mixed = np.array([[0, 0, 0, np.nan, 1]] * 3 + [[0.1, 0.2, 0.3, 0.4, 0.5]] * 2, np.float32)
    np.testing.assert_array_equal(equal_rows(mixed)[:3], -1)
    assert equal_rows(mixed)[3] == equal_rows(mixed)[4] >= 0
    mostly_unknown = random_rows(40, 300)
    mostly_unknown[:4, :200] = np.nan
    mostly_unknown[:4, 200:] *= 0.01
    assert set(near_rows(mostly_unknown)) == {-1}


def test_a_rule_that_there_is_not_gets_the_nearest(table: Table, honest: list[Fold]) -> None:
    with pytest.raises(UnknownNameError, match=r"nknown rule for leaks 'refused'. Did you mean 'refuse'"):
        guard(honest, table, "leave-one-speaker-out", "refused")
