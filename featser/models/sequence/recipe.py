"""What a training of a network may be told to do differently."""

from dataclasses import dataclass
from importlib.util import find_spec
from math import cos, pi

from featser.errors import MissingExtraError

_WARM_UP = 0.05
"""Share of the training in which the learning rate rises."""


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


def require_torch(model: str) -> None:
    """Raise `MissingExtraError` where PyTorch is not installed, without importing it."""
    if find_spec("torch") is None:
        raise MissingExtraError(f"The model '{model}'", "cnn")
