"""A feature table comes back as it was written, and what is none is refused with what to do."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featser.cache import Cache, Row, find_rows, write_rows
from featser.corpora import Utterance, read_corpus
from featser.errors import InputError, UsageError
from featser.extraction import extract
from featser.features import FeatureSet
from featser.shards import as_digests
from featser.synthetic import write_corpus
from featser.table import assemble_table, library_versions, read_table, table_schema, write_table

SMALL = FeatureSet("small", "Two columns", ("rms", "zcr"), ("mean",))
OTHER = FeatureSet("other", "One column", ("rms",), ("mean",))


@pytest.fixture
def extracted(tmp_path):
    """Extract a small corpus, and return its table."""

    def run(scheme="emodb", feature_set=SMALL, clean=()):
        root = tmp_path / scheme
        write_corpus(root, scheme, 1, ["anger", "sadness"], 1)
        return extract([read_corpus(root)], feature_set, clean, cache=Cache(tmp_path / "cache")).table

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
    assert found.features["rms__mean"].tolist() == table["rms__mean"].to_pylist()
    assert found.manifest["utterance"].tolist() == table["utterance"].to_pylist()
    assert list(found.manifest) == table.column_names[:-2]
    assert found.manifest.index.equals(found.features.index)


def test_undefined_features_and_unknown_facts_come_back(tmp_path):
    someone = Utterance("mine/ä", "ä.wav", "mine", None, "joy", "joy")
    known = Utterance("mine/b", "b.wav", "mine", "mine/1", "joy", "joy", age=31.0)
    rows = {"0" * 64: Row(1.0, np.array([np.nan, 1], np.float32)), "1" * 64: Row(2.0, np.array([2, 3], np.float32))}
    cache = Cache(tmp_path / "cache")
    write_rows(cache, "key", rows)
    schema = table_schema(SMALL, ("remove-dc",))
    table = assemble_table([someone, known], find_rows(cache, "key", as_digests(sorted(rows))), schema)
    write_table(table, tmp_path / "t.parquet")
    found = read_table([tmp_path / "t.parquet"])
    assert np.isnan(found.features["rms__mean"][0])
    assert found.manifest["utterance"].tolist() == ["mine/ä", "mine/b"]
    assert found.manifest["speaker"].isna().tolist() == [True, False]
    assert found.manifest["age"].isna().tolist() == [True, False]
    assert found.manifest["age"][1] == 31.0
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
    assert refusal(path) == (
        f"{path} is not a Parquet file, or a damaged one. Give a table that 'featser extract' wrote."
    )


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
        assert "is not a Parquet file, or a damaged one" in refusal(path)


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


@pytest.mark.parametrize("other", [{"feature_set": OTHER}, {"clean": ["remove-dc"]}])
def test_tables_of_different_features_are_refused(written, other):
    one, two = written("one.parquet"), written("two.parquet", "ravdess", **other)
    assert refusal(one, two) == f"{two} and {one} hold different features. Extract both with the same --features."


def test_utterance_in_two_tables_is_refused(written):
    one, two = written("one.parquet"), written("two.parquet")
    assert refusal(one, two) == (
        "2 utterances are in more than one table: synthetic-emodb/03a01Ta, synthetic-emodb/03a01Wa. Give each once."
    )


def test_versions_name_what_numbers_depend_on():
    assert library_versions().keys() >= {"python", "numpy", "scipy", "scikit-learn", "xgboost", "soxr", "soundfile"}
    assert library_versions()["numpy"] == np.__version__
