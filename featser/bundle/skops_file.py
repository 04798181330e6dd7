"""Model files in the format of skops: a ZIP archive of JSON and arrays, without a pickle."""

import json
import re
import zipfile
from collections.abc import Collection, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from featser.bundle.model import Model
from featser.errors import InputError, MissingExtraError

SUFFIX = ".skops"

_CARD, _SCHEMA = "featser.json", "schema.json"
_MAX_CARD_BYTES = 1 << 20
_ADDRESS, _FILE = re.compile(r'(?<="__id__": )\d+'), re.compile(r'(?<="file": ")[^"]+')
_LOADERS = (
    *("ObjectNode", "DictNode", "ListNode", "TupleNode", "JsonNode", "TypeNode", "BytesNode", "NdArrayNode"),
    *("DTypeNode", "TreeNode", "LossNode"),
)
"""Kinds of parts that skops stores a model as; the others would let a file name any function of NumPy or SciPy."""

_PLAIN = {
    *(f"builtins.{name}" for name in ("str", "dict", "list", "tuple", "int", "float", "bool", "NoneType", "bytes")),
    *(f"numpy.{name}" for name in ("ndarray", "dtype", "bool", "bool_", "str_", "float64", "float32")),
    *(f"numpy.{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)),
}
_GROWTH, _SMALL_BYTES = 50, 1 << 26
"""An archive may contain 64 MiB, and 50 times its own size."""

_TIME = (1980, 1, 1, 0, 0, 0)
"""Time stamp of all parts, so that equal models give equal files."""


def write_skops(model: Model, path: Path, allowed: Collection[str]) -> None:
    """Write a model as a skops file.

    Parameters
    ----------
    model : Model
    path : Path
    allowed : collection of str
        full names of the classes that a model may consist of

    Raises
    ------
    MissingExtraError
        skops is not installed
    InputError
        the model has parts that skops cannot store
    """
    skops = _skops()
    try:
        content = skops.dumps(model)
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"skops cannot store a model '{model.specification['model']}': {reason}. Keep it.") from error
    foreign = [name for name in skops.get_untrusted_types(data=content) if name not in allowed]
    if foreign:
        raise InputError(f"skops would need to trust {', '.join(foreign)} to read this model. Keep the model as it is.")
    path.write_bytes(_same_bytes(content, json.dumps(model.card(), sort_keys=True)))


def read_skops(path: Path, allowed: Collection[str]) -> tuple[object, dict[str, Any]]:
    """Read a skops file; only classes in ``allowed`` are made.

    Parameters
    ----------
    path : Path
    allowed : collection of str
        full names of the classes that a model may consist of

    Returns
    -------
    model : object
        not yet checked
    card : dict

    Raises
    ------
    MissingExtraError
        skops is not installed
    InputError
        not a skops file that featser wrote
    """
    skops = _skops()
    card = read_skops_card(path)
    try:
        _check_schema(path, allowed)
        foreign = [name for name in skops.get_untrusted_types(file=path) if name not in allowed]
        if foreign:
            raise ValueError(f"it contains {foreign[0]}")
        return skops.load(path, trusted=sorted(allowed)), card
    except Exception as error:  # reading arbitrary bytes may raise any error
        reason = " ".join(str(error).split()) or type(error).__name__
        message = f"{path} is not a model that featser wrote ({reason}). It was not loaded."
        raise InputError(message) from error


def read_skops_card(path: Path) -> dict[str, Any]:
    """Read the card of a skops file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict

    Raises
    ------
    InputError
        not a skops file that featser wrote
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(_CARD).file_size > _MAX_CARD_BYTES:
                raise ValueError
            card = json.loads(archive.read(_CARD))
    except Exception as error:  # and so may ZIP archives
        message = f"{path} is not a featser model. Give a file that 'featser fit' or 'featser export' wrote."
        raise InputError(message) from error
    if not isinstance(card, Mapping):
        raise InputError(f"{path} is damaged: its card cannot be read. Copy it again, or fit again.")
    return dict(card)


def _check_schema(path: Path, allowed: Collection[str]) -> None:
    """Check what an archive is made of, before skops makes it."""
    with zipfile.ZipFile(path) as archive:
        size = sum(each.file_size for each in archive.infolist())
        if size > _SMALL_BYTES + _GROWTH * path.stat().st_size:
            raise ValueError(f"it would take {size:,} bytes")
        waiting = [json.loads(archive.read(_SCHEMA))]
    known: dict[Any, Any] = {}
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict) and "__loader__" in part:
            _check_part(part, allowed)
            kind = (part["__loader__"], _numbers_of(part))
            if known.setdefault(part.get("__id__", id(part)), kind) != kind:
                raise ValueError("two of its parts have the same number")
        waiting += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()


def _numbers_of(part: Mapping[str, Any]) -> Any:
    """What a plain value or tuple consists of; skops reads only the first of two parts with one number."""
    if part["__loader__"] == "TupleNode":
        return [each.get("__id__") for each in part["content"]]
    return part.get("content") if part["__loader__"] == "JsonNode" else None


def _check_part(part: Mapping[str, Any], allowed: Collection[str]) -> None:
    name = f"{part.get('__module__')}.{part.get('__class__')}"
    if part["__loader__"] not in _LOADERS or not (name in allowed or name in _PLAIN):
        raise ValueError(f"it contains {name}")
    if part["__loader__"] == "TreeNode" and part["__reduce__"]["args"]["content"][2]["content"] != "1":
        raise ValueError("it contains a damaged tree")  # scikit-learn does not compare this with the number of classes


def _skops() -> Any:
    try:
        import skops.io
    except ImportError as error:
        raise MissingExtraError("The format skops", "export") from error
    return skops.io


def _same_bytes(content: bytes, card: str) -> bytes:
    """Add the card, and replace addresses in memory and times, which would differ from run to run."""
    result = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        schema = old.read(_SCHEMA).decode()
        addresses = {each: str(at) for at, each in enumerate(dict.fromkeys(_ADDRESS.findall(schema)))}
        schema = _ADDRESS.sub(lambda found: addresses[found[0]], schema)
        files = {each: f"{at}{Path(each).suffix}" for at, each in enumerate(dict.fromkeys(_FILE.findall(schema)))}
        schema = _FILE.sub(lambda found: files[found[0]], schema)
        parts = {new_name: old.read(name) for name, new_name in files.items()}
        for name, part in {_CARD: card.encode(), _SCHEMA: schema.encode(), **parts}.items():
            new.writestr(zipfile.ZipInfo(name, _TIME), part, zipfile.ZIP_DEFLATED)
    return result.getvalue()
