"""Processes that help this one: copies of it where they can be made, and such as start afresh elsewhere.

A copy has loaded what this process has loaded: it is there at once, and shares the memory of all that neither changes.
"""

import gc
import os
import signal
import sys
import threading
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

    Compiled libraries do not matter, for helpers keep to one thread of each; but for those that macOS comes with.
    """
    import multiprocessing

    alone = threading.active_count() == 1
    return alone and sys.platform == "linux" and not multiprocessing.current_process().daemon


@contextmanager
def helping(n_helpers: int) -> Iterator[Executor]:
    """Give an executor whose processes are gone afterwards: their memory is wanted for what comes then.

    Raises
    ------
    InputError
        one of them was ended from outside
    """
    with _copies(n_helpers) if can_be_copied() else _others(n_helpers) as helpers:
        try:
            yield helpers
        except BrokenProcessPool as error:
            raise InputError(
                "A helping process was ended from outside, perhaps for want of memory."
                " What was finished is kept: run it again, with a smaller --jobs."
            ) from error


@contextmanager
def _copies(n_helpers: int) -> Iterator[Executor]:
    import multiprocessing

    context, others = multiprocessing.get_context("fork"), set(multiprocessing.active_children())
    helpers = ProcessPoolExecutor(n_helpers, context, _become_helper, (os.getpid(),))
    helpers.submit(int)  # all of them are made now
    copies = set(multiprocessing.active_children()) - others
    try:
        yield helpers
    except BaseException:  # Ctrl-C, for example: nobody waits for a recording of ten minutes then
        for each in copies:
            each.terminate()
        raise
    finally:
        helpers.shutdown(cancel_futures=True)


@contextmanager
def _others(n_helpers: int) -> Iterator[Executor]:
    from joblib.externals.loky import get_reusable_executor

    helpers = get_reusable_executor(n_helpers, initializer=_become_helper, initargs=(os.getpid(),))
    try:
        yield helpers
    finally:
        helpers.shutdown(kill_workers=True)


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
    """Have garbage collections pass by what a helper has loaded: loky asks for one of everything each second.

    It took 67 ms, every time. (Where psutil is installed, loky looks at the memory instead.)
    """
    gc.freeze()
