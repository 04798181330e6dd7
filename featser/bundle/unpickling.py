"""Unpickling of model files from unknown sources.

Python's own unpickler is restricted in three ways. Only the instructions that a model file needs are followed. Only the
classes of models are made, without arguments. Arrays, types of arrays and trees are made by functions of this module,
which check sizes and offsets before compiled code gets them, so that memory is bounded by the size of the file.
"""

import io
import math
import pickle
import re
from collections.abc import Callable, Collection
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from featser.errors import InputError
from featser.models.file_checks import require

_OPCODES = (
    *("PROTO", "FRAME", "STOP", "MARK", "MEMOIZE", "BINGET", "LONG_BINGET", "STACK_GLOBAL"),
    *("NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("SHORT_BINUNICODE", "BINUNICODE", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    *("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "APPEND", "APPENDS"),
    *("EMPTY_DICT", "SETITEM", "SETITEMS", "NEWOBJ", "REDUCE", "BUILD"),
)
"""Instructions of protocol 5 that occur in model files. Those that number the memo are not among them: they request
memory for any number."""

_PLAIN = re.compile(r"b1|[iu][1248]|f[48]|U[1-9]\d{0,3}")
_RECORD = re.compile(r"V[1-9]\d{0,2}")
_DTYPE_STATE, _ARRAY_STATE = 8, 5
"""Numbers of values that NumPy stores."""


def unpickle(body: bytes, allowed: Collection[tuple[str, str]]) -> Any:
    """Read a pickle that may come from an unknown source.

    Parameters
    ----------
    body : bytes
        the pickle
    allowed : collection of (str, str)
        modules and names of the classes and functions that it may contain

    Returns
    -------
    object

    Raises
    ------
    Exception
        of any kind, if the pickle is damaged or contains something else
    """
    return _Unpickler(body, allowed).load()


class _ArrayType:
    """What a pickle names ``numpy.ndarray``; it cannot be called."""


def _dtype(name: str, align: bool = False, copy: bool = True) -> np.dtype[Any]:
    require(type(name) is str and (_PLAIN.fullmatch(name) or _RECORD.fullmatch(name)), f"it contains the type {name}")
    require(align is False and copy is True, "it contains an unknown type of arrays")
    return np.dtype(name, align=False, copy=True)


def _is_plain(dtype: object) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind in "biufU" and dtype.itemsize > 0 and dtype.subdtype is None


def _check_dtype_state(dtype: np.dtype[Any], state: Any) -> None:
    """Check byte order and fields, whose offsets NumPy does not compare with the size."""
    require(type(state) is tuple and len(state) == _DTYPE_STATE, "it contains an unknown type of arrays")
    version, order, shape, names, offsets, size, alignment, flags = state
    require(version == 3 and order in ("<", "|") and shape is None, "it contains an unknown type of arrays")
    require(type(flags) is int and type(alignment) is int, "it contains an unknown type of arrays")
    if dtype.kind != "V":
        require(names is None and offsets is None and size in (-1, dtype.itemsize), "it contains an unknown record")
        require(flags == (8 if dtype.kind == "U" else 0), "it contains an unknown type of arrays")
        return
    require(type(names) is tuple and type(offsets) is dict and set(names) == set(offsets), "it contains a wrong record")
    require(size == dtype.itemsize and alignment in (1, 2, 4, 8), "it contains a wrong record")
    for field in offsets.values():
        require(type(field) is tuple and len(field) == 2 and type(field[1]) is int, "it contains a wrong record")
        require(_is_plain(field[0]) and 0 <= field[1] <= size - field[0].itemsize, "it contains a wrong record")
    require(flags & ~16 == 0, "it contains a wrong record")


def _check_array_state(state: Any) -> None:
    require(type(state) is tuple and len(state) == _ARRAY_STATE, "it contains a damaged array")
    version, shape, dtype, fortran, content = state
    known = version == 1 and type(fortran) is bool and isinstance(content, bytes | bytearray)
    require(known and isinstance(dtype, np.dtype), "it contains a damaged array")
    require(dtype.kind == "V" or _is_plain(dtype), "it contains an array of objects")
    sizes = type(shape) is tuple and len(shape) <= 8 and all(type(each) is int and each >= 0 for each in shape)
    require(sizes and math.prod(shape) * dtype.itemsize == len(content), "it contains an array of another size")


def _array(content: Any, dtype: Any, shape: Any, order: Any) -> NDArray[Any]:
    _check_array_state((1, shape, dtype, False, content))
    require(order in ("C", "F"), "it contains a damaged array")
    return np.frombuffer(content, dtype).reshape(shape, order=order) if len(content) else np.empty(shape, dtype)


def _empty_array(kind: Any, shape: Any, code: Any) -> NDArray[Any]:
    require(kind is _ArrayType and shape == (0,) and code == b"b", "it contains a damaged array")
    return np.empty(0, np.int8)


def _scalar(dtype: Any, content: Any) -> Any:
    fits = _is_plain(dtype) and isinstance(content, bytes) and len(content) == dtype.itemsize
    require(fits, "it contains a damaged number")
    return np.frombuffer(content, dtype)[0]


def _tree(n_features: Any, n_classes: Any, n_outputs: Any) -> Any:
    from sklearn.tree._tree import Tree

    counts = isinstance(n_classes, np.ndarray) and n_classes.shape == (1,) and n_classes.dtype.kind == "i"
    require(counts and type(n_features) is int and type(n_outputs) is int, "it contains a damaged tree")
    require(n_outputs == 1 and n_features > 0 and n_classes[0] > 0, "it contains a damaged tree")
    return Tree(n_features, n_classes, n_outputs)


def _loss(name: str) -> Callable[..., Any]:
    def make(*_: Any) -> Any:
        from sklearn._loss import _loss

        return getattr(_loss, name)()

    return make


_READERS: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): _dtype,
    ("numpy", "ndarray"): _ArrayType,
    ("numpy._core.multiarray", "_reconstruct"): _empty_array,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("numpy._core.numeric", "_frombuffer"): _array,
    ("sklearn.tree._tree", "Tree"): _tree,
    **{
        ("sklearn._loss._loss", f"{start}{name}"): _loss(name)
        for name in ("CyHalfBinomialLoss", "CyHalfMultinomialLoss")
        for start in ("", "__pyx_unpickle_")
    },
}
"""Functions that take the place of constructors in compiled code."""


_Base: Any = vars(pickle)["_Unpickler"]
"""Python's unpickler in Python, whose methods can be replaced."""


class _Unpickler(_Base):  # type: ignore[misc]
    """Python's unpickler, restricted as this module describes."""

    dispatch: ClassVar[dict[int, Any]] = {
        opcode: _Base.dispatch[opcode] for opcode in (ord(getattr(pickle, name)) for name in _OPCODES)
    }

    def __init__(self, body: bytes, allowed: Collection[tuple[str, str]]):
        super().__init__(io.BytesIO(body))
        self._allowed = allowed
        self._made: set[type] = set()

    def load(self) -> Any:
        try:
            return super().load()
        except KeyError as error:  # an instruction that is not in `dispatch`, or a memo that does not exist
            raise pickle.UnpicklingError(f"it contains the unknown instruction or reference {error}") from error

    def find_class(self, module: str, name: str) -> Any:
        if module == "xgboost.core":
            raise InputError(
                "This model contains trees in XGBoost's own format, which is not safe to read. Fit the model again."
            )
        if (module, name) not in self._allowed:
            raise pickle.UnpicklingError(f"it contains {module}.{name}")
        if (module, name) in _READERS:
            return _READERS[module, name]
        found = super().find_class(module, name)
        if isinstance(found, type):
            self._made.add(found)
        return found

    def _new(self) -> None:
        """Make an object; ``__init__`` does not run."""
        arguments, kind = self.stack.pop(), self.stack.pop()
        require(kind in self._made and arguments == (), "it makes an object in an unknown way")
        self.append(kind.__new__(kind))

    def _call(self) -> None:
        arguments, reader = self.stack.pop(), self.stack[-1]
        require(reader is not _ArrayType and reader in _READERS.values(), "it calls an unknown function")
        self.stack[-1] = reader(*arguments)

    def _build(self) -> None:
        """Set the attributes of an object; those of classes, which outlive the model, stay as they are."""
        state, made = self.stack.pop(), self.stack[-1]
        if isinstance(made, np.ndarray):
            _check_array_state(state)
            made.__setstate__(state)
        elif isinstance(made, np.dtype):
            _check_dtype_state(made, state)
            made.__setstate__(state)  # type: ignore[attr-defined]
        else:
            known = type(made) in self._made or type(made).__name__ == "Tree"
            require(known and type(state) is dict, "it changes an unknown object")
            require(all(type(name) is str for name in state), "it has attributes without a name")
            if hasattr(type(made), "__setstate__"):
                made.__setstate__(state)
            else:
                vars(made).update(state)

    def _bytes(self) -> None:
        """Read bytes that may be changed; Python's own method requests the stated size before it reads."""
        size = int.from_bytes(self.read(8), "little")
        content = self.read(size) if size < 2**62 else b""
        require(len(content) == size, "it ends too early")
        self.append(bytearray(content))

    def _set_items(self) -> None:
        items = self.pop_mark()
        _fill(self.stack[-1], items)

    def _set_item(self) -> None:
        value, name = self.stack.pop(), self.stack.pop()
        _fill(self.stack[-1], [name, value])

    dispatch[ord(pickle.BYTEARRAY8)] = _bytes
    dispatch[ord(pickle.NEWOBJ)] = _new
    dispatch[ord(pickle.REDUCE)] = _call
    dispatch[ord(pickle.BUILD)] = _build
    dispatch[ord(pickle.SETITEMS)] = _set_items
    dispatch[ord(pickle.SETITEM)] = _set_item


def _fill(whole: Any, items: list[Any]) -> None:
    """Add to a dict; keys are texts, since the hashes of numbers can be chosen such that all collide."""
    require(type(whole) is dict, "it adds to something else than a dict")
    names = items[::2]
    require(all(type(name) is str for name in names), "it has a dict with other keys than texts")
    whole.update(zip(names, items[1::2], strict=True))
