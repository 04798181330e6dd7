"""Architectures of the networks; only this module and `training` import PyTorch.

Every network maps values ``(n_clips, n_tracks, n_frames)`` and lengths ``(n_clips,)`` to scores
``(n_clips, n_classes)``. Every layer sets values after the end of a clip to zero, so the scores of a clip do not depend
on the length of the other clips.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import pad
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

Weights = Mapping[str, NDArray[np.float32]]

_STACKED_FRAMES = 4
"""Number of neighbouring frames that form one step of a recurrent network (Sak et al., 2015)."""

_UNITS = 100


@dataclass(frozen=True)
class Shape:
    """Sizes of input and output.

    Attributes
    ----------
    n_tracks : int
    n_frames : int
        length of the longest clip
    n_classes : int
    """

    n_tracks: int
    n_frames: int
    n_classes: int


class Dropout(nn.Module):  # type: ignore[misc]
    """Dropout with a random generator of its own; PyTorch's dropout shares one generator between all threads."""

    def __init__(self, share: float):
        super().__init__()
        self.share = share
        self.generator: torch.Generator | None = None

    def forward(self, values: Tensor) -> Tensor:
        """Set a share of the values to zero in training and scale the others up."""
        if not self.training or self.share == 0:
            return values
        kept = torch.rand(values.shape, generator=self.generator, device=values.device) >= self.share
        return values * kept / (1 - self.share)


class Convolutional(nn.Module):  # type: ignore[misc]
    """Four convolutions with batch normalisation, then mean and maximum over time of each channel and band."""

    def __init__(self, shape: Shape, dropout: float):
        super().__init__()
        self.stem = _convolution(1, 16, kernel=5, stride=2)
        self.layers = nn.ModuleList([_convolution(16, 32), _convolution(32, 64), _convolution(64, 96)])
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.dropout = Dropout(dropout)
        self.out = nn.Linear(2 * 96 * _eighth(shape.n_tracks), shape.n_classes)

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Return the scores of the classes, shape ``(n_clips, n_classes)``."""
        maps = _ended(self.stem(values[:, None]), lengths := _halved(lengths))
        for layer in self.layers[:-1]:
            maps = self.pool(_ended(layer(maps), lengths))
            lengths = _halved(lengths)
        maps = _ended(self.layers[-1](self.dropout(maps)), lengths)
        return self.out(self.dropout(_summary(maps.flatten(1, 2), lengths)))


class ConvolutionalRecurrent(nn.Module):  # type: ignore[misc]
    """Three blocks of two convolutions, then two LSTM layers and a linear layer over all their steps."""

    def __init__(self, shape: Shape, dropout: float):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(n_in, n_out, 3, padding=1)
            for n_in, n_out in ((1, 8), (8, 8), (8, 16), (16, 16), (16, 32), (32, 32))
        )
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.dropout = Dropout(dropout)
        self.recurrent = nn.LSTM(32 * _eighth(shape.n_tracks), _UNITS, num_layers=2, batch_first=True)
        self.n_steps = _eighth(shape.n_frames)
        self.out = nn.Linear(_UNITS * self.n_steps, shape.n_classes)

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Return the scores of the classes, shape ``(n_clips, n_classes)``."""
        maps = values[:, None]
        for at, layer in enumerate(self.layers):
            maps = _ended(torch.relu(layer(maps)), lengths)
            if at % 2:
                maps = self.pool(self.dropout(maps))
                lengths = _halved(lengths)
        steps = _ended(self.recurrent(maps.flatten(1, 2).transpose(1, 2))[0].transpose(1, 2), lengths)
        steps = pad(steps, (0, self.n_steps - steps.shape[2]))
        return self.out(self.dropout(steps.flatten(1)))


class Recurrent(nn.Module):  # type: ignore[misc]
    """Two recurrent layers over groups of neighbouring frames, then mean and maximum of their states over time."""

    def __init__(self, cell: type[nn.RNNBase], shape: Shape, dropout: float, directions: int = 1):
        super().__init__()
        sizes = (shape.n_tracks * _STACKED_FRAMES, _UNITS * directions)
        self.layers = nn.ModuleList(
            cell(size, _UNITS, batch_first=True, bidirectional=directions == 2) for size in sizes
        )
        self.dropout = Dropout(dropout)
        self.out = nn.Linear(2 * _UNITS * directions, shape.n_classes)

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Return the scores of the classes, shape ``(n_clips, n_classes)``."""
        values = pad(values, (0, -values.shape[2] % _STACKED_FRAMES))
        steps = values.unflatten(2, (-1, _STACKED_FRAMES)).transpose(1, 2).flatten(2)
        lengths = -(-lengths // _STACKED_FRAMES)
        packed = pack_padded_sequence(steps, lengths.cpu(), batch_first=True, enforce_sorted=False)
        for layer in self.layers:
            packed = packed._replace(data=self.dropout(packed.data))
            packed = layer(packed)[0]
        steps = pad_packed_sequence(packed, batch_first=True)[0].transpose(1, 2)
        return self.out(self.dropout(_summary(steps, lengths)))


def _convolution(n_in: int, n_out: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(n_in, n_out, kernel, stride=stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(n_out), nn.ReLU())


def _halved(lengths: Tensor) -> Tensor:
    return (lengths + 1) // 2


def _eighth(size: int) -> int:
    """Size after halving three times, rounded up each time."""
    return -(-size // 8)


def _before_end(maps: Tensor, lengths: Tensor) -> Tensor:
    """Mask of the frames before the end of each clip, broadcastable to the maps; time is their last axis."""
    mask = torch.arange(maps.shape[-1], device=maps.device) < lengths[:, None]
    return mask.view(len(maps), *(1,) * (maps.dim() - 2), -1)


def _ended(maps: Tensor, lengths: Tensor) -> Tensor:
    """Set values after the end of each clip to zero."""
    return maps * _before_end(maps, lengths)


def _summary(maps: Tensor, lengths: Tensor) -> Tensor:
    """Mean and maximum over time up to the end of each clip, shape ``(n_clips, 2 * n_channels)``."""
    highest = maps.masked_fill(~_before_end(maps, lengths), -torch.inf).amax(dim=2)
    return torch.cat([maps.sum(dim=2) / lengths[:, None], highest], dim=1)


ARCHITECTURES: dict[str, Callable[[Shape, float], nn.Module]] = {
    "cnn": Convolutional,
    "cnn-lstm": ConvolutionalRecurrent,
    "lstm": lambda shape, dropout: Recurrent(nn.LSTM, shape, dropout),
    "bilstm": lambda shape, dropout: Recurrent(nn.LSTM, shape, dropout, directions=2),
    "gru": lambda shape, dropout: Recurrent(nn.GRU, shape, dropout),
}


def build(architecture: str, shape: Shape, dropout: float) -> nn.Module:
    """Return a network without weights; `initialise` or `restore` sets them.

    Parameters
    ----------
    architecture : str
        a key of `ARCHITECTURES`
    shape : Shape
    dropout : float

    Returns
    -------
    nn.Module
    """
    with torch.device("meta"):
        return ARCHITECTURES[architecture](shape, dropout)


def initialise(network: nn.Module, generator: torch.Generator) -> nn.Module:
    """Set the first weights of a network, drawn on the CPU.

    Parameters
    ----------
    network : nn.Module
        from `build`
    generator : torch.Generator

    Returns
    -------
    nn.Module

    References
    ----------
    He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015, for convolutions; PyTorch's defaults for the rest.
    """
    network = network.to_empty(device="cpu")
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
            continue
        if isinstance(layer, nn.Conv2d):
            bound = sqrt(6 / layer.weight[0].numel())
        elif isinstance(layer, nn.RNNBase):
            bound = 1 / sqrt(layer.hidden_size)
        elif isinstance(layer, nn.Linear):
            bound = 1 / sqrt(layer.in_features)
        for parameter in layer.parameters(recurse=False):
            nn.init.uniform_(parameter, -bound, bound, generator=generator)
    return network


def seed_dropout(network: nn.Module, generator: torch.Generator) -> None:
    """Set the random generator of a network's dropout layers.

    Parameters
    ----------
    network : nn.Module
    generator : torch.Generator
    """
    for layer in network.modules():
        if isinstance(layer, Dropout):
            layer.generator = generator


def restore(network: nn.Module, weights: Weights) -> nn.Module:
    """Set the weights of a network to saved ones.

    Parameters
    ----------
    network : nn.Module
        from `build`
    weights : mapping
        from `weights_of`

    Returns
    -------
    nn.Module
    """
    network = network.to_empty(device="cpu")
    network.load_state_dict({name: torch.from_numpy(np.array(values)) for name, values in weights.items()})
    return network


def weights_of(network: nn.Module) -> dict[str, NDArray[np.float32]]:
    """Copy a network's weights to NumPy arrays.

    Parameters
    ----------
    network : nn.Module

    Returns
    -------
    dict
        arrays by name of the layer
    """
    return {name: values.detach().cpu().numpy().copy() for name, values in network.state_dict().items()}
