"""The cache computes nothing twice, believes no damaged byte, and never gives a row to the wrong recording."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import platformdirs
import pytest

from featser import cache as cache_module
from featser import workers
from featser.audio import content_digest
from featser.cache import Cache, default_cache, feature_key
from featser.corpora import read_corpus
from featser.errors import UsageError
from featser.extraction import extract
from featser.features import FeatureSet, Framing
from featser.synthetic import write_corpus

SMALL = FeatureSet("small", "Two columns", ("rms", "zcr"), ("mean",))
HOUR = 3600


@pytest.fixture
def cache(tmp_path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def corpus(tmp_path) -> Path:
    """Eight recordings that nobody has touched for an hour."""
    root = tmp_path / "corpus"
    write_corpus(root, "emodb", 2, ["anger", "sadness"], 2)
    for path in root.rglob("*.wav"):
        aged(path)
    return root


@pytest.fixture
def nothing_is_opened(monkeypatch):
    """Fail where a recording is opened."""

    def refuse(path, *_):
        raise AssertionError(f"{path} was opened")

    monkeypatch.setattr(workers, "content_digest", refuse)
    monkeypatch.setattr(workers, "read_signal", refuse)


def aged(path, seconds=HOUR):
    then = time.time() - seconds
    os.utime(path, (then, then))


def extracted(corpus, cache, feature_set=SMALL, clean=()):
    return extract([read_corpus(corpus)], feature_set, clean, cache=cache)


def counts(found):
    return found.computed, found.cached


def shards(cache):
    return sorted(path for path in (cache.root / "rows").rglob("*.rows"))


def test_second_run_opens_no_recording(corpus, cache, request):
    first = extracted(corpus, cache)
    request.getfixturevalue("nothing_is_opened")
    second = extracted(corpus, cache)
    assert counts(first) == (8, 0)
    assert counts(second) == (0, 8)
    assert second.table.equals(first.table, check_metadata=True)
    assert second.audio_seconds == first.audio_seconds


def test_touched_recording_is_looked_at_and_not_computed_again(corpus, cache, monkeypatch):
    extracted(corpus, cache)
    touched = corpus / "wav" / "03a01Wa.wav"
    aged(touched, HOUR / 2)
    opened = []
    monkeypatch.setattr(workers, "content_digest", lambda path: opened.append(path) or content_digest(path))
    assert counts(extracted(corpus, cache)) == (0, 8)
    assert opened == [touched]


def test_changed_recording_costs_one_row(corpus, cache):
    before = extracted(corpus, cache)
    changed = corpus / "wav" / "03a01Wa.wav"
    changed.write_bytes(changed.read_bytes()[:-2] + b"\x40\x40")
    aged(changed, HOUR / 2)
    after = extracted(corpus, cache)
    assert counts(after) == (1, 7)
    assert after.table["rms__mean"].to_pylist() != before.table["rms__mean"].to_pylist()


def test_new_recording_costs_one_row(corpus, cache):
    extracted(corpus, cache)
    new = corpus / "wav" / "16b10Wa.wav"
    assert not new.exists()
    new.write_bytes((corpus / "wav" / "03a01Wa.wav").read_bytes() + b"LIST\0\0\0\0")
    assert counts(extracted(corpus, cache)) == (1, 8)


def test_moved_corpus_costs_nothing(corpus, cache, tmp_path):
    extracted(corpus, cache)
    moved = corpus.rename(tmp_path / "elsewhere")
    assert counts(extracted(moved, cache)) == (0, 8)


def test_key_is_that_of_the_numbers_alone():
    key = feature_key(SMALL, ())
    assert feature_key(replace(SMALL, name="other", title="Another title"), ()) == key
    others = [
        feature_key(replace(SMALL, functionals=("max",)), ()),
        feature_key(replace(SMALL, descriptors=("zcr", "rms")), ()),
        feature_key(replace(SMALL, frames=Framing(hop_seconds=0.02)), ()),
        feature_key(SMALL, ("remove-dc",)),
    ]
    assert len({key, *others}) == 5


def test_key_depends_on_the_code(monkeypatch):
    before = feature_key(SMALL, ())
    monkeypatch.setattr(cache_module, "code_digest", lambda: "another")
    assert feature_key(SMALL, ()) != before


def test_key_depends_on_the_libraries(monkeypatch):
    before = feature_key(SMALL, ())
    monkeypatch.setattr(cache_module, "version", lambda name: "99" if name == "soxr" else "1")
    assert feature_key(SMALL, ()) != before


def test_code_digest_is_that_of_the_sources(monkeypatch, tmp_path):
    package = tmp_path / "featser"
    source = Path(cache_module.__file__).parent
    for name in ("audio", "features"):
        shutil.copytree(source / name, package / name)
    monkeypatch.setattr(cache_module, "__file__", str(package / "cache.py"))
    digest = cache_module.code_digest.__wrapped__
    before = digest()
    assert before == cache_module.code_digest()
    with (package / "features" / "descriptors" / "energy.py").open("a") as file:
        file.write("# a change\n")
    assert digest() != before


@pytest.mark.parametrize(("feature_set", "clean"), [(replace(SMALL, functionals=("std",)), ()), (SMALL, ["remove-dc"])])
def test_other_features_are_other_rows(corpus, cache, feature_set, clean):
    extracted(corpus, cache)
    assert counts(extracted(corpus, cache, feature_set, clean)) == (8, 0)
    assert counts(extracted(corpus, cache)) == (0, 8)


def test_environment_says_where_the_cache_is(corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("FEATSER_CACHE_DIR", str(tmp_path / "mine"))
    assert default_cache() == Cache(tmp_path / "mine")
    extract([read_corpus(corpus)], SMALL)
    assert shards(Cache(tmp_path / "mine"))


def test_cache_is_the_users_own_without_the_environment(monkeypatch):
    monkeypatch.delenv("FEATSER_CACHE_DIR")
    assert default_cache().root == Path(platformdirs.user_cache_dir("featser"))


def test_cache_that_cannot_be_made_says_what_to_do(corpus, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match=r"Cannot keep a cache in .*file \(File exists\)\. Set FEATSER_CACHE_DIR to"):
        extracted(corpus, Cache(tmp_path / "file"))


def test_nothing_is_written_beside_the_recordings(corpus, cache):
    before = sorted(corpus.rglob("*"))
    extracted(corpus, cache)
    assert sorted(corpus.rglob("*")) == before
