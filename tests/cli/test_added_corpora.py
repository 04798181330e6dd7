"""``featser fit --with`` and ``--labels``."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from outcomes import Outcome

from featser.table import Table, select_rows, write_table

Run = Callable[..., Outcome]


@pytest.fixture
def paths(table: Table, tmp_path: Path) -> tuple[Path, Path]:
    """The own table, and the table of another corpus."""
    mine = table.manifest["speaker"].isin(sorted(table.manifest["speaker"].unique())[:4]).to_numpy()
    other = select_rows(table, ~mine)
    manifest = other.manifest.replace("synthetic-emodb", "elsewhere").replace(
        "^synthetic-emodb/", "elsewhere/", regex=True
    )
    write_table(select_rows(table, mine), tmp_path / "own.parquet")
    write_table(replace(other, manifest=manifest), tmp_path / "other.parquet")
    return tmp_path / "own.parquet", tmp_path / "other.parquet"


@pytest.mark.slow
def test_added_corpora_and_labels_are_said(run_featser: Run, paths: tuple[Path, Path], tmp_path: Path) -> None:
    own, other = paths
    runs = tmp_path / "runs"
    for more in ((), ("--with", other)):
        command = ("fit", own, *more, "--model", "lda", "--labels", "common-4", "--runs", runs)
        outcome = run_featser(*command, "--out", tmp_path / "m.joblib")
        assert outcome.exit_code == 0, outcome.stderr
    said = outcome.stderr.replace("\n", " ")
    assert "Trained on, never tested: 32 utterances of elsewhere." in said
    assert "Left out by the label map common-4: boredom (16 utterances)." in said
    document = json.loads(run_featser(*command, "--out", tmp_path / "m.joblib", "--json").stdout)
    assert document["added"]["elsewhere"]["n_utterances"] == 32
    assert document["labels"]["name"] == "common-4"
    assert run_featser("report", "--runs", runs, "--out", tmp_path / "report").exit_code == 0
    leaderboard = (tmp_path / "report" / "leaderboard.md").read_text(encoding="utf-8")
    assert "with elsewhere" in leaderboard
    assert "labels common-4" in leaderboard


def test_the_model_is_named_after_all_corpora(
    run_featser: Run, paths: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run_featser("fit", paths[0], "--with", paths[1], "--model", "lda")
    assert outcome.exit_code == 0, outcome.stderr
    assert [each.name for each in (tmp_path / "models").iterdir()] == [
        "synthetic-emodb-with-elsewhere-classic-lda-leave-one-speaker-out-none.joblib"
    ]
