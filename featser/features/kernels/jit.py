"""Decorators of compiled functions.

numba compiles its own helpers, such as `numpy.empty`, again in each process for each set of options. Therefore all
kernels have the same options, except those whose sums may be reordered.
"""

from collections.abc import Callable
from typing import Any

import numba
from numba.extending import overload

REORDERED = {"reassoc", "contract"}
"""Freedom of the compiler in sums: it may add in another order, and round a product and a sum at once."""

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function at its first call, and keep the compiled code on disk.

    Parameters
    ----------
    function : callable
        function of numbers and arrays

    Returns
    -------
    numba dispatcher
        calls the compiled function; its attribute ``py_func`` is the function itself
    """
    return numba.njit(**_OPTIONS, cache=True)(function)


def compiled_sums(function: Callable[..., Any]) -> Any:
    """Do the same as `compiled`, with sums that may be `REORDERED`."""
    return numba.njit(**_OPTIONS, cache=True, fastmath=REORDERED)(function)


def inlined(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """Compile a function into its compiled callers, once for each value of constant arguments.

    Parameters
    ----------
    function : callable
        function of numbers and arrays
    **options : object
        further options of numba

    Returns
    -------
    callable
        the function itself
    """
    jit_options: Any = {**_OPTIONS, **options, "forceinline": True}

    @overload(function, jit_options=jit_options, prefer_literal=True, strict=False)
    def implementation(*_arguments: Any) -> Callable[..., Any]:
        return function

    return function


def inlined_sums(function: Callable[..., Any]) -> Callable[..., Any]:
    """Do the same as `inlined`, with sums that may be `REORDERED`."""
    return inlined(function, fastmath=REORDERED)
