"""What is unchanged is not opened again, and a table that is there already is not written again."""

import os
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from featser import extraction, index, recordings, workers
from featser.audio import content_digest
from featser.cache import Cache
from featser.corpora import read_corpus
from featser.extraction import NothingUsableError, extract, extract_to
from featser.features import FeatureSet
from featser.index import remembered_digests
from featser.shards import as_digests
from featser.synthetic import plant_faults, write_corpus
from featser.table import read_table, write_table
from featser.workers import Task

SMALL = FeatureSet("small", "Two columns", ("rms", "zcr"), ("mean",))
OTHER = FeatureSet("other", "One column", ("rms",), ("mean",))
HOUR = 3600


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Cache:
    """The user's own cache."""
    monkeypatch.setenv("FEATSER_CACHE_DIR", str(tmp_path / "cache"))
    return Cache(tmp_path / "cache")


@pytest.fixture
def corpus(tmp_path) -> Path:
    """Eight recordings that nobody has touched for an hour."""
    root = tmp_path / "corpus"
    write_corpus(root, "emodb", 2, ["anger", "sadness"], 2)
    for path in root.rglob("*.wav"):
        aged(path)
    return root


@pytest.fixture
def written(corpus, cache, tmp_path):
    """Write the table of a corpus, and return what became of the recordings."""

    def write(feature_set=SMALL, **options):
        return extract_to(tmp_path / "t.parquet", [read_corpus(corpus)], feature_set, **options)

    return write


@pytest.fixture
def nothing_is_written(monkeypatch):
    def refuse(*_):
        raise AssertionError("rows were read or written")

    for name in ("stream_table", "drop_damaged", "write_rows"):
        monkeypatch.setattr(extraction, name, refuse)


def remembered(cache, files):
    """Digests of the files that have one."""
    digests = remembered_digests(cache, files, Task(SMALL, ()))
    return {file: digest.decode() for file, digest in zip(files, digests.tolist(), strict=True) if digest}


def aged(path, seconds=HOUR):
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_recording_that_changed_a_moment_ago_is_looked_at_again(corpus, cache):
    """Its clock may not tick between two changes, and its size may stay the same."""
    path = corpus / "wav" / "03a01Wa.wav"
    os.utime(path)
    stamp = path.stat().st_mtime_ns
    first = remembered(cache, [str(path)])
    path.write_bytes(path.read_bytes()[:-2] + b"\x40\x40")
    os.utime(path, ns=(stamp, stamp))
    assert remembered(cache, [str(path)]) == {str(path): content_digest(path)}
    assert first[str(path)] != content_digest(path)


def test_recording_of_tomorrow_is_looked_at_again(corpus, cache, monkeypatch):
    path = corpus / "wav" / "03a01Wa.wav"
    aged(path, -24 * HOUR)
    remembered(cache, [str(path)])
    monkeypatch.setattr(workers, "content_digest", lambda path: "looked")
    assert remembered(cache, [str(path)]) == {str(path): "looked"}


def test_recording_of_another_age_is_looked_at_like_any_other(corpus, cache):
    """Its time of change in nanoseconds takes more than 64 bits on file systems that know it."""
    path = corpus / "wav" / "03a01Wa.wav"
    os.utime(path, (2**34, 2**34))
    assert remembered(cache, [str(path)]) == {str(path): content_digest(path)}


def test_equal_names_in_two_working_folders_are_two_recordings(cache, tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        Path("a.wav").write_bytes(name.encode())
        os.utime("a.wav", (0, 0))
        assert remembered(cache, ["a.wav"]) == {"a.wav": content_digest(Path("a.wav"))}


def test_what_cannot_be_read_has_no_digest(cache, tmp_path):
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "dangling.wav").symlink_to(tmp_path / "nothing")
    files = [str(tmp_path / name) for name in ("folder.wav", "dangling.wav", "missing.wav")]
    assert remembered(cache, files) == {}


def test_what_breaks_off_while_it_is_read_has_no_digest_and_ends_nothing(cache, corpus, monkeypatch):
    sound, broken = (corpus / "wav" / name for name in ("03a01Wa.wav", "03a01Ta.wav"))

    def read(path):
        if path == broken:
            raise OSError(5, "Input/output error")
        return content_digest(path)

    monkeypatch.setattr(workers, "content_digest", read)
    assert remembered(cache, [str(broken), str(sound)]) == {str(sound): content_digest(sound)}


def test_any_name_is_remembered(cache, tmp_path, monkeypatch):
    path = tmp_path / os.fsdecode(b"not utf-8 \xff.wav")
    path.write_bytes(b"sound")
    aged(path)
    digests = remembered(cache, [str(path)])
    monkeypatch.setattr(workers, "content_digest", lambda path: "opened")
    assert remembered(cache, [str(path)]) == digests


def test_more_recordings_than_one_query_holds_are_remembered(cache, tmp_path, monkeypatch):
    files = [tmp_path / f"{n}.wav" for n in range(25)]
    for number, path in enumerate(files):
        path.write_bytes(bytes([number]))
        aged(path)
    monkeypatch.setattr(index, "_SQL_BATCH", 10)
    names = [str(path) for path in files]
    digests = remembered(cache, names)
    monkeypatch.setattr(workers, "content_digest", lambda path: "opened")
    assert remembered(cache, names) == digests
    assert len(set(digests.values())) == 25


def test_streamed_table_is_the_one_that_is_made_in_memory(corpus, cache, written, tmp_path, monkeypatch):
    """Of several row groups, too."""
    monkeypatch.setattr("featser.table.ROWS_PER_GROUP", 3)
    monkeypatch.setattr("featser.parquet.ROWS_PER_GROUP", 3)
    monkeypatch.setattr("featser.parquet._KEPT_BYTES", 100)
    monkeypatch.setattr("featser.table._VALUES_AT_ONCE", 4)
    found = extract([read_corpus(corpus)], SMALL)
    write_table(found.table, tmp_path / "in memory.parquet")
    assert written().n_utterances == 8 == found.table.num_rows
    assert (tmp_path / "t.parquet").read_bytes() == (tmp_path / "in memory.parquet").read_bytes()
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 3
    assert pq.read_table(tmp_path / "t.parquet").equals(found.table)


def test_cached_and_fresh_rows_are_streamed_into_the_same_bytes(written, cache, tmp_path):
    written()
    fresh = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").unlink()
    assert written().cached == 8
    assert (tmp_path / "t.parquet").read_bytes() == fresh


def test_table_that_is_there_is_left_as_it_is(written, request):
    first = written()
    request.getfixturevalue("nothing_is_written")
    second = written()
    assert (second.computed, second.cached) == (0, 8)
    assert (second.n_utterances, second.audio_seconds) == (first.n_utterances, first.audio_seconds)


def test_table_that_somebody_changed_is_written_anew(written, tmp_path):
    written()
    content = (tmp_path / "t.parquet").read_bytes()
    status = (tmp_path / "t.parquet").stat()
    (tmp_path / "other").write_bytes(content[:-1] + b"X")
    os.utime(tmp_path / "other", ns=(status.st_mtime_ns, status.st_mtime_ns))
    (tmp_path / "other").replace(tmp_path / "t.parquet")
    written()
    assert (tmp_path / "t.parquet").read_bytes() == content


def test_table_of_other_features_is_written_anew(written, tmp_path):
    written()
    written(OTHER)
    assert read_table([tmp_path / "t.parquet"]).feature_set == OTHER


def test_table_of_other_cleaning_is_written_anew(written, tmp_path):
    written()
    written(clean=["remove-dc"])
    assert read_table([tmp_path / "t.parquet"]).clean == ("remove-dc",)


def test_changed_recording_changes_one_row_of_the_table(written, corpus, tmp_path):
    written()
    before = read_table([tmp_path / "t.parquet"]).features
    changed = corpus / "wav" / "03a01Wa.wav"
    changed.write_bytes(changed.read_bytes()[:-2] + b"\x40\x40")
    aged(changed, HOUR / 2)
    assert written().computed == 1
    assert (read_table([tmp_path / "t.parquet"]).features != before).any(axis=1).sum() == 1


def test_renamed_speaker_changes_the_table(written, corpus, tmp_path):
    written()
    for path in corpus.rglob("08*.wav"):
        path.rename(path.with_name(path.name.replace("08", "16", 1)))
    assert written().computed == 0
    assert "synthetic-emodb/16" in set(read_table([tmp_path / "t.parquet"]).manifest["speaker"])


def test_damaged_rows_are_computed_before_they_are_written(written, cache, tmp_path):
    written()
    content = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").unlink()
    (shard,) = cache.root.rglob("*.rows")
    shard.write_bytes(shard.read_bytes()[:-1] + b"\x7f")
    found = written()
    assert (found.computed, found.cached) == (8, 0)
    assert (tmp_path / "t.parquet").read_bytes() == content


def test_rejected_recordings_do_not_make_the_table_be_written_again(written, corpus, request, tmp_path):
    plant_faults(corpus, ["nan"])
    first = written()
    before = (tmp_path / "t.parquet").stat().st_ino
    assert written().rejected == first.rejected
    assert (tmp_path / "t.parquet").stat().st_ino == before


def test_no_table_is_written_of_nothing(cache, tmp_path):
    write_corpus(tmp_path / "corpus", "emodb", 1, ["anger"], 2)
    plant_faults(tmp_path / "corpus", ["silent", "nan"])
    with pytest.raises(NothingUsableError):
        extract_to(tmp_path / "t.parquet", [read_corpus(tmp_path / "corpus")], SMALL)
    assert not (tmp_path / "t.parquet").exists()


def test_recording_that_turns_up_late_is_rejected(written, corpus, monkeypatch):
    """It has no digest to keep its row by."""
    late = str(corpus / "wav" / "03a01Wa.wav")
    monkeypatch.setattr(
        recordings,
        "remembered_digests",
        lambda cache, files, task, jobs: as_digests(
            ["" if each == late else content_digest(Path(each)) for each in files]
        ),
    )
    (rejected,) = written().rejected
    assert (rejected.path, rejected.reason) == (late, "was not there at first; run it again")


def test_full_disk_is_told_as_one(cache, corpus, monkeypatch):
    """Not as a damaged index, which would be thrown away."""
    aged(corpus / "wav" / "03a01Wa.wav")
    files = [str(corpus / "wav" / "03a01Wa.wav")]
    held = remembered(cache, files)
    limited = index._open_index

    def crowded(cache):
        opened = limited(cache)
        pages = opened.execute("PRAGMA page_count").fetchone()[0]
        opened.execute(f"PRAGMA max_page_count = {pages}")
        return opened

    monkeypatch.setattr(index, "_open_index", crowded)
    with pytest.raises(OSError, match="No space left on device") as refused:
        for number in range(500):
            index.remember_table(cache, corpus / ("long name" * 20 + str(number)), "0" * 64)
    assert refused.value.filename == str(cache.root / "files.sqlite")
    monkeypatch.setattr(workers, "content_digest", lambda path: "opened")
    assert remembered(cache, files) == held


def test_a_damaged_index_is_made_anew_and_let_go_of(cache, corpus, monkeypatch):
    opened, connect = [], index.sqlite3.connect
    monkeypatch.setattr(
        index.sqlite3, "connect", lambda *where, **how: opened.append(connect(*where, **how)) or opened[-1]
    )
    cache.root.mkdir(parents=True, exist_ok=True)
    (cache.root / index._INDEX).write_bytes(b"no database" * 100)
    file = str(corpus / "wav" / "03a01Wa.wav")
    assert remembered(cache, [file]) == {file: content_digest(Path(file))}
    assert len(opened) == 2
    for each in opened:
        with pytest.raises(index.sqlite3.ProgrammingError, match="closed"):
            each.execute("SELECT 1")
