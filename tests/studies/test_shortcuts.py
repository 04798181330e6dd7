"""The study of shortcuts."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from featser.audit import recording_properties
from featser.pipeline import specification_for
from featser.studies import make_inputs
from featser.table import Table

module = import_module("featser.studies.shortcuts")


def test_a_planted_duration_is_found(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the duration tells the emotion, duration alone reaches 1 and another column does not."""
    other = table.features.columns[0]
    monkeypatch.setattr(module, "MODEL", "lda")
    monkeypatch.setattr(module, "SHORTCUTS", {"duration": ("duration_s",), "bandwidth": (other,)})
    emotions = sorted(table.manifest["emotion"].unique())
    lengths = table.manifest["emotion"].map(emotions.index) + np.linspace(0, 0.1, len(table))
    planted = replace(table, manifest=table.manifest.assign(duration_s=lengths))
    pipeline = replace(specification_for("lda"), include=(other,))
    study = module.shortcuts(make_inputs(planted, pipeline, protocol="3-fold-by-speaker"))
    by_name = study.table.set_index("shortcut")["uar"]
    assert by_name["duration"] == 1.0
    assert by_name["all together"] > 0.9
    assert by_name["bandwidth"] < 0.8
    assert "The best of the shortcuts" in study.remarks[1]


def test_properties_of_the_files_are_shortcuts(table: Table, voices: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample rate that tells the emotion is found, whatever the order of the measured rows."""
    monkeypatch.setattr(module, "MODEL", "lda")
    measured = recording_properties([voices])
    assert set(measured["sample_rate"]) == {16000.0}
    emotion = table.manifest.set_index("utterance")["emotion"].astype("category").cat.codes
    measured = measured.assign(sample_rate=measured["utterance"].map(emotion) + 8000.0).iloc[::-1]
    pipeline = replace(specification_for("lda"), include=(table.features.columns[0],))
    study = module.shortcuts(make_inputs(table, pipeline, protocol="2-fold-by-speaker"), measured=measured)
    assert study.table.set_index("shortcut")["uar"]["file"] > 0.8
