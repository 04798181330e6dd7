"""Neural networks on log-mel frames, evaluated with the same folds and seeds as models of functionals.

They read the feature set ``log-mel``. PyTorch, the optional part ``featser[cnn]``, is imported only when a network is
trained or used.
"""

from collections.abc import Callable
from typing import Annotated, Any

from featser.models.definition import Builder, ModelDefinition, model
from featser.models.limits import Count, Epochs, Fraction, Range
from featser.models.sequence.classifier import SequenceClassifier
from featser.models.sequence.extra import require_torch

Dropout = Annotated[float, Range(0.0, 0.9)]
Augmentation = Annotated[float, Range(0.0, 5.0)]


def _network(name: str) -> Callable[[Builder], ModelDefinition]:
    """Return the decorator of a network's builder; all networks have the same search space and model file."""
    return model(
        name,
        search={
            "n_epochs": [20, 40, 60],
            "learning_rate": {"low": 3e-4, "high": 5e-3, "log": True},
            "dropout": {"low": 0.1, "high": 0.6},
            "augment": {"low": 0.0, "high": 2.0},
        },
        stores=("featser.models.sequence.classifier.SequenceClassifier", "featser.models.sequence.clips.Measure"),
        sequence=True,
    )


def _classifier(architecture: str, *parameters: Any) -> SequenceClassifier:
    """Return an unfitted classifier; raise `MissingExtraError` if PyTorch is not installed."""
    require_torch(architecture)
    return SequenceClassifier(architecture, *parameters)


@_network("cnn")
def cnn(
    n_epochs: Epochs = 40,
    learning_rate: Fraction = 2e-3,
    dropout: Dropout = 0.3,
    augment: Augmentation = 1.0,
    n_tracks: Count = 26,
    seed: int = 0,
) -> SequenceClassifier:
    """Convolutional networks on log-mel spectrograms: four layers, then mean and maximum over time.

    Parameters
    ----------
    n_epochs : int
        largest number of passes over the training data
    learning_rate : float
        highest learning rate of the schedule
    dropout : float
        share of values that are set to zero in training, 0 to 0.9
    augment : float
        strength of the random changes of training clips; 0 for none, 1 for the usual amount
    n_tracks : int
        number of tracks, here mel bands
    seed : int

    Returns
    -------
    SequenceClassifier

    References
    ----------
    Badshah, Ahmad, Rahim and Baik, Speech emotion recognition from spectrograms with deep convolutional neural network,
    PlatCon 2017.
    """
    return _classifier("cnn", n_epochs, learning_rate, dropout, augment, n_tracks, seed)


@_network("cnn-lstm")
def cnn_lstm(
    n_epochs: Epochs = 40,
    learning_rate: Fraction = 1e-3,
    dropout: Dropout = 0.3,
    augment: Augmentation = 1.0,
    n_tracks: Count = 26,
    seed: int = 0,
) -> SequenceClassifier:
    """Three blocks of two convolutions with dropout and pooling, then two LSTM layers of 100 units.

    Parameters
    ----------
    n_epochs, learning_rate, dropout, augment, n_tracks, seed
        as `cnn`

    Returns
    -------
    SequenceClassifier

    References
    ----------
    Zhao, Mao and Chen, Speech emotion recognition using deep 1D & 2D CNN LSTM networks, Biomedical Signal Processing
    and Control 47, 2019.
    """
    return _classifier("cnn-lstm", n_epochs, learning_rate, dropout, augment, n_tracks, seed)


@_network("lstm")
def lstm(
    n_epochs: Epochs = 40,
    learning_rate: Fraction = 2e-3,
    dropout: Dropout = 0.3,
    augment: Augmentation = 1.0,
    n_tracks: Count = 26,
    seed: int = 0,
) -> SequenceClassifier:
    """Two LSTM layers of 100 units on groups of four frames; mean and maximum of their states over time.

    Parameters
    ----------
    n_epochs, learning_rate, dropout, augment, n_tracks, seed
        as `cnn`

    Returns
    -------
    SequenceClassifier

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9(8), 1997.
    """
    return _classifier("lstm", n_epochs, learning_rate, dropout, augment, n_tracks, seed)


@_network("bilstm")
def bilstm(
    n_epochs: Epochs = 40,
    learning_rate: Fraction = 2e-3,
    dropout: Dropout = 0.3,
    augment: Augmentation = 1.0,
    n_tracks: Count = 26,
    seed: int = 0,
) -> SequenceClassifier:
    """Two LSTM layers of 100 units in each direction, otherwise as `lstm`.

    Parameters
    ----------
    n_epochs, learning_rate, dropout, augment, n_tracks, seed
        as `cnn`

    Returns
    -------
    SequenceClassifier

    References
    ----------
    Graves and Schmidhuber, Framewise phoneme classification with bidirectional LSTM and other neural network
    architectures, Neural Networks 18, 2005.
    """
    return _classifier("bilstm", n_epochs, learning_rate, dropout, augment, n_tracks, seed)


@_network("gru")
def gru(
    n_epochs: Epochs = 40,
    learning_rate: Fraction = 2e-3,
    dropout: Dropout = 0.3,
    augment: Augmentation = 1.0,
    n_tracks: Count = 26,
    seed: int = 0,
) -> SequenceClassifier:
    """Two layers of 100 gated recurrent units, otherwise as `lstm`.

    Parameters
    ----------
    n_epochs, learning_rate, dropout, augment, n_tracks, seed
        as `cnn`

    Returns
    -------
    SequenceClassifier

    References
    ----------
    Cho et al., Learning phrase representations using RNN encoder-decoder for statistical machine translation, EMNLP
    2014.
    """
    return _classifier("gru", n_epochs, learning_rate, dropout, augment, n_tracks, seed)
