"""Rows lie in shards, of which no damaged byte is believed, and which many runs may write at once."""

import multiprocessing
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from featser.cache import Cache, Row, drop_damaged, find_rows, read_rows, read_values, write_rows
from featser.corpora import read_corpus
from featser.errors import InputError
from featser.extraction import Extraction, extract
from featser.features import FeatureSet
from featser.shards import as_digests, read_shard
from featser.synthetic import write_corpus

SMALL = FeatureSet("small", "Two columns", ("rms", "zcr"), ("mean",))


@pytest.fixture
def cache(tmp_path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def corpus(tmp_path) -> Path:
    """Eight recordings."""
    write_corpus(tmp_path / "corpus", "emodb", 2, ["anger", "sadness"], 2)
    return tmp_path / "corpus"


@pytest.fixture
def rows() -> dict[str, Row]:
    rng = np.random.default_rng(0)
    return {f"{n:064x}": Row(1.5 + n, rng.normal(0, 1, 5).astype(np.float32)) for n in range(20)}


def extracted(corpus, cache) -> Extraction:
    return extract([read_corpus(corpus)], SMALL, cache=cache)


def counts(found):
    return found.computed, found.cached


def same(found, expected):
    """Whether two mappings of rows are equal, bit for bit."""
    return found.keys() == expected.keys() and all(
        (row.seconds, row.values.tobytes()) == (expected[key].seconds, expected[key].values.tobytes())
        for key, row in found.items()
    )


def shards(cache):
    return sorted(path for path in (cache.root / "rows").rglob("*.rows"))


def test_rows_come_back_bit_for_bit(cache, rows):
    rows["f" * 64] = Row(0.1, np.array([np.nan, np.inf, -0.0, 1e-45, 3e38], np.float32))
    write_rows(cache, "key", rows)
    assert same(read_rows(cache, "key", rows), rows)


def test_only_wanted_rows_come_back(cache, rows):
    write_rows(cache, "key", rows)
    wanted = list(rows)[3:5]
    assert read_rows(cache, "key", [*wanted, "unknown"]).keys() == set(wanted)
    assert read_rows(cache, "another key", rows) == {}


def damaged(content: bytes, how: str) -> bytes:
    middle = len(content) // 2
    return {
        "empty": b"",
        "cut": content[:middle],
        "cut by a byte": content[:-1],
        "longer": content + b"\0",
        "zeroed": bytes(len(content)),
        "not ours": b"something else",
    }[how]


@pytest.mark.parametrize("how", ["empty", "cut", "cut by a byte", "longer", "zeroed", "not ours"])
def test_damaged_shard_is_dropped(cache, rows, how):
    write_rows(cache, "key", rows)
    (shard,) = shards(cache)
    shard.write_bytes(damaged(shard.read_bytes(), how))
    assert read_rows(cache, "key", rows) == {}
    assert shards(cache) == []


def test_any_flipped_bit_is_noticed(cache, rows):
    write_rows(cache, "key", rows)
    (shard,) = shards(cache)
    content = shard.read_bytes()
    for place in range(0, len(content), 7):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        shard.write_bytes(flipped)
        assert read_rows(cache, "key", rows) == {}


def test_damaged_shard_costs_its_own_rows_only(cache, rows):
    first, second = dict(list(rows.items())[:10]), dict(list(rows.items())[10:])
    write_rows(cache, "key", first)
    (shard,) = shards(cache)
    write_rows(cache, "key", second)
    shard.write_bytes(shard.read_bytes()[:-1])
    assert same(read_rows(cache, "key", rows), second)


def found(cache, rows):
    return find_rows(cache, "key", as_digests(sorted(rows)))


def test_rows_that_vanish_while_they_are_read_say_what_to_do(cache, rows):
    write_rows(cache, "key", rows)
    places = found(cache, rows)
    (shard,) = shards(cache)
    shard.write_bytes(shard.read_bytes()[:-4])
    for _ in range(2):
        with pytest.raises(
            InputError, match=r"^The cache changed while it was read: .* is not whole\. Run it again\.$"
        ):
            read_values(places, 5)
        shard.unlink(missing_ok=True)


def test_rows_lie_where_writing_them_said(cache, rows):
    written = write_rows(cache, "key", rows)
    read = read_shard(written.path)
    assert (read.path, read.n_features, read.checksum) == (written.path, written.n_features, written.checksum)
    assert (read.digests.tolist(), read.seconds.tolist()) == (written.digests.tolist(), written.seconds.tolist())


def test_rows_are_read_in_the_order_that_is_asked_for(cache, rows):
    half = dict(list(rows.items())[::2])
    write_rows(cache, "key", half)
    write_rows(cache, "key", {digest: row for digest, row in rows.items() if digest not in half})
    backwards = np.arange(len(rows))[::-1]
    expected = np.stack([rows[digest].values for digest in sorted(rows, reverse=True)])
    assert read_values(found(cache, rows)[backwards], 5).tobytes() == expected.tobytes()


def test_what_is_known_to_be_sound_is_not_looked_at(cache, rows):
    written = write_rows(cache, "key", rows)
    places = found(cache, rows)
    written.path.write_bytes(b"")
    assert drop_damaged(places, but=[written.path]).held.all()
    assert not drop_damaged(places).held.any()


@pytest.mark.parametrize("asked", [slice(0, 0), slice(3, 7), slice(None)])
def test_rows_are_found_whatever_else_a_shard_holds(cache, rows, asked):
    """And whatever else is asked for: digests before, between and after."""
    write_rows(cache, "key", rows)
    digests = sorted(rows)[asked]
    others = ["00f" + "0" * 61, "8" * 64, "~1"]
    places = find_rows(cache, "key", as_digests(sorted([*digests, *others])))
    assert places.held.sum() == len(digests)
    expected = [row.tobytes() for row in (rows[digest].values for digest in digests)]
    assert [row.tobytes() for row in read_values(places[places.held], 5)] == expected
    assert places.seconds[places.held].tolist() == [rows[digest].seconds for digest in digests]


def test_damaged_rows_are_computed_again(corpus, cache):
    first = extracted(corpus, cache)
    (shard,) = shards(cache)
    shard.write_bytes(shard.read_bytes()[:-5])
    again = extracted(corpus, cache)
    assert counts(again) == (8, 0)
    assert again.table.equals(first.table)
    assert counts(extracted(corpus, cache)) == (0, 8)


@pytest.mark.parametrize("how", ["cut", "zeroed", "not ours"])
def test_damaged_index_is_made_anew(corpus, cache, how):
    extracted(corpus, cache)
    index = cache.root / "files.sqlite"
    index.write_bytes(damaged(index.read_bytes(), how))
    assert counts(extracted(corpus, cache)) == (0, 8)


def test_index_that_is_whole_is_not_made_anew_for_another_trouble(corpus, cache):
    (cache.root / "files.sqlite").mkdir(parents=True)
    with pytest.raises(sqlite3.OperationalError, match="unable to open database file"):
        extracted(corpus, cache)


def test_unfinished_shard_is_not_read(cache, rows):
    write_rows(cache, "key", rows)
    (shard,) = shards(cache)
    shard.rename(shard.with_name(f".{shard.stem}.1234"))
    assert read_rows(cache, "key", rows) == {}


def test_failure_while_writing_leaves_no_shard(cache, rows, monkeypatch):
    def fail(self, target):
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        write_rows(cache, "key", rows)
    assert read_rows(cache, "key", rows) == {}


def extract_and_report(corpus, root, results):
    found = extracted(corpus, Cache(root))
    results.put((found.computed + found.cached, found.table["rms__mean"].to_pylist()))


def test_two_processes_at_once_share_a_cache(corpus, cache):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=extract_and_report, args=(corpus, cache.root, results)) for _ in range(2)]
    for process in processes:
        process.start()
    first, second = (results.get(timeout=60) for _ in processes)
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert first == second
    assert first[0] == 8
    assert counts(extracted(corpus, cache)) == (0, 8)
