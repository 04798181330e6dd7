"""Settings of the training of a network."""

from dataclasses import dataclass
from math import cos, pi

_WARM_UP = 0.05
"""Share of the training in which the learning rate rises."""


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of a training that a search may change.

    Attributes
    ----------
    n_epochs : int
        largest number of passes over the training data
    learning_rate : float
        highest learning rate; it rises linearly during the first twentieth and falls to 0 along a cosine
    dropout : float
        share of values that are set to zero, 0 to below 1
    augment : float
        strength of the random changes of training clips; 0 for none
    """

    n_epochs: int = 40
    learning_rate: float = 2e-3
    dropout: float = 0.3
    augment: float = 1.0

    def rate(self, epoch: float) -> float:
        """Return the learning rate at a point of the training.

        Parameters
        ----------
        epoch : float
            number of finished epochs, 0 to ``n_epochs``

        Returns
        -------
        float

        Examples
        --------
        >>> settings = TrainingSettings(n_epochs=40, learning_rate=1.0)
        >>> [round(settings.rate(epoch), 2) for epoch in (0, 1, 2, 21, 40)]
        [0.0, 0.5, 1.0, 0.5, 0.0]
        """
        done = epoch / self.n_epochs
        if done < _WARM_UP:
            return self.learning_rate * done / _WARM_UP
        return self.learning_rate * (1 + cos(pi * (done - _WARM_UP) / (1 - _WARM_UP))) / 2
