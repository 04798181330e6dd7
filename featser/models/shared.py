"""Work that several models do on the same data, done once: what a search over parameters need not repeat.

Everything is found again by the contents of what it was computed from, so that a result never depends on whether,
by whom or in which order it was computed before.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Result = TypeVar("Result")

_MAX_BYTES = 600_000_000
"""Of the data that kept results were computed from; they themselves are up to four times as large."""

_lock = threading.Lock()
_kept: "OrderedDict[Hashable, tuple[Any, int]]" = OrderedDict()
_n_sharing = 0


@contextmanager
def sharing() -> Iterator[None]:
    """Keep shared results while this lasts, in all threads; the last one to leave forgets them."""
    global _n_sharing
    with _lock:
        _n_sharing += 1
    try:
        yield
    finally:
        with _lock:
            _n_sharing -= 1
            if not _n_sharing:
                _kept.clear()


def shared(what: str, compute: Callable[[], Result], *data: NDArray[Any], setting: Hashable = None) -> Result:
    """Return what ``compute`` returns, from before if it was computed from the same data and setting.

    Outside `sharing` it computes and keeps nothing.

    >>> with sharing():
    ...     [shared("sum", lambda: print("summed"), np.ones(2)) for _ in range(2)]
    summed
    [None, None]
    """
    if not _n_sharing:
        return compute()
    key = (what, setting, *map(digest, data))
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key][0]
    result = compute()
    with _lock:
        _kept[key] = result, sum(each.nbytes for each in data)
        while len(_kept) > 1 and sum(size for _, size in _kept.values()) > _MAX_BYTES:
            _kept.popitem(last=False)
    return result


def digest(data: NDArray[Any]) -> tuple[tuple[int, ...], str, bytes]:
    """Shape, type and checksum of an array: equal for equal contents."""
    contents = np.ascontiguousarray(data)
    return data.shape, data.dtype.str, blake2b(contents.view(np.uint8).data, digest_size=16).digest()
