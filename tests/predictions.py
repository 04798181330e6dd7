"""Artificial tables of predictions."""

import numpy as np
import pandas as pd


def by_letters(truth: str, predicted: str, speakers: str, sure: float = 0.8) -> pd.DataFrame:
    """Predictions with one letter per utterance; ``sure`` is the probability of the predicted class."""
    classes = sorted(set(truth) | set(predicted))
    other = (1 - sure) / (len(classes) - 1)
    table = pd.DataFrame({"truth": list(truth), "predicted": list(predicted), "speaker": list(speakers)})
    table["utterance"] = [f"x/{number:03}" for number in range(len(truth))]
    table["fold"] = table["speaker"]
    for name in classes:
        table[f"p_{name}"] = np.where(table["predicted"] == name, sure, other)
    return table


def noisy(n: int, n_speakers: int = 10, seed: int = 0, spread: float = 0.0) -> pd.DataFrame:
    """Predictions of 4 emotions with calibrated probabilities; ``spread`` adds noise that differs by speaker."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(4, 0.4), size=n)
    truth = np.array([rng.choice(list("abcd"), p=share) for share in shares])
    speakers = np.array([f"x/{number:02}" for number in rng.integers(0, n_speakers, n)])
    doubt = spread * rng.random(n_speakers)[[int(name[2:]) for name in speakers]][:, None]
    probabilities = (1 - doubt) * shares + doubt * rng.dirichlet(np.ones(4), size=n)
    table = pd.DataFrame(probabilities, columns=[f"p_{name}" for name in "abcd"])
    table["truth"], table["speaker"], table["fold"] = truth, speakers, speakers
    table["predicted"] = np.array(list("abcd"))[probabilities.argmax(axis=1)]
    table["utterance"] = [f"x/{number:05}" for number in range(n)]
    return table
