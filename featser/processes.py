"""Processes that help this one: copies of it where they can be made, and such as start afresh elsewhere.

A copy has loaded what this process has loaded: it is there at once, and shares the memory of all that neither changes.
"""

import gc
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache
from time import sleep

from featser.errors import InputError

_GLANCE = 1.0
"""Seconds between two looks of a helper at whether the process that asks is still there."""


def can_be_copied() -> bool:
    """Whether this is the only thread of Python: a copy has no other, and what those had locked stays so for ever.

    Of the compiled libraries, those that we ask keep to one thread in helpers; macOS comes with some that no copy may
    ask.
    """
    import multiprocessing

    alone = len(sys._current_frames()) == 1  # threads of C extensions, too, which `threading` does not know
    return alone and sys.platform == "linux" and not multiprocessing.current_process().daemon


@contextmanager
def helping(n_helpers: int, *, afresh: bool = False) -> Iterator[Executor]:
    """Give an executor whose processes are gone afterwards: their memory is wanted for what comes then.

    Parameters
    ----------
    afresh : bool
        make no copies: for code of others, which may hold what cannot be copied, such as a place in an open file

    Raises
    ------
    InputError
        there cannot be so many, or one of them was ended from outside
    """
    with _copies(n_helpers) if can_be_copied() and not afresh else _others(n_helpers) as helpers:
        try:
            yield helpers
        except BrokenProcessPool as error:
            if error.__cause__ is not None:  # it says more
                raise
            raise InputError(
                "A helping process was ended from outside, perhaps for want of memory."
                " Run it again, with a smaller --jobs; rows that were computed are kept."
            ) from error


@contextmanager
def _copies(n_helpers: int) -> Iterator[Executor]:
    import multiprocessing

    context, children = multiprocessing.get_context("fork"), set(multiprocessing.active_children())
    helpers = ProcessPoolExecutor(n_helpers, context, _become_copy, (os.getpid(),))
    try:
        _make_all(helpers, n_helpers)
        yield helpers
    except BaseException:  # Ctrl-C, for example: nobody waits for a recording of ten minutes then
        for each in set(multiprocessing.active_children()) - children:
            each.terminate()
        raise
    finally:
        helpers.shutdown(cancel_futures=True)


def _make_all(helpers: Executor, n_helpers: int) -> None:
    """Make all copies at once; an interruption waits until that is done, and the copies until they know what to do."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with warnings.catch_warnings():  # of threads of libraries, which no copy asks for anything
            warnings.filterwarnings("ignore", r"This process .* is multi-threaded", DeprecationWarning)
            helpers.submit(int)
    except OSError as error:
        raise InputError(
            f"Cannot start {n_helpers} helping processes: {error.strerror}. Run it again, with a smaller --jobs."
        ) from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _others(n_helpers: int) -> Iterator[Executor]:
    from joblib.externals.loky import get_reusable_executor

    helpers = get_reusable_executor(n_helpers, initializer=_become_helper, initargs=(os.getpid(),))
    try:
        yield helpers
    finally:
        helpers.shutdown(kill_workers=True)


def _become_copy(asking: int) -> None:
    """Forget how the process that asks answers to signals, and become a helper."""
    signal.set_wakeup_fd(-1)
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)
    _become_helper(asking)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _become_helper(asking: int) -> None:
    """Keep to one core for good, for sums must not depend on the number of cores; and do not outlive who asks.

    An interruption is for the process that asks, which ends its helpers.
    """
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threadpool_limits(1)
    threading.Thread(target=_end_with, args=(asking,), daemon=True).start()


def _end_with(asking: int) -> None:
    """End when the process that asks is gone: one that is killed ends nobody, and who waits for it waits for ever."""
    while os.getppid() == asking:
        sleep(_GLANCE)
    os._exit(1)


@lru_cache(maxsize=1)
def spare_what_is_loaded() -> None:
    """Have garbage collections pass by what a helper has loaded.

    Loky asks for one of everything each second, where psutil is not installed: 67 ms, every time. In a copy, to look at
    an object is to have it in memory once more.
    """
    gc.freeze()
