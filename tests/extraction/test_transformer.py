"""The features as a scikit-learn transformer."""

from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import soundfile
import soxr
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from featser.audio import read_signal
from featser.errors import InputError, UnknownNameError
from featser.extraction.transformer import FeatureExtractor
from featser.features import FeatureSet
from featser.table import Table

SMALL = FeatureSet("small", "", ("rms", "zcr"), ("mean", "std"))

DOES_NOT_APPLY = {
    "check_n_features_in_after_fitting": "recordings have no columns: signals may be of any length, in fit and later",
    "check_n_features_in": "the same",
    "check_estimators_empty_data_messages": "an empty list of recordings is an empty table, also after a filter",
    "check_transformer_preserve_dtypes": "features are single precision, whatever the samples came in",
    "check_dtype_object": "the type of samples tells their full scale: Python objects have none",
    "check_estimators_dtypes": "integers have a full scale and a rate that must be told: (samples, rate)",
    "check_fit2d_predict1d": "there is nothing to reshape: the message says what a signal is",
}
"""Checks of scikit-learn's contract that a transformer of recordings fails on purpose, and why."""


@pytest.fixture
def files(voices: Path, table: Table) -> list[Path]:
    return [voices / path for path in table.manifest["path"]]


def test_it_gives_what_extract_gives(files: list[Path], table: Table) -> None:
    found = FeatureExtractor("classic").fit_transform(files[:5])
    np.testing.assert_array_equal(found, table.features.iloc[:5].to_numpy())
    assert found.dtype == np.float32


def test_paths_as_text_and_signals_give_the_same(files: list[Path]) -> None:
    extractor = FeatureExtractor("classic")
    as_text = extractor.fit_transform([str(file) for file in files[:3]])
    np.testing.assert_array_equal(extractor.transform([read_signal(file) for file in files[:3]]), as_text)


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_samples_with_their_rate_give_the_features_of_their_file(files: list[Path], tmp_path: Path, dtype: str) -> None:
    samples, rate = soundfile.read(files[0])
    stereo = soxr.resample(np.stack([samples, samples[::-1]], axis=1), rate, 44100)
    soundfile.write(tmp_path / "stereo.wav", stereo, 44100, subtype="PCM_16")
    extractor = FeatureExtractor("classic", clean=("remove-dc",))
    pair = soundfile.read(tmp_path / "stereo.wav", dtype=dtype)
    np.testing.assert_array_equal(extractor.transform([pair]), extractor.transform([tmp_path / "stereo.wav"]))
    with pytest.raises(InputError, match=r"signal 1: too short: 2 ms, at least 100 ms are needed\.$"):
        extractor.transform([pair, (pair[0][:100], 44100)])


def test_pandas_comes_out_where_it_is_asked_for(files: list[Path], table: Table) -> None:
    found = FeatureExtractor("classic").set_output(transform="pandas").fit_transform(files[:2])
    assert isinstance(found, pd.DataFrame)
    assert list(found.columns) == list(table.features.columns)


def test_it_can_be_cloned_pickled_and_used_unfitted(files: list[Path], tmp_path: Path) -> None:
    extractor = FeatureExtractor("classic", clean=("remove-dc",))
    joblib.dump(clone(extractor), tmp_path / "x.joblib")
    loaded = joblib.load(tmp_path / "x.joblib")
    assert loaded.get_params() == extractor.get_params()
    assert loaded.transform(files[:1]).shape == (1, len(loaded.get_feature_names_out()))


def test_it_works_inside_a_pipeline_across_speakers(files: list[Path], table: Table) -> None:
    model = make_pipeline(
        FeatureExtractor("classic", n_jobs=1), StandardScaler(), LogisticRegression(C=0.01, max_iter=500)
    )
    scores = cross_val_score(
        model, files, table.manifest["emotion"], groups=table.manifest["speaker"], cv=GroupKFold(2)
    )
    assert scores.mean() > 0.4


def test_it_computes_afresh_unless_a_cache_is_asked_for(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = FeatureExtractor(cache=tmp_path)
    first = cached.fit_transform(files[:3])

    def forbidden(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("featser.extraction.rows.compute_features", forbidden)
    np.testing.assert_array_equal(cached.transform(files[:3]), first)
    with pytest.raises(AssertionError, match="computed again"):
        FeatureExtractor("classic").transform(files[:1])


def test_unusable_recordings_are_all_named(files: list[Path], tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_text("no audio")
    with pytest.raises(InputError, match=r"2 of 3 recordings cannot be used: .*a\.wav: text, not audio; .*b\.wav"):
        FeatureExtractor("classic").transform([files[0], tmp_path / "a.wav", tmp_path / "b.wav"])


def test_names_are_checked_when_fitting() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'classic'"):
        FeatureExtractor("clasic").fit([])
    with pytest.raises(UnknownNameError, match="Did you mean 'remove-dc'"):
        FeatureExtractor(clean=["remove-cd"]).fit([])
    with pytest.raises(TypeError, match="Give a list of recordings"):
        FeatureExtractor("classic").fit("a.wav")


@parametrize_with_checks([FeatureExtractor("classic")], expected_failed_checks=lambda _: DOES_NOT_APPLY)
def test_it_keeps_the_contract_of_scikit_learn(estimator: FeatureExtractor, check: Callable[..., None]) -> None:
    """Its numbers are signals of a few samples."""
    check(estimator)


def test_a_matrix_is_a_list_of_signals_of_one_length() -> None:
    signals = np.random.default_rng(0).normal(0, 0.1, (3, 4000))
    extractor = FeatureExtractor(SMALL)
    np.testing.assert_array_equal(extractor.transform(signals), extractor.transform(list(signals)))
    np.testing.assert_array_equal(extractor.transform(pd.DataFrame(signals)), extractor.transform(signals))


@pytest.mark.parametrize(
    ("recordings", "message"),
    [
        ([np.zeros(0)], r"Samples of shape \(0,\) are not a signal at 16000 Hz\. Pass paths, arrays of shape"),
        ([np.zeros((2, 9))], r"Samples of shape \(2, 9\) are not a signal at 16000 Hz\."),
        ([np.array([0.0, np.nan])], r"A signal contains NaN or infinity\. Pass samples between -1 and 1\."),
        (np.array([0.1, 0.2]), r"Samples of shape \(\) are not a signal at 16000 Hz\."),
        ([np.array([1j])], r"a signal is real\. Pass samples between -1 and 1\."),
        ([np.zeros(9, np.int16)], r"Samples of type int16 need a sample rate\. Pass pairs"),
    ],
)
def test_what_is_no_signal_is_refused(recordings: object, message: str) -> None:
    for learn in (FeatureExtractor(SMALL).fit, FeatureExtractor(SMALL).transform):
        with pytest.raises(ValueError, match=message):
            learn(recordings)


def test_a_sparse_matrix_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Signals are not sparse: give a dense array, or paths\."):
        FeatureExtractor(SMALL).fit(scipy.sparse.csr_array(np.eye(3)))


def test_no_recordings_are_an_empty_table() -> None:
    assert FeatureExtractor("classic").transform([]).shape == (0, 891)


@pytest.mark.parametrize("kind", ["int16", "float32"])
@pytest.mark.parametrize("rate", [16000, 44100])
def test_samples_with_their_rate_give_the_features_of_the_file(
    kind: str, rate: int, stored: Callable[..., Path], tmp_path: Path
) -> None:
    subtype = {"int16": "PCM_16", "float32": "FLOAT"}[kind]
    stereo = np.random.default_rng(1).normal(0, 0.1, (rate // 2, 2))
    path = stored(samples=stereo, rate=rate, subtype=subtype)
    samples, _ = soundfile.read(path, dtype=kind)
    extractor = FeatureExtractor(SMALL)
    np.testing.assert_array_equal(extractor.transform([(samples, rate)]), extractor.transform([path]))
