"""Recordings in, feature tables out: the cache, the workers, and the features as a scikit-learn transformer."""

from featser.extraction.cache import default_folder
from featser.extraction.executors import BACKENDS, Backend
from featser.extraction.recipe import Recipe
from featser.extraction.rows import Progress, Recording, Rows, ensure_compiled, read_rows
from featser.extraction.tables import Extraction, NothingUsableError, extract, extract_to

__all__ = [
    "BACKENDS",
    "Backend",
    "Extraction",
    "NothingUsableError",
    "Progress",
    "Recipe",
    "Recording",
    "Rows",
    "default_folder",
    "ensure_compiled",
    "extract",
    "extract_to",
    "read_rows",
]
