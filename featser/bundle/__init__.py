"""The reusable model: everything that a new recording needs to get an emotion, in one file that reads without trust.

The file is a pickle, so that ``joblib.load`` gives a working model, followed by a card in JSON. `read_model` looks at
the card first and then unpickles under a fixed list of classes, so a stranger's file cannot run code of its own.
"""

from featser.bundle.file import read_card, read_model, write_model
from featser.bundle.model import FORMAT, Answer, Model, Recording, evidence, model_versions

__all__ = [
    "FORMAT",
    "Answer",
    "Model",
    "Recording",
    "evidence",
    "model_versions",
    "read_card",
    "read_model",
    "write_model",
]
