"""A model as one file that reads without trust."""

import hashlib
import io
import json
import os
import pickle
import struct
from pathlib import Path
from typing import Any, BinaryIO

from featser.atomic import atomic_write
from featser.bundle.model import Model
from featser.bundle.provenance import check_versions
from featser.bundle.soundness import check_sound
from featser.errors import FeatserError, InputError, UsageError, did_you_mean
from featser.features.plugins import check_plugins

_MAGIC = b"\nfeatser model 1\n"
_LENGTH = struct.Struct("<Q")
_MAX_CARD_BYTES = 1 << 20


def write_model(model: Model, path: Path) -> int:
    """Write a model to one file, whole or not at all; return its size in bytes."""
    body = pickle.dumps(model, protocol=5)
    card = json.dumps(model.card() | {"sha256": hashlib.sha256(body).hexdigest()}, sort_keys=True).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        temporary.write_bytes(body + card + _LENGTH.pack(len(card)) + _MAGIC)
    return path.stat().st_size


def read_card(path: str | Path) -> dict[str, Any]:
    """Read what a model file says of itself, without unpickling anything.

    Raises
    ------
    UsageError
        no such file
    InputError
        no model of featser, or one of another release
    """
    path = Path(path)
    with _opened(path) as file:
        return _card(path, file)[0]


def load_model(path: str | Path) -> Model:
    """Read a model file; safe with files from strangers, which ``joblib.load`` is not.

    No foreign code runs, and no part of the model points outside of itself (`featser.bundle.soundness`). Two parsers
    see the bytes before that can be said: numpy's of arrays and XGBoost's of its trees. A file may also be made to
    ask for more memory than there is.

    Raises
    ------
    UsageError
        no such file, or its features come from a plugin that is not loaded
    InputError
        no model of featser, a damaged one, one of another release or with another plugin of that name, or one that
        holds more than a model does
    """
    path = Path(path)
    body, card = _read(path)
    check_plugins(card.get("plugins", ()), str(path))
    if hashlib.sha256(body).hexdigest() != card.get("sha256"):
        raise InputError(f"{path} is damaged: its contents do not match its own checksum. Copy it again, or fit again.")
    try:
        model = _ModelUnpickler(io.BytesIO(body)).load()
    except FeatserError:
        raise
    except Exception as error:  # foreign bytes may raise anything
        raise _foreign(path, error) from error
    if not isinstance(model, Model):
        raise InputError(f"{path} does not hold a featser model. It was not used.")
    try:
        check_sound(model)
    except Exception as error:  # foreign objects too
        raise _foreign(path, error) from error
    return model


def is_model(path: Path) -> bool:
    """Whether a file ends as model files do; nothing else of it is checked."""
    with path.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - len(_MAGIC), 0))
        return file.read() == _MAGIC


def _foreign(path: Path, error: Exception) -> InputError:
    said = " ".join(str(error).split()) or type(error).__name__
    return InputError(f"{path} is not a model that featser wrote ({said}). It was not loaded.")


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
    """Return the card and the size of the pickle before it; nothing more of the file is read."""
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
        versions, plugins = card["versions"], card.get("plugins", [])
        sound = all(isinstance(each, str) for each in versions.values()) and isinstance(plugins, list)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _without_card(path) from error
    if not sound or not all(isinstance(each, dict) and {"name", "sha256"} <= set(each) for each in plugins):
        raise _without_card(path)
    check_versions(str(path), versions)
    return card, end - n_bytes


def _without_card(path: Path) -> InputError:
    return InputError(f"{path} is damaged: its card cannot be read. Copy it again, or fit again.")


class _ModelUnpickler(pickle.Unpickler):
    """Unpickles what a model consists of and refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


_ALLOWED = frozenset(
    {
        ("featser.bundle.model", "Model"),
        ("featser.models.columns", "OnColumns"),
        ("featser.models.combination", "Combined"),
        ("featser.models.kernel", "GaussianKernel"),
        ("featser.models.kernel", "LinearKernel"),
        ("featser.models.kernel", "PairwiseSVC"),
        ("featser.models.linear", "EvenDiscriminant"),
        ("featser.models.linear", "Rotated"),
        ("featser.models.neighbours", "NearestUtterances"),
        ("featser.models.perceptron", "Perceptron"),
        ("featser.models.preparation", "Clipped"),
        ("featser.models.preparation", "Prepared"),
        ("featser.models.probabilities", "Calibrated"),
        ("featser.models.selection", "Selected"),
        ("featser.models.sequence.classifier", "SequenceClassifier"),
        ("featser.models.sequence.clips", "Measure"),
        ("featser.models.sequence.recipe", "Recipe"),
        ("featser.models.trees", "BalancedXGB"),
        ("featser.models.trees", "Histograms"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy._core.numeric", "_frombuffer"),
        ("sklearn._loss._loss", "CyHalfBinomialLoss"),
        ("sklearn._loss._loss", "CyHalfMultinomialLoss"),
        ("sklearn._loss._loss", "__pyx_unpickle_CyHalfBinomialLoss"),
        ("sklearn._loss._loss", "__pyx_unpickle_CyHalfMultinomialLoss"),
        ("sklearn._loss.link", "Interval"),
        ("sklearn._loss.link", "LogitLink"),
        ("sklearn._loss.link", "MultinomialLogit"),
        ("sklearn._loss.loss", "HalfBinomialLoss"),
        ("sklearn._loss.loss", "HalfMultinomialLoss"),
        ("sklearn.ensemble._forest", "ExtraTreesClassifier"),
        ("sklearn.ensemble._forest", "RandomForestClassifier"),
        ("sklearn.ensemble._hist_gradient_boosting.binning", "_BinMapper"),
        ("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor"),
        ("sklearn.impute._base", "SimpleImputer"),
        ("sklearn.linear_model._logistic", "LogisticRegression"),
        ("sklearn.pipeline", "Pipeline"),
        ("sklearn.preprocessing._data", "QuantileTransformer"),
        ("sklearn.preprocessing._data", "StandardScaler"),
        ("sklearn.preprocessing._label", "LabelBinarizer"),
        ("sklearn.preprocessing._label", "LabelEncoder"),
        ("sklearn.tree._classes", "DecisionTreeClassifier"),
        ("sklearn.tree._classes", "ExtraTreeClassifier"),
        ("sklearn.tree._tree", "Tree"),
        ("xgboost.core", "Booster"),
    }
)
