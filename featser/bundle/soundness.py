"""Checks of a model that was read from a file.

The list of allowed names keeps foreign code out of an unpickled model. Compiled code of scikit-learn and XGBoost,
however, uses numbers of a model as array indices without checking their bounds: children and features of trees, and
support vectors. Each model declares checks for these parts (`featser.models.file_checks`); this module applies them
to every object inside a model.
"""

from collections.abc import Iterator
from dataclasses import fields
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

from featser.bundle.model import Model
from featser.guard import Guard
from featser.models import AverageSpeaker, part_checks
from featser.models.file_checks import require

_CODE = (type, FunctionType, BuiltinFunctionType, MethodType)
_KINDS: dict[str, Any] = {
    "features": tuple,
    "clean": tuple,
    "training_digests": np.ndarray,
    "means": np.ndarray,
    "average_speaker": AverageSpeaker | None,
}
"""Types of the fields of a model that are not dicts."""

_PLAIN_FIELDS = ("specification", "feature_set", "features", "clean", "scores", "training", "versions")
_MAX_VALUES, _MAX_CLASSES = 300_000, 1_000
"""Largest numbers of values in the descriptions of a model, which may contain one list many times, and of emotions."""

_SCORE_KEYS = {"uar", "uar_low", "uar_high", "protocol", "leaky"}
_TRAINING_KEYS = {"corpus", "n_utterances"}


def check_sound(model: Model) -> None:
    """Raise an error if a model is incomplete, or if one of its parts contains an index out of bounds.

    Parameters
    ----------
    model : Model

    Raises
    ------
    ValueError
        the message says what is wrong
    """
    _check_fields(model)
    check_plain([getattr(model, name) for name in _PLAIN_FIELDS])
    checks = part_checks()
    enclosing = {each.encloses: each.kind for each in checks if each.encloses is not None}
    for part in _parts(model.classifiers, enclosing):
        _check_settings(part)
        for each in checks:
            if isinstance(part, each.kind) and hasattr(part, each.fitted):
                each.check(part)


def _check_fields(model: Model) -> None:
    require(set(vars(model)) == {each.name for each in fields(Model)}, "a field is missing or unknown")
    for name, value in vars(model).items():
        require(isinstance(value, _KINDS.get(name, dict)), f"{name} has the wrong type")
    digests = model.training_digests
    require(digests.dtype == np.uint64 and digests.ndim == 1, "training_digests has the wrong type")
    require(all(isinstance(name, str) for name in (*model.features, *model.clean)), "features are not names")
    n_features = len(model.features)
    require(model.means.dtype == np.float32 and model.means.shape == (n_features,), "means has the wrong type")
    complete = "none" in model.classifiers and set(model.classifiers) <= set(model.scores)
    require(complete, "a classifier or its score is missing")
    for way, classifier in model.classifiers.items():
        require(isinstance(classifier, ClassifierMixin), f"the classifier '{way}' has the wrong type")
        labels = getattr(classifier, "classes_", None)
        named = isinstance(labels, np.ndarray) and labels.ndim == 1 and labels.dtype.kind == "U"
        require(named, f"the classifier '{way}' has no emotions")
        names = np.asarray(labels).tolist()
        few = 1 < len(set(names)) == len(names) <= _MAX_CLASSES
        require(few and all(map(str.isprintable, names)), f"the classifier '{way}' has wrong names of emotions")
        score = model.scores[way]
        require(isinstance(score, dict) and set(score) >= _SCORE_KEYS, f"the score '{way}' is incomplete")
        golden = model.golden.get(way)
        kind = (golden.dtype, *golden.shape[1:]) if isinstance(golden, np.ndarray) else ()
        require(kind == (np.float32, n_features), f"the golden rows '{way}' have the wrong type")
    require(set(model.training) >= _TRAINING_KEYS, "the description of the training data is incomplete")
    require(set(model.guards) >= set(model.classifiers), "a guard is missing")
    for guard in model.guards.values():
        _check_guard(guard, len(model.features))
    average = model.average_speaker
    require(average is not None or "speaker" not in model.classifiers, "the average speaker is missing")
    if average is not None:
        _check_array(average.mean, (len(model.features),))
        _check_array(average.spread, (len(model.features),))


def check_plain(whole: Any) -> None:
    """Raise an error if a description has other values than JSON, too many to print, or control characters.

    Parameters
    ----------
    whole : object
        value of a dict or list, in which one list may occur many times

    Raises
    ------
    ValueError
        the message says what is wrong
    """
    waiting, n_values = [whole], 0
    while waiting:
        value, n_values = waiting.pop(), n_values + 1
        require(n_values <= _MAX_VALUES, "its description is too long")
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list | tuple):
            waiting += value
        elif isinstance(value, str):
            require(value.isprintable(), f"its description contains the text {value[:80]!r}")
        else:
            require(value is None or isinstance(value, bool | int | float), "its description has an unknown value")


def _check_settings(part: Any) -> None:
    """Refuse settings that start threads, print, or replace arrays by tables."""
    settings = getattr(part, "__dict__", {})
    quiet = settings.get("n_jobs") in (None, 1) and settings.get("verbose", 0) in (0, False)
    require(quiet and "_sklearn_output_config" not in settings, f"a {type(part).__name__} has unknown settings")


def _check_guard(guard: Any, n_features: int) -> None:
    require(isinstance(guard, Guard), "a guard has the wrong type")
    space, direction, reversal = guard.space, guard.direction, guard.direction.reversal
    n_components, n_changed = len(space.variances), len(reversal.columns)
    require(isinstance(space.rest, float) and space.rest > 0, "the guard has no variance")
    for values, shape in (
        *((each, (n_features,)) for each in (space.centre, space.scale, space.defined)),
        (space.components, (n_components, n_features)),
        (space.variances, (n_components,)),
        *((each, (n_changed,)) for each in (direction.scale, direction.weights, reversal.signs, reversal.offsets)),
        *((each, (n_changed,)) for each in (reversal.columns, reversal.partners)),
        *((each, (len(each), 2)) for each in (guard.distances, guard.directions)),
    ):
        _check_array(values, shape)
    places = np.concatenate([reversal.columns, reversal.partners])
    require(places.dtype.kind == "i" and (places >= 0).all() and (places < n_features).all(), "it has no such feature")


def _check_array(values: Any, shape: tuple[int, ...]) -> None:
    sound = isinstance(values, np.ndarray) and values.dtype.kind in "bif" and values.shape == shape
    require(sound and bool(np.isfinite(values).all()), "an array has the wrong type, shape or values")


def _parts(whole: Any, enclosing: dict[type, type]) -> Iterator[Any]:
    """Yield an object and all objects inside it; refuse objects that are allowed only inside another class."""
    waiting: list[tuple[Any, type]] = [(whole, type(None))]
    known = set()
    while waiting:
        part, owner = waiting.pop()
        contains = isinstance(part, dict | list | tuple)
        if (id(part), owner if contains else None) in known:
            continue
        known.add((id(part), owner if contains else None))
        yield part
        for each in _inside(part):
            holder = owner if contains else type(part)
            if not issubclass(holder, enclosing.get(type(each), object)):
                raise ValueError(f"a {type(each).__name__} is inside a {holder.__name__}")
            waiting.append((each, holder))


def _inside(part: Any) -> Iterator[Any]:
    """Yield the values of a container or object.

    An instance attribute with the name of a method could replace input validation, so it is refused.
    """
    require(not isinstance(part, _CODE), "it contains code")
    if isinstance(part, dict):
        yield from part.values()
    elif isinstance(part, list | tuple):
        yield from part
    elif isinstance(part, np.ndarray):
        known = part.dtype.kind in "biufU" or part.dtype == PREDICTOR_RECORD_DTYPE
        require(known, "it contains an array of objects")
        require(part.dtype.kind != "f" or np.isfinite(part).all(), "an array has values that are not finite")
    for name, value in getattr(part, "__dict__", {}).items():
        if callable(getattr(type(part), name, None)):
            raise ValueError(f"it replaces {type(part).__name__}.{name}")
        yield value
