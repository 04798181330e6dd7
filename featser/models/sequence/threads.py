"""PyTorch on one thread, and an orderly exit while it computes.

Folds are trained in daemon threads. If the interpreter exits while one of them is inside PyTorch, for example after
Ctrl-C, the process dies from a signal and its exit code is lost. An exit handler therefore waits for the current batch.
"""

import atexit
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST_WAIT = 30.0
"""Seconds; a batch takes much less."""

_leaving = threading.Event()
_changed = threading.Condition()
_busy: Counter[int] = Counter()


@contextmanager
def one_thread() -> Iterator[None]:
    """Run PyTorch on one thread inside this context, as all models of featser do.

    Yields
    ------
    None
    """
    with _changed:
        if _leaving.is_set():
            sys.exit()
        _busy[threading.get_ident()] += 1
    try:
        with _limited():
            yield
    finally:
        with _changed:
            _busy[threading.get_ident()] -= 1
            _changed.notify_all()


def is_leaving() -> bool:
    """Return whether the interpreter is exiting, so that training can stop.

    Returns
    -------
    bool
    """
    return _leaving.is_set()


@contextmanager
def _limited() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            yield
    finally:
        torch.set_num_threads(before)


@atexit.register
def _leave() -> None:
    with _changed:
        _leaving.set()
        _changed.wait_for(lambda: not any(_busy.values()), timeout=_LONGEST_WAIT)
