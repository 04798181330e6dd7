"""Texts and tables from unknown sources: escapes for terminals and spreadsheets, and sizes before allocation."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from outcomes import Outcome

from featser.bundle import Model, write_model
from featser.limits import label_fault, path_cell, printable, read_parquet, read_toml

Run = Callable[..., Outcome]
ESCAPE = "\x1b[31m\x9b2J\u202e"


@given(st.text())
def test_a_printable_text_controls_no_terminal(text: str) -> None:
    shown = printable(text)
    assert all(each.isprintable() or each in "\n\t" for each in shown)
    assert shown == text or not text.isprintable()


@given(st.text(max_size=30))
def test_a_cell_is_no_formula(text: str) -> None:
    assert path_cell(text)[:1] not in tuple("=+-@\t\r")
    assert label_fault(text) or text[:1] not in tuple("=+@")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = " + "[" * 10_000, "nested too deeply"),
        ("a = " + "1" * 10_000, "digits"),
        ("a." * 10_000 + "b = 1", "parts"),
        ("a = 'x'\n" + "# more\n" * 200_000, "bytes"),
        ("a = \ufffd\x00", "Invalid value"),
    ],
)
def test_a_settings_file_that_is_made_to_take_long_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(tomllib.TOMLDecodeError, match=reason):
        read_toml(tmp_path / "a.toml")


def test_a_table_that_would_take_far_more_memory_than_its_size_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": np.zeros(20_000_000, np.float32)}), tmp_path / "a.parquet", compression="zstd")
    assert (tmp_path / "a.parquet").stat().st_size < 100_000
    with pytest.raises(ValueError, match="declares 160,000,000 bytes"):
        read_parquet(tmp_path / "a.parquet")


def test_labels_that_control_programs_are_rejected(run_featser: Run, voices: Path, tmp_path: Path) -> None:
    files = sorted(voices.rglob("*.wav"))[:4]
    labels = ["=1+1", f"a{ESCAPE}", "x" * 1001, "anger"]
    rows = [f'"{file}","{label}",s1' for file, label in zip(files, labels, strict=True)]
    (tmp_path / "l.csv").write_text("\n".join(["path,emotion,speaker", *rows]))
    outcome = run_featser(
        "extract",
        "--manifest",
        tmp_path / "l.csv",
        "--own-labels",
        "--features",
        "classic",
        "--out",
        tmp_path / "t.parquet",
    )
    assert outcome.exit_code == 4, outcome.stderr
    assert [reason in outcome.stderr for reason in ("like a formula", "control characters", "1,001 characters")] == [
        True
    ] * 3
    assert "\x1b" not in outcome.stderr
    assert len(pq.read_table(tmp_path / "t.parquet")) == 1


def test_names_of_files_control_neither_terminal_nor_spreadsheet(
    run_featser: Run, voices: Path, voice_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(voice_model, tmp_path / "m.joblib")
    file = next(voices.rglob("*.wav"))
    names = [f"=1{ESCAPE}.wav", "[bold].wav", f"none{ESCAPE}.wav"]
    monkeypatch.chdir(tmp_path)
    for name in names[:2]:
        Path(name).write_bytes(file.read_bytes())
    Path(names[2]).write_bytes(b"nothing")
    for form in ("table", "json"):
        outcome = run_featser("predict", "m.joblib", *names, "--format", form)
        assert outcome.exit_code == 4, outcome.stderr
        assert not set(ESCAPE[::5]) & set(outcome.stdout + outcome.stderr)
        assert "[bold].wav" in outcome.stdout
    assert "\n./=1" in run_featser("predict", "m.joblib", names[0], "--format", "csv").stdout
