"""Feature sets of openSMILE, computed by its Python package, which is optional and has a licence of its own."""

import warnings
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from featser.audio import SAMPLE_RATE, Signal
from featser.errors import InputError, MissingExtraError, UsageError
from featser.features.feature_set import FeatureSet, foreign_features
from featser.features.frames import Array
from featser.features.source import Source, column_names

if TYPE_CHECKING:
    from opensmile import Smile

OPENSMILE_SETS = {"egemaps": "eGeMAPSv02", "compare": "ComParE_2016"}
"""Name of a feature set -> configuration of openSMILE; its functionals are the features."""

OPENSMILE_LICENCE = (
    "openSMILE is licensed by audEERING for research, teaching and personal use; commercial use needs a licence of "
    "theirs."
)

_TOOL = "openSMILE"


def opensmile_set(name: str) -> FeatureSet:
    """Return a feature set that openSMILE computes.

    Parameters
    ----------
    name : str
        one of `OPENSMILE_SETS`

    Returns
    -------
    FeatureSet
        its columns are the names of openSMILE with letters, digits and underscores

    Raises
    ------
    MissingExtraError
        the package ``opensmile`` is not installed

    References
    ----------
    Eyben et al., The Geneva Minimalistic Acoustic Parameter Set (GeMAPS) for Voice Research and Affective Computing,
    IEEE Transactions on Affective Computing 7, 2016.
    Schuller et al., The INTERSPEECH 2016 Computational Paralinguistics Challenge, Interspeech 2016.
    """
    config = OPENSMILE_SETS[name]
    columns = column_names(_smile(config).feature_names)
    title = f"openSMILE {config}, {len(columns):,} functionals; licensed for non-commercial use"
    return foreign_features(name, columns, title, Source(_TOOL, version("opensmile"), config))


def check_computable(feature_set: FeatureSet) -> None:
    """Raise an error for features of another tool that cannot be computed here.

    Parameters
    ----------
    feature_set : FeatureSet
        features of featser are never refused

    Raises
    ------
    UsageError
        the features were imported
    InputError
        another version of openSMILE is installed
    MissingExtraError
        the package ``opensmile`` is not installed
    """
    source = feature_set.source
    if not feature_set.computable:
        tool = source.tool if source else "another tool"
        raise UsageError(
            f"The features '{feature_set.name}' were imported from {tool}, so featser cannot compute them from a "
            "recording. Give rows of features: model.answer(rows)."
        )
    if source is None:
        return
    _smile(source.config)
    if version("opensmile") != source.version:
        raise InputError(
            f"The features '{feature_set.name}' were computed by opensmile {source.version}, here is "
            f"{version('opensmile')}. Install opensmile=={source.version}, or extract and fit again."
        )


def opensmile_features(signal: Signal, feature_set: FeatureSet) -> Array:
    """Compute the features of one signal with openSMILE.

    Parameters
    ----------
    signal : Signal [shape=(n_samples,)]
        mono at 16 kHz
    feature_set : FeatureSet
        of another tool

    Returns
    -------
    Array [shape=(n_features,)]
        in the order of ``feature_set.feature_names``; NaN for signals that are too short for openSMILE

    Raises
    ------
    UsageError, InputError, MissingExtraError
        as of `check_computable`
    """
    check_computable(feature_set)
    smile = _smile(feature_set.source.config if feature_set.source else "")
    with warnings.catch_warnings():  # that the signal is too short
        warnings.simplefilter("ignore", UserWarning)
        values = np.asarray(smile(signal, SAMPLE_RATE), np.float32).reshape(-1)
    values[~np.isfinite(values)] = np.nan
    return values[feature_set.kept]


@cache
def _smile(config: str) -> "Smile":
    try:
        import opensmile
    except ImportError as error:
        raise MissingExtraError("openSMILE's feature sets", "opensmile") from error
    return opensmile.Smile(opensmile.FeatureSet[config], opensmile.FeatureLevel.Functionals)
