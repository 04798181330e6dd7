"""Registries of low-level descriptors and functionals, and the decorators that register a function."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from featser.errors import UnknownNameError, UsageError
from featser.features.frames import Array, Frames
from featser.features.tracks import Tracks


@dataclass(frozen=True)
class Registered:
    """A registered function.

    Attributes
    ----------
    name : str
        name of the function
    compute : callable
        the function
    """

    name: str
    compute: Callable[[Any], Array]

    @property
    def summary(self) -> str:
        """First sentence of the docstring of the function."""
        return docstring_summary(self.compute)

    @property
    def source(self) -> str:
        """``References`` section of the docstring of the function."""
        return docstring_section(self.compute, "References")

    @property
    def builtin(self) -> bool:
        """Whether the function is part of featser, not of a plugin."""
        return self.compute.__module__.startswith("featser.features.")


@dataclass(frozen=True)
class LowLevelDescriptor(Registered):
    """A low-level descriptor: a function of `Frames` that returns one or more tracks.

    Attributes
    ----------
    name : str
        name of the function
    compute : callable
        maps `Frames` to an array of shape ``(n_frames,)``, or ``(n_dims, n_frames)`` if ``n_dims`` is above 1
    family : str
        family of descriptors, for example ``pitch``
    unit : str
        unit of the values
    n_dims : int
        number of tracks
    parameters : str
        parameters of the analysis, for display
    window : str
        ``short``, or ``long`` for tracks that are NaN in the frames that the long window skips; see `Frames.spread`
    """

    family: str
    unit: str
    n_dims: int
    parameters: str
    window: str = "short"

    def dimension_names(self) -> tuple[str, ...]:
        """Return the names of the tracks.

        Returns
        -------
        tuple of str
            ``mfcc_00`` to ``mfcc_19`` for 20 dimensions; the name of the descriptor for one
        """
        if self.n_dims == 1:
            return (self.name,)
        width = len(str(self.n_dims - 1))
        return tuple(f"{self.name}_{dim:0{width}d}" for dim in range(self.n_dims))


@dataclass(frozen=True)
class Functional(Registered):
    """A functional: a function that maps `Tracks` to one value per track, shape ``(n_tracks,)``."""


DESCRIPTORS: dict[str, LowLevelDescriptor] = {}
FUNCTIONALS: dict[str, Functional] = {}

Descriptor = Callable[[Frames], Array]
Statistic = Callable[[Tracks], Array]

Entry = TypeVar("Entry", bound=Registered)


def low_level_descriptor(
    *, family: str, unit: str, n_dims: int = 1, parameters: str = "", window: str = "short"
) -> Callable[[Descriptor], Descriptor]:
    """Register a function of `Frames` as a low-level descriptor under its own name.

    Parameters
    ----------
    family, unit, n_dims, parameters, window
        as in `LowLevelDescriptor`

    Returns
    -------
    decorator
        registers the function and returns it unchanged

    Raises
    ------
    UsageError
        another module has registered a descriptor of this name
    """

    def register(compute: Descriptor) -> Descriptor:
        enter(DESCRIPTORS, LowLevelDescriptor(compute.__name__, compute, family, unit, n_dims, parameters, window))
        return compute

    return register


def functional(compute: Statistic) -> Statistic:
    """Register a function of `Tracks` as a functional under its own name.

    Parameters
    ----------
    compute : callable
        maps `Tracks` to an array of shape ``(n_tracks,)``

    Returns
    -------
    callable
        the function, unchanged

    Raises
    ------
    UsageError
        another module has registered a functional of this name
    """
    enter(FUNCTIONALS, Functional(compute.__name__, compute))
    return compute


def enter(registry: dict[str, Entry], entry: Entry) -> None:
    """Add an entry to a registry. A module may replace its own entries, but not those of other modules.

    Parameters
    ----------
    registry : dict of str to Registered
        modified in place
    entry : Registered

    Raises
    ------
    UsageError
        another module has registered the name
    """
    registered = registry.get(entry.name)
    if registered is not None and registered.compute.__module__ != entry.compute.__module__:
        raise UsageError(
            f"The name '{entry.name}' is taken by {registered.compute.__module__}.{registered.name}. "
            "Choose another name."
        )
    registry[entry.name] = entry


def find_descriptor(name: str, where: str = "") -> LowLevelDescriptor:
    """Return a descriptor by name.

    Parameters
    ----------
    name : str
    where : str
        file or setting that contains the name, for the error message

    Returns
    -------
    LowLevelDescriptor

    Raises
    ------
    UnknownNameError
        no descriptor has this name; the message suggests the nearest one
    """
    if name not in DESCRIPTORS:
        raise UnknownNameError("descriptor", name, DESCRIPTORS, where)
    return DESCRIPTORS[name]


def docstring_summary(function: Callable[..., object]) -> str:
    """Return the first paragraph of a docstring on one line.

    Parameters
    ----------
    function : callable

    Returns
    -------
    str
    """
    return inspect.cleandoc(function.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def docstring_section(function: Callable[..., object], title: str) -> str:
    """Return the text of a section of a numpy-style docstring on one line.

    Parameters
    ----------
    function : callable
    title : str
        title of the section, for example ``References``

    Returns
    -------
    str
        empty if there is no such section
    """
    lines = inspect.cleandoc(function.__doc__ or "").splitlines()
    if title not in lines:
        return ""
    body = lines[lines.index(title) + 2 :]
    end = next((row for row in range(len(body) - 1) if body[row + 1].startswith("---")), len(body))
    return " ".join(line.strip() for line in body[:end] if line.strip())
