"""Binary logarithm and powers of two in single precision; loops that call them are vectorised.

The functions of the C library would prevent this.
"""

from typing import Any

import numpy as np
from numba.core import types
from numba.extending import intrinsic

from featser.features.kernels.jit import compiled

_ONE = np.float32(1)
_TWO_THIRDS = np.int32(0x3F2AAAAB)
_EXPONENT = np.int32(-0x00800000)
_UNIT = np.float32(2.0**-23)
_BIAS, _MANTISSA_BITS = np.int32(127), np.int32(23)
_LOWEST, _HIGHEST = np.float32(-126), np.float32(127)

_L1, _L2, _L3, _L4, _L5, _L6, _L7 = (
    np.float32(value) for value in (1.4426938, -0.7214038, 0.4810530, -0.3577043, 0.2838684, -0.2843999, 0.2560830)
)
"""Minimax polynomial of ``log2(1 + x)`` for -1/3 <= x <= 1/3, with an error of at most 3e-7."""

_E0, _E1, _E2, _E3, _E4, _E5 = (
    np.float32(value) for value in (0.99999994, 0.69315374, 0.24014858, 0.055838977, 0.0089755807, 0.0018830640)
)
"""Minimax polynomial of ``2 ** x`` for 0 <= x <= 1, with a relative error of at most 1e-7."""


def _bitcast(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))


def _as_bits(_context: Any, _number: Any) -> Any:
    """Reinterpret a float as an integer."""
    return types.int32(types.float32), _bitcast


def _as_float(_context: Any, _bits: Any) -> Any:
    """Reinterpret an integer as a float."""
    return types.float32(types.int32), _bitcast


_bits_of: Any = intrinsic(_as_bits)
_float_of: Any = intrinsic(_as_float)


@compiled
def log2(number: Any) -> Any:
    """Binary logarithm, with an error below 1e-6.

    Parameters
    ----------
    number : float32
        positive and normal

    Returns
    -------
    float32
    """
    bits = _bits_of(number)
    exponent = (bits - _TWO_THIRDS) & _EXPONENT
    x = _float_of(bits - exponent) - _ONE
    polynomial = x * (_L1 + x * (_L2 + x * (_L3 + x * (_L4 + x * (_L5 + x * (_L6 + x * _L7))))))
    return np.float32(exponent) * _UNIT + polynomial


@compiled
def exp2(exponent: Any) -> Any:
    """Power of two, with a relative error below 1e-6.

    Parameters
    ----------
    exponent : float32
        limited to the range from -126 to 127

    Returns
    -------
    float32
    """
    bounded = min(max(exponent, _LOWEST), _HIGHEST)
    whole = np.floor(bounded)
    x = bounded - whole
    polynomial = _E0 + x * (_E1 + x * (_E2 + x * (_E3 + x * (_E4 + x * _E5))))
    return polynomial * _float_of((np.int32(whole) + _BIAS) << _MANTISSA_BITS)
