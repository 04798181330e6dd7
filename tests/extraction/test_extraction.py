"""Recordings in, one table out: the same bytes whoever computes them, and every recording accounted for."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from threadpoolctl import threadpool_limits

from featser import __version__, extraction, workers
from featser.audio import SAMPLE_RATE, read_signal
from featser.cache import Cache
from featser.corpora import Utterance, read_corpus
from featser.errors import UnknownNameError, UsageError
from featser.extraction import NothingUsableError, extract
from featser.features import FeatureSet, compute_features, feature_set_from, find_feature_set
from featser.synthetic import PLANTS, plant_faults, write_corpus
from featser.table import write_table

SMALL = FeatureSet("small", "Two columns", ("rms", "zcr"), ("mean",))
CLASSIC = find_feature_set("classic")
SOUND_PLANTS = ("aiff-in-wav", "cross-speaker-duplicate", "duplicate", "extra-chunks", "rate-96k", "shortcut", "stereo")
SPOILING_PLANTS = tuple(name for name in PLANTS if name not in SOUND_PLANTS)


@pytest.fixture
def cache(tmp_path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def corpus(tmp_path) -> Path:
    """Twelve recordings of three speakers."""
    write_corpus(tmp_path / "corpus", "emodb", 3, ["anger", "sadness"], 2)
    return tmp_path / "corpus"


@pytest.fixture
def shared_out(monkeypatch):
    """Share even a handful of recordings out."""
    monkeypatch.setattr(workers, "_CHUNK", 3)
    monkeypatch.setattr(workers, "_SAMPLES", (1, 2))
    monkeypatch.setattr(workers, "_SHARED_FROM", 0.0)


def extracted(root, cache, feature_set=SMALL, **options):
    return extract([read_corpus(root)], feature_set, cache=cache, **options)


def bytes_of(found, path):
    write_table(found.table, path)
    return path.read_bytes()


def recipe_of(table):
    return json.loads(table.schema.metadata[b"featser"])


def test_columns_are_the_manifest_and_then_the_features(corpus, cache):
    table = extracted(corpus, cache, CLASSIC).table
    manifest = list(Utterance._fields)
    assert table.column_names == [*manifest, "duration_s", *CLASSIC.feature_names]
    assert set(manifest) >= {
        *("utterance", "path", "corpus", "speaker", "emotion"),
        *("sex", "age", "language", "text", "intensity", "take"),
    }
    assert {table[name].type for name in CLASSIC.feature_names} == {pa.float32()}
    assert table["duration_s"].type == table["age"].type == pa.float64()
    assert table["utterance"].type == pa.string()


def test_manifest_columns_say_who_spoke_what(corpus, cache):
    first = extracted(corpus, cache).table.slice(0, 1).to_pylist()[0]
    expected = {
        "utterance": "synthetic-emodb/03a01Ta",
        "path": "wav/03a01Ta.wav",
        "corpus": "synthetic-emodb",
        "speaker": "synthetic-emodb/03",
        "emotion": "sadness",
        "sex": "male",
        "age": 31.0,
        "intensity": None,
    }
    assert expected.items() <= first.items()
    assert first["duration_s"] == soundfile.info(corpus / "wav" / "03a01Ta.wav").duration


def test_rows_are_the_features_of_their_recordings_in_the_order_of_their_ids(corpus, cache):
    table = extracted(corpus, cache, CLASSIC).table
    assert table["utterance"].to_pylist() == sorted(table["utterance"].to_pylist())
    matrix = np.stack([table[name].to_numpy() for name in CLASSIC.feature_names], axis=1)
    for row, path in zip(matrix, table["path"].to_pylist(), strict=True):
        with threadpool_limits(1):  # as extraction does: sums depend on the number of threads by some ulp
            expected = compute_features(read_signal(corpus / path), CLASSIC)
        assert row.tobytes() == expected.tobytes()


def test_metadata_tell_what_the_features_are(corpus, cache, tmp_path):
    path = tmp_path / "table.parquet"
    write_table(extracted(corpus, cache, CLASSIC, clean=["remove-dc"]).table, path)
    recipe = recipe_of(pq.read_table(path))
    assert feature_set_from(recipe["feature_set"], "classic", "") == CLASSIC
    assert recipe["clean"] == ["remove-dc"]
    assert recipe["sample_rate"] == SAMPLE_RATE
    assert recipe["featser"] == __version__
    assert recipe["libraries"]["numpy"] == np.__version__


def test_two_workers_write_the_same_bytes_as_one(corpus, tmp_path, shared_out):
    alone = extracted(corpus, Cache(tmp_path / "one"), CLASSIC, jobs=1)
    shared = extracted(corpus, Cache(tmp_path / "two"), CLASSIC, jobs=2)
    assert (shared.computed, shared.cached) == (12, 0)
    assert bytes_of(shared, tmp_path / "two.parquet") == bytes_of(alone, tmp_path / "one.parquet")


def test_faults_are_found_by_two_workers_too(corpus, tmp_path, shared_out):
    plant_faults(corpus, ["nan", "silent"])
    alone = extracted(corpus, Cache(tmp_path / "one"), jobs=1)
    shared = extracted(corpus, Cache(tmp_path / "two"), jobs=2)
    assert shared.rejected == alone.rejected
    assert len(shared.rejected) == 2


def test_cached_rows_give_the_same_bytes_as_computed_ones(corpus, cache, tmp_path):
    first = bytes_of(extracted(corpus, cache), tmp_path / "first.parquet")
    assert bytes_of(extracted(corpus, cache), tmp_path / "second.parquet") == first


def test_table_does_not_depend_on_where_the_corpus_is(corpus, tmp_path):
    here = bytes_of(extracted(corpus, Cache(tmp_path / "one")), tmp_path / "here.parquet")
    elsewhere = Path(shutil.copytree(corpus, tmp_path / "other place" / "Kopie"))
    assert bytes_of(extracted(elsewhere, Cache(tmp_path / "two")), tmp_path / "there.parquet") == here


def test_spoilt_recordings_are_all_rejected_at_once_and_the_others_kept(cache, tmp_path):
    write_corpus(tmp_path / "corpus", "emodb", 5, ["anger", "sadness"], 2)
    planted = plant_faults(tmp_path / "corpus", [*SPOILING_PLANTS, "stereo", "extra-chunks"])
    found = extracted(tmp_path / "corpus", cache)
    spoilt = {str(path) for name in SPOILING_PLANTS for path in planted[name]}
    assert {each.path for each in found.rejected} == spoilt
    assert len(found.rejected) == len(SPOILING_PLANTS) + 1
    assert all(each.reason and not each.reason.endswith(".") for each in found.rejected)
    assert found.table.num_rows == 20 - len(spoilt) == found.computed
    assert found.audio_seconds == pytest.approx(sum(found.table["duration_s"].to_pylist()))


def test_rejected_recordings_are_rejected_by_the_second_run_too(corpus, cache):
    plant_faults(corpus, ["nan", "text"])
    first, second = extracted(corpus, cache), extracted(corpus, cache)
    assert second.rejected == first.rejected
    assert (second.computed, second.cached) == (0, 10)


def test_recordings_rejected_by_their_name_are_listed(corpus, cache):
    (corpus / "wav" / "My recording.wav").write_bytes(b"")
    (rejected,) = extracted(corpus, cache).rejected
    assert rejected.path == str(corpus / "wav" / "My recording.wav")
    assert rejected.reason.startswith("not named as emodb names its files")


def test_recording_that_is_gone_is_rejected(corpus, cache):
    manifest = read_corpus(corpus)
    (corpus / "wav" / "03a01Wa.wav").unlink()
    (rejected,) = extract([manifest], SMALL, cache=cache).rejected
    assert rejected.reason == "cannot be opened (No such file or directory)"


def test_nothing_usable_is_an_error_that_lists_everything(cache, tmp_path):
    write_corpus(tmp_path / "corpus", "emodb", 1, ["anger"], 4)
    plant_faults(tmp_path / "corpus", ["silent", "nan", "empty", "text"])
    with pytest.raises(NothingUsableError) as refused:
        extracted(tmp_path / "corpus", cache)
    assert len(refused.value.rejected) == 4
    assert str(refused.value).startswith("None of 4 recordings can be used: 03a")
    assert str(refused.value).endswith(" and 1 more. Give a folder that holds sound .wav or .flac files.")


def test_duplicates_have_a_row_each(corpus, cache):
    (one, other) = plant_faults(corpus, ["duplicate"])["duplicate"]
    found = extracted(corpus, cache)
    assert (found.computed, found.cached, found.table.num_rows) == (12, 0, 12)
    rows = {row["path"]: row for row in found.table.to_pylist()}
    first, second = (rows[path.relative_to(corpus).as_posix()] for path in (one, other))
    assert first["rms__mean"] == second["rms__mean"]
    assert first["utterance"] != second["utterance"]


def test_spoilt_duplicates_are_rejected_each(corpus, cache):
    for name in ("03a01Wa.wav", "03a01Ta.wav"):
        (corpus / "wav" / name).write_bytes(b"the same words")
    assert [Path(each.path).name for each in extracted(corpus, cache).rejected] == ["03a01Ta.wav", "03a01Wa.wav"]


def test_same_folder_twice_is_refused(corpus, cache):
    manifest = read_corpus(corpus)
    with pytest.raises(UsageError, match=r"^12 utterances appear twice: synthetic-emodb/.* Name each folder once\.$"):
        extract([manifest, manifest], SMALL, cache=cache)


def test_copy_of_a_folder_is_refused_beside_it(corpus, cache, tmp_path):
    copy = Path(shutil.copytree(corpus, tmp_path / "copy"))
    with pytest.raises(UsageError, match=r"^12 utterances appear twice: "):
        extract([read_corpus(corpus), read_corpus(copy)], SMALL, cache=cache)


def test_two_corpora_share_a_table(corpus, cache, tmp_path):
    write_corpus(tmp_path / "other", "ravdess", 2, ["anger"], 2, sample_rate=48000)
    found = extract([read_corpus(corpus), read_corpus(tmp_path / "other")], SMALL, cache=cache)
    assert set(found.table["corpus"].to_pylist()) == {"synthetic-emodb", "synthetic-ravdess"}
    assert found.table.num_rows == 16


def test_interruption_keeps_what_was_finished(corpus, cache, monkeypatch):
    def interrupt(done, total):
        if done == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extracted(corpus, cache, progress=interrupt)
    found = extracted(corpus, cache)
    assert (found.computed, found.cached) == (3, 9)


def test_full_shards_are_kept_before_the_end(corpus, cache, monkeypatch):
    monkeypatch.setattr(workers, "_CHUNK", 2)
    monkeypatch.setattr(extraction, "_SHARD", 4)
    extracted(corpus, cache)
    assert len(list(cache.root.rglob("*.rows"))) == 2
    assert extracted(corpus, cache).cached == 12


def test_progress_counts_up_to_all_recordings(corpus, cache):
    calls = []
    extracted(corpus, cache, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 12), (9, 12), (10, 12), (11, 12), (12, 12)]


def test_cleaning_that_a_corpus_asks_for_is_done_and_recorded(tmp_path, cache):
    for speaker, offset in (("DC", 0.3), ("KL", 0.0)):
        (tmp_path / "savee" / speaker).mkdir(parents=True)
        tone = 0.1 * np.sin(2 * np.pi * 200 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
        soundfile.write(tmp_path / "savee" / speaker / "a01.wav", tone + offset, SAMPLE_RATE, subtype="FLOAT")
    table = extracted(tmp_path / "savee", cache).table
    assert recipe_of(table)["clean"] == ["remove-dc"]
    first, second = table["rms__mean"].to_pylist()
    assert first == pytest.approx(second, rel=1e-4)


def test_cleaning_asked_for_twice_is_done_once(corpus, cache):
    assert recipe_of(extracted(corpus, cache, clean=["remove-dc", "remove-dc"]).table)["clean"] == ["remove-dc"]


def test_unknown_cleaning_step_is_pointed_out_before_anything_is_computed(corpus, cache):
    with pytest.raises(UnknownNameError, match=r"Unknown cleaning step 'remove-cd'\. Did you mean 'remove-dc'\?"):
        extracted(corpus, cache, clean=["remove-cd"])
    assert not cache.root.exists()


@pytest.mark.parametrize("plant", SOUND_PLANTS)
def test_oddity_that_spoils_nothing_is_kept(plant, corpus, cache):
    plant_faults(corpus, [plant])
    found = extracted(corpus, cache)
    assert found.rejected == ()
    assert found.table.num_rows == 12
