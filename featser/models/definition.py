"""The definition of a model: one declaration from which command line, search and model files take what they need."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, get_type_hints

from sklearn.base import ClassifierMixin

from featser.errors import UnknownNameError
from featser.models.file_checks import PartCheck
from featser.models.limits import Limits, check_value
from featser.models.preparation import Preparation

Builder = Callable[..., ClassifierMixin]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a model.

    Attributes
    ----------
    default : object
    limits : Range or Choices
        values that it may have
    """

    default: Any
    limits: Limits


@dataclass(frozen=True, eq=False)
class ModelDefinition:
    """A model that users name, with everything that featser knows of it.

    Attributes
    ----------
    name : str
        name on the command line and in pipeline files
    builder : callable
        function of the model's parameters, of ``before`` (a `Preparation`, if the model takes one) and of ``seed``,
        that returns an unfitted classifier; each parameter is annotated with its limits
    search : mapping
        default search space of the model's own parameters, in the grammar of ``[search]``
    stores : tuple of str
        full names of the classes in its model file besides those of `Preparation`
    checks : tuple of PartCheck
        checks of its parts when it is read from a file
    draft : callable, optional
        maps parameters to cheaper ones that rank pipelines alike; a search runs its trials with these
    sequence : bool
        whether the model reads tracks frame by frame instead of functionals
    """

    name: str
    builder: Builder
    search: Mapping[str, Any] = field(default_factory=dict)
    stores: tuple[str, ...] = ()
    checks: tuple[PartCheck, ...] = ()
    draft: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    sequence: bool = False

    @property
    def title(self) -> str:
        """The summary without its full stop."""
        return self.summary.rstrip(".")

    @property
    def summary(self) -> str:
        """First sentence of the builder's docstring."""
        return (inspect.getdoc(self.builder) or self.name).split("\n\n")[0].replace("\n", " ")

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """Parameters by name, those of the preparation among them, without ``seed``."""
        found: dict[str, Parameter] = {}
        hints = get_type_hints(self.builder, include_extras=True)
        for each in inspect.signature(self.builder).parameters.values():
            if isinstance(each.default, Preparation):
                found |= _preparation_parameters(each.default)
            elif each.name != "seed":
                found[each.name] = Parameter(each.default, hints[each.name].__metadata__[0])
        return found

    @property
    def defaults(self) -> dict[str, Any]:
        """Default value of each parameter."""
        return {name: parameter.default for name, parameter in self.parameters.items()}

    def check_parameter(self, name: str, value: Any, where: str) -> None:
        """Raise an error if a parameter does not exist or cannot have a value.

        Parameters
        ----------
        name : str
        value : object
        where : str
            file or model that sets the parameter, for the message

        Raises
        ------
        UnknownNameError
            no parameter of this name, or a text that is not among its choices
        UsageError
            a value of another type, or outside the parameter's range
        """
        if name not in self.parameters:
            raise UnknownNameError("parameter", name, self.parameters, where)
        check_value(self.parameters[name].limits, name, value, where)

    def build(self, parameters: Mapping[str, Any], seed: int, where: str = "") -> ClassifierMixin:
        """Return an unfitted classifier.

        Parameters
        ----------
        parameters : mapping
            values that differ from the defaults
        seed : int
            seed of all random numbers
        where : str, optional
            file that sets the parameters, for messages; the model's name by default

        Returns
        -------
        classifier
            scikit-learn estimator with ``predict_proba``

        Raises
        ------
        UnknownNameError, UsageError
            as `check_parameter`
        """
        for name, value in parameters.items():
            self.check_parameter(name, value, where or f"model {self.name}")
        prepared = {each.name for each in fields(Preparation)}
        own = {name: value for name, value in parameters.items() if name not in prepared}
        changed = {name: value for name, value in parameters.items() if name in prepared}
        if changed:
            own["before"] = replace(inspect.signature(self.builder).parameters["before"].default, **changed)
        return self.builder(**own, seed=seed)


def model(
    name: str,
    *,
    search: Mapping[str, Any] | None = None,
    stores: tuple[str, ...] = (),
    checks: tuple[PartCheck, ...] = (),
    draft: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None,
    sequence: bool = False,
) -> Callable[[Builder], ModelDefinition]:
    """Return a decorator that turns a builder into a `ModelDefinition`; parameters as its attributes.

    Returns
    -------
    callable
    """

    def define(builder: Builder) -> ModelDefinition:
        return ModelDefinition(name, builder, search or {}, stores, checks, draft, sequence)

    return define


def _preparation_parameters(default: Preparation) -> dict[str, Parameter]:
    hints = get_type_hints(Preparation, include_extras=True)
    return {
        each.name: Parameter(getattr(default, each.name), hints[each.name].__metadata__[0]) for each in fields(default)
    }
