"""Runs that were made with other code or libraries are recognised."""

from pathlib import Path

import pytest
from made_runs import make_run

from featser.evaluation import outdated
from featser.evaluation.environment import code_digests, machine, source_digest
from featser.versions import library_versions

CODE = '''"""What it does."""

def double(x):
    """Twice as much."""
    return 2 * x  # by multiplication
'''


def test_a_run_of_the_installed_code_is_up_to_date() -> None:
    assert outdated(code_digests(), library_versions()) == []


@pytest.mark.parametrize("part", ["features", "models", "evaluation"])
def test_other_code_is_named(part: str) -> None:
    assert outdated(code_digests() | {part: "another"}, library_versions()) == [f"code of {part}"]


def test_other_libraries_are_named_with_both_versions() -> None:
    now = library_versions()
    assert outdated(code_digests(), now | {"numpy": "1.0"}) == [f"numpy 1.0 (now {now['numpy']})"]


def test_code_of_another_python_is_not_compared_but_the_python_is_named() -> None:
    now = library_versions()
    (words,) = outdated({"features": "another"}, now | {"python": "3.9.1"})
    assert words == f"python 3.9.1 (now {now['python']})"


def test_another_patch_of_python_changes_no_number() -> None:
    major, minor, _ = library_versions()["python"].split(".", 2)
    assert outdated(code_digests(), library_versions() | {"python": f"{major}.{minor}.99"}) == []


def test_a_run_without_digests_is_outdated() -> None:
    assert outdated(make_run(code={}).code, library_versions()) == ["code not recorded"]


@pytest.mark.parametrize(
    ("old", "new", "equal"),
    [
        ("Twice as much", "Two times as much", True),
        ("  # by multiplication", "", True),
        ("2 * x", "(2 * x)", True),
        ("2 * x", "3 * x", False),
        ("def double(x)", "def double(x, y=1)", False),
    ],
)
def test_only_what_runs_is_in_the_digest(tmp_path: Path, old: str, new: str, equal: bool) -> None:
    (tmp_path / "module.py").write_text(CODE)
    before = source_digest([tmp_path])
    (tmp_path / "module.py").write_text(CODE.replace(old, new))
    assert (source_digest([tmp_path]) == before) is equal


def test_parameters_in_toml_files_are_in_the_digest(tmp_path: Path) -> None:
    (tmp_path / "set.toml").write_text("n = 1")
    before = source_digest([tmp_path])
    (tmp_path / "set.toml").write_text("n = 2")
    assert source_digest([tmp_path]) != before


def test_the_machine_is_named_with_its_cores() -> None:
    assert machine().split()[1].startswith("core")
