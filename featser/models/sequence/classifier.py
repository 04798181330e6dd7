"""The classifier that scikit-learn sees: a matrix of frames in, probabilities of emotions out."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from featser.models.probabilities import Probabilities, best_temperature, inner_folds
from featser.models.sequence.clips import Clips, measure, standardise, tracks_of
from featser.models.sequence.recipe import Recipe, require_torch
from featser.models.sequence.threads import one_thread

if TYPE_CHECKING:
    from torch import nn

    from featser.models.sequence.training import Part

Codes = NDArray[np.int64]

N_NETWORKS = 2
"""Networks that answer together, each stopped by other speakers."""

_N_PARTS = 5
"""Parts into which the training speakers are split; a network is stopped by one of them."""


class SequenceClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Networks over frames that answer together; each was stopped by speakers on whom it was not trained.

    The training speakers are split into five parts. Each network learns from four and is stopped, and its temperature
    found, by the fifth; the answer is the mean of their scores. Once fitted, it holds plain arrays and nothing of
    PyTorch.

    Parameters
    ----------
    architecture : str
        a name from `featser.models.SEQUENCE_MODELS`
    recipe : Recipe
    n_tracks : int
        tracks of the matrix, which has a column per track and frame, by track
    seed : int
        of the inner parts, the first weights, the batches, dropout and variation

    Attributes
    ----------
    weights_ : list of dict
        arrays of each network, by the name of the layer
    temperature_ : float
        what scores are divided by
    """

    def __init__(self, architecture: str, recipe: Recipe, n_tracks: int = 26, seed: int = 0):
        self.architecture = architecture
        self.recipe = recipe
        self.n_tracks = n_tracks
        self.seed = seed

    def fit(self, X: NDArray[np.float64], y: NDArray[np.str_], groups: NDArray[Any] | None = None) -> Self:
        """Train the networks, and find the temperature of their scores.

        Parameters
        ----------
        X : NDArray [shape=(n_utterances, n_tracks * n_frames)]
            NaN where a track is undefined and after the end
        y : NDArray [shape=(n_utterances,)]
        groups : NDArray [shape=(n_utterances,)], optional
            speakers; without them the inner parts are stratified only
        """
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.n_features_in_ = X.shape[1]
        tracks = tracks_of(X, self.n_tracks)
        self.measure_ = measure(tracks)
        splits = inner_folds(np.asarray(y), groups, _N_PARTS, self.seed)[:N_NETWORKS]
        with one_thread():
            self._train(standardise(tracks, self.measure_), codes, splits or [(np.arange(len(y)), np.arange(0))])
        return self

    def _train(self, clips: Clips, codes: Codes, splits: list[tuple[Codes, Codes]]) -> None:
        from featser.models.sequence.training import Part, train

        whole = Part(clips, codes, len(self.classes_))
        seeds = np.random.SeedSequence(self.seed).generate_state(len(splits))
        self.weights_ = [
            train(self._network(), whole.take(learnt), whole.take(held_out), self.recipe, int(seed))
            for (learnt, held_out), seed in zip(splits, seeds, strict=True)
        ]
        self.temperature_ = self._learn_temperature(whole, [held_out for _, held_out in splits])

    def predict_proba(self, X: NDArray[np.float64]) -> Probabilities:
        """Probabilities of the emotions in ``classes_``."""
        check_is_fitted(self)
        clips = standardise(tracks_of(X, self.n_tracks), self.measure_)
        with one_thread():
            scores = np.mean([self._scores(at, clips) for at in range(len(self.weights_))], axis=0)
        probabilities: Probabilities = softmax(scores / self.temperature_, axis=1)
        return probabilities

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.str_]:
        """Return the most probable emotion of each row."""
        labels: NDArray[np.str_] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels

    @property
    def n_parameters_(self) -> int:
        """Numbers that were learnt, over all networks."""
        return sum(values.size for weights in self.weights_ for values in weights.values())

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Refuse to come out of a file where nothing can compute its answers."""
        require_torch(state["architecture"])
        super().__setstate__(state)

    def _network(self) -> "nn.Module":
        from featser.models.sequence.networks import Shape, build

        shape = Shape(self.n_tracks, self.n_features_in_ // self.n_tracks, len(self.classes_))
        return build(self.architecture, shape, self.recipe.dropout)

    def _scores(self, at: int, clips: Clips) -> NDArray[np.float64]:
        """Scores by one of the networks, shape ``(n_clips, n_classes)``."""
        from featser.models.sequence.networks import restore
        from featser.models.sequence.training import scores_of

        return scores_of(restore(self._network(), self.weights_[at]), clips)

    def _learn_temperature(self, whole: "Part", held_out: list[NDArray[np.int64]]) -> float:
        scores = [self._scores(at, whole.clips.take(rows)) for at, rows in enumerate(held_out) if len(rows)]
        truth = [whole.codes[rows] for rows in held_out if len(rows)]
        return best_temperature(np.concatenate(scores), np.concatenate(truth)) if scores else 1.0
