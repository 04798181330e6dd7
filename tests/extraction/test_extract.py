"""Recordings in, one table out: equal bytes wherever rows are computed, and every recording accounted for."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from threadpoolctl import threadpool_limits

import featser.table
from featser.audio import content_digest, read_signal
from featser.corpora import Utterance, read_corpus
from featser.errors import InputError, UnknownNameError, UsageError
from featser.extraction import Backend, NothingUsableError, extract, extract_to, files
from featser.features import FeatureSet, compute_features, find_feature_set
from featser.synthetic import PLANTS, plant_faults, write_corpus
from featser.table import Table, read_table, write_table

SOUND_PLANTS = ("aiff-in-wav", "cross-speaker-duplicate", "duplicate", "extra-chunks", "rate-96k", "shortcut", "stereo")
SPOILING_PLANTS = tuple(name for name in PLANTS if name not in SOUND_PLANTS)


def test_columns_are_the_manifest_then_the_features(corpus: Path, cache: Path) -> None:
    table = extract(corpus, "classic")
    assert list(table.manifest) == [*Utterance._fields, "duration_s", "sha256"]
    assert tuple(table.features) == find_feature_set("classic").feature_names
    assert set(table.features.dtypes) == {np.dtype(np.float32)}
    assert table.manifest.index.equals(table.features.index)


def test_manifest_columns_describe_each_recording(corpus: Path, cache: Path, small: FeatureSet) -> None:
    first = extract(corpus, small).manifest.iloc[0]
    assert (first["utterance"], first["path"]) == ("synthetic-emodb/03a01Ta", "wav/03a01Ta.wav")
    assert (first["speaker"], first["emotion"], first["sex"], first["age"]) == (
        "synthetic-emodb/03",
        "sadness",
        "male",
        31,
    )
    assert first["duration_s"] == soundfile.info(corpus / "wav" / "03a01Ta.wav").duration
    assert len(first["sha256"]) == 64


def test_rows_are_the_features_of_their_recordings_in_the_order_of_ids(corpus: Path, cache: Path) -> None:
    table, classic = extract(corpus, "classic"), find_feature_set("classic")
    assert table.manifest["utterance"].is_monotonic_increasing
    for path, row in zip(table.manifest["path"], table.features.to_numpy(), strict=True):
        with threadpool_limits(1):
            assert row.tobytes() == compute_features(read_signal(corpus / path), classic).tobytes()


def test_table_in_memory_equals_the_one_on_disk(
    corpus: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(featser.table, "ROWS_PER_GROUP", 5)
    monkeypatch.setattr("featser.extraction.tables.ROWS_PER_GROUP", 5)
    found = extract_to(tmp_path / "streamed.parquet", corpus, "classic")
    table = extract(corpus, "classic")
    write_table(table, tmp_path / "whole.parquet")
    assert found.n_utterances == len(table) == 12
    assert (tmp_path / "streamed.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert pq.ParquetFile(tmp_path / "streamed.parquet").num_row_groups == 3
    read = read_table(tmp_path / "streamed.parquet")
    assert read.manifest.equals(table.manifest)
    assert read.features.equals(table.features)


@pytest.mark.parametrize("name", ["loky", "threading"])
def test_workers_write_the_bytes_of_one_process(corpus: Path, tmp_path: Path, name: str) -> None:
    plant_faults(corpus, ["nan", "silent"])
    alone = extract(corpus, "classic", jobs=1, cache=tmp_path / "one")
    shared = extract(corpus, "classic", backend=Backend(name, 2, start_seconds=0), cache=tmp_path / "two")
    assert shared.rejected == alone.rejected
    assert len(shared.rejected) == 2
    for table, path in ((alone, tmp_path / "one.parquet"), (shared, tmp_path / "two.parquet")):
        write_table(table, path)
    assert (tmp_path / "two.parquet").read_bytes() == (tmp_path / "one.parquet").read_bytes()


@pytest.fixture
def environment() -> Iterator[None]:
    """Restore the environment: Dask sets variables of glibc and BLAS for its workers, and leaves them set."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.slow
@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("killed", [False, True], ids=["undisturbed", "one worker killed"])
def test_a_dask_cluster_writes_the_bytes_of_one_process(corpus: Path, tmp_path: Path, killed: bool) -> None:
    distributed = pytest.importorskip("distributed")
    alone = extract(corpus, "classic", jobs=1, cache=tmp_path / "one")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        processes = list(client.run(os.getpid).values())

        def kill(done: int, total: int) -> None:
            if killed and len(processes) > 1 and done > 2:
                os.kill(processes.pop(), signal.SIGKILL)

        where = Backend("dask", scheduler=cluster.scheduler_address, start_seconds=0)
        shared = extract(corpus, "classic", backend=where, cache=tmp_path / "two", progress=kill)
    assert len(processes) == (1 if killed else 2)
    assert shared.features.equals(alone.features)
    assert shared.manifest.equals(alone.manifest)


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_one_line(corpus: Path, cache: Path) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match=r"^No Dask scheduler answers at tcp://127\.0\.0\.1:9\. Start one with"):
        extract(corpus, "classic", backend=Backend("dask", scheduler="tcp://127.0.0.1:9", start_seconds=0))


def test_a_backend_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown backend 'lokky'\. Did you mean 'loky'\?"):
        Backend("lokky")


def test_a_scheduler_without_dask_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--scheduler goes with --backend dask, not loky"):
        Backend(scheduler="tcp://10.0.0.1:8786")


def test_table_does_not_depend_on_where_the_corpus_is(corpus: Path, tmp_path: Path, small: FeatureSet) -> None:
    elsewhere = Path(shutil.copytree(corpus, tmp_path / "other place" / "Kopie"))
    here, there = (extract(root, small, cache=tmp_path / "cache") for root in (corpus, elsewhere))
    assert here.manifest.equals(there.manifest)
    assert here.features.equals(there.features)


def test_spoilt_recordings_are_rejected_with_reasons_and_the_others_kept(
    cache: Path, tmp_path: Path, small: FeatureSet
) -> None:
    root = tmp_path / "corpus"
    write_corpus(root, "emodb", 5, ["anger", "sadness"], 2)
    planted = plant_faults(root, [*SPOILING_PLANTS, "stereo", "extra-chunks"])
    spoilt = {str(path) for name in SPOILING_PLANTS for path in planted[name]}
    for _ in range(2):
        found = extract_to(tmp_path / "t.parquet", root, small)
        assert {each.path for each in found.rejected} == spoilt
        assert all(each.reason and not each.reason.endswith(".") for each in found.rejected)
        assert found.n_utterances == 20 - len(spoilt) == found.computed + found.cached
    assert found.computed == 0
    assert found.audio_seconds == pytest.approx(read_table(tmp_path / "t.parquet").manifest["duration_s"].sum())


def test_recordings_rejected_by_name_or_gone_are_listed(corpus: Path, cache: Path, small: FeatureSet) -> None:
    (corpus / "wav" / "My recording.wav").write_bytes(b"")
    manifest = read_corpus(corpus)
    (corpus / "wav" / "03a01Wa.wav").unlink()
    by_name, gone = extract(manifest, small).rejected
    assert by_name.path == str(corpus / "wav" / "My recording.wav")
    assert by_name.reason.startswith("not named like a file of emodb")
    assert gone.reason == "cannot be opened (No such file or directory)"


def test_nothing_usable_is_an_error_that_lists_everything(cache: Path, tmp_path: Path, small: FeatureSet) -> None:
    write_corpus(tmp_path / "corpus", "emodb", 1, ["anger"], 4)
    plant_faults(tmp_path / "corpus", ["silent", "nan", "empty", "text"])
    with pytest.raises(NothingUsableError) as refused:
        extract_to(tmp_path / "t.parquet", tmp_path / "corpus", small)
    assert len(refused.value.rejected) == 4
    assert str(refused.value).startswith("None of 4 recordings can be used: 03a")
    assert str(refused.value).endswith(" and 1 more. Give a folder of sound recordings.")
    assert not (tmp_path / "t.parquet").exists()


def test_duplicates_have_a_row_each(corpus: Path, cache: Path, small: FeatureSet) -> None:
    (one, other) = plant_faults(corpus, ["duplicate"])["duplicate"]
    table = extract(corpus, small)
    rows = table.features.set_axis(table.manifest["path"])
    first, second = (rows.loc[path.relative_to(corpus).as_posix()] for path in (one, other))
    assert len(table) == 12
    assert first.equals(second)


def test_spoilt_duplicates_are_rejected_each(corpus: Path, cache: Path, small: FeatureSet) -> None:
    for name in ("03a01Wa.wav", "03a01Ta.wav"):
        (corpus / "wav" / name).write_bytes(b"the same words")
    assert [Path(each.path).name for each in extract(corpus, small).rejected] == ["03a01Ta.wav", "03a01Wa.wav"]


def test_a_folder_given_twice_is_refused(corpus: Path, cache: Path, small: FeatureSet) -> None:
    with pytest.raises(UsageError, match=r"^12 utterances appear twice: synthetic-emodb/.* Name each folder once\.$"):
        extract([corpus, read_corpus(corpus)], small)


def test_two_corpora_share_a_table(corpus: Path, cache: Path, tmp_path: Path, small: FeatureSet) -> None:
    write_corpus(tmp_path / "other", "ravdess", 2, ["anger"], 2, sample_rate=48000)
    table = extract([corpus, tmp_path / "other"], small)
    assert table.corpus == "synthetic-emodb+synthetic-ravdess"
    assert len(table) == 16


def test_names_are_checked_before_anything_is_computed(corpus: Path, cache: Path) -> None:
    for options, kind in (({"clean": ["remove-dv"]}, "cleaning step"), ({"features": "clasic"}, "feature set")):
        with pytest.raises(UnknownNameError, match=f"Unknown {kind}"):
            extract(corpus, **options)
    assert not cache.exists()


def test_nothing_is_written_beside_the_recordings(corpus: Path, cache: Path, small: FeatureSet) -> None:
    before = sorted(corpus.rglob("*"))
    extract(corpus, small)
    assert sorted(corpus.rglob("*")) == before


@pytest.fixture
def written(corpus: Path, cache: Path, tmp_path: Path, small: FeatureSet) -> Path:
    """Table of the corpus."""
    extract_to(tmp_path / "t.parquet", corpus, small)
    return tmp_path / "t.parquet"


def test_a_table_that_is_up_to_date_is_left_alone(written: Path, corpus: Path, small: FeatureSet) -> None:
    before = written.stat()
    found = extract_to(written, corpus, small)
    assert (found.computed, found.cached) == (0, 12)
    assert (written.stat().st_ino, written.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_second_run_opens_no_recording(
    written: Path, corpus: Path, small: FeatureSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "content_digest", None)
    found = extract_to(tmp_path / "other.parquet", corpus, small)
    assert (found.computed, found.cached) == (0, 12)
    assert (tmp_path / "other.parquet").read_bytes() == written.read_bytes()


def test_a_recording_replaced_by_another_of_the_same_size_and_time_is_read(
    written: Path, corpus: Path, small: FeatureSet, tmp_path: Path
) -> None:
    path, new = corpus / "wav" / "03a01Wa.wav", tmp_path / "new.wav"
    stamp, content = path.stat().st_mtime_ns, path.read_bytes()
    new.write_bytes(content[:-2] + b"\x40\x40")
    os.utime(new, ns=(stamp, stamp))
    new.replace(path)
    found = extract_to(tmp_path / "other.parquet", corpus, small)
    assert found.computed == 1
    assert content_digest(path) in set(read_table(tmp_path / "other.parquet").manifest["sha256"])


@pytest.mark.parametrize("change", ["features", "clean", "recording", "speaker", "table"])
def test_a_table_is_written_again_after_a_change_of(
    written: Path, corpus: Path, small: FeatureSet, change: str
) -> None:
    before, options = read_table(written), {"features": small}
    if change == "features":
        options["features"] = FeatureSet("other", "", ("rms",), ("mean",))
    elif change == "clean":
        options["clean"] = ["remove-dc"]
    elif change == "recording":
        recording = corpus / "wav" / "03a01Wa.wav"
        recording.write_bytes(recording.read_bytes()[:-2] + b"\x40\x40")
    elif change == "speaker":
        for path in corpus.rglob("08*.wav"):
            path.rename(path.with_name(path.name.replace("08", "16", 1)))
    else:
        written.write_bytes(written.read_bytes()[:-1] + b"X")
    extract_to(written, corpus, **options)
    after: Table = read_table(written)
    changed = {
        "features": after.feature_set != before.feature_set,
        "clean": after.clean != before.clean,
        "recording": (after.manifest["sha256"] != before.manifest["sha256"]).sum() == 1,
        "speaker": "synthetic-emodb/16" in set(after.manifest["speaker"]),
        "table": after.features.equals(before.features),
    }
    assert changed[change]
