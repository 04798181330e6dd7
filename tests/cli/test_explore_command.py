"""``featser explore``: page, document and mistakes."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from outcomes import Outcome, one_line

Run = Callable[..., Outcome]


def test_it_writes_a_page_and_a_document(
    run_featser: Run, table_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)
    outcome = run_featser("explore", table_path, "--out", tmp_path / "explored", "--json")
    assert outcome.exit_code == 0
    assert "The recordings were not found" in outcome.stderr
    assert "pip install 'featser[explore]'" in outcome.stderr
    document = json.loads(outcome.stdout)
    assert (document["n_utterances"], document["n_speakers"], document["by"]) == (120, 6, "emotion")
    assert document["counts"]["speaker"]["anger"]["synthetic-emodb/03"] == 4
    assert document["n_different"] > 0
    assert not document["umap"]
    assert {each["drawn"] for each in document["clips"]} == {False}
    assert Path(document["page"]).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert Path(document["effects"]).name == "effects.csv"


def test_mistakes_are_told_in_one_line(run_featser: Run, table_path: Path, tmp_path: Path) -> None:
    nowhere = run_featser("explore", table_path, "--corpus-dir", tmp_path / "nowhere", "--out", tmp_path)
    assert nowhere.exit_code == 2
    assert one_line(nowhere).startswith("No folder at ")
    missing = run_featser("explore", tmp_path / "none.parquet", "--out", tmp_path)
    assert missing.exit_code == 2
    assert "No feature table" in one_line(missing)
