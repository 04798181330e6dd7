"""Low-level descriptors and functionals by name; a decorated function is all that a new one needs."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from featser.errors import UnknownNameError
from featser.features.frames import Array, Frames
from featser.features.tracks import Tracks


@dataclass(frozen=True)
class LowLevelDescriptor:
    """A track over frames: what it measures and how it is computed.

    ``compute`` maps `Frames` to an array of shape ``(n_frames,)`` or ``(n_dims, n_frames)``.
    """

    name: str
    family: str
    unit: str
    n_dims: int
    parameters: str
    compute: Callable[[Frames], Array]

    @property
    def summary(self) -> str:
        """First sentence of the function's docstring."""
        return docstring_summary(self.compute)

    @property
    def source(self) -> str:
        """Where the definition comes from: the docstring's ``References`` section."""
        return docstring_section(self.compute, "References")

    def dimension_names(self) -> tuple[str, ...]:
        """Track names: ``mfcc_00`` to ``mfcc_19`` for many dimensions, the bare name for one."""
        if self.n_dims == 1:
            return (self.name,)
        width = len(str(self.n_dims - 1))
        return tuple(f"{self.name}_{dim:0{width}d}" for dim in range(self.n_dims))


@dataclass(frozen=True)
class Functional:
    """A statistic of a track: maps `Tracks` of shape ``(n_tracks, n_frames)`` to ``(n_tracks,)``."""

    name: str
    compute: Callable[[Tracks], Array]

    @property
    def summary(self) -> str:
        """First sentence of the function's docstring."""
        return docstring_summary(self.compute)


DESCRIPTORS: dict[str, LowLevelDescriptor] = {}
FUNCTIONALS: dict[str, Functional] = {}

Descriptor = Callable[[Frames], Array]
Statistic = Callable[[Tracks], Array]


def low_level_descriptor(
    *, family: str, unit: str, n_dims: int = 1, parameters: str = ""
) -> Callable[[Descriptor], Descriptor]:
    """Register a function of `Frames` as a low-level descriptor under its own name."""

    def register(compute: Descriptor) -> Descriptor:
        name = compute.__name__
        DESCRIPTORS[name] = LowLevelDescriptor(name, family, unit, n_dims, parameters, compute)
        return compute

    return register


def functional(compute: Statistic) -> Statistic:
    """Register a function of `Tracks` as a functional under its own name."""
    FUNCTIONALS[compute.__name__] = Functional(compute.__name__, compute)
    return compute


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
