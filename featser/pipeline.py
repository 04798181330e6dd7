"""``pipelines/*.toml`` <-> a checked specification: which features go into which model with which parameters."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import translate
from functools import lru_cache
from pathlib import Path
from typing import Any

from sklearn.base import ClassifierMixin

from featser.errors import InputError, UnknownNameError, UsageError, did_you_mean
from featser.features import FeatureSet, find_feature_set
from featser.features.functionals.sequence import count_tracks
from featser.models import SEQUENCE_MODELS, build_model, check_parameter, default_parameters, find_model
from featser.models.spaces import Range, Space, default_space, read_space

_KEYS = ("title", "references", "features", "model", "search")
_FEATURE_KEYS = ("set", "include", "exclude")


@dataclass(frozen=True)
class Specification:
    """A pipeline in plain values; corpus and protocol are not part of it, so that any pipeline goes with any corpus.

    Attributes
    ----------
    model : str
        a name from `featser.models.MODELS`
    parameters : dict
        of the model, where they differ from its defaults
    feature_set : str or None
        set that the table must hold; None takes the table as it is
    include, exclude : tuple of str
        column patterns with ``*`` and ``?``; without any the whole set is used
    search : dict
        what tuning may change, in the grammar of `featser.models.spaces`; without it the model's own space
    """

    name: str
    title: str
    model: str
    references: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    feature_set: str | None = None
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    search: Mapping[str, Any] = field(default_factory=dict)

    def build(self, seed: int) -> ClassifierMixin:
        """Return the unfitted classifier."""
        return build_model(self.model, self.parameters, seed, self.name)

    def search_space(self) -> Space:
        """Return what tuning may change, checked; `UsageError` with the name or the value that is wrong."""
        known, where = default_parameters(self.model), f"{self.name} [search]"
        space = read_space(self.search or default_space(self.model, known, SEQUENCE_MODELS), known, where)
        for parameter, each in space.items():
            if parameter in known:
                for value in (each.low, each.high) if isinstance(each, Range) else each.values:
                    check_parameter(parameter, value, where)
        return space


def specification_for(model: str) -> Specification:
    """Return the pipeline of a bare model name: all features of the table, default parameters."""
    builder = find_model(model)
    title = (builder.__doc__ or model).split("\n")[0].rstrip(".")
    return Specification(name=model, title=title, model=model)


def find_pipeline(pipeline: "str | Path | Specification") -> Specification:
    """Return the pipeline of a model, of a file, or the given one.

    Parameters
    ----------
    pipeline : str, Path or Specification
        name of a model, path of a pipeline file (``*.toml``), or a specification

    Raises
    ------
    UsageError
        no such model or file, or a file that is not a pipeline
    """
    if isinstance(pipeline, Specification):
        return pipeline
    if isinstance(pipeline, Path) or pipeline.endswith(".toml"):
        return read_pipeline(Path(pipeline))
    return specification_for(pipeline)


def read_pipeline(path: Path) -> Specification:
    """Read a pipeline file.

    Raises
    ------
    UsageError
        no such file, not TOML, a value of the wrong kind; or, as `UnknownNameError` with the nearest spelling,
        a key, model, parameter or feature set that does not exist
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        there = sorted(each.name for each in path.parent.glob("*.toml")) if path.parent.is_dir() else []
        known = f" Available there: {', '.join(there)}." if there else " pipelines/README.md gives the format."
        raise UsageError(f"No pipeline at {path}.{did_you_mean(path.name, there)}{known}") from error
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, or a million digits or brackets
        raise UsageError(f"{path}: not a TOML file ({error}). pipelines/README.md gives the format.") from error
    return _specification(values, path)


def write_pipeline(specification: Specification, path: Path, remarks: Sequence[str] = ()) -> None:
    """Write a pipeline file that `read_pipeline` reads back as the same pipeline; the name is the file's.

    Parameters
    ----------
    remarks : sequence of str
        comments at the top
    """
    features = {"set": specification.feature_set, "exclude": list(specification.exclude)}
    if specification.include != ("*",):
        features["include"] = list(specification.include)
    sections: dict[str, Mapping[str, Any]] = {
        "features": {key: value for key, value in features.items() if value},
        "model": {"name": specification.model, **specification.parameters},
        "search": specification.search,
    }
    lines = [f"# {remark}" for remark in remarks]
    lines += _assignments({"title": specification.title, "references": list(specification.references)})
    for name, values in sections.items():
        if values:
            lines += ["", f"[{name}]", *_assignments(values)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def select_features(specification: Specification, feature_set: FeatureSet) -> list[str]:
    """Return the columns of a table that the pipeline uses, in the table's order.

    Raises
    ------
    InputError
        the table holds another set than the pipeline asks for, or a pattern fits no column
    """
    names = feature_set.feature_names
    if specification.feature_set:
        missing = set(find_feature_set(specification.feature_set).feature_names) - set(names)
        if missing:
            raise InputError(
                f"Pipeline {specification.name} needs the feature set '{specification.feature_set}', the table holds "
                f"'{feature_set.name}'. Extract again: featser extract --features {specification.feature_set}."
            )
    fitting = {each: columns_that_fit(each, names) for each in (*specification.include, *specification.exclude)}
    for pattern, columns in fitting.items():
        if not columns:
            near = did_you_mean(pattern, names)
            raise InputError(
                f"Pipeline {specification.name}: no feature of '{feature_set.name}' fits '{pattern}'.{near}"
            )
    wanted = frozenset().union(*(fitting[each] for each in specification.include))
    unwanted = frozenset().union(*(fitting[each] for each in specification.exclude))
    chosen = [name for name in names if name in wanted and name not in unwanted]
    if not chosen:
        raise InputError(f"Pipeline {specification.name} excludes every feature. Take a pattern out of 'exclude'.")
    return chosen


@lru_cache(maxsize=512)
def columns_that_fit(pattern: str, names: tuple[str, ...]) -> frozenset[str]:
    """Return the columns that fit a pattern with ``*`` and ``?``."""
    fits = re.compile(translate(pattern)).match
    return frozenset(name for name in names if fits(name))


def shaped(specification: Specification, names: Sequence[str]) -> Specification:
    """Tell a model of sequences of how many tracks its columns are the frames; any other pipeline stays as it is.

    Parameters
    ----------
    names : sequence of str
        as `select_features` returns them

    Raises
    ------
    InputError
        the columns are not some tracks over the same frames
    """
    if specification.model not in SEQUENCE_MODELS:
        return specification
    n_tracks = count_tracks(names)
    if not n_tracks:
        raise InputError(
            f"{specification.model} reads sequences, a feature per track and frame such as log_mel_00__t000; these "
            f"features begin with {names[0]}. Extract again: featser extract PATH --features log-mel."
        )
    found = replace(specification, parameters={**specification.parameters, "n_tracks": n_tracks})
    found.build(seed=0)  # what cannot be trained is refused here, before the first fold
    return found


def _specification(values: Mapping[str, Any], path: Path) -> Specification:
    _check_keys(values, _KEYS, str(path))
    model = dict(_section(values, "model", path))
    if not isinstance(model.get("name"), str):
        raise UsageError(f'{path}: [model] needs a name, for example name = "svm".')
    features = _section(values, "features", path)
    _check_keys(features, _FEATURE_KEYS, f"{path} [features]")
    specification = Specification(
        name=path.stem,
        title=str(values.get("title", path.stem)),
        references=_names(values, "references", path),
        model=model.pop("name"),
        parameters=model,
        feature_set=_set_name(features, path),
        include=_names(features, "include", path) or ("*",),
        exclude=_names(features, "exclude", path),
        search=_section(values, "search", path),
    )
    find_model(specification.model)
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
        raise UsageError(f'{path} [features]: set = {name!r} is no name. It would be like set = "wide".')
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
    """Write one value; JSON writes texts, numbers, truth and lists as TOML does."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_assignments(value))} }}"
    return json.dumps(value, ensure_ascii=False)
