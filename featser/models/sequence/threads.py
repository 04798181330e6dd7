"""PyTorch on one thread, and out of it before the interpreter leaves.

Folds are trained in threads that end with the process. One that is inside PyTorch when the interpreter leaves, after
Ctrl-C for example, would take the process down with a signal instead of its exit code; so leaving waits for a batch.
"""

import atexit
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST_WAIT = 30.0
"""Seconds; a batch takes far less."""

_leaving = threading.Event()
_changed = threading.Condition()
_busy: Counter[int] = Counter()


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread, as every model of featser does; the number is one of the calling thread."""
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
    """Whether the interpreter is about to leave, so that nobody waits for a result any more."""
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
