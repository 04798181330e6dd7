"""Cache of intermediate results that the trials of a search have in common.

Results are looked up by the contents of the data that they were computed from, so they do not depend on whether, where
or in which order they were computed before.
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
"""Limit of the input data of cached results; the results are up to four times as large."""

_lock = threading.Lock()
_cached: "OrderedDict[Hashable, tuple[Any, int]]" = OrderedDict()
_n_sharing = 0


@contextmanager
def sharing() -> Iterator[None]:
    """Cache results of `shared` in all threads inside this context; the last context to end clears the cache.

    Yields
    ------
    None
    """
    global _n_sharing
    with _lock:
        _n_sharing += 1
    try:
        yield
    finally:
        with _lock:
            _n_sharing -= 1
            if not _n_sharing:
                _cached.clear()


def shared(what: str, compute: Callable[[], Result], *data: NDArray[Any], setting: Hashable = None) -> Result:
    """Compute a result, or return the cached result of the same data and setting.

    Outside `sharing` nothing is cached.

    Parameters
    ----------
    what : str
        name of the computation
    compute : callable
        called without arguments if the result is not cached
    *data : NDArray
        all arrays that the result depends on
    setting : hashable
        all else that the result depends on

    Returns
    -------
    object
        result of ``compute``; do not change it in place

    Examples
    --------
    >>> with sharing():
    ...     [shared("sum", lambda: print("summed"), np.ones(2)) for _ in range(2)]
    summed
    [None, None]
    """
    if not _n_sharing:
        return compute()
    key = (what, setting, *map(digest, data))
    with _lock:
        if key in _cached:
            _cached.move_to_end(key)
            return _cached[key][0]
    result = compute()
    with _lock:
        _cached[key] = result, sum(each.nbytes for each in data)
        while len(_cached) > 1 and sum(size for _, size in _cached.values()) > _MAX_BYTES:
            _cached.popitem(last=False)
    return result


def digest(data: NDArray[Any]) -> tuple[tuple[int, ...], str, bytes]:
    """Return shape, type and checksum of an array.

    Parameters
    ----------
    data : NDArray

    Returns
    -------
    tuple
        equal for arrays of equal shape, type and contents
    """
    contents = np.ascontiguousarray(data)
    return data.shape, data.dtype.str, blake2b(contents.view(np.uint8).data, digest_size=16).digest()
