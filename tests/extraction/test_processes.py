"""Helping processes: there at once where this one can be copied, and gone when they are not wanted any more."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from featser import workers
from featser.cache import Cache
from featser.corpora import read_corpus
from featser.extraction import extract
from featser.features import FeatureSet, load_plugin, unload_plugin
from featser.synthetic import write_corpus

HERE = """
import os, signal, threading, time
from featser import processes
from featser.errors import InputError
from featser.processes import can_be_copied, helping
"""
"""Each case is a process of its own: that of the tests may have threads."""

AFRESH = HERE + "from featser import workers\nprocesses.can_be_copied = workers.can_be_copied = lambda: False\n"

by_either_kind = pytest.mark.parametrize(
    "here",
    [
        pytest.param(HERE, marks=pytest.mark.skipif(sys.platform != "linux", reason="not copied here"), id="copied"),
        pytest.param(AFRESH, id="afresh"),
    ],
)


def started(script, **how):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", script], process_group=0, **pipes, **how)


def told(script):
    process = started(script)
    out, complaints = process.communicate(timeout=60)
    assert not complaints
    return out.split()


@by_either_kind
def test_helpers_are_gone_afterwards(here):
    script = """
with helping(2) as helpers:
    others = {helpers.submit(os.getpid).result() for _ in range(9)}
    print(os.getpid() not in others)
for other in others:
    try:
        os.kill(other, 0)
    except ProcessLookupError:
        print("gone")
"""
    first, *others = told(here + script)
    assert first == "True"
    assert set(others) == {"gone"}


@pytest.mark.skipif(sys.platform != "linux", reason="not copied here")
def test_a_copy_has_what_this_process_has_loaded():
    script = """
loaded = []
def what_is_loaded():
    return loaded
loaded.append("loops")
print(can_be_copied())
with helping(1) as helpers:
    print(*helpers.submit(what_is_loaded).result())
"""
    assert told(HERE + script) == ["True", "loops"]


@by_either_kind
def test_helpers_keep_to_one_thread(here):
    script = """
from threadpoolctl import threadpool_info
import numpy
with helping(1) as helpers:
    print(*(each["num_threads"] for each in helpers.submit(threadpool_info).result()))
"""
    assert set(told(here + script)) == {"1"}


@by_either_kind
def test_the_end_of_a_helper_is_one_line(here):
    """Whoever runs out of memory is ended by the system."""
    script = """
try:
    with helping(1) as helpers:
        helpers.submit(os.kill, helpers.submit(os.getpid).result(), signal.SIGKILL).result()
except InputError as error:
    print(error)
"""
    assert " ".join(told(here + script)) == (
        "A helping process was ended from outside, perhaps for want of memory. "
        "Run it again, with a smaller --jobs; rows that were computed are kept."
    )


BUSY = """
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may have it ignored
with helping(1) as helpers:
    print(helpers.submit(os.getpid).result(), flush=True)
    helpers.submit(time.sleep, 60).result()
"""


@by_either_kind
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a process cannot be killed so here")
def test_helpers_do_not_outlive_a_process_that_is_killed(here):
    """Each of them holds the pipe open, which comes to its end with the last."""
    asking = started(here + BUSY)
    assert asking.stdout.readline().strip().isdigit()
    os.kill(asking.pid, signal.SIGKILL)
    asking.communicate(timeout=20)


@by_either_kind
@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_an_interruption_waits_for_no_helper_and_is_told_once(here):
    """Ctrl-C reaches the whole group."""
    asking = started(here + BUSY)
    helper = int(asking.stdout.readline())
    os.killpg(asking.pid, signal.SIGINT)
    _, complaints = asking.communicate(timeout=20)
    assert complaints.count("KeyboardInterrupt\n") == 1
    with pytest.raises(ProcessLookupError):
        os.kill(helper, 0)


EXTRACT = """
import sys
from featser import cli, workers
workers._SHARED_FROM, workers._DIGESTS_SHARED_FROM = 0, 1
workers._SECONDS_EACH, workers._CHUNKS_EACH, workers._WAITING = 1e-9, 1, 1
workers._FILES, workers._CHUNK, workers._SAMPLES = 2, 1, (1, 1)
sys.argv = ["featser", "--quiet", "extract", "corpus", "--features", "classic", "--out", "t.parquet", "--jobs", JOBS]
cli.main()
"""


@by_either_kind
def test_helpers_make_the_same_table_as_one_process(here, tmp_path, monkeypatch):
    """Digests and rows; a file that is no sound is refused by whoever reads it."""
    write_corpus(tmp_path / "corpus", "emodb", 3, ["anger", "sadness"], 2)
    (tmp_path / "corpus" / "wav" / "03a02Wa.wav").write_bytes(b"no sound")
    tables = set()
    for jobs in ("1", "3"):
        monkeypatch.setenv("FEATSER_CACHE_DIR", str(tmp_path / f"cache-{jobs}"))
        asking = started(here + EXTRACT.replace("JOBS", repr(jobs)), cwd=tmp_path)
        _, complaints = asking.communicate(timeout=120)
        assert asking.returncode == 4
        assert complaints.count("\n") == 2
        assert "03a02Wa.wav: text, not audio" in complaints
        tables.add((tmp_path / "t.parquet").read_bytes())
        (tmp_path / "t.parquet").unlink()
    assert len(tables) == 1


PLUGIN = """
from featser.features import functional

@functional
def first(tracks):
    "First value."
    return tracks.values[:, 0]
"""


@pytest.mark.parametrize("plugin", [True, False])
def test_code_of_others_is_not_copied(tmp_path, monkeypatch, plugin):
    """A copy would share what it has opened, and where it reads there."""
    asked = []

    @contextmanager
    def helping(n_helpers, *, afresh):
        asked.append(afresh)
        with ThreadPoolExecutor(n_helpers) as helpers:
            yield helpers

    (tmp_path / "mine.py").write_text(PLUGIN)
    write_corpus(tmp_path / "corpus", "emodb", 2, ["anger"], 2)
    monkeypatch.setattr(workers, "helping", helping)
    monkeypatch.setattr(workers, "_SHARED_FROM", 0)
    monkeypatch.setattr(workers, "_SECONDS_EACH", 1e-9)
    monkeypatch.setattr(workers, "_SAMPLES", (1,))
    monkeypatch.setattr(workers, "spare_what_is_loaded", lambda: None)
    load_plugin(tmp_path / "mine.py")
    try:
        feature_set = FeatureSet("", "", ("rms",), ("first",) if plugin else ("mean",))
        extract([read_corpus(tmp_path / "corpus")], feature_set, jobs=2, cache=Cache(tmp_path / "cache"))
    finally:
        unload_plugin("mine")
    assert asked == [plugin]


@pytest.mark.skipif(sys.platform != "linux", reason="not copied here")
def test_too_many_copies_are_one_line_and_leave_none_behind():
    """The third fork fails; the script comes to its end all the same."""
    script = """
real, made = os.fork, []
def fork():
    if len(made) == 2:
        raise BlockingIOError(11, "Resource temporarily unavailable")
    pid = real()
    made.append(pid)
    return pid
os.fork = fork
try:
    with helping(4):
        pass
except InputError as error:
    print(error)
for each in made:
    os.waitpid(each, 0)
"""
    assert " ".join(told(HERE + script)) == (
        "Cannot start 4 helping processes: Resource temporarily unavailable. Run it again, with a smaller --jobs."
    )


@pytest.mark.skipif(sys.platform != "linux", reason="not copied here")
def test_a_copy_ends_although_the_application_does_not():
    """Who answers to signals in an application, answers for it alone."""
    script = """
signal.signal(signal.SIGTERM, lambda *_: print("stay"))
try:
    with helping(1) as helpers:
        other = helpers.submit(os.getpid).result()
        helpers.submit(time.sleep, 60)
        raise KeyError
except KeyError:
    print("left")
"""
    assert told(HERE + script) == ["left"]


def test_where_another_thread_runs_nothing_is_copied():
    script = """
import _thread
print(can_be_copied())
_thread.start_new_thread(lambda: time.sleep(60), ())
time.sleep(0.1)
print(can_be_copied())
"""
    assert told(HERE + script) == [str(sys.platform == "linux"), "False"]


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_nothing_is_copied(platform):
    script = f"""
processes.sys.platform = {platform!r}
print(can_be_copied())
"""
    assert told(HERE + script) == ["False"]


def test_what_may_have_no_children_is_not_copied():
    script = """
import multiprocessing
multiprocessing.current_process()._config["daemon"] = True
print(can_be_copied())
multiprocessing.current_process()._config["daemon"] = False
"""
    assert told(HERE + script) == ["False"]


def test_collections_pass_by_what_a_helper_has_loaded():
    script = """
import gc
for _ in range(2):
    processes.spare_what_is_loaded()
    print(gc.get_freeze_count(), len(gc.get_objects()))
"""
    frozen, left, frozen_later, _ = map(int, told(HERE + script))
    assert frozen > 10_000 > left
    assert frozen_later <= frozen
