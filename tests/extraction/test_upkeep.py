"""Looking after the cache, through the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from outcomes import Outcome, one_line

from featser.synthetic import write_corpus

Run = Callable[..., Outcome]


@pytest.fixture
def place(run_featser: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with eight rows."""
    monkeypatch.setenv("FEATSER_CACHE_DIR", str(tmp_path / "cache"))
    write_corpus(tmp_path / "small", "emodb", n_speakers=2, emotions=["anger", "sadness"], n_per_emotion=2)
    assert run_featser("extract", tmp_path / "small", "--out", tmp_path / "t.parquet").exit_code == 0
    return tmp_path


def shard(place: Path) -> Path:
    return next(iter((place / "cache").rglob("*.rows")))


def test_info_counts_rows(run_featser: Run, place: Path) -> None:
    held = json.loads(run_featser("cache", "info", "--json").stdout)["holdings"]
    assert [(each["feature_set"], each["n_rows"], each["current"]) for each in held] == [("wide", 8, True)]
    assert "wide" in run_featser("cache", "info").stdout


def test_verify_finds_a_flipped_bit(run_featser: Run, place: Path) -> None:
    assert run_featser("cache", "verify").stdout == "sound\n"
    content = bytearray(shard(place).read_bytes())
    content[-1] ^= 1
    shard(place).write_bytes(content)
    outcome = run_featser("cache", "verify", "--json")
    assert outcome.exit_code == 3
    assert json.loads(outcome.stdout)["damaged"] == [str(shard(place))]


def test_clear_frees_everything_and_stale_only_what_is_of_no_use(run_featser: Run, place: Path) -> None:
    used = shard(place)
    ballast = used.parent.with_name("0" * 32)
    ballast.mkdir()
    (ballast / "x.rows").write_bytes(b"old")
    run_featser("cache", "clear", "--stale")
    assert used.exists()
    assert not ballast.exists()
    run_featser("cache", "clear")
    assert not used.exists()


def test_why_tells_a_known_recording_from_a_changed_one(run_featser: Run, place: Path) -> None:
    file = min((place / "small").rglob("*.wav"))
    assert "is in the cache: nothing is computed" in run_featser("cache", "why", file).stdout
    file.write_bytes(file.read_bytes()[:-2] + b"\x01\x00")
    assert "its row for 'wide' will be computed" in run_featser("cache", "why", file).stdout


def test_why_names_what_differs(run_featser: Run, place: Path) -> None:
    (place / "mine.toml").write_text('descriptors = ["rms"]\nfunctionals = ["mean"]\n')
    told = run_featser("cache", "why", min((place / "small").rglob("*.wav")), "--features", place / "mine.toml").stdout
    assert "a row of set 'wide' is there, but made by other feature set" in told


def test_why_of_a_file_that_is_not_there(run_featser: Run, place: Path) -> None:
    outcome = run_featser("cache", "why", place / "nothing.wav")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("No such file: ")
