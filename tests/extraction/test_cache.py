"""The cache: rows come back bit for bit, damage is noticed, and several processes use it at once."""

import logging
import multiprocessing
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from featser.audio import content_digest
from featser.errors import UsageError
from featser.extraction import Recipe, default_folder, extract, extract_to, files
from featser.extraction.cache import FILE_NAME, Row, known_rows, read_values, run_with_cache, write_rows
from featser.extraction.files import content_digests
from featser.extraction.recipe import code_digest
from featser.features import FeatureSet


@pytest.fixture
def rows() -> dict[str, Row]:
    rng = np.random.default_rng(0)
    found = {f"{n:064x}": Row(1.5 + n, rng.normal(0, 1, 2).astype(np.float32)) for n in range(1200)}
    return found | {"f" * 64: Row(0.1, np.array([np.nan, -0.0], np.float32))}


def digests_of(cache: Path, files: list[Path]) -> list[str | None]:
    return run_with_cache(cache, lambda opened: content_digests(opened, [str(file) for file in files]))


def test_rows_come_back_bit_for_bit_in_the_order_asked_for(
    cache: Path, rows: dict[str, Row], small: FeatureSet
) -> None:
    recipe, wanted = Recipe(small), [*reversed(rows), *rows]
    run_with_cache(cache, lambda opened: write_rows(opened, recipe, rows))
    found = run_with_cache(cache, lambda opened: read_values(opened, recipe, wanted))
    assert found.tobytes() == np.stack([rows[digest].values for digest in wanted]).tobytes()


def test_only_rows_of_the_recipe_are_known(cache: Path, rows: dict[str, Row], small: FeatureSet) -> None:
    run_with_cache(cache, lambda opened: write_rows(opened, Recipe(small), rows))
    asked = [*list(rows)[3:5], "unknown"]
    for recipe, expected in (
        (Recipe(small), {each: rows[each].seconds for each in asked[:2]}),
        (Recipe(small, ("high-pass",)), {}),
    ):
        assert run_with_cache(cache, lambda opened, recipe=recipe: known_rows(opened, recipe, asked)) == expected


def test_rows_depend_on_features_cleaning_code_and_libraries(
    small: FeatureSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [Recipe(small).key, Recipe(replace(small, functionals=("std",))).key, Recipe(small, ("remove-dc",)).key]
    assert Recipe(replace(small, name="renamed", title="Renamed")).key == keys[0]
    monkeypatch.setattr("featser.extraction.recipe.version", lambda name: "99" if name == "soxr" else "1")
    keys.append(Recipe(small).key)
    source = Path(extract.__code__.co_filename).parents[1]
    for copy in ("same", "other"):
        for name in ("audio", "features"):
            shutil.copytree(source / name, tmp_path / copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "other" / "features" / "registry.py").write_text("# a change\n")
    assert code_digest(tmp_path / "same") == code_digest() != code_digest(tmp_path / "other")
    assert len(set(keys)) == len(keys)


def test_the_environment_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FEATSER_CACHE_DIR", str(tmp_path / "mine"))
    assert default_folder() == tmp_path / "mine"
    monkeypatch.delenv("FEATSER_CACHE_DIR")
    assert default_folder() == Path(platformdirs.user_cache_dir("featser"))


def test_a_cache_in_an_impossible_place_is_one_line(corpus: Path, small: FeatureSet, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match=r"Cannot keep a cache in .*file \(File exists\)\. Set FEATSER_CACHE_DIR to"):
        extract(corpus, small, cache=tmp_path / "file")


def test_a_full_disk_is_an_error_of_the_disk(cache: Path, rows: dict[str, Row], small: FeatureSet) -> None:
    def crowd(opened):
        opened.execute(f"PRAGMA max_page_count = {opened.execute('PRAGMA page_count').fetchone()[0]}")
        write_rows(opened, Recipe(small), rows)

    with pytest.raises(OSError, match="No space left on device") as refused:
        run_with_cache(cache, crowd)
    assert refused.value.filename == str(cache)
    assert run_with_cache(cache, lambda opened: known_rows(opened, Recipe(small), rows)) == {}


@pytest.mark.parametrize("how", ["cut", "zeroed", "not a database", "empty", "scrambled"])
def test_a_damaged_database_is_reported_and_made_again(
    corpus: Path, cache: Path, small: FeatureSet, how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    extract_to(tmp_path / "t.parquet", corpus, small)
    undisturbed = (tmp_path / "t.parquet").read_bytes()
    file = cache / FILE_NAME
    content = file.read_bytes()
    scrambled = content[:100] + bytes(byte ^ 0x55 for byte in content[100:])
    file.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "zeroed": bytes(len(content)),
            "not a database": b"something else" * 1000,
            "empty": b"",
            "scrambled": scrambled,
        }[how]
    )
    (tmp_path / "t.parquet").unlink()
    with caplog.at_level(logging.WARNING):
        found = extract_to(tmp_path / "t.parquet", corpus, small)
    assert found.computed == 12
    assert (tmp_path / "t.parquet").read_bytes() == undisturbed
    if how != "empty":
        assert f"The cache {file} was damaged; it is made again." in caplog.text


@pytest.mark.slow
def test_no_flipped_bit_changes_a_table(
    corpus: Path, cache: Path, small: FeatureSet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    extract_to(tmp_path / "t.parquet", corpus, small)
    undisturbed, content = (tmp_path / "t.parquet").read_bytes(), (cache / FILE_NAME).read_bytes()
    used = [place for place, byte in enumerate(content) if byte]
    for place in used[:: len(used) // 60]:
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        (cache / FILE_NAME).write_bytes(flipped)
        (tmp_path / "t.parquet").unlink()
        extract_to(tmp_path / "t.parquet", corpus, small)
        assert (tmp_path / "t.parquet").read_bytes() == undisturbed, place


def test_a_damaged_row_costs_that_row(
    corpus: Path, cache: Path, small: FeatureSet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = extract(corpus, small)

    def spoil(opened):
        with opened:
            opened.execute("UPDATE rows SET features = zeroblob(8) WHERE digest = ?", (before.manifest["sha256"][3],))

    run_with_cache(cache, spoil)
    assert extract(corpus, small).features.equals(before.features)
    assert "1 rows of the cache were damaged; they are computed again." in caplog.text


def extract_in_a_process(corpus: Path, cache: Path, small: FeatureSet, results) -> None:
    table = extract(corpus, small, cache=cache)
    results.put(table.features["rms__mean"].to_list())


@pytest.mark.slow
def test_two_processes_share_a_cache(corpus: Path, cache: Path, small: FeatureSet) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=extract_in_a_process, args=(corpus, cache, small, results)) for _ in range(2)]
    for process in processes:
        process.start()
    first, second = (results.get(timeout=240) for _ in processes)
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert first == second == extract(corpus, small).features["rms__mean"].to_list()


def test_a_recording_modified_just_now_is_read_again(corpus: Path, cache: Path) -> None:
    """The clock of a file system may not tick between two changes of the same size."""
    path = corpus / "wav" / "03a01Wa.wav"
    os.utime(path)
    stamp = path.stat().st_mtime_ns
    before = digests_of(cache, [path])
    path.write_bytes(path.read_bytes()[:-2] + b"\x40\x40")
    os.utime(path, ns=(stamp, stamp))
    assert digests_of(cache, [path]) == [content_digest(path)] != before


@pytest.mark.parametrize("stamp", [2**34, -(2**31)])
def test_any_time_of_modification_is_taken(corpus: Path, cache: Path, stamp: int) -> None:
    path = corpus / "wav" / "03a01Wa.wav"
    os.utime(path, (stamp, stamp))
    assert digests_of(cache, [path]) == digests_of(cache, [path]) == [content_digest(path)]


def test_files_that_cannot_be_read_have_no_digest(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "dangling.wav").symlink_to(tmp_path / "nothing")
    assert digests_of(cache, [tmp_path / f"{name}.wav" for name in ("folder", "dangling", "missing")]) == [None] * 3


def test_names_that_are_not_utf_8_are_remembered(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / os.fsdecode(b"latin \xff.wav")
    path.write_bytes(b"sound")
    os.utime(path, (0, 0))
    digests = digests_of(cache, [path])
    monkeypatch.setattr(files, "content_digest", None)
    assert digests_of(cache, [path]) == digests


def test_a_recording_replaced_while_it_is_read_is_rejected(
    corpus: Path, cache: Path, small: FeatureSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise its row would be stored under the digest of other content."""
    from featser.extraction import rows

    path = corpus / "wav" / "03a01Wa.wav"

    def read(file, clean):
        if file == path:
            os.utime(path, (1, 1))
        return original(file, clean)

    original = rows.read_signal
    monkeypatch.setattr(rows, "read_signal", read)
    (rejected,) = extract(corpus, small).rejected
    assert (rejected.path, rejected.reason) == (str(path), "changed while it was read; run it again")
    monkeypatch.setattr(rows, "read_signal", original)
    assert len(extract(corpus, small)) == 12
