"""``featser cache``: contents, soundness, and why a row is computed again."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from outcomes import Outcome, one_line

Run = Callable[..., Outcome]


@pytest.fixture
def extracted(run_featser: Run, corpus: Path, cache: Path, tmp_path: Path) -> Path:
    """A corpus with twelve rows of `classic` in the cache, cleaned with ``remove-dc``."""
    command = ("extract", corpus, "--features", "classic", "--clean", "remove-dc", "--out", tmp_path / "t.parquet")
    assert run_featser(*command).exit_code == 0
    return corpus


def execute(cache: Path, statement: str) -> None:
    with sqlite3.connect(cache / "cache.sqlite") as opened:
        opened.execute(statement)
    opened.close()


def holdings(run_featser: Run) -> list[tuple[str, list[str], int, bool]]:
    found = json.loads(run_featser("cache", "info", "--json").stdout)["holdings"]
    return [(each["feature_set"], each["clean"], each["n_rows"], each["current"]) for each in found]


def outdate(cache: Path) -> None:
    """Turn the recipe into that of another version of numpy."""
    execute(cache, 'UPDATE recipes SET recipe = replace(recipe, \'"numpy": "\', \'"numpy": "0.\')')


def test_info_counts_rows_and_knows_cleaned_ones_as_current(run_featser: Run, extracted: Path) -> None:
    assert holdings(run_featser) == [("classic", ["remove-dc"], 12, True)]
    assert "remove-dc" in run_featser("cache", "info").stdout


def test_clear_stale_keeps_rows_of_any_cleaning(run_featser: Run, extracted: Path, cache: Path) -> None:
    run_featser("cache", "clear", "--stale")
    assert holdings(run_featser) == [("classic", ["remove-dc"], 12, True)]
    outdate(cache)
    assert holdings(run_featser) == [("classic", ["remove-dc"], 12, False)]
    assert run_featser("cache", "clear", "--stale").stdout.endswith(" MB freed\n")
    assert holdings(run_featser) == []


def test_clear_deletes_all_rows(run_featser: Run, extracted: Path, cache: Path) -> None:
    run_featser("cache", "clear")
    assert list(cache.iterdir()) == []


def test_verify_finds_a_damaged_row(run_featser: Run, extracted: Path, cache: Path) -> None:
    assert run_featser("cache", "verify").stdout == "sound\n"
    execute(cache, "UPDATE rows SET seconds = 7 WHERE rowid = 3")
    outcome = run_featser("cache", "verify", "--json")
    assert outcome.exit_code == 3
    assert len(json.loads(outcome.stdout)["damaged"]) == 1


def test_verify_finds_a_damaged_database(run_featser: Run, extracted: Path, cache: Path) -> None:
    content = bytearray((cache / "cache.sqlite").read_bytes())
    content[16384:] = bytes(len(content) - 16384)
    (cache / "cache.sqlite").write_bytes(content)
    outcome = run_featser("cache", "verify")
    assert outcome.exit_code == 3
    assert one_line(outcome).endswith("It is deleted; rows are computed again.")


def test_why_tells_a_known_recording_from_a_changed_one(run_featser: Run, extracted: Path) -> None:
    file = min(extracted.rglob("*.wav"))
    assert "'classic' (remove-dc): a row is in the cache; it is used" in run_featser("cache", "why", file).stdout
    file.write_bytes(file.read_bytes()[:-2] + b"\x01\x00")
    told = run_featser("cache", "why", file, "--features", "classic").stdout
    assert told.splitlines()[1:] == ["'classic': its row will be computed"]


def test_why_names_what_differs(run_featser: Run, extracted: Path, cache: Path) -> None:
    outdate(cache)
    told = run_featser("cache", "why", min(extracted.rglob("*.wav")), "--features", "classic").stdout.splitlines()
    assert told[1:] == [
        "'classic' (remove-dc): a row is in the cache; computed by other libraries, not used any more",
        "'classic': its row will be computed",
    ]


@pytest.mark.parametrize(("name", "code", "words"), [("nothing.wav", 2, "No such file"), ("wav", 3, "is a folder")])
def test_why_refuses_what_is_not_a_file(run_featser: Run, extracted: Path, name: str, code: int, words: str) -> None:
    outcome = run_featser("cache", "why", extracted / name)
    assert outcome.exit_code == code
    assert words in one_line(outcome)
