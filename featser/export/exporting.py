"""Export of a model for other runtimes, with a comparison of its probabilities."""

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from featser.atomic import atomic_write
from featser.bundle import Model, load_model
from featser.bundle.file import MODEL_CLASSES
from featser.bundle.skops_file import SUFFIX, write_skops
from featser.errors import InputError, MissingExtraError, UnknownNameError
from featser.export.classifiers import probabilities, refusal
from featser.export.graph import FEATURES, PROBABILITIES, Graph
from featser.models import SEQUENCE_MODELS, decide

Matrix = NDArray[np.float64]

TOLERANCE = 1e-5
"""Largest accepted difference between a probability of the exported model and of the model itself."""

N_RANDOM = 100
"""Random rows that are compared besides the golden rows."""

_UNDEFINED = 0.02
"""Share of undefined values in random rows."""


@dataclass(frozen=True)
class Exported:
    """A written file and its comparison with the model.

    Attributes
    ----------
    path : Path
    format : str
        ``onnx`` or ``skops``
    n_bytes : int
        size of the file
    normalise : tuple of str
        normalisations whose classifiers are in the file
    difference : float
        largest difference of a probability from that of the model
    n_rows : int
        number of compared rows
    """

    path: Path
    format: str
    n_bytes: int
    normalise: tuple[str, ...]
    difference: float
    n_rows: int


def export(model: Model | str | Path, path: str | Path, file_format: str = "onnx", normalise: str = "none") -> Exported:
    """Write a model in another format and check that it gives the same probabilities.

    Parameters
    ----------
    model : Model, str or Path
        a trained model, or its file
    path : str or Path
        file to write
    file_format : str
        ``onnx``: one classifier, from features to probabilities; ``skops``: the whole model, without a pickle
    normalise : str
        normalisation whose classifier is written to ONNX; its input are features that are normalised so

    Returns
    -------
    Exported

    Raises
    ------
    UnknownNameError
        no such format, or the model was not fitted with the normalisation
    MissingExtraError
        libraries of the extra ``export`` are missing
    InputError
        the model has a part that the format cannot express, or the probabilities differ by more than `TOLERANCE`;
        no file is written
    """
    model, path = model if isinstance(model, Model) else load_model(model), Path(path)
    if file_format not in FORMATS:
        raise UnknownNameError("format", file_format, FORMATS)
    if normalise not in model.classifiers:
        raise UnknownNameError("normalisation of this model", normalise, model.classifiers)
    path.parent.mkdir(parents=True, exist_ok=True)
    ways, difference, n_rows = FORMATS[file_format](model, path, normalise)
    return Exported(path, file_format, path.stat().st_size, ways, difference, n_rows)


def to_onnx(model: Model, normalise: str = "none") -> bytes:
    """Return a classifier of a model as the contents of an ONNX file.

    The input ``features`` has shape ``(n, n_features)`` in double precision, with NaN where a feature is undefined. The
    output ``probabilities`` has shape ``(n, n_classes)``. The metadata ``featser`` is the card of the model with the
    names of the features.

    Parameters
    ----------
    model : Model
    normalise : str
        normalisation of the classifier

    Returns
    -------
    bytes

    Raises
    ------
    InputError
        the model has a part without counterpart in ONNX
    """
    if model.specification["model"] in SEQUENCE_MODELS:
        raise refusal(f"A model '{model.specification['model']}' reads frames with PyTorch, so it")
    graph = Graph()
    output = probabilities(graph, FEATURES, model.classifiers[normalise])
    card = model.card() | {"feature_names": list(model.features), "exported": normalise}
    metadata = {"featser": json.dumps(card, sort_keys=True)}
    try:
        return graph.model(output, len(model.features), len(model.classes_), metadata)
    except ValueError as error:  # a file of protocol buffers has at most 2 GB
        raise refusal(f"This model is too large ({error}) and") from error


def compared_rows(model: Model, normalise: str) -> Matrix:
    """Return golden rows, and random rows whose features are those of golden rows with noise.

    Parameters
    ----------
    model : Model
    normalise : str

    Returns
    -------
    Matrix [shape=(n_golden + N_RANDOM, n_features)]
        2 % of the values of random rows are undefined
    """
    golden = np.asarray(model.golden[normalise], dtype=np.float64)
    rng = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # features that are undefined in all golden rows
        spread = np.nan_to_num(np.nanstd(golden, axis=0))
    chosen = rng.integers(0, len(golden), (N_RANDOM, golden.shape[1]))
    made = np.take_along_axis(golden, chosen, axis=0) + spread * rng.standard_normal(chosen.shape)
    made[rng.random(made.shape) < _UNDEFINED] = np.nan
    return np.concatenate([golden, made.astype(np.float32)])


def _write_onnx(model: Model, path: Path, normalise: str) -> tuple[tuple[str, ...], float, int]:
    try:
        import onnx  # noqa: F401 - used by the graph
        from onnxruntime import InferenceSession
    except ImportError as error:
        raise MissingExtraError("Export to ONNX", "export") from error
    content = to_onnx(model, normalise)
    session = InferenceSession(content, providers=["CPUExecutionProvider"])

    def predict(rows: Matrix) -> Matrix:
        found: Matrix = session.run([PROBABILITIES], {FEATURES: rows})[0]
        return found

    rows = compared_rows(model, normalise)
    difference = _difference(model, normalise, rows, predict)
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)
    return (normalise,), difference, len(rows)


def _write_skops(model: Model, path: Path, _normalise: str) -> tuple[tuple[str, ...], float, int]:
    with TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / f"model{SUFFIX}"
        write_skops(model, draft, MODEL_CLASSES)
        back = load_model(draft)
        ways = {way: compared_rows(model, way) for way in model.classifiers}
        differences = [_difference(model, way, rows, _of(back, way)) for way, rows in ways.items()]
        draft.replace(path)
    return tuple(ways), max(differences), sum(map(len, ways.values()))


def _of(model: Model, way: str) -> Callable[[Matrix], Matrix]:
    return lambda rows: decide(model.classifiers[way], rows).probabilities


def _difference(model: Model, way: str, rows: Matrix, predict: Callable[[Matrix], Matrix]) -> float:
    """Largest difference of a probability; raise `InputError` above `TOLERANCE`."""
    difference = float(np.abs(predict(rows) - decide(model.classifiers[way], rows).probabilities).max())
    if not difference <= TOLERANCE:
        raise InputError(
            f"The exported model does not reproduce the probabilities (largest difference {difference:.1g}, at most "
            f"{TOLERANCE:.0e} is accepted). No file was written. Keep the model as it is."
        )
    return difference


FORMATS: dict[str, Callable[[Model, Path, str], tuple[tuple[str, ...], float, int]]] = {
    "onnx": _write_onnx,
    "skops": _write_skops,
}
"""Function that writes each format; it returns the exported normalisations, the difference and the number of rows."""
