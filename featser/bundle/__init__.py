"""The reusable model: everything that a new recording needs to get an emotion, in one file that reads without trust.

The file is a pickle, so that ``joblib.load`` gives a working model, followed by a card in JSON. `load_model` looks at
the card first and then unpickles under a fixed list of classes, so a stranger's file cannot run code of its own.
"""

from featser.bundle.file import load_model, read_card, write_model
from featser.bundle.model import FORMAT, Answer, Model, Recording, evidence, model_versions

__all__ = [
    "FORMAT",
    "Answer",
    "Model",
    "Recording",
    "evidence",
    "load_model",
    "model_versions",
    "read_card",
    "write_model",
]
