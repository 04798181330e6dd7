"""Where a model comes from: its score, its training recordings, and the versions that made it."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featser.errors import InputError
from featser.versions import __version__, library_versions

if TYPE_CHECKING:
    import pandas as pd

    from featser.evaluation import Run

_SHA256 = re.compile("[0-9a-f]{64}")

_PINNED = ("scikit-learn", "xgboost")
"""Libraries whose objects are in a model file; another release may read them differently."""


def evidence(run: "Run") -> dict[str, Any]:
    """Return the score that a model file contains.

    Parameters
    ----------
    run : Run
        a scored run

    Returns
    -------
    dict
        values for JSON
    """
    kept = ("run", "corpus", "protocol", "normalise", "leaky", "seed", "uar", "uar_low", "uar_high", "war", "macro_f1")
    values = asdict(run)
    return {
        name: values[name]
        for name in (*kept, "n_utterances", "n_speakers", "recall", "conformal", "guard", "enrolment")
    }


def recording_digests(manifest: "pd.DataFrame") -> NDArray[np.uint64]:
    """Shorten the digests of a table's recordings for `Model.training_digests`.

    Parameters
    ----------
    manifest : DataFrame
        one row per utterance; its optional column ``sha256`` has the digest of each file, in hex; other values are
        ignored

    Returns
    -------
    NDArray of uint64 [shape=(n_recordings,)]
        sorted, each once; empty without that column
    """
    digests = [each for each in manifest.get("sha256", ()) if isinstance(each, str) and _SHA256.fullmatch(each)]
    return np.unique(np.array([short_digest(each) for each in digests], dtype=np.uint64))


def short_digest(digest: str) -> np.uint64:
    """Return the first 64 bits of a digest in hex."""
    return np.uint64(int(digest[:16], 16))


def model_versions() -> dict[str, str]:
    """Return the versions of featser, Python and the libraries, by name."""
    return {"featser": __version__, **library_versions()}


def check_versions(what: str, versions: Mapping[str, str]) -> None:
    """Raise an error if a model was made by releases that may compute other numbers.

    Parameters
    ----------
    what : str
        subject of the message, for example the model's path
    versions : mapping
        versions of featser and the libraries that made the model

    Raises
    ------
    InputError
        another version of featser, or another major or minor version of a library whose objects are in the file
    """
    made_by = versions.get("featser", "unknown")
    if made_by != __version__:
        raise InputError(
            f"{what} was made by featser {made_by}, this is {__version__}: its features may differ. "
            f"Fit it again, or install featser=={made_by}."
        )
    here = library_versions()
    for library in _PINNED:
        if _release(versions.get(library, "")) != _release(here[library]):
            raise InputError(
                f"{what} was made with {library} {versions.get(library)}, here is {here[library]}. "
                f"Fit it again, or install {library}=={versions.get(library)}."
            )


def _release(version: str) -> tuple[str, ...]:
    return tuple(version.split(".")[:2])
