"""Training of a network on batches of augmented clips, stopped early on held-out speakers."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from featser.models.sequence import networks
from featser.models.sequence.clips import Clips, augmented
from featser.models.sequence.settings import TrainingSettings
from featser.models.sequence.threads import is_leaving

_BATCH = 32
_SMALLEST_BATCH = 8
_STEPS = 16
"""Smallest number of batches per epoch; a small corpus has smaller batches."""

_BATCHES_SORTED = 8
"""Number of batches whose clips are sorted by length together, which reduces padding."""

_PATIENCE = 10
"""Number of epochs without improvement after which the training stops."""

_WEIGHT_DECAY = 1e-2
_LABEL_SMOOTHING = 0.1
_LARGEST_GRADIENT = 5.0

Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """Clips with their emotions.

    Attributes
    ----------
    clips : Clips
    codes : NDArray [shape=(n_clips,)]
        emotions as integers, 0 to ``n_classes - 1``
    n_classes : int
    """

    clips: Clips
    codes: Codes
    n_classes: int

    def take(self, rows: NDArray[np.int64]) -> "Part":
        """Return some of the clips.

        Parameters
        ----------
        rows : NDArray [shape=(n,)]
            row numbers

        Returns
        -------
        Part
        """
        return Part(self.clips.take(rows), self.codes[rows], self.n_classes)

    @property
    def balance(self) -> NDArray[np.float32]:
        """Weight of each class in the loss, inverse to its frequency; 0 for a class without clips."""
        counts = np.bincount(self.codes, minlength=self.n_classes)
        return np.where(counts > 0, len(self.codes) / (self.n_classes * np.maximum(counts, 1)), 0).astype(np.float32)


def train(
    network: nn.Module, training: Part, held_out: Part, settings: TrainingSettings, seed: int
) -> networks.Weights:
    """Train a network and return its weights after the epoch with the lowest loss on the held-out clips.

    All random generators are local, so the same seed gives the same weights on the same machine, also if folds are
    trained in parallel. A CUDA device is used if there is one.

    Parameters
    ----------
    network : nn.Module
        without weights
    training : Part
    held_out : Part
        of speakers that are not in ``training``; if it is empty, the last epoch is used
    settings : TrainingSettings
    seed : int

    Returns
    -------
    dict
        arrays by name of the layer
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rng = np.random.default_rng(seed)
    network = networks.initialise(network, torch.Generator().manual_seed(seed))
    network = network.to(device, memory_format=torch.channels_last)
    networks.seed_dropout(network, torch.Generator(device).manual_seed(seed))
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=_WEIGHT_DECAY)
    best, best_loss, best_epoch = networks.weights_of(network), np.inf, 0
    for epoch in range(settings.n_epochs):
        _train_epoch(network, optimiser, training, settings, (epoch, rng))
        loss = _mean_loss(network, held_out) if len(held_out.codes) else -epoch
        if loss < best_loss:
            best, best_loss, best_epoch = networks.weights_of(network), loss, epoch
        elif epoch - best_epoch == _PATIENCE:
            break
        if is_leaving():
            break
    return best


def scores_of(network: nn.Module, clips: Clips) -> NDArray[np.float64]:
    """Compute the scores of clips on the CPU in double precision.

    The scores of a clip depend neither on the other clips nor on the device of the training.

    Parameters
    ----------
    network : nn.Module
    clips : Clips

    Returns
    -------
    NDArray [shape=(n_clips, n_classes)]
    """
    network = network.double().eval()
    with torch.no_grad():
        parts = [network(*_tensors(clips.take(rows), torch.device("cpu"), torch.float64)) for rows in _slices(clips)]
    return torch.cat(parts).numpy()


def _train_epoch(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    training: Part,
    settings: TrainingSettings,
    at: tuple[int, np.random.Generator],
) -> None:
    """Train for one epoch."""
    epoch, rng = at
    network.train()
    batches = _batches(training.clips.lengths, rng)
    balance = training.balance
    for step, rows in enumerate(batches):
        if is_leaving():
            return
        optimiser.param_groups[0]["lr"] = settings.rate(epoch + step / len(batches))
        clips = augmented(training.clips.take(rows), settings.augment, rng)
        loss = _loss(network, Part(clips, training.codes[rows], training.n_classes), balance, _LABEL_SMOOTHING)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
        optimiser.step()


def _loss(network: nn.Module, part: Part, balance: NDArray[np.float32], smoothing: float) -> Tensor:
    device = next(network.parameters()).device
    scores = network(*_tensors(part.clips, device, torch.float32))
    codes = torch.from_numpy(part.codes).to(device)
    return cross_entropy(scores, codes, torch.from_numpy(balance).to(device), label_smoothing=smoothing)


def _mean_loss(network: nn.Module, part: Part) -> float:
    network.eval()
    balance = part.balance
    with torch.no_grad():
        sums = []
        for rows in _slices(part.clips):
            batch = part.take(rows)
            weight = float(balance[batch.codes].sum())
            sums.append((weight * float(_loss(network, batch, balance, 0.0)), weight))
    total, weight = np.sum(sums, axis=0)
    return float(total / weight)


def _batches(lengths: NDArray[np.int64], rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Row numbers of each batch, in random order; clips of similar length share a batch."""
    order = rng.permutation(len(lengths))
    size = min(max(len(lengths) // _STEPS, _SMALLEST_BATCH), _BATCH)
    n_sorted = size * _BATCHES_SORTED
    parts = [order[start : start + n_sorted] for start in range(0, len(order), n_sorted)]
    by_length = np.concatenate([part[np.argsort(lengths[part], kind="stable")] for part in parts])
    batches = [by_length[start : start + size] for start in range(0, len(by_length), size)]
    return [batches[at] for at in rng.permutation(len(batches))]


def _slices(clips: Clips) -> list[NDArray[np.int64]]:
    rows = np.arange(len(clips))
    return [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]


def _tensors(clips: Clips, device: torch.device, precision: torch.dtype) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(clips.values).to(device, precision), torch.from_numpy(clips.lengths).to(device)
