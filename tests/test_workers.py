"""Work is shared out where its measured cost asks for it, and nothing of that shows in the results."""

import joblib
import pytest

from featser import workers
from featser.features import FeatureSet
from featser.synthetic import write_corpus
from featser.workers import Task, computed_rows

TASK = Task(FeatureSet("small", "Two columns", ("rms", "zcr"), ("mean",)), ())


@pytest.fixture
def items(tmp_path):
    """Twelve recordings by name."""
    write_corpus(tmp_path, "emodb", 3, ["anger", "sadness"], 2)
    return [(path.stem, path) for path in sorted(tmp_path.rglob("*.wav"))]


@pytest.fixture
def chosen(monkeypatch):
    """Backends that were asked for, in order; whatever is asked, threads do it."""
    asked = []
    parallel = joblib.Parallel

    def remember(backend, **options):
        asked.append(backend)
        return parallel(backend="threading", **options)

    monkeypatch.setattr(joblib, "Parallel", remember)
    return asked


def results(items, jobs=2):
    found = {name: result for chunk in computed_rows(items, TASK, jobs) for name, result in chunk}
    return {name: (row.seconds, row.values.tobytes()) for name, row in found.items()}


def costing(monkeypatch, seconds):
    """Let a clock say that each recording costs so much."""
    ticks = iter(range(100))
    eight = max(workers._SAMPLES)
    monkeypatch.setattr(workers, "perf_counter", lambda: next(ticks) * seconds * eight)


@pytest.mark.parametrize(("seconds", "backends"), [(0.01, []), (60.0, ["loky"])])
def test_cost_of_the_first_recordings_tells_who_does_the_others(items, chosen, monkeypatch, seconds, backends):
    costing(monkeypatch, seconds)
    assert len(results(items)) == len(items)
    assert chosen == backends


def test_one_worker_is_one_whatever_it_costs(items, chosen, monkeypatch):
    costing(monkeypatch, 60.0)
    results(items, jobs=1)
    assert chosen == []


@pytest.mark.parametrize("n_items", [0, 1, 8, 9, 12])
def test_every_recording_is_done_once(items, n_items):
    done = [name for chunk in computed_rows(items[:n_items], TASK, 1) for name, _ in chunk]
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
    chunk = next(iter(computed_rows(items, TASK, 1)))
    assert chunk == [(items[0][0], "empty file")]
