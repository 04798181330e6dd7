"""An hour of one speaker: memory and equality. It takes a minute."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from featser.audio import SAMPLE_RATE, Signal
from featser.bundle import write_model
from featser.corpora import read_corpus
from featser.extraction import extract
from featser.pipeline import specification_for
from featser.training import fit

PROGRAM = """
import json, re, sys
from pathlib import Path
from featser.timeline import timeline, to_document
found = timeline(sys.argv[1], sys.argv[2], speakers="one")
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]  # ru_maxrss begins with the parent's
print(json.dumps(to_document([found]) | {"peak": int(peak) / 1e3}))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
def test_an_hour_of_one_speaker_takes_little_memory(voices: Path, talk: Signal, tmp_path: Path) -> None:
    """Under 500 MB with all features; windows of its end equal those that are cut out and predicted with the rest."""
    table = extract(read_corpus(voices), "wide")
    model = fit(table, specification_for("lda"), protocol="2-fold-by-speaker", normalise="speaker").model
    write_model(model, tmp_path / "m.joblib")
    n_samples = 3600 * SAMPLE_RATE
    with soundfile.SoundFile(tmp_path / "hour.flac", "w", SAMPLE_RATE, 1, "PCM_16") as file:
        for first in range(0, n_samples, len(talk)):
            file.write(talk[: n_samples - first])
    command = [sys.executable, "-c", PROGRAM, tmp_path / "m.joblib", tmp_path / "hour.flac"]
    document = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert document["recordings"][0]["duration_s"] == 3600
    assert document["peak"] < 500
    results = document["results"]
    assert len(results) > 1200
    own = [_part(talk, each) for each in results[:: -(-len(results) // 200)]]
    last = model.predict_proba([_part(talk, each) for each in results[-5:]], enrolled=own)
    np.testing.assert_allclose([[*each["probabilities"].values()] for each in results[-5:]], last, atol=1e-9)


def _part(talk: Signal, result: dict[str, float]) -> Signal:
    """The window, cut out of the endless repetition of the recording."""
    start, end = (round(result[name] * SAMPLE_RATE) for name in ("start_s", "end_s"))
    return talk[np.arange(start, end) % len(talk)]
