"""Helping processes: there at once where this one can be copied, and gone when they are not wanted any more."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading

import pytest

from featser import processes
from featser.processes import can_be_copied

HERE = """
import os, signal, threading, time
from featser import processes
from featser.errors import InputError
from featser.processes import can_be_copied, helping
"""
"""Each case is a process of its own: that of the tests may have threads."""

AFRESH = HERE + "processes.can_be_copied = lambda: False\n"

by_either_kind = pytest.mark.parametrize(
    "here",
    [
        pytest.param(HERE, marks=pytest.mark.skipif(sys.platform != "linux", reason="not copied here"), id="copied"),
        pytest.param(AFRESH, id="afresh"),
    ],
)


def started(script):
    return subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )


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
        "What was finished is kept: run it again, with a smaller --jobs."
    )


BUSY = """
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


def test_where_another_thread_runs_nothing_is_copied(monkeypatch):
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    assert can_be_copied() == (sys.platform == "linux")
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert not can_be_copied()


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_nothing_is_copied(monkeypatch, platform):
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(processes.sys, "platform", platform)
    assert not can_be_copied()


def test_what_may_have_no_children_is_not_copied(monkeypatch):
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(multiprocessing.current_process(), "_config", {"daemon": True})
    assert not can_be_copied()


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
