"""``featser audit``: table, document, page and exit code."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from outcomes import Outcome, one_line

Run = Callable[..., Outcome]


def test_nothing_serious_exits_with_0(run_featser: Run, voices: Path) -> None:
    outcome = run_featser("audit", voices)
    assert outcome.exit_code == 0
    assert outcome.stdout == "\n120 recordings of synthetic-emodb: 0 findings, 0 of them known oddities, 0 serious.\n"


def test_a_serious_finding_exits_with_4_and_is_in_every_output(run_featser: Run, voices: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(voices, tmp_path / "voices"))
    first = min(folder.rglob("*.wav"))
    first.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    outcome = run_featser("audit", folder, "--json", "--out", tmp_path / "new" / "audit.html")
    document = json.loads(outcome.stdout)
    assert outcome.exit_code == 4
    assert document["corpora"] == [{"corpus": "synthetic-emodb", "n_recordings": 120, "n_readable": 119}]
    assert document["serious"] == 1
    found = document["findings"][0]
    assert (found["kind"], found["severity"], found["known"]) == ("lfs-stub", "serious", False)
    assert found["paths"] == [first.relative_to(folder).as_posix()]
    assert "git lfs pull" in found["details"][found["paths"][0]]
    assert first.name in (tmp_path / "new" / "audit.html").read_text(encoding="utf-8")
    table = run_featser("audit", folder)
    assert table.exit_code == 4
    assert table.stdout.splitlines()[1].split()[:3] == ["serious", "synthetic-emodb", "lfs-stub"]


def test_mistakes_are_told_in_one_line(run_featser: Run, tmp_path: Path) -> None:
    assert one_line(run_featser("audit")) == "Which recordings? featser audit FOLDER."
    empty = run_featser("audit", tmp_path)
    assert empty.exit_code == 3
    assert "is empty" in one_line(empty)
    assert run_featser("audit", tmp_path / "nowhere").exit_code == 2
