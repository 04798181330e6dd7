"""Low-level descriptors and functionals by name; a decorated function is all that a new one needs."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from featser.errors import UnknownNameError, UsageError
from featser.features.frames import Array, Frames
from featser.features.tracks import Tracks


@dataclass(frozen=True)
class Registered:
    """A function under its own name, and what its docstring says of it."""

    name: str
    compute: Callable[[Any], Array]

    @property
    def summary(self) -> str:
        """First sentence of the function's docstring."""
        return docstring_summary(self.compute)

    @property
    def source(self) -> str:
        """Where the definition comes from: the docstring's ``References`` section."""
        return docstring_section(self.compute, "References")

    @property
    def builtin(self) -> bool:
        """Whether it comes with featser; all else is a user's own."""
        return self.compute.__module__.startswith("featser.features.")


@dataclass(frozen=True)
class LowLevelDescriptor(Registered):
    """A track over frames: what it measures and how it is computed.

    ``compute`` maps `Frames` to an array of shape ``(n_frames,)`` or ``(n_dims, n_frames)``. ``window`` is ``"long"``
    for what is measured in every `Framing.long_step`-th frame only and NaN in those between: see `Frames.spread`.
    """

    family: str
    unit: str
    n_dims: int
    parameters: str
    window: str = "short"

    def dimension_names(self) -> tuple[str, ...]:
        """Track names: ``mfcc_00`` to ``mfcc_19`` for many dimensions, the bare name for one."""
        if self.n_dims == 1:
            return (self.name,)
        width = len(str(self.n_dims - 1))
        return tuple(f"{self.name}_{dim:0{width}d}" for dim in range(self.n_dims))


@dataclass(frozen=True)
class Functional(Registered):
    """A statistic of a track: maps `Tracks` of shape ``(n_tracks, n_frames)`` to ``(n_tracks,)``."""


DESCRIPTORS: dict[str, LowLevelDescriptor] = {}
FUNCTIONALS: dict[str, Functional] = {}

Descriptor = Callable[[Frames], Array]
Statistic = Callable[[Tracks], Array]

Entry = TypeVar("Entry", bound=Registered)


def low_level_descriptor(
    *, family: str, unit: str, n_dims: int = 1, parameters: str = "", window: str = "short"
) -> Callable[[Descriptor], Descriptor]:
    """Register a function of `Frames` as a low-level descriptor under its own name."""

    def register(compute: Descriptor) -> Descriptor:
        enter(DESCRIPTORS, LowLevelDescriptor(compute.__name__, compute, family, unit, n_dims, parameters, window))
        return compute

    return register


def functional(compute: Statistic) -> Statistic:
    """Register a function of `Tracks` as a functional under its own name."""
    enter(FUNCTIONALS, Functional(compute.__name__, compute))
    return compute


def enter(registry: dict[str, Entry], entry: Entry) -> None:
    """Put a function into its registry; only the module that registered a name may register it again.

    Raises
    ------
    UsageError
        the name is taken
    """
    there = registry.get(entry.name)
    if there is not None and there.compute.__module__ != entry.compute.__module__:
        raise UsageError(
            f"'{entry.name}' is taken: it is {there.compute.__module__}.{there.name}. Give yours another name."
        )
    registry[entry.name] = entry


def find_descriptor(name: str, where: str = "") -> LowLevelDescriptor:
    """Return the descriptor of that name, or raise `UnknownNameError` with the nearest one."""
    if name not in DESCRIPTORS:
        raise UnknownNameError("descriptor", name, DESCRIPTORS, where)
    return DESCRIPTORS[name]


def docstring_summary(function: Callable[..., object]) -> str:
    """Return the first sentence of a docstring, on one line."""
    return inspect.cleandoc(function.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def docstring_section(function: Callable[..., object], title: str) -> str:
    """Return the text of one section of a numpy-style docstring, on one line."""
    lines = inspect.cleandoc(function.__doc__ or "").splitlines()
    if title not in lines:
        return ""
    body = lines[lines.index(title) + 2 :]
    end = next((row for row in range(len(body) - 1) if body[row + 1].startswith("---")), len(body))
    return " ".join(line.strip() for line in body[:end] if line.strip())
