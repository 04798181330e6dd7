"""Work is shared out where its measured cost asks for it, and nothing of that shows in the results."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

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

    def start(n_helpers, *, afresh=False):
        asked.append(n_helpers)
        return ThreadPoolExecutor(n_helpers)

    monkeypatch.setattr(workers, "helping", start)
    monkeypatch.setattr(workers, "spare_what_is_loaded", lambda: None)  # here, this would be for good
    return asked


def results(items, jobs=2):
    found = {name: result for chunk in computed_rows(items, len(items), TASK, jobs) for name, result in chunk}
    return {name: row if isinstance(row, str) else (row.seconds, row.values.tobytes()) for name, row in found.items()}


def costing(monkeypatch, seconds):
    """Let a clock say that each sound recording costs so much."""
    now, compute = [0.0], workers._compute_row

    def slow(file, task):
        result = compute(file, task)
        now[0] += seconds * isinstance(result, workers.Row)
        return result

    monkeypatch.setattr(workers, "_compute_row", slow)
    monkeypatch.setattr(workers, "perf_counter", lambda: now[0])


@pytest.mark.parametrize(("seconds", "jobs", "asked"), [(0.01, 2, []), (60.0, 2, [1]), (60.0, 1, []), (60.0, 4, [3])])
def test_cost_of_the_first_recordings_tells_who_does_the_others(items, helpers, monkeypatch, seconds, jobs, asked):
    """This process is one of the workers."""
    costing(monkeypatch, seconds)
    assert len(results(items, jobs)) == len(items)
    assert helpers == asked


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


@pytest.mark.parametrize(("seconds", "n_helpers"), [(1.9, 0), (2.0, 4), (3.9, 7), (60.0, 7)])
def test_the_more_is_left_the_more_help(seconds, n_helpers):
    """One more for each half of a second, but no more workers than are asked for."""
    assert workers._n_helpers(8, seconds) == n_helpers


def test_of_long_recordings_only_so_many_are_samples_as_take_a_moment(items, monkeypatch):
    """Nine of ten minutes would keep helpers waiting for as many seconds."""
    costing(monkeypatch, 0.3)
    assert [len(chunk) for chunk in islice(computed_rows(items, len(items), TASK, 1), 2)] == [1, 2]


def test_this_process_computes_beside_its_helpers(items, helpers, monkeypatch):
    """Each recording once, whoever computes it."""
    here, mine = threading.current_thread(), []
    compute = workers._compute_row

    def noted(file, task):
        if threading.current_thread() is here:
            mine.append(file)
        return compute(file, task)

    monkeypatch.setattr(workers, "_compute_row", noted)
    costing(monkeypatch, 60.0)
    monkeypatch.setattr(workers, "_WAITING", 1)
    monkeypatch.setattr(workers, "_CHUNK", 1)
    monkeypatch.setattr(workers, "_SAMPLES", (1, 1))
    done = [name for chunk in computed_rows(items, len(items), TASK, 2) for name, _ in chunk]
    assert sorted(done) == sorted(name for name, _ in items)
    assert len(mine) > 2
    assert helpers == [1]


@pytest.mark.parametrize(("n_items", "n_workers"), [(11, 2), (500, 2), (10_000, 64)])
def test_chunks_are_small_where_little_is_left(n_items, n_workers):
    """What a helper has waiting is at most its share of the rest, down to a single recording; each comes once."""
    left = [(number, "") for number in range(n_items)]
    chunks = list(workers._chunks(iter(left), n_items, n_workers))
    assert [item for chunk in chunks for item in chunk] == left
    rest = n_items
    for chunk in chunks:
        assert len(chunk) <= max(1, min(workers._CHUNK, rest / (n_workers * workers._WAITING)))
        rest -= len(chunk)
    assert len(chunks[0]) == min(workers._CHUNK, n_items // (n_workers * workers._WAITING))


def test_chunks_end_where_the_recordings_do():
    """Though more of them were announced."""
    assert list(workers._chunks(iter([(0, "")]), 99, 2)) == [[(0, "")]]


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
    costing(monkeypatch, 60.0)
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


@pytest.mark.parametrize(
    ("shared_from", "jobs", "copied", "asked"),
    [(5, 2, True, [1]), (5, 9, True, [2]), (5, 1, True, []), (13, 2, True, []), (5, 2, False, [])],
)
def test_digests_come_in_the_order_of_the_files(items, helpers, monkeypatch, shared_from, jobs, copied, asked):
    """By copies of this process where there are many files and it can be copied; it loads its loops meanwhile.

    Of twelve files, in tasks of two, three workers have two tasks each.
    """
    loaded = []
    monkeypatch.setattr(workers, "can_be_copied", lambda: copied)
    monkeypatch.setattr(workers, "load_loops", loaded.append)
    monkeypatch.setattr(workers, "_DIGESTS_SHARED_FROM", shared_from)
    monkeypatch.setattr(workers, "_FILES", 2)
    monkeypatch.setattr(workers, "_CHUNKS_EACH", 2)
    files = [str(path) for _, path in items]
    assert content_digests(files, TASK, jobs) == [content_digest(path) for _, path in items]
    assert content_digests([], TASK, jobs) == []
    assert helpers == asked
    assert loaded == [TASK.feature_set for _ in asked]


def test_files_that_no_helper_has_begun_are_read_here(items, helpers, monkeypatch):
    """The helper is at the first two while this process reads all others."""
    here, first = threading.current_thread(), str(items[0][1])
    rest_is_read, read_here = threading.Event(), []

    def read(path):
        if threading.current_thread() is here:
            read_here.append(str(path))
            if len(read_here) == len(items) - 2:
                rest_is_read.set()
        elif str(path) == first:
            begun.set()
            assert rest_is_read.wait(20)
        return content_digest(path)

    begun = threading.Event()
    monkeypatch.setattr(workers, "can_be_copied", lambda: True)
    monkeypatch.setattr(workers, "load_loops", lambda feature_set: begun.wait(20))
    monkeypatch.setattr(workers, "content_digest", read)
    monkeypatch.setattr(workers, "_DIGESTS_SHARED_FROM", 1)
    monkeypatch.setattr(workers, "_FILES", 2)
    files = [str(path) for _, path in items]
    assert content_digests(files, TASK, 2) == [content_digest(path) for _, path in items]
    assert sorted(read_here) == sorted(files[2:])
    assert helpers == [1]


def test_fewer_recordings_than_promised_end_all_the_same(items):
    assert [len(chunk) for chunk in computed_rows(items[:3], 9, TASK, 1)] == [1, 2]
    assert list(computed_rows([], 9, TASK, 1)) == [[]]
