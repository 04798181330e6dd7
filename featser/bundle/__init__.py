"""Trained models and their files.

A model file is a pickle followed by a card in JSON. ``joblib.load`` reads it as any pickle. `load_model` reads the card
first and then unpickles a fixed list of classes only, so that a file from an unknown source cannot run code.
"""

from featser.bundle.answers import Answer
from featser.bundle.file import is_model, load_model, read_card, write_model
from featser.bundle.model import FORMAT, Model
from featser.bundle.provenance import (
    corpora_with_licences,
    evidence,
    golden_rows,
    model_versions,
    recording_digests,
    training_means,
)

__all__ = [
    "FORMAT",
    "Answer",
    "Model",
    "corpora_with_licences",
    "evidence",
    "golden_rows",
    "is_model",
    "load_model",
    "model_versions",
    "read_card",
    "recording_digests",
    "training_means",
    "write_model",
]
