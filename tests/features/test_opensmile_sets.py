"""Feature sets of openSMILE."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sounds import sine

from featser.errors import InputError, MissingExtraError
from featser.extraction import extract
from featser.features import Source, compute_features, feature_set_from, find_feature_set, opensmile_sets
from featser.features.feature_set import foreign_features
from featser.pipeline import specification_for
from featser.training import fit


@pytest.fixture
def without_opensmile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opensmile", None)
    opensmile_sets._smile.cache_clear()


def test_without_the_package_the_extra_is_named(without_opensmile: None) -> None:
    stored = foreign_features("egemaps", ["a"], source=Source("openSMILE", "2.6.0", "eGeMAPSv02"))
    assert feature_set_from(stored.to_dict(), "egemaps", "here") == stored
    for attempt in (lambda: find_feature_set("egemaps"), lambda: compute_features(np.zeros(16000, np.float32), stored)):
        with pytest.raises(MissingExtraError, match=r"pip install 'featser\[opensmile\]'"):
            attempt()


@pytest.mark.slow
def test_the_values_are_those_of_the_package() -> None:
    opensmile = pytest.importorskip("opensmile")
    signal = (0.3 * sine(220.0, 1.0)).astype(np.float32)
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    expected = smile.process_signal(signal, 16000).to_numpy()[0]
    egemaps = find_feature_set("egemaps")
    assert len(egemaps.feature_names) == 88
    assert np.allclose(compute_features(signal, egemaps), expected)
    some = egemaps.restricted_to(egemaps.feature_names[5:8])
    assert np.allclose(compute_features(signal, some), expected[5:8])
    assert np.isnan(compute_features(signal[:100], egemaps)).all()
    assert len(find_feature_set("compare").feature_names) == 6373
    assert egemaps.source is not None
    other = replace(egemaps, source=replace(egemaps.source, version="1.0.0"))
    with pytest.raises(InputError, match=r"computed by opensmile 1\.0\.0, here is .* Install opensmile==1\.0\.0"):
        compute_features(signal, other)


@pytest.mark.slow
def test_a_model_of_openSMILE_predicts_recordings(voices: Path) -> None:  # noqa: N802
    pytest.importorskip("opensmile")
    table = extract(voices, "egemaps", jobs=1)
    fitted = fit(table, specification_for("lda"), protocol="2-fold-by-speaker")
    assert fitted.uar > 0.3
    files = sorted(voices.rglob("*.wav"))[:3]
    assert fitted.model.predict(files).tolist() == [
        fitted.model.answer(table.features.iloc[[at]].to_numpy()).decision.labels[0] for at in range(3)
    ]
    assert set(fitted.run.guard["caught"])
