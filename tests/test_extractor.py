"""The features as a scikit-learn transformer."""

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from featser.audio import read_signal
from featser.errors import InputError, UnknownNameError
from featser.extractor import FeatureExtractor
from featser.table import FeatureTable


@pytest.fixture
def files(voices: Path, table: FeatureTable) -> list[Path]:
    return [voices / path for path in table.manifest["path"]]


def test_it_gives_what_extract_gives(files: list[Path], table: FeatureTable) -> None:
    found = FeatureExtractor().fit_transform(files[:5])
    np.testing.assert_array_equal(found, table.features.iloc[:5].to_numpy())
    assert found.dtype == np.float32


def test_paths_as_text_and_signals_give_the_same(files: list[Path]) -> None:
    extractor = FeatureExtractor()
    as_text = extractor.fit_transform([str(file) for file in files[:3]])
    np.testing.assert_array_equal(extractor.transform([read_signal(file) for file in files[:3]]), as_text)


def test_pandas_comes_out_where_it_is_asked_for(files: list[Path], table: FeatureTable) -> None:
    found = FeatureExtractor().set_output(transform="pandas").fit_transform(files[:2])
    assert isinstance(found, pd.DataFrame)
    assert list(found.columns) == list(table.features.columns)


def test_it_can_be_cloned_pickled_and_used_unfitted(files: list[Path], tmp_path: Path) -> None:
    extractor = FeatureExtractor("classic", clean=("remove-dc",))
    joblib.dump(clone(extractor), tmp_path / "x.joblib")
    loaded = joblib.load(tmp_path / "x.joblib")
    assert loaded.get_params() == extractor.get_params()
    assert loaded.transform(files[:1]).shape == (1, len(loaded.get_feature_names_out()))


def test_it_works_inside_a_pipeline_across_speakers(files: list[Path], table: FeatureTable) -> None:
    model = make_pipeline(FeatureExtractor(n_jobs=1), StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
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

    monkeypatch.setattr("featser.extractor.compute_features", forbidden)
    np.testing.assert_array_equal(cached.transform(files[:3]), first)
    with pytest.raises(AssertionError, match="computed again"):
        FeatureExtractor().transform(files[:1])


def test_unusable_recordings_are_all_named(files: list[Path], tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_text("no audio")
    with pytest.raises(InputError, match=r"2 of 3 recordings cannot be used: .*a\.wav: text, not audio; .*b\.wav"):
        FeatureExtractor().transform([files[0], tmp_path / "a.wav", tmp_path / "b.wav"])


def test_names_are_checked_when_fitting() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'classic'"):
        FeatureExtractor("clasic").fit([])
    with pytest.raises(UnknownNameError, match="Did you mean 'remove-dc'"):
        FeatureExtractor(clean=["remove-cd"]).fit([])
    with pytest.raises(TypeError, match="Give a list of recordings"):
        FeatureExtractor().fit("a.wav")


def test_no_recordings_are_an_empty_table() -> None:
    assert FeatureExtractor().transform([]).shape == (0, 891)
