"""Where a model comes from: its score, its training recordings, and the versions that made it."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featser.corpora import known_corpora
from featser.errors import InputError
from featser.extraction.recipe import code_digest
from featser.versions import __version__, library_versions

if TYPE_CHECKING:
    import pandas as pd

    from featser.corpora import Corpus
    from featser.evaluation import Run

_SHA256 = re.compile("[0-9a-f]{64}")

_STORED = ("numpy", "scikit-learn", "xgboost")
"""Libraries whose objects are in a model file; another release may read them differently."""

GOLDEN_ROWS = 10
"""Number of rows whose predictions are in a model file."""

FEATURE_CODE = "feature code"
"""Key of the digest of the modules that compute features, among the versions of a model."""


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
    more = ("n_utterances", "n_speakers", "recall", "conformal", "guard", "enrolment", "by_corpus", "adapted")
    values = asdict(run)
    return {name: values[name] for name in (*kept, *more)}


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


def golden_rows(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Choose rows whose predictions a model file must reproduce.

    Parameters
    ----------
    features : NDArray [shape=(n_utterances, n_features)]
        training features as the classifier takes them

    Returns
    -------
    NDArray [shape=(n_rows, n_features)]
        `GOLDEN_ROWS` rows at equal distances, or all if there are fewer
    """
    n_rows = min(GOLDEN_ROWS, len(features))
    chosen: NDArray[np.float64] = features[np.linspace(0, len(features) - 1, n_rows).astype(np.int64)]
    return chosen


def training_means(features: "pd.DataFrame") -> NDArray[np.float32]:
    """Return the mean of each feature for `Model.means`.

    Parameters
    ----------
    features : DataFrame [shape=(n_utterances, n_features)]

    Returns
    -------
    NDArray of float32 [shape=(n_features,)]
        NaN for a feature that is undefined everywhere
    """
    return features.mean(axis=0).to_numpy(dtype=np.float32)


def short_digest(digest: str) -> np.uint64:
    """Return the first 64 bits of a digest in hex."""
    return np.uint64(int(digest[:16], 16))


def model_versions() -> dict[str, str]:
    """Return the versions of featser, Python and the libraries, and the digest of the feature code, by name."""
    return {"featser": __version__, FEATURE_CODE: code_digest()[:16], **library_versions()}


def corpora_with_licences(manifest: "pd.DataFrame") -> dict[str, str]:
    """Return the licence of each corpus of a table.

    Parameters
    ----------
    manifest : DataFrame
        with the column ``corpus``

    Returns
    -------
    dict of str to str
        name of the corpus -> licence as its declaration states it; ``not stated`` for a corpus that featser does not
        know
    """
    known = known_corpora()
    names = sorted({str(name) for name in manifest["corpus"]})
    return {name: _licence(name, known) for name in names}


def _licence(name: str, known: "Mapping[str, Corpus]") -> str:
    if name.startswith("synthetic-"):
        return "synthetic voices of featser, no recordings of people"
    return known[name].licence if name in known else "not stated"


def check_feature_code(what: str, versions: Mapping[str, str]) -> None:
    """Raise an error if a model was made by another version of featser that may compute other features.

    Golden rows are features, so they do not show whether a recording still gets the same features. The digest of the
    modules ``audio`` and ``features`` does: a model of another version is accepted if these modules are the same.

    Parameters
    ----------
    what : str
        subject of the message, for example the model's path
    versions : mapping
        versions of featser and the libraries that made the model

    Raises
    ------
    InputError
        another version of featser with other feature code
    """
    made_by = versions.get("featser", "unknown")
    if made_by != __version__ and versions.get(FEATURE_CODE) != code_digest()[:16]:
        raise InputError(
            f"{what} was made by featser {made_by}, this is {__version__}: its features may differ. "
            f"Fit it again, or install featser=={made_by}."
        )


def other_releases(versions: Mapping[str, str]) -> str:
    """Name the libraries whose objects are in a model file and whose release differs from the installed one.

    Parameters
    ----------
    versions : mapping
        versions of the libraries that made the model

    Returns
    -------
    str
        part of a message, for example ``made with scikit-learn 1.6.1, here is 1.7.0``; empty if there is none
    """
    here = library_versions()
    pairs = [(name, versions.get(name, "unknown")) for name in _STORED]
    return "; ".join(f"made with {name} {made}, here is {here[name]}" for name, made in pairs if made != here[name])
