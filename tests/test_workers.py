"""Work is shared out where its measured cost asks for it, and nothing of that shows in the results."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from joblib.externals import loky

from featser import workers
from featser.audio import content_digest
from featser.features import FeatureSet
from featser.synthetic import write_corpus
from featser.workers import Task, computed_rows, content_digests

TASK = Task(FeatureSet("small", "Two columns", ("rms", "zcr"), ("mean",)), ())


@pytest.fixture
def items(tmp_path):
    """Twelve recordings by name."""
    write_corpus(tmp_path, "emodb", 3, ["anger", "sadness"], 2)
    return [(path.stem, path) for path in sorted(tmp_path.rglob("*.wav"))]


@pytest.fixture
def helpers(monkeypatch):
    """Numbers of helpers that were asked for, in order; threads stand for them."""
    asked = []

    class Threads(ThreadPoolExecutor):
        def shutdown(self, wait, kill_workers):
            assert kill_workers
            super().shutdown(wait)

    def start(max_workers, initializer, initargs):
        asked.append(max_workers)
        return Threads(max_workers)

    monkeypatch.setattr(loky, "get_reusable_executor", start)
    monkeypatch.setattr(workers, "_spare_what_is_loaded", lambda: None)  # here, this would be for good
    return asked


def results(items, jobs=2):
    found = {name: result for chunk in computed_rows(items, len(items), TASK, jobs) for name, result in chunk}
    return {name: row if isinstance(row, str) else (row.seconds, row.values.tobytes()) for name, row in found.items()}


def costing(monkeypatch, seconds):
    """Let a clock say that each recording costs so much."""
    ticks = iter(range(100))
    eight = max(workers._SAMPLES)
    monkeypatch.setattr(workers, "perf_counter", lambda: next(ticks) * seconds * eight)


@pytest.mark.parametrize(("seconds", "jobs", "asked"), [(0.01, 2, []), (60.0, 2, [1]), (60.0, 1, []), (60.0, 4, [3])])
def test_cost_of_the_first_recordings_tells_who_does_the_others(items, helpers, monkeypatch, seconds, jobs, asked):
    """This process is one of the workers."""
    costing(monkeypatch, seconds)
    assert len(results(items, jobs)) == len(items)
    assert helpers == asked


def test_of_thousands_it_is_known_beforehand(items, helpers, monkeypatch):
    """No clock is asked; helpers start while this process still loads its loops."""
    monkeypatch.setattr(workers, "_LEAST", workers._SHARED_FROM / len(items))
    monkeypatch.setattr(workers, "perf_counter", lambda: 1 / 0)
    assert len(results(items)) == len(items)
    assert helpers == [1]


def test_on_one_core_nobody_helps(items, helpers, monkeypatch):
    costing(monkeypatch, 60.0)
    monkeypatch.setattr(workers, "_n_cores", lambda: 1)
    results(items, jobs=None)
    assert helpers == []


def test_what_helpers_complain_of_is_heard(items, helpers, monkeypatch):
    costing(monkeypatch, 60.0)
    monkeypatch.setattr(workers, "_compute_alone", lambda chunk, task: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        results(items)


@pytest.mark.parametrize("n_items", [0, 1, 8, 9, 12])
def test_every_recording_is_done_once(items, n_items):
    done = [name for chunk in computed_rows(items[:n_items], n_items, TASK, 1) for name, _ in chunk]
    assert done == [name for name, _ in items[:n_items]]


@pytest.mark.parametrize("seconds", [0.01, 60.0])
def test_results_do_not_depend_on_who_computes_them(items, monkeypatch, seconds):
    alone = results(items, jobs=1)
    monkeypatch.setattr(workers, "_CHUNK", 2)
    costing(monkeypatch, seconds)
    assert results(items) == alone


def test_a_worker_works_out_its_task_once():
    """What comes out of a pipe is a task like the last one; all that was worked out for that one holds for it."""
    import pickle

    first = workers._first_alike(pickle.loads(pickle.dumps(TASK)))
    assert workers._first_alike(pickle.loads(pickle.dumps(TASK))) is first


def test_unusable_recording_is_a_reason(items):
    items[0][1].write_bytes(b"")
    chunk = next(iter(computed_rows(items, len(items), TASK, 1)))
    assert chunk == [(items[0][0], "empty file")]


def test_refused_recordings_do_not_tell_what_the_others_cost(items, helpers, monkeypatch, tmp_path):
    """Nine broken files at the start would seem to promise nine thousand quick ones."""
    broken = [(f"broken-{number}", tmp_path / f"{number}.wav") for number in range(9)]
    for _, path in broken:
        path.write_bytes(b"no sound")
    clock = iter(range(0, 6000, 60))
    monkeypatch.setattr(workers, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(workers, "_SAMPLES", (1, 2))
    found = results([*broken, *items], jobs=2)
    assert len(found) == 9 + len(items)
    assert helpers == [1]


@pytest.mark.parametrize("jobs", [-1, 0, None])
def test_all_cores_are_taken_where_no_number_is_given(items, helpers, monkeypatch, jobs):
    costing(monkeypatch, 60.0)
    monkeypatch.setattr(workers, "_n_cores", lambda: 3)
    results(items, jobs=jobs)
    assert helpers == [2]


ASKING = """
import os, time
from joblib.externals.loky import get_reusable_executor
from featser.workers import _become_helper

helpers = get_reusable_executor(max_workers=1, initializer=_become_helper, initargs=(os.getpid(),))
helpers.submit(print, "at work", flush=True).result()
helpers.submit(time.sleep, 60).result()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a process cannot be killed so here")
def test_helpers_do_not_outlive_a_process_that_is_killed():
    """Each of them holds the pipe open, which comes to its end with the last."""
    asking = subprocess.Popen([sys.executable, "-c", ASKING], stdout=subprocess.PIPE, text=True)
    assert asking.stdout.readline() == "at work\n"
    os.kill(asking.pid, signal.SIGKILL)
    asking.communicate(timeout=20)


@pytest.mark.parametrize(("shared_from", "jobs", "asked"), [(5, 2, [2]), (5, 1, []), (13, 2, [])])
def test_digests_come_in_the_order_of_the_files(items, monkeypatch, shared_from, jobs, asked):
    """By as many threads as are asked for, where there are many files."""
    n_threads = []

    def threads(n):
        n_threads.append(n)
        return ThreadPoolExecutor(n)

    monkeypatch.setattr(workers, "ThreadPoolExecutor", threads)
    monkeypatch.setattr(workers, "_DIGESTS_SHARED_FROM", shared_from)
    monkeypatch.setattr(workers, "_CHUNK", 2)
    files = [str(path) for _, path in items]
    assert content_digests(files, jobs) == [content_digest(path) for _, path in items]
    assert content_digests([], jobs) == []
    assert n_threads == asked


def test_fewer_recordings_than_promised_end_all_the_same(items):
    assert [len(chunk) for chunk in computed_rows(items[:3], 9, TASK, 1)] == [1, 2]
    assert list(computed_rows([], 9, TASK, 1)) == [[]]


def test_collections_pass_by_what_a_helper_has_loaded(items):
    """In a process of its own, for what is once frozen stays so."""
    script = f"""
import gc
from pathlib import Path
from featser import workers
from featser.features import FeatureSet
from featser.workers import Task
task = Task(FeatureSet("small", "Two columns", ("rms", "zcr"), ("mean",)), ())
for _ in range(2):
    workers._compute_alone([("one", {str(items[0][1])!r})], task)
    print(gc.get_freeze_count(), len(gc.get_objects()))
"""
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    (frozen, left), (frozen_later, _) = (map(int, line.split()) for line in told.splitlines())
    assert frozen > 10_000 > left
    assert frozen_later <= frozen
