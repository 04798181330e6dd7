"""The scikit-learn classifier around the networks."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from featser.models.classifier import Classifier
from featser.models.probabilities import Probabilities, best_temperature
from featser.models.sequence.clips import Clips, measure, standardise, tracks_of
from featser.models.sequence.extra import require_torch
from featser.models.sequence.settings import TrainingSettings
from featser.models.sequence.threads import one_thread
from featser.models.splits import split_by_speaker

if TYPE_CHECKING:
    from torch import nn

    from featser.models.sequence.training import Part

Matrix = NDArray[np.float64]
Codes = NDArray[np.int64]

N_NETWORKS = 2
"""Number of networks whose scores are averaged."""

_N_PARTS = 5
"""Number of folds of the training speakers; one fold stops the training of a network."""


class SequenceClassifier(Classifier):
    """Two networks on frames, trained with early stopping on held-out speakers; their scores are averaged.

    The training speakers are split into five folds. Each network is trained on four of them; the fifth stops the
    training, and its scores determine the temperature. The fitted classifier contains NumPy arrays only.

    Parameters
    ----------
    architecture : str
        a name from `featser.models.SEQUENCE_MODELS`
    n_epochs, learning_rate, dropout, augment
        as in `TrainingSettings`
    n_tracks : int
        number of tracks; the matrix has a column per track and frame, by track
    seed : int
        seed of the folds, the first weights, the batches, dropout and augmentation

    Attributes
    ----------
    classes_ : NDArray [shape=(n_classes,)]
    measure_ : Measure
        mean and standard deviation of each track
    weights_ : list of dict
        arrays of each network by name of the layer
    temperature_ : float
        divisor of the scores
    """

    @property
    def _allow_nan(self) -> bool:
        return True

    def __init__(
        self,
        architecture: str = "cnn",
        n_epochs: int = 40,
        learning_rate: float = 2e-3,
        dropout: float = 0.3,
        augment: float = 1.0,
        n_tracks: int = 26,
        seed: int = 0,
    ):
        self.architecture = architecture
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.augment = augment
        self.n_tracks = n_tracks
        self.seed = seed

    def fit(self, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None = None) -> Self:
        """Train the networks and find the temperature of their scores.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_tracks * n_frames)]
            NaN where a track is undefined and after the end of the recording
        y : NDArray [shape=(n_utterances,)]
            emotions
        groups : NDArray [shape=(n_utterances,)], optional
            speakers; without them the folds are stratified by emotion only

        Returns
        -------
        SequenceClassifier
            the fitted instance
        """
        X, y = self._check_training(X, y)
        codes = np.searchsorted(self.classes_, y)
        tracks = tracks_of(X, self.n_tracks)
        self.measure_ = measure(tracks)
        splits = split_by_speaker(y, groups, _N_PARTS, self.seed)[:N_NETWORKS]
        with one_thread():
            self._train(standardise(tracks, self.measure_), codes, splits or [(np.arange(len(y)), np.arange(0))])
        return self

    def _train(self, clips: Clips, codes: Codes, splits: Any) -> None:
        from featser.models.sequence.training import Part, train

        whole = Part(clips, codes, len(self.classes_))
        settings = TrainingSettings(self.n_epochs, self.learning_rate, self.dropout, self.augment)
        seeds = np.random.SeedSequence(self.seed).generate_state(len(splits))
        self.weights_ = [
            train(self._network(), whole.take(trained), whole.take(held_out), settings, int(seed))
            for (trained, held_out), seed in zip(splits, seeds, strict=True)
        ]
        self.temperature_ = self._best_temperature(whole, [held_out for _, held_out in splits])

    def predict_proba(self, X: Matrix) -> Probabilities:
        """Return the softmax of the networks' mean scores.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_tracks * n_frames)]
            NaN where a track is undefined and after the end of the recording

        Returns
        -------
        Probabilities [shape=(n_utterances, n_classes)]
        """
        clips = standardise(tracks_of(self._check_rows(X), self.n_tracks), self.measure_)
        with one_thread():
            scores = np.mean([self._scores(number, clips) for number in range(len(self.weights_))], axis=0)
        probabilities: Probabilities = softmax(scores / self.temperature_, axis=1)
        return probabilities

    @property
    def n_parameters_(self) -> int:
        """Number of learnt values in all networks."""
        return sum(values.size for weights in self.weights_ for values in weights.values())

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Raise `MissingExtraError` when the classifier is read from a file and PyTorch is not installed."""
        require_torch(state["architecture"])
        super().__setstate__(state)

    def _network(self) -> "nn.Module":
        from featser.models.sequence.networks import Shape, build

        shape = Shape(self.n_tracks, self.n_features_in_ // self.n_tracks, len(self.classes_))
        return build(self.architecture, shape, self.dropout)

    def _scores(self, number: int, clips: Clips) -> Matrix:
        """Scores of one network, shape ``(n_clips, n_classes)``."""
        from featser.models.sequence.networks import restore
        from featser.models.sequence.training import scores_of

        return scores_of(restore(self._network(), self.weights_[number]), clips)

    def _best_temperature(self, whole: "Part", held_out: list[Codes]) -> float:
        scores = [self._scores(number, whole.clips.take(rows)) for number, rows in enumerate(held_out) if len(rows)]
        truth = [whole.codes[rows] for rows in held_out if len(rows)]
        return best_temperature(np.concatenate(scores), np.concatenate(truth)) if scores else 1.0
