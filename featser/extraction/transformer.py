"""The features as a scikit-learn transformer: recordings in, a table out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from featser.audio import as_signal, find_cleaner
from featser.errors import InputError
from featser.extraction.executors import Backend
from featser.extraction.recipe import Recipe
from featser.extraction.rows import Recording, read_rows
from featser.features import FeatureSet, find_feature_set


class FeatureExtractor(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Computes the features of recordings, inside a scikit-learn pipeline or alone.

    It learns nothing from data: `fit` only checks the parameters. ``wide`` and other sets with pitch hold NaN where a
    feature is undefined, for example in whispered speech; most classifiers of scikit-learn need an imputer after it.

    Parameters
    ----------
    feature_set : str or FeatureSet
        name of a set, a TOML file, or a set
    clean : sequence of str
        cleaning steps before the features
    cache : str or Path, optional
        folder of a cache for the rows; without it, every call computes them
    n_jobs : int
        worker processes; -1 for one per core

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0, 0.1, (2, 16000)).astype(np.float32)
    >>> extractor = FeatureExtractor("classic").set_output(transform="pandas")
    >>> table = extractor.fit_transform([(noise[0], 16000), (noise[1], 16000)])
    >>> table.shape, table.columns[0]
    ((2, 891), 'mfcc_00__mean')

    With a classifier that refuses NaN:

    >>> from sklearn.impute import SimpleImputer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> pipeline = make_pipeline(FeatureExtractor("classic"), SimpleImputer(), LogisticRegression())
    """

    def __init__(
        self,
        feature_set: str | FeatureSet = "wide",
        clean: Sequence[str] = (),
        cache: str | Path | None = None,
        n_jobs: int = 1,
    ):
        self.feature_set = feature_set
        self.clean = clean
        self.cache = cache
        self.n_jobs = n_jobs

    def fit(self, X: Sequence[Recording], y: object = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Check the parameters; no recording is opened.

        Parameters
        ----------
        X : sequence of recordings
            as of `transform`
        y : object
            ignored

        Returns
        -------
        FeatureExtractor
            itself

        Raises
        ------
        UsageError
            a feature set or cleaning step that does not exist
        TypeError, ValueError
            ``X`` holds something that is neither a path nor a signal
        """
        _as_list(X)
        self.feature_set_ = self._find_set()
        return self

    def transform(self, X: Sequence[Recording]) -> NDArray[np.float32]:
        """Compute the features of recordings.

        Parameters
        ----------
        X : sequence of str, Path, (samples, sample rate) or samples
            files, arrays with their rate, or floating-point arrays at 16 kHz with full scale at -1 and 1; a 2-D array
            holds signals of one length

        Returns
        -------
        NDArray [shape=(n_recordings, n_features)]
            float32, NaN where a feature is undefined; a DataFrame after ``set_output(transform="pandas")``

        Raises
        ------
        InputError
            recordings that cannot be used, all of them listed
        TypeError, ValueError
            ``X`` holds something that is neither a path nor a signal
        """
        recordings, feature_set = _as_list(X), self._find_set()
        values, rows = read_rows(
            recordings,
            Recipe(feature_set, tuple(self.clean)),
            cache=Path(self.cache) if self.cache else None,
            backend=Backend(jobs=self.n_jobs),
        )
        if rows.reasons:
            refused = [f"{_name(recordings[number], number)}: {reason}" for number, reason in rows.reasons.items()]
            raise InputError(f"{len(refused)} of {len(recordings)} recordings cannot be used: {'; '.join(refused)}.")
        return values

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:  # noqa: ARG002
        """Return the column names ``<lld>[_<dim>][_d1|_d2]__<functional>``, shape ``(n_features,)``."""
        return np.asarray(self._find_set().feature_names, dtype=object)

    def _find_set(self) -> FeatureSet:
        for step in self.clean:
            find_cleaner(step)
        return self.feature_set if isinstance(self.feature_set, FeatureSet) else find_feature_set(self.feature_set)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string = True
        tags.input_tags.allow_nan = False
        return tags


def _name(recording: Recording, number: int) -> str:
    return str(recording) if isinstance(recording, str | Path) else f"signal {number}"


def _as_list(recordings: Any) -> list[Recording]:
    """List recordings; a 2-D array holds signals of one length."""
    if isinstance(recordings, str | Path):
        raise TypeError("Give a list of recordings, for example extractor.transform(['a.wav']).")
    if issparse(recordings):
        raise TypeError("Signals are not sparse: give a dense array, or paths.")
    each_one = np.asarray(recordings) if hasattr(recordings, "__array__") else recordings
    return [each if isinstance(each, str | Path | tuple) else as_signal(each) for each in each_one]
