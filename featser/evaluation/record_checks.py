"""Checks of records of runs, which may come from others, before reports use them."""

import math
from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from featser.evaluation.runs import Run
from featser.limits import printable

_SHARES = ("uar", "war", "macro_f1", "macro_precision", "macro_recall")


def check_record(values: Mapping[str, Any]) -> None:
    """Raise an error if values are not those of a run.

    Parameters
    ----------
    values : mapping
        the document ``run.json``

    Raises
    ------
    ValueError
        a value of another type, a text with control characters, a number that is not finite, a name that is no name
        of a folder, or tables that do not fit the emotions; the message says which
    """
    hints = _hints()
    for name, value in values.items():
        _require(name in hints and _is(value, hints[name]), f"'{printable(str(name))}' cannot be {value!r:.60}")
    run = Run(**values)
    _require(run.run == run.run.strip(". ") and not set(run.run) & set("/\\:") and run.run, f"no run '{run.run}'")
    classes, n_classes = set(run.classes), len(run.classes)
    _require(1 < len(classes) == n_classes, "'classes' must be two or more different emotions")
    for name in ("recall", "precision"):
        _require(set(getattr(run, name)) in (classes, set()), f"'{name}' is about other emotions")
    _require(set(run.recall) == classes, "'recall' is about other emotions")
    rows = [*run.confusion, *run.right_by_speaker.values(), *run.spoken_by_speaker.values()]
    _require(len(run.confusion) == n_classes and all(len(row) == n_classes for row in rows), "a table has a wrong size")
    _require(set(run.right_by_speaker) == set(run.spoken_by_speaker), "two tables have other speakers")
    _require(all(count >= 0 for row in rows for count in row), "a count is negative")
    _require(all(0 <= getattr(run, name) <= 1 for name in _SHARES), "a score is not between 0 and 1")
    _require(min(run.n_features, run.n_utterances, run.n_speakers, run.n_folds, run.seed) >= 0, "a number is negative")


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Run)


def _require(condition: object, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _is(value: Any, hint: Any) -> bool:
    """Whether a value of a JSON document has a type."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return any(_is(value, part) for part in parts)
    if origin is list:
        return isinstance(value, list) and all(_is(each, parts[0]) for each in value)
    if origin is dict:
        return isinstance(value, dict) and all(_is(key, str) and _is(each, parts[1]) for key, each in value.items())
    if hint is Any:
        return _is(value, str | bool | int | float | None | list[Any] | dict[str, Any])
    return _is_plain(value, hint)


def _is_plain(value: Any, hint: Any) -> bool:
    if hint is float:
        return type(value) in (int, float) and math.isfinite(value)
    if hint is str:
        return isinstance(value, str) and value.isprintable()
    return type(value) is hint
