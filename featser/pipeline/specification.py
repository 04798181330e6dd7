"""A pipeline as plain values: model, parameters, chosen features and search space."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fnmatch import translate
from functools import lru_cache
from typing import Any

from sklearn.base import ClassifierMixin

from featser.errors import InputError, did_you_mean
from featser.features import FeatureSet, find_feature_set
from featser.features.functionals.sequence import count_tracks
from featser.models import build_model, find_model
from featser.models.limits import Range
from featser.models.spaces import Space, default_space, read_space
from featser.pipeline.tuning_record import TuningRecord


@dataclass(frozen=True)
class Specification:
    """A pipeline, independent of corpus and protocol.

    Attributes
    ----------
    name : str
        name of the model, or of the pipeline file without its suffix
    title : str
        one line for reports
    model : str
        a name from `featser.models.MODELS`
    references : tuple of str
        publications of the method
    parameters : dict
        parameters of the model that differ from its defaults
    feature_set : str or None
        feature set that the table must contain; None for any
    include, exclude : tuple of str
        column patterns with ``*`` and ``?``; the pipeline uses the columns that fit a pattern of ``include`` and none
        of ``exclude``
    search : dict
        search space in the grammar of `featser.models.spaces`; the model's default space if empty
    tuned : TuningRecord or None
        the search that chose the pipeline
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
    tuned: TuningRecord | None = None

    def build(self, seed: int) -> ClassifierMixin:
        """Return the unfitted classifier.

        Parameters
        ----------
        seed : int
            seed of all random numbers

        Returns
        -------
        classifier

        Raises
        ------
        UnknownNameError, UsageError
            as `featser.models.build_model`
        """
        return build_model(self.model, self.parameters, seed, self.name)

    def search_space(self) -> Space:
        """Return the search space, checked.

        Returns
        -------
        dict
            `Range` or `Choices` of each dimension

        Raises
        ------
        UnknownNameError, UsageError
            a name or value that is not possible
        """
        model, where = find_model(self.model), f"{self.name} [search]"
        space = read_space(self.search or default_space(model), list(model.parameters), where)
        for parameter in space.keys() & model.parameters.keys():
            dimension = space[parameter]
            ends = (dimension.low, dimension.high) if isinstance(dimension, Range) else dimension.values
            for value in ends:
                model.check_parameter(parameter, value, where)
        return space

    def to_dict(self) -> dict[str, Any]:
        """Return all values that the predictions depend on, and the titles; ``tuned`` is left out.

        Returns
        -------
        dict
            plain values for JSON
        """
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "tuned"}


def specification_for(model: str) -> Specification:
    """Return the pipeline of a model with default parameters on all features of a table.

    Parameters
    ----------
    model : str
        name of a model

    Returns
    -------
    Specification

    Raises
    ------
    UnknownNameError
        no such model
    """
    return Specification(name=model, title=find_model(model).title, model=model)


def select_features(specification: Specification, feature_set: FeatureSet) -> list[str]:
    """Return the columns of a table that a pipeline uses, in the table's order.

    Parameters
    ----------
    specification : Specification
    feature_set : FeatureSet
        of the table

    Returns
    -------
    list of str

    Raises
    ------
    InputError
        the table lacks the pipeline's feature set, a pattern fits no column, or no column is left
    """
    names = feature_set.feature_names
    if specification.feature_set:
        missing = set(find_feature_set(specification.feature_set).feature_names) - set(names)
        if missing:
            raise InputError(
                f"Pipeline {specification.name} needs the feature set '{specification.feature_set}', the table has "
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
    """Return the columns that fit a pattern.

    Parameters
    ----------
    pattern : str
        with ``*`` and ``?``
    names : tuple of str
        all columns

    Returns
    -------
    frozenset of str
    """
    fits = re.compile(translate(pattern)).match
    return frozenset(name for name in names if fits(name))


def shaped(specification: Specification, names: Sequence[str]) -> Specification:
    """Set the number of tracks of a model that reads tracks frame by frame; other pipelines are returned unchanged.

    Parameters
    ----------
    specification : Specification
    names : sequence of str
        columns from `select_features`

    Returns
    -------
    Specification

    Raises
    ------
    InputError
        the columns are not tracks over the same frames
    MissingExtraError
        PyTorch is not installed
    """
    if not find_model(specification.model).sequence:
        return specification
    n_tracks = count_tracks(names)
    if not n_tracks:
        raise InputError(
            f"{specification.model} reads sequences, a feature per track and frame such as log_mel_00__t000; these "
            f"features begin with {names[0]}. Extract again: featser extract PATH --features log-mel."
        )
    found = replace(specification, parameters={**specification.parameters, "n_tracks": n_tracks})
    found.build(seed=0)  # raises errors before the first fold
    return found
