"""How a network learns: on batches of varied clips, until it gets no better for speakers that it does not train on."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from featser.models.sequence import networks
from featser.models.sequence.clips import Clips, varied
from featser.models.sequence.recipe import Recipe
from featser.models.sequence.threads import is_leaving

_BATCH = 32
_SMALLEST_BATCH = 8
_STEPS = 16
"""Batches in an epoch, at least: a small corpus is learnt in smaller ones."""

_BATCHES_SORTED = 8
"""Batches whose clips are sorted by length together, so that little is computed after the end of a clip."""

_PATIENCE = 10
"""Epochs without a better score, after which a network has learnt what it can."""

_WEIGHT_DECAY = 1e-2
_LABEL_SMOOTHING = 0.1
_LARGEST_GRADIENT = 5.0

Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """Clips with the codes of their emotions, 0 to ``n_classes - 1``."""

    clips: Clips
    codes: Codes
    n_classes: int

    def take(self, rows: NDArray[np.int64]) -> "Part":
        """Return some of the clips."""
        return Part(self.clips.take(rows), self.codes[rows], self.n_classes)

    @property
    def balance(self) -> NDArray[np.float32]:
        """Weight of each class in the loss, so that all count the same; 0 for one without clips."""
        counts = np.bincount(self.codes, minlength=self.n_classes)
        return np.where(counts > 0, len(self.codes) / (self.n_classes * np.maximum(counts, 1)), 0).astype(np.float32)


def train(network: nn.Module, training: Part, held_out: Part, recipe: Recipe, seed: int) -> networks.Weights:
    """Train a network and return its weights after the epoch that was best for the clips that were held out.

    It takes no random number that another training could take: the same seed gives the same weights on the same
    machine, however many folds run beside it. Where there is a CUDA device it does the work.

    Parameters
    ----------
    held_out : Part
        of speakers that are not in ``training``; without any clips, the last epoch counts
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rng = np.random.default_rng(seed)
    network = networks.initialise(network, torch.Generator().manual_seed(seed))
    network = network.to(device, memory_format=torch.channels_last)
    networks.seed_dropout(network, torch.Generator(device).manual_seed(seed))
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=_WEIGHT_DECAY)
    best, best_loss, best_epoch = networks.weights_of(network), np.inf, 0
    for epoch in range(recipe.n_epochs):
        _learn(network, optimiser, training, recipe, (epoch, rng))
        loss = _mean_loss(network, held_out) if len(held_out.codes) else -epoch
        if loss < best_loss:
            best, best_loss, best_epoch = networks.weights_of(network), loss, epoch
        elif epoch - best_epoch == _PATIENCE:
            break
        if is_leaving():
            break
    return best


def scores_of(network: nn.Module, clips: Clips) -> NDArray[np.float64]:
    """Scores per class, shape ``(n_clips, n_classes)``, always on the CPU and in double precision.

    So a clip's scores depend neither on the clips beside it nor on where the network was trained.
    """
    network = network.double().eval()
    with torch.no_grad():
        parts = [network(*_tensors(clips.take(rows), torch.device("cpu"), torch.float64)) for rows in _slices(clips)]
    return torch.cat(parts).numpy()


def _learn(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    training: Part,
    recipe: Recipe,
    at: tuple[int, np.random.Generator],
) -> None:
    """One epoch."""
    epoch, rng = at
    network.train()
    batches = _batches(training.clips.lengths, rng)
    balance = training.balance
    for step, rows in enumerate(batches):
        if is_leaving():
            return
        optimiser.param_groups[0]["lr"] = recipe.rate(epoch + step / len(batches))
        clips = varied(training.clips.take(rows), recipe.augment, rng)
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
    """Rows of each batch in random order; clips of similar length go together."""
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
