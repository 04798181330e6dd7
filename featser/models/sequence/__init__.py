"""Networks over frames, for comparison with models of functionals: the same folds, seeds and files.

They read the feature set ``log-mel``. PyTorch, the optional part ``featser[cnn]``, is imported when one is trained or
asked, not before.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from featser.models.sequence.classifier import SequenceClassifier
from featser.models.sequence.recipe import Recipe, require_torch


def cnn(
    n_epochs: int = 40,
    learning_rate: float = 2e-3,
    dropout: float = 0.3,
    augment: float = 1.0,
    n_tracks: int = 26,
    seed: int = 0,
) -> SequenceClassifier:
    """Convolutional networks on log-mel spectrograms: four layers, then mean and maximum over time.

    References
    ----------
    Badshah, Ahmad, Rahim and Baik, Speech emotion recognition from spectrograms with deep convolutional neural network,
    PlatCon 2017.
    """
    return _network("cnn", Recipe(n_epochs, learning_rate, dropout, augment), n_tracks, seed)


def cnn_lstm(
    n_epochs: int = 40,
    learning_rate: float = 1e-3,
    dropout: float = 0.3,
    augment: float = 1.0,
    n_tracks: int = 26,
    seed: int = 0,
) -> SequenceClassifier:
    """Three blocks of two convolutions with dropout and pooling, then two LSTM layers of 100 units.

    References
    ----------
    Zhao, Mao and Chen, Speech emotion recognition using deep 1D & 2D CNN LSTM networks, Biomedical Signal Processing
    and Control 47, 2019.
    """
    return _network("cnn-lstm", Recipe(n_epochs, learning_rate, dropout, augment), n_tracks, seed)


def lstm(
    n_epochs: int = 40,
    learning_rate: float = 2e-3,
    dropout: float = 0.3,
    augment: float = 1.0,
    n_tracks: int = 26,
    seed: int = 0,
) -> SequenceClassifier:
    """Two LSTM layers of 100 units, which read four frames at a time; mean and maximum of their states over time.

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9(8), 1997.
    """
    return _network("lstm", Recipe(n_epochs, learning_rate, dropout, augment), n_tracks, seed)


def bilstm(
    n_epochs: int = 40,
    learning_rate: float = 2e-3,
    dropout: float = 0.3,
    augment: float = 1.0,
    n_tracks: int = 26,
    seed: int = 0,
) -> SequenceClassifier:
    """Two LSTM layers of 100 units in each direction, as `lstm` otherwise.

    References
    ----------
    Graves and Schmidhuber, Framewise phoneme classification with bidirectional LSTM and other neural network
    architectures, Neural Networks 18, 2005.
    """
    return _network("bilstm", Recipe(n_epochs, learning_rate, dropout, augment), n_tracks, seed)


def gru(
    n_epochs: int = 40,
    learning_rate: float = 2e-3,
    dropout: float = 0.3,
    augment: float = 1.0,
    n_tracks: int = 26,
    seed: int = 0,
) -> SequenceClassifier:
    """Two layers of 100 gated recurrent units, as `lstm` otherwise.

    References
    ----------
    Cho et al., Learning phrase representations using RNN encoder-decoder for statistical machine translation, EMNLP
    2014.
    """
    return _network("gru", Recipe(n_epochs, learning_rate, dropout, augment), n_tracks, seed)


def _network(name: str, recipe: Recipe, n_tracks: int, seed: int) -> SequenceClassifier:
    """Return an untrained classifier; `MissingExtraError` where PyTorch is not installed."""
    require_torch(name)
    return SequenceClassifier(name, recipe, n_tracks, seed)


MODELS: dict[str, Callable[..., SequenceClassifier]] = {
    "cnn": cnn,
    "cnn-lstm": cnn_lstm,
    "lstm": lstm,
    "bilstm": bilstm,
    "gru": gru,
}
"""Models of sequences by name."""

SEQUENCE_MODELS = tuple(MODELS)

_SPACE: Mapping[str, Mapping[str, Any] | Sequence[Any]] = {
    "n_epochs": [20, 40, 60],
    "learning_rate": {"low": 3e-4, "high": 5e-3, "log": True},
    "dropout": {"low": 0.1, "high": 0.6},
    "augment": {"low": 0.0, "high": 2.0},
}

SPACES = dict.fromkeys(SEQUENCE_MODELS, _SPACE)
"""What a search may change of each, and between which values."""
