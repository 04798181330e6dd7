"""Model files that are safe to read from an untrusted source."""

import hashlib
import json
import os
import pickle
import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from featser.atomic import atomic_write
from featser.bundle.model import FORMAT, Model
from featser.bundle.provenance import check_feature_code, other_releases
from featser.bundle.skops_file import SUFFIX, read_skops, read_skops_card
from featser.bundle.soundness import check_plain, check_sound
from featser.bundle.unpickling import unpickle
from featser.errors import FeatserError, InputError, UsageError, did_you_mean
from featser.features.plugins import check_plugins
from featser.models import stored_names

_MAGIC = b"\nfeatser model 1\n"
_LENGTH = struct.Struct("<Q")
_MAX_CARD_BYTES = 1 << 20
_MAX_REASON = 200
"""Characters of an error of another library that a message quotes."""

GOLDEN_TOLERANCE = 1e-6
"""Largest difference of the probabilities of golden rows from those in the card."""


def write_model(model: Model, path: Path) -> int:
    """Write a model to one file; an interrupted write leaves no file.

    Parameters
    ----------
    model : Model
    path : Path
        its folder is created if it does not exist

    Returns
    -------
    int
        size of the file in bytes
    """
    body = pickle.dumps(model, protocol=5)
    card = json.dumps(model.card() | {"sha256": hashlib.sha256(body).hexdigest()}, sort_keys=True).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        temporary.write_bytes(file_content(body, card))
    return path.stat().st_size


def file_content(body: bytes, card: bytes) -> bytes:
    """Join the parts of a model file: pickle, card, length of the card, file signature.

    Parameters
    ----------
    body : bytes
        the pickle
    card : bytes
        description of the model in JSON, with the pickle's checksum

    Returns
    -------
    bytes
    """
    return body + card + _LENGTH.pack(len(card)) + _MAGIC


def read_card(path: str | Path) -> dict[str, Any]:
    """Read the description of a model from its file without unpickling.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict
        pipeline, emotions, scores, training data, versions, checksum

    Raises
    ------
    UsageError
        no such file
    InputError
        not a model file, a damaged one, or one with another format or other feature code
    """
    path = Path(path)
    if path.suffix == SUFFIX:
        _opened(path).close()
        return _checked(path, read_skops_card(path))
    with _opened(path) as file:
        return _card(path, file)[0]


def load_model(path: str | Path) -> Model:
    """Read a model file safely, also from an untrusted source; ``joblib.load`` runs any code in a file.

    Only names in `ALLOWED_NAMES` are unpickled, `featser.bundle.unpickling` checks all sizes before memory is
    requested, and `featser.bundle.soundness` all indices that compiled code uses. Files that end in ``.skops`` are read
    by skops, and then checked likewise.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Model

    Raises
    ------
    UsageError
        no such file, or its features need a plugin that is not loaded
    InputError
        not a model file, a damaged one, one with other feature code or another version of a plugin, one that does not
        reproduce its golden predictions, or one with contents that models do not have
    """
    path = Path(path)
    if path.suffix == SUFFIX:
        check_plugins(read_card(path).get("plugins", ()), str(path))
        return check_model(*read_skops(path, MODEL_CLASSES), path)
    body, card = _read(path)
    check_plugins(card.get("plugins", ()), str(path))
    if hashlib.sha256(body).hexdigest() != card.get("sha256"):
        raise InputError(f"{path} is damaged: its contents do not match its own checksum. Copy it again, or fit again.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other releases of a library: the golden rows decide
        model = _unpickled(path, body)
    return check_model(model, card, path)


def _unpickled(path: Path, body: bytes) -> Any:
    try:
        return unpickle(body, ALLOWED_NAMES)
    except FeatserError:
        raise
    except Exception as error:  # unpickling arbitrary bytes may raise any error
        raise _foreign(path, error) from error


def check_model(model: object, card: Mapping[str, Any], path: Path) -> Model:
    """Check what was read from a file: its parts, and whether it reproduces its golden predictions.

    Parameters
    ----------
    model : object
        read from the file
    card : mapping
        card of the file, with ``golden`` and ``versions``
    path : Path
        the file, for messages

    Returns
    -------
    Model
        the same object

    Raises
    ------
    InputError
        not a model, or one that is incomplete, unsafe or predicts something else than it did when it was saved
    """
    if not isinstance(model, Model):
        raise InputError(f"{path} does not contain a featser model. It was not loaded.")
    try:
        check_sound(model)
    except Exception as error:  # and so may arbitrary objects
        raise _foreign(path, error) from error
    _check_golden(model, path, card)
    return model


def _check_golden(model: Model, path: Path, card: Mapping[str, Any]) -> None:
    other = other_releases(card["versions"])
    remedy = "Fit it again" + (", or install the versions that made it." if other else ".")
    try:
        expected, found = card["golden"], model.golden_predictions()
        far = float(np.max([np.abs(np.subtract(found[way], expected[way])).max() for way in found]))
    except Exception as error:  # estimators of another release may raise any error
        message = f"{path} cannot predict its golden rows ({other or _reason(error)}). It was not loaded. {remedy}"
        raise InputError(message) from error
    if not far <= GOLDEN_TOLERANCE:
        why = f"; {other}" if other else ""
        raise InputError(
            f"{path} does not reproduce its golden predictions (largest difference {far:.1g}{why}). {remedy}"
        )


def is_model(path: Path) -> bool:
    """Return whether a file ends with the signature of model files; nothing else is checked.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    with path.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - len(_MAGIC), 0))
        return file.read() == _MAGIC


def _foreign(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} is not a model that featser wrote ({_reason(error)}). It was not loaded.")


def _reason(error: Exception) -> str:
    """First line of an error, without control characters; XGBoost adds a stack of C++."""
    first = next(iter(str(error).strip().splitlines()), "")[:_MAX_REASON]
    return "".join(each if each.isprintable() else "?" for each in first) or type(error).__name__


def _read(path: Path) -> tuple[bytes, dict[str, Any]]:
    """Return the pickle and the card."""
    with _opened(path) as file:
        card, n_bytes = _card(path, file)
        file.seek(0)
        return file.read(n_bytes), card


def _opened(path: Path) -> BinaryIO:
    if not path.is_file():
        near = did_you_mean(path.name, [each.name for each in path.parent.glob("*.joblib")])
        raise UsageError(f"No model at {path}.{near} Make one: featser fit TABLE --model svm --out {path}.")
    return path.open("rb")


def _card(path: Path, file: BinaryIO) -> tuple[dict[str, Any], int]:
    """Return the card and the size of the pickle, reading only the end of the file."""
    end = file.seek(0, os.SEEK_END) - len(_MAGIC) - _LENGTH.size
    file.seek(max(end, 0))
    length, magic = file.read(_LENGTH.size), file.read()
    if end < 0 or magic != _MAGIC:
        raise InputError(f"{path} is not a featser model. Give a file that 'featser fit' wrote.")
    n_bytes = _LENGTH.unpack(length)[0]
    if n_bytes > min(end, _MAX_CARD_BYTES):
        raise InputError(f"{path} is damaged: its card cannot be {n_bytes} bytes long. Copy it again, or fit again.")
    file.seek(end - n_bytes)
    try:
        card = json.loads(file.read(n_bytes))
    except (ValueError, RecursionError) as error:
        raise _without_card(path) from error
    return _checked(path, card), end - n_bytes


def _checked(path: Path, card: Any) -> dict[str, Any]:
    """Check that a card is complete and that this featser can read the model."""
    try:
        check_plain(card)
        versions, plugins = card["versions"], card.get("plugins", [])
        sound = all(isinstance(each, str) for each in versions.values()) and isinstance(plugins, list)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _without_card(path) from error
    if not sound or not all(isinstance(each, dict) and {"name", "sha256"} <= set(each) for each in plugins):
        raise _without_card(path)
    if card.get("format") != FORMAT:
        raise InputError(
            f"{path} has the format {card.get('format')}, this featser reads {FORMAT}. Fit the model again."
        )
    check_feature_code(str(path), versions)
    checked: dict[str, Any] = card
    return checked


def _without_card(path: Path) -> InputError:
    return InputError(f"{path} is damaged: its card cannot be read. Copy it again, or fit again.")


_COMMON = (
    "featser.bundle.model.Model",
    "featser.guard.guard.Guard",
    "featser.guard.guard.Space",
    "featser.guard.guard.TimeDirection",
    "featser.guard.reversal.Reversal",
    "featser.models.speaker.AverageSpeaker",
    "featser.models.on_columns.OnColumns",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy._core.numeric._frombuffer",
    "numpy.dtype",
    "numpy.ndarray",
)
"""Names that every model file may contain."""

ALLOWED_NAMES = frozenset((name.rpartition(".")[0], name.rpartition(".")[2]) for name in (*_COMMON, *stored_names()))
"""Pairs of module and name that a model file may contain; every other name in it is refused."""

MODEL_CLASSES = frozenset(".".join(name) for name in ALLOWED_NAMES)
"""Full names of the classes that a skops file may contain; every other one in it is refused."""
