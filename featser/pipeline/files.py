"""Pipeline files in TOML."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from featser.atomic import atomic_write
from featser.errors import UnknownNameError, UsageError, did_you_mean
from featser.features import find_feature_set
from featser.limits import read_toml
from featser.models import find_model
from featser.pipeline.specification import Specification, specification_for
from featser.pipeline.tuning_record import TuningRecord

_KEYS = ("title", "references", "features", "model", "search", "tuned")
_FEATURE_KEYS = ("set", "include", "exclude")


def find_pipeline(pipeline: str | Path | Specification) -> Specification:
    """Return the pipeline of a model, of a file, or the given one.

    Parameters
    ----------
    pipeline : str, Path or Specification
        name of a model, path of a pipeline file (``*.toml``), or a specification

    Returns
    -------
    Specification

    Raises
    ------
    UsageError
        no such model or file, or a file that is not a pipeline
    """
    if isinstance(pipeline, Specification):
        return pipeline
    if isinstance(pipeline, Path) or pipeline.endswith(".toml"):
        return read_pipeline(pipeline)
    return specification_for(pipeline)


def read_pipeline(path: str | Path) -> Specification:
    """Read a pipeline file.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Specification

    Raises
    ------
    UnknownNameError
        an unknown key, model, parameter or feature set; the message suggests the nearest
    UsageError
        no such file, not a TOML file, or a value of the wrong type
    """
    path = Path(path)
    try:
        values = read_toml(path)
    except OSError as error:
        there = sorted(each.name for each in path.parent.glob("*.toml")) if path.parent.is_dir() else []
        known = f" Available there: {', '.join(there)}." if there else " pipelines/README.md describes the format."
        raise UsageError(f"No pipeline at {path}.{did_you_mean(path.name, there)}{known}") from error
    except ValueError as error:
        raise UsageError(f"{path}: not a TOML file ({error}). pipelines/README.md describes the format.") from error
    return _specification(values, path)


def write_pipeline(specification: Specification, path: str | Path, remarks: Sequence[str] = ()) -> None:
    """Write a pipeline file; `read_pipeline` returns an equal pipeline with the name of the file.

    Parameters
    ----------
    specification : Specification
    path : str or Path
        its folder is created if it does not exist
    remarks : sequence of str
        comments at the top of the file
    """
    features = {"set": specification.feature_set, "exclude": list(specification.exclude)}
    if specification.include != ("*",):
        features["include"] = list(specification.include)
    sections: dict[str, Mapping[str, Any]] = {
        "features": {key: value for key, value in features.items() if value},
        "model": {"name": specification.model, **specification.parameters},
        "search": specification.search,
        "tuned": specification.tuned.to_dict() if specification.tuned else {},
    }
    lines = [f"# {remark}" for remark in remarks]
    lines += _assignments({"title": specification.title})
    lines += _assignments({"references": list(specification.references)}) if specification.references else []
    for name, values in sections.items():
        if values:
            lines += ["", f"[{name}]", *_assignments(values)]
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _specification(values: Mapping[str, Any], path: Path) -> Specification:
    _check_keys(values, _KEYS, str(path))
    parameters = dict(_section(values, "model", path))
    model = parameters.pop("name", None)
    if not isinstance(model, str):
        raise UsageError(f'{path}: [model] needs a name, for example name = "svm".')
    features = _section(values, "features", path)
    _check_keys(features, _FEATURE_KEYS, f"{path} [features]")
    tuned = _section(values, "tuned", path)
    specification = Specification(
        name=path.stem,
        title=str(values.get("title", find_model(model).title)),
        references=_names(values, "references", path),
        model=model,
        parameters=parameters,
        feature_set=_set_name(features, path),
        include=_names(features, "include", path) or ("*",),
        exclude=_names(features, "exclude", path),
        search=_section(values, "search", path),
        tuned=TuningRecord.from_dict(tuned, f"{path} [tuned]") if tuned else None,
    )
    specification.build(seed=0)
    specification.search_space()
    if specification.feature_set:
        find_feature_set(specification.feature_set)
    return specification


def _section(values: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    section = values.get(name, {})
    if not isinstance(section, Mapping):
        raise UsageError(f"{path}: '{name}' must be a section, [{name}] on a line of its own.")
    return section


def _set_name(features: Mapping[str, Any], path: Path) -> str | None:
    name = features.get("set")
    if name is not None and not isinstance(name, str):
        raise UsageError(f'{path} [features]: set = {name!r} is not a name. Give a name, for example set = "wide".')
    return name


def _names(values: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
    names = values.get(key, [])
    if not isinstance(names, Sequence) or isinstance(names, str) or not all(isinstance(each, str) for each in names):
        raise UsageError(f"{path}: '{key}' must be a list of texts, for example {key} = [\"...\"].")
    return tuple(names)


def _check_keys(values: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in values:
        if key not in known:
            raise UnknownNameError("key", key, known, where)


def _assignments(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in values.items()]


def _toml(value: Any) -> str:
    """Format one value; texts, numbers, booleans and lists have the same form in JSON and TOML."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_assignments(value))} }}"
    return json.dumps(value, ensure_ascii=False)
