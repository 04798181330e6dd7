"""The features as a scikit-learn transformer: recordings in, a table out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from featser.audio import SAMPLE_RATE, Signal, content_digest, find_cleaner, read_signal
from featser.cache import Cache, Row, feature_key, read_rows, write_rows
from featser.errors import InputError, UnreadableAudioError
from featser.features import FeatureSet, compute_features, find_feature_set, on_one_thread

Recording = str | Path | Signal
"""A file, or samples at 16 kHz."""


class FeatureExtractor(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns recordings into features, inside a scikit-learn pipeline or alone.

    It learns nothing: `fit` only looks the feature set up. Features are computed afresh unless ``cache`` names a
    folder to keep those of files in.

    Parameters
    ----------
    feature_set : str or FeatureSet
        a set by name, a TOML file, or a set
    clean : tuple of str
        cleaning steps before the features
    cache : str or Path, optional
        folder for rows of files; rows of signals are never kept
    n_jobs : int
        processes

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0, 0.1, (2, 16000)).astype(np.float32)
    >>> table = FeatureExtractor("classic").set_output(transform="pandas").fit_transform(list(noise))
    >>> table.shape, table.columns[0]
    ((2, 891), 'mfcc_00__mean')
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
        """Check the parameters; no file of ``X`` is opened.

        Raises
        ------
        UsageError
            a feature set or cleaning step that does not exist
        TypeError, ValueError
            ``X`` holds what is neither a path nor a signal
        """
        _as_list(X)
        self.feature_set_ = self._find_set()
        return self

    def transform(self, X: Sequence[Recording]) -> NDArray[np.float32]:
        """Compute the features of recordings.

        Parameters
        ----------
        X : sequence of paths or of signals at 16 kHz; a 2-D array is a list of signals of one length

        Returns
        -------
        NDArray [shape=(n_recordings, n_features)]
            float32, NaN = undefined for this recording; a DataFrame after ``set_output(transform="pandas")``

        Raises
        ------
        InputError
            recordings that cannot be used, all of them listed
        TypeError, ValueError
            ``X`` holds what is neither a path nor a signal
        """
        recordings, feature_set = _as_list(X), self._find_set()
        rows = self._cached_rows(recordings, feature_set)
        missing = [at for at in range(len(recordings)) if at not in rows]
        computed = Parallel(n_jobs=self.n_jobs)(
            delayed(_compute)(recordings[at], feature_set, tuple(self.clean)) for at in missing
        )
        refused = [f"{row.path}: {row.reason}" for row in computed if isinstance(row, UnreadableAudioError)]
        if refused:
            raise InputError(f"{len(refused)} of {len(recordings)} recordings cannot be used: {'; '.join(refused)}.")
        fresh = dict(zip(missing, computed, strict=True))
        self._keep(recordings, feature_set, fresh)
        rows.update(fresh)
        empty = np.empty((0, len(feature_set.feature_names)), np.float32)
        return np.stack([rows[at].values for at in range(len(recordings))]) if recordings else empty

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:  # noqa: ARG002
        """Column names ``<lld>[_<dim>][_d1|_d2]__<functional>``."""
        return np.asarray(self._find_set().feature_names, dtype=object)

    def _find_set(self) -> FeatureSet:
        for step in self.clean:
            find_cleaner(step)
        return self.feature_set if isinstance(self.feature_set, FeatureSet) else find_feature_set(self.feature_set)

    def _cached_rows(self, recordings: Sequence[Recording], feature_set: FeatureSet) -> dict[int, Row]:
        if self.cache is None:
            return {}
        digests = _digests(recordings)
        held = read_rows(Cache(Path(self.cache)), feature_key(feature_set, self.clean), digests.values())
        return {at: held[digest] for at, digest in digests.items() if digest in held}

    def _keep(self, recordings: Sequence[Recording], feature_set: FeatureSet, rows: dict[int, Row]) -> None:
        if self.cache is None:
            return
        digests = _digests(recordings)
        keyed = {digests[at]: row for at, row in rows.items() if at in digests}
        if keyed:
            write_rows(Cache(Path(self.cache)), feature_key(feature_set, self.clean), keyed)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string = True
        tags.input_tags.allow_nan = False
        return tags


def _as_list(recordings: Any) -> list[Recording]:
    """Recordings one by one; a 2-D array is a list of signals of one length."""
    if isinstance(recordings, str | Path):
        raise TypeError("Give a list of recordings, for example extractor.transform(['a.wav']).")
    if issparse(recordings):
        raise TypeError("Signals are not sparse: give a dense array, or paths.")
    each_one = np.asarray(recordings) if hasattr(recordings, "__array__") else recordings
    return [each if isinstance(each, str | Path) else _as_signal(each) for each in each_one]


def _as_signal(values: Any) -> Signal:
    """Samples in single precision; ValueError for what is no signal."""
    if np.iscomplexobj(values):
        raise ValueError("Complex data not supported: a signal is real. Give samples between -1 and 1.")
    signal = np.asarray(values).astype(np.float32)
    if signal.ndim != 1 or not len(signal):
        raise ValueError(f"A signal of shape {signal.shape} is none. Give paths, or signals of shape (n_samples,).")
    if not np.isfinite(signal).all():
        raise ValueError("A signal holds NaN or infinity. Give samples between -1 and 1.")
    return signal


def _digests(recordings: Sequence[Recording]) -> dict[int, str]:
    """Content digests of those recordings that are files and can be read."""
    files = {at: Path(each) for at, each in enumerate(recordings) if isinstance(each, str | Path)}
    return {at: content_digest(file) for at, file in files.items() if file.is_file()}


def _compute(recording: Recording, feature_set: FeatureSet, clean: tuple[str, ...]) -> Row | UnreadableAudioError:
    try:
        signal = recording if isinstance(recording, np.ndarray) else read_signal(Path(recording), clean)
    except UnreadableAudioError as error:
        return error
    with on_one_thread():
        return Row(len(signal) / SAMPLE_RATE, compute_features(signal, feature_set))
