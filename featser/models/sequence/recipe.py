"""What a training of a network may be told to do differently."""

from dataclasses import dataclass
from importlib.util import find_spec
from math import cos, pi

from featser.errors import MissingExtraError, UsageError

_WARM_UP = 0.05
"""Share of the training in which the learning rate rises."""

_RANGES = {"n_epochs": (1, 1000), "learning_rate": (1e-6, 1.0), "dropout": (0.0, 0.9), "augment": (0.0, 5.0)}


@dataclass(frozen=True)
class Recipe:
    """Choices of a training that a search may change.

    Attributes
    ----------
    n_epochs : int
        at most
    learning_rate : float
        at its highest; it rises over the first epochs and falls to zero with the last
    dropout : float
        share of values, 0 to below 1
    augment : float
        how much training clips are varied; 0 = not at all
    """

    n_epochs: int = 40
    learning_rate: float = 2e-3
    dropout: float = 0.3
    augment: float = 1.0

    def rate(self, epoch: float) -> float:
        """Learning rate at a moment between the first epoch (0) and the last.

        >>> [round(Recipe(n_epochs=40, learning_rate=1.0).rate(epoch), 2) for epoch in (0, 1, 2, 21, 40)]
        [0.0, 0.5, 1.0, 0.5, 0.0]
        """
        done = epoch / self.n_epochs
        if done < _WARM_UP:
            return self.learning_rate * done / _WARM_UP
        return self.learning_rate * (1 + cos(pi * (done - _WARM_UP) / (1 - _WARM_UP))) / 2


def checked(model: str, recipe: Recipe) -> Recipe:
    """Return a recipe that can be followed, for a model that can be trained here.

    Raises
    ------
    UsageError
        a value out of its range
    MissingExtraError
        PyTorch is not installed
    """
    for name, (low, high) in _RANGES.items():
        value = getattr(recipe, name)
        if isinstance(value, bool) or not low <= value <= high:
            raise UsageError(f"model {model}: {name} = {value!r} is out of range. Give a number from {low} to {high}.")
    require_torch(model)
    return recipe


def require_torch(model: str) -> None:
    """Raise `MissingExtraError` where PyTorch is not installed, without importing it."""
    if find_spec("torch") is None:
        raise MissingExtraError(f"The model '{model}'", "cnn")
