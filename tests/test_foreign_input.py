"""Input from unknown sources, changed at random: every reader returns a value or raises one of featser's errors.

``benchmarks/fuzz.py`` does the same to whole commands, with limits of time and memory.
"""

import copy
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featser.audio import read_signal
from featser.bundle import Model, load_model, read_card, write_model
from featser.bundle.file import file_content
from featser.corpora import read_corpus, read_declaration, read_manifest
from featser.corpora.draft import draft_manifest
from featser.errors import FeatserError
from featser.evaluation import read_runs, write_run
from featser.features import find_feature_set
from featser.pipeline import read_pipeline, specification_for
from featser.table import Table, read_table, write_table
from featser.training import cross_validate

FORMATS = ("wav", "flac", "ogg", "mp3", "aiff", "au", "caf")
TEXTS = st.sampled_from(["=1+1", "\x1b[2J", "../..", "", "[[", "1e999", "-1", "'", '"', ",", "\n", "<b>", "9" * 99])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just([]) | st.just({})
SETTINGS = {
    "pipeline.toml": 'title = "a"\n[features]\nexclude = ["*std"]\n[model]\nname = "svm"\nC = 0.5\n',
    "set.toml": 'descriptors = ["rms", "mfcc_d1"]\nfunctionals = ["mean"]\n[frames]\nhop_seconds = 0.01\n',
    "corpus.toml": r"""
        file_name = '(?P<speaker>\d\d)(?P<emotion>[WN])'
        example = "01W.wav"
        emotions = { W = "anger", N = "neutral" }
    """,
}
Reader = Callable[[Any], Any]


def often(n: int) -> Any:
    """Settings of a test that changes its input n times."""
    unhealthy = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=n, deadline=None, database=None, derandomize=True, suppress_health_check=unhealthy)


@pytest.fixture(scope="module")
def sound(table: Table, voice_model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of every kind that can be read."""
    folder = tmp_path_factory.mktemp("sound")
    rng = np.random.default_rng(0)
    for suffix in FORMATS:
        soundfile.write(folder / f"audio.{suffix}", rng.uniform(-0.5, 0.5, 3200), 16_000)
    write_table(table, folder / "table.parquet")
    write_model(voice_model, folder / "model.joblib")
    result = cross_validate(table, specification_for("lda"), protocol="2-fold-by-speaker")
    write_run(result.run, result.predictions, folder / "runs")
    (folder / "labels.csv").write_text("path,emotion,speaker\naudio.wav,anger,s1\naudio.mp3,sadness,s2\n")
    for name, text in SETTINGS.items():
        (folder / name).write_text(text)
    return folder


READERS: dict[str, Reader] = {
    **dict.fromkeys((f"audio.{suffix}" for suffix in FORMATS), read_signal),
    "table.parquet": read_table,
    "model.joblib": load_model,
    "labels.csv": lambda path: read_manifest(path, own_labels=True),
    "pipeline.toml": read_pipeline,
    "set.toml": lambda path: find_feature_set(str(path)),
    "corpus.toml": read_declaration,
}


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[float, float, bytes]]:
    """Places from 0 to 1, numbers of bytes that are removed there, and bytes that are put in."""
    inside = st.binary(max_size=6) | TEXTS.map(lambda text: text.encode("utf-8", "replace"))
    edits = st.tuples(st.floats(0, 1) | st.floats(0, 0.02), st.sampled_from([0, 1, 2, 4, 30]), inside)
    return draw(st.lists(edits, min_size=1, max_size=4))


def changed(content: bytes, edits: list[tuple[float, float, bytes]]) -> bytes:
    for place, n_removed, inside in edits:
        at = int(place * len(content))
        content = content[:at] + inside + content[at + int(n_removed) :]
    return content


def read_changed(sound: Path, name: str, edits: list[tuple[float, float, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(changed((sound / name).read_bytes(), edits))
        with refusing():
            READERS[name](path)
        assert [each.name for each in Path(folder).iterdir()] == [name]


@contextmanager
def refusing() -> Iterator[None]:
    """One of featser's errors, of one line, may be raised inside."""
    try:
        yield
    except FeatserError as error:
        assert 10 < len(str(error)) < 2000, error


@often(3)
@given(st.sampled_from(sorted(READERS)), changes())
def test_a_changed_file_is_read_or_refused(sound: Path, name: str, edits: list) -> None:
    for each in READERS:
        read_changed(sound, each, edits)


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_many_changed_files_are_read_or_refused(sound: Path, name: str) -> None:
    n = 60 if name in ("table.parquet", "model.joblib") else 200
    often(n)(given(changes())(lambda edits: read_changed(sound, name, edits)))()


@often(40)
@given(st.data())
def test_a_changed_record_of_a_run_is_read_or_refused(sound: Path, data: st.DataObject) -> None:
    place = next((sound / "runs").iterdir())
    values = json.loads((place / "run.json").read_text())
    for name in data.draw(st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=3)):
        values[name] = data.draw(VALUES)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "run").mkdir()
        (Path(folder) / "run" / "run.json").write_text(json.dumps(values))
        with refusing():
            (run,) = read_runs(Path(folder))
            assert json.dumps(asdict(run), allow_nan=False).isprintable()


@often(25)
@given(st.data())
def test_a_changed_card_of_a_model_is_read_or_refused(sound: Path, data: st.DataObject) -> None:
    card = copy.deepcopy(read_card(sound / "model.joblib"))
    inside = data.draw(st.sampled_from([card, card["scores"]["none"], card["training"], card["versions"]]))
    inside[data.draw(st.sampled_from(sorted(inside)))] = data.draw(VALUES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.joblib"
        path.write_bytes(file_content(b"", json.dumps(card).encode()))
        with refusing():
            assert json.dumps(read_card(path)).isprintable()


@often(30)
@given(st.lists(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1), max_size=4))
def test_any_names_of_files_give_a_manifest(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        for folder in ("anger", "sadness"):
            for name in names:
                path = Path(place) / folder / f"{name[:60]}.wav"
                path.parent.mkdir(exist_ok=True)
                path.touch()
        with refusing():
            manifest = read_corpus(place)
            labels = {each.emotion for each in manifest.utterances}
            assert labels <= {"anger", "sadness"}
        with refusing():
            draft_manifest(place)
