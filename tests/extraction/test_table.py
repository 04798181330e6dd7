"""A feature table comes back as it was written, and what is none is refused with what to do."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featser.corpora import read_corpus
from featser.errors import InputError, UsageError
from featser.extraction import extract
from featser.features import FeatureSet
from featser.synthetic import write_corpus
from featser.table import MANIFEST_COLUMNS, Table, read_table, write_table
from featser.versions import library_versions

SMALL = FeatureSet("small", "Two columns", ("rms", "zcr"), ("mean",))
OTHER = FeatureSet("other", "One column", ("rms",), ("mean",))


@pytest.fixture
def extracted(tmp_path):
    """Extract a small corpus, and return its table."""

    def run(scheme="emodb", feature_set=SMALL, clean=()):
        root = tmp_path / scheme
        write_corpus(root, scheme, 1, ["anger", "sadness"], 1)
        return extract(read_corpus(root), feature_set, clean=clean, cache=tmp_path / "cache")

    return run


@pytest.fixture
def written(extracted, tmp_path):
    """Extract a small corpus, and return the path of its table."""

    def write(name="one.parquet", *how, **options):
        write_table(extracted(*how, **options), tmp_path / name)
        return tmp_path / name

    return write


def refusal(*paths, kind=InputError):
    with pytest.raises(kind) as refused:
        read_table(paths)
    return str(refused.value)


def test_table_comes_back_as_it_was_written(extracted, tmp_path):
    table = extracted()
    write_table(table, tmp_path / "one.parquet")
    found = read_table([tmp_path / "one.parquet"])
    assert found.feature_set == SMALL
    assert found.clean == ()
    assert found.corpus == "synthetic-emodb"
    assert list(found.features) == ["rms__mean", "zcr__mean"]
    assert set(found.features.dtypes) == {np.dtype(np.float32)}
    assert found.features.equals(table.features)
    assert found.manifest.equals(table.manifest)
    assert tuple(found.manifest) == MANIFEST_COLUMNS
    assert found.manifest.index.equals(found.features.index)


def test_undefined_features_and_unknown_facts_come_back(tmp_path):
    facts = {"utterance": ["mine/ä", "mine/b"], "speaker": [None, "mine/1"], "age": [None, 31.0]}
    manifest = pd.DataFrame(facts | {"corpus": "mine", "emotion": "joy"})
    features = pd.DataFrame({"rms__mean": [np.nan, 2.0], "zcr__mean": [1.0, 3.0]}, dtype=np.float32)
    write_table(Table(manifest, features, SMALL, ("remove-dc",)), tmp_path / "t.parquet")
    found = read_table(tmp_path / "t.parquet")
    assert found.features.equals(features)
    assert found.manifest["utterance"].tolist() == ["mine/ä", "mine/b"]
    assert found.manifest["speaker"].isna().tolist() == [True, False]
    assert found.manifest["age"].isna().tolist() == [True, False]
    assert found.clean == ("remove-dc",)


def test_tables_of_two_corpora_are_read_as_one(written):
    found = read_table([written("one.parquet"), written("two.parquet", "ravdess")])
    assert found.corpus == "synthetic-emodb+synthetic-ravdess"
    assert len(found.manifest) == len(found.features) == 4
    assert found.manifest.index.tolist() == [0, 1, 2, 3]


def test_folder_that_looks_like_a_partition_adds_no_column(extracted, tmp_path):
    path = tmp_path / "corpus=everything" / "speaker=7" / "one.parquet"
    write_table(extracted(), path)
    found = read_table([path])
    assert set(found.manifest["corpus"]) == {"synthetic-emodb"}
    assert set(found.manifest["speaker"]) == {"synthetic-emodb/03"}


def test_writing_makes_the_folder_and_replaces_what_was_there(extracted, tmp_path):
    path = tmp_path / "new" / "folder" / "one.parquet"
    write_table(extracted(), path)
    write_table(extracted(feature_set=OTHER), path)
    assert read_table([path]).feature_set == OTHER
    assert [each.name for each in path.parent.iterdir()] == ["one.parquet"]


def test_failure_while_writing_leaves_the_old_table(written, extracted, monkeypatch):
    path = written()

    def fail(writer, table, **how):
        raise OSError("no space left")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", fail)
    with pytest.raises(OSError, match="no space left"):
        write_table(extracted(feature_set=OTHER), path)
    assert read_table([path]).feature_set == SMALL
    assert [each.name for each in path.parent.glob(".*")] == []


def test_missing_table_is_pointed_out_with_the_nearest(written, tmp_path):
    written("emodb-classic.parquet")
    path = tmp_path / "emodb-clasic.parquet"
    assert refusal(path, kind=UsageError) == (
        f"No feature table at {path}. Did you mean 'emodb-classic.parquet'? "
        f"Make one: featser extract FOLDER --out {path}."
    )


def test_missing_table_in_a_missing_folder_is_pointed_out(tmp_path):
    path = tmp_path / "no" / "such.parquet"
    assert refusal(path, kind=UsageError).startswith(f"No feature table at {path}. Make one: ")


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PAR1 and then words PAR1"])
def test_what_is_no_parquet_file_is_refused(tmp_path, content):
    path = tmp_path / "table.parquet"
    path.write_bytes(content)
    assert refusal(path) == (f"{path} is not a Parquet file, or is damaged. Give a table of 'featser extract'.")


@pytest.mark.slow
def test_damage_anywhere_gives_a_table_or_a_refusal_and_nothing_else(written):
    path = written()
    content = path.read_bytes()
    refused = 0
    for place in range(0, len(content), 11):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            read_table([path])
        except (InputError, UsageError) as error:
            refused += 1
            assert str(path) in str(error)
    assert refused > 10


def test_truncated_table_is_refused(written):
    path = written()
    content = path.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.999):
        path.write_bytes(content[: int(share * len(content))])
        assert "is not a Parquet file, or is damaged" in refusal(path)


def test_parquet_of_somebody_else_is_refused(tmp_path):
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"a": [1, 2]}), path)
    assert refusal(path) == (
        f"{path} is not a feature table of this featser. Extract it again: featser extract FOLDER."
    )


def test_table_that_lost_its_metadata_is_refused(written):
    path = written()
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    assert "is not a feature table of this featser" in refusal(path)


def test_table_that_lost_a_column_is_refused(written):
    path = written()
    pq.write_table(pq.read_table(path).drop_columns(["zcr__mean"]), path)
    assert refusal(path) == f"{path} lacks the columns zcr__mean. Extract it again: featser extract FOLDER."


def test_tables_of_different_features_are_refused(written):
    one, two = written("one.parquet"), written("two.parquet", "ravdess", feature_set=OTHER)
    assert refusal(one, two) == (
        f"{one} holds the features 'small', {two} 'other'. Extract both with the same --features."
    )


def test_tables_of_different_cleaning_are_refused_by_that_name(written):
    one, two = written("one.parquet"), written("two.parquet", "ravdess", clean=["remove-dc"])
    assert refusal(one, two) == (
        f"{one} was cleaned by: none; {two} by: remove-dc. Extract both with --clean remove-dc."
    )


def test_utterance_in_two_tables_is_refused(written):
    one, two = written("one.parquet"), written("two.parquet")
    assert refusal(one, two) == (
        "2 utterances occur more than once: synthetic-emodb/03a01Ta, synthetic-emodb/03a01Wa. Give each once."
    )


def test_versions_name_what_numbers_depend_on():
    assert library_versions().keys() >= {"python", "numpy", "scipy", "scikit-learn", "xgboost", "soxr", "soundfile"}
    assert library_versions()["numpy"] == np.__version__


@pytest.fixture
def foreign():
    """Features of another tool."""
    facts = {"utterance": ["a/1", "a/2"], "corpus": "a", "speaker": ["a/x", "a/y"], "emotion": ["joy", "anger"]}
    return pd.DataFrame(facts | {"F0semitone": [1, 2], "loudness": [0.5, np.nan], "sex": ["female", "male"]})


def test_a_frame_of_another_tool_is_a_table(foreign, tmp_path):
    table = Table.from_frame(foreign, "opensmile")
    assert list(table.features) == ["F0semitone", "loudness"]
    assert list(table.manifest) == ["utterance", "corpus", "speaker", "emotion", "sex"]
    write_table(table, tmp_path / "t.parquet")
    found = read_table(tmp_path / "t.parquet")
    assert found.features.equals(table.features)
    assert found.feature_set == table.feature_set
    assert found.feature_set.name == "opensmile"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="speaker"), r"^The frame lacks the columns speaker\. Add them"),
        (lambda frame: frame.assign(word="yes"), r"^The columns word are not numeric\. Features are numeric columns"),
        (lambda frame: frame[["utterance", "corpus", "speaker", "emotion"]], "^The frame has no column of features"),
        (lambda frame: frame.assign(utterance="a/1"), r"^1 utterances occur more than once: a/1\. Give each once\.$"),
    ],
)
def test_a_frame_that_is_no_table_is_refused(foreign, change, message):
    with pytest.raises(InputError, match=message):
        Table.from_frame(change(foreign))
