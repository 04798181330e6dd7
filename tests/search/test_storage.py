"""Storage of trials: an interrupted search continues and gives the same result."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from optuna.storages import BaseStorage, _CachedStorage

from featser.errors import InputError, UsageError
from featser.search import Search, TuningResult, find_best, open_storage


class Counter:
    """Counts the trials that are run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        from featser.search.objective import Objective

        self.n_asked = 0
        real = Objective.predictions

        def counted(objective, specification, folds, jobs):
            self.n_asked += len(folds) == 1
            return real(objective, specification, folds, jobs)

        monkeypatch.setattr(Objective, "predictions", counted)


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Counter:
    return Counter(monkeypatch)


@contextmanager
def opened(where: str) -> Iterator[BaseStorage]:
    """A storage whose database, if it is one, is closed afterwards, and not when it happens to be collected."""
    storage = open_storage(where)
    try:
        yield storage
    finally:
        if isinstance(storage, _CachedStorage):
            storage._backend.engine.dispose()


def search(problem, n_trials: int, where: str, **how) -> TuningResult:
    with opened(where) as storage:
        return find_best(
            problem.specification,
            problem.feature_set,
            Search(n_trials, storage=storage, **how),
            problem.features,
            problem.manifest,
        )


def stored_trials(where: str) -> list[tuple[int, tuple]]:
    """Number of each trial that the only study of a storage holds, and what it was, by number."""
    with opened(where) as storage:
        trials = storage.get_all_trials(storage.get_all_studies()[0]._study_id)
    return sorted(
        (each.user_attrs.get("number"), (each.state.name, tuple(sorted(each.params.items())), each.value))
        for each in trials
    )


@pytest.mark.parametrize("kind", ["file", pytest.param("url", marks=pytest.mark.slow)])
def test_a_search_goes_on_where_it_stopped(problem, counter: Counter, tmp_path: Path, kind: str) -> None:
    where = str(tmp_path / "a" / "trials.journal") if kind == "file" else f"sqlite:///{tmp_path}/trials.db"
    search(problem, 3, where)
    asked = counter.n_asked
    in_two_goes = search(problem, 6, where)
    assert counter.n_asked - asked <= 3
    at_once = search(problem, 6, str(tmp_path / "other.journal"))
    assert in_two_goes == at_once
    before = counter.n_asked
    assert search(problem, 6, where) == at_once
    assert counter.n_asked == before


@pytest.mark.slow
def test_a_longer_history_does_not_change_a_shorter_search(problem, tmp_path: Path) -> None:
    where = str(tmp_path / "trials.journal")
    short = search(problem, 2, str(tmp_path / "other.journal"))
    search(problem, 7, where)
    assert search(problem, 2, where) == short


@pytest.mark.slow
def test_two_processes_on_one_journal_change_no_later_search(problem, tmp_path: Path) -> None:
    where, fresh = str(tmp_path / "trials.journal"), str(tmp_path / "other.journal")

    def another_process(progress) -> None:
        if progress.n_done == 1:
            search(problem, 3, where)

    search(problem, 3, where, watch=another_process)
    assert len(stored_trials(where)) == 5
    assert search(problem, 6, where) == search(problem, 6, fresh)
    assert set(stored_trials(where)) == set(stored_trials(fresh))
    assert [number for number, _ in stored_trials(fresh)] == list(range(6))


@pytest.mark.slow
def test_trials_after_a_gap_are_not_taken_over(problem, tmp_path: Path) -> None:
    """They came after trials that this storage does not hold, so they are not what a fresh search would run."""
    where, fresh = str(tmp_path / "trials.journal"), str(tmp_path / "other.journal")
    search(problem, 4, fresh)
    whole, holed = open_storage(fresh), open_storage(where)
    study = whole.get_all_studies()[0]
    copy = holed.create_new_study(study.directions, study.study_name)
    for each in whole.get_all_trials(study._study_id):
        if each.number != 1:
            holed.create_new_trial(copy, each)
    assert search(problem, 4, where) == search(problem, 4, fresh)
    assert dict(stored_trials(where)) == dict(stored_trials(fresh))


@pytest.mark.slow
def test_an_interruption_keeps_the_finished_trials(problem, counter: Counter, tmp_path: Path) -> None:
    where = str(tmp_path / "trials.journal")

    def interrupt(progress) -> None:
        if progress.n_done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(problem, 5, where, watch=interrupt)
    asked = counter.n_asked
    assert search(problem, 5, where) == search(problem, 5, str(tmp_path / "other.journal"))
    assert asked == 2


@pytest.mark.slow
def test_a_trial_that_was_interrupted_leaves_no_trace(problem, tmp_path: Path, monkeypatch) -> None:
    from featser.search.objective import Objective

    where, real = str(tmp_path / "trials.journal"), Objective.predictions
    asked = []

    def interrupted(objective, specification, folds, jobs):
        asked.append(folds)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return real(objective, specification, folds, jobs)

    monkeypatch.setattr(Objective, "predictions", interrupted)
    with pytest.raises(KeyboardInterrupt):
        search(problem, 4, where)
    monkeypatch.setattr(Objective, "predictions", real)
    study = open_storage(where).get_all_studies()[0]
    assert len(open_storage(where).get_all_trials(study._study_id)) == 1
    assert search(problem, 4, where) == search(problem, 4, str(tmp_path / "other.journal"))


def test_other_labels_or_another_space_are_another_search(problem, tmp_path: Path) -> None:
    where = str(tmp_path / "trials.journal")
    search(problem, 1, where)
    search(problem.shuffled(1), 1, where)
    search(problem, 1, where, seed=1)
    assert len(open_storage(where).get_all_studies()) == 3


def test_half_a_line_of_a_killed_process_is_forgotten(problem, tmp_path: Path) -> None:
    where = tmp_path / "trials.journal"
    search(problem, 2, str(where))
    with where.open("ab") as file:
        file.write(b'{"op_code": 4, "worker')
    assert search(problem, 3, str(where)) == search(problem, 3, str(tmp_path / "other.journal"))


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("shopping\nlist\n")
    with pytest.raises(InputError, match=r"notes.txt is not a journal of trials. Give another file with --storage"):
        open_storage(str(tmp_path / "notes.txt"))


@pytest.mark.parametrize("content", [b"shopping", b"PAR1\x00\n\xff\xfe", b"utterance,speaker\na,b"])
def test_a_file_that_is_no_journal_is_left_as_it_was(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "table").write_bytes(content)
    with pytest.raises(InputError, match="is not a journal of trials"):
        open_storage(str(tmp_path / "table"))
    assert (tmp_path / "table").read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["table"]


def test_a_folder_is_refused_and_nothing_is_left_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"Cannot write trials to \. \(Is a directory\). Give another file"):
        open_storage(".")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"Cannot write trials to .*trials.journal \(.*\). Give another file"):
        open_storage(str(tmp_path / "file" / "trials.journal"))


def test_a_url_that_cannot_be_opened_is_refused() -> None:
    with pytest.raises(UsageError, match=r"Cannot open the storage nothing://here \(.*\). Give a file, or a URL"):
        open_storage("nothing://here")


@pytest.mark.slow
def test_control_c_ends_the_command_with_130_and_the_next_one_goes_on(table_path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "featser", "tune", str(table_path), "--model", "logreg", "--trials", "400"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )
    journal = tmp_path / "reports" / "studies" / "synthetic-emodb-classic-logreg.journal"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (not journal.exists() or journal.read_text().count("\n") < 6):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Finished trials are in reports/studies/synthetic-emodb-classic-logreg.journal" in errors
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert sum(line["op_code"] == 4 for line in lines) >= 1


if os.name != "posix":  # pragma: no cover
    del test_control_c_ends_the_command_with_130_and_the_next_one_goes_on


def test_a_journal_with_a_damaged_line_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.journal"
    path.write_text('{"op_code": 0, "worker_id": "x"}\n{"op_code": 0, worker_id\n{"op_code": 0, "wo')
    before = path.read_bytes()
    with pytest.raises(InputError, match="is not a journal of trials"):
        open_storage(str(path))
    assert path.read_bytes() == before
