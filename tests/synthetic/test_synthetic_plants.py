"""Planted faults: each has the announced effect, and no other file changes."""

import shutil
import struct

import numpy as np
import pytest
import soundfile

from featser.corpora import SYNTHETIC_MARK
from featser.errors import UnknownNameError, UsageError
from featser.synthetic import PLANTS, plant_faults, write_corpus
from featser.synthetic.naming import labels

EMOTIONS = ["anger", "neutral", "sadness"]


@pytest.fixture(scope="module", params=[".wav", ".flac"])
def clean(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("clean")
    write_corpus(root, "emodb", 3, EMOTIONS, 3, suffix=request.param)
    return root


@pytest.fixture
def corpus(clean, tmp_path):
    root = tmp_path / "corpus"
    shutil.copytree(clean, root)
    return root


def contents(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*.*")
        if path.name != SYNTHETIC_MARK
    }


def planted(root, name, seed=0):
    return plant_faults(root, [name], seed)[name]


def original(clean, path):
    (found,) = (clean / "wav").glob(path.stem + ".*")
    return found


@pytest.mark.parametrize("name", PLANTS)
def test_every_plant_changes_only_the_files_that_it_returns(name, clean, corpus):
    returned = {path.stem for path in planted(corpus, name)}
    before, after = contents(clean), contents(corpus)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    stems = {key.split("/")[-1].split(".")[0] for key in changed}
    assert stems
    assert stems <= returned  # the source of a copy is returned, but unchanged
    assert len(after) == len(before)


@pytest.mark.parametrize("name", PLANTS)
def test_every_plant_is_deterministic(name, clean, corpus, tmp_path):
    shutil.copytree(clean, tmp_path / "again")
    planted(corpus, name)
    planted(tmp_path / "again", name)
    assert contents(corpus) == contents(tmp_path / "again")


@pytest.mark.parametrize("name", PLANTS)
def test_every_plant_can_be_called_directly(name, corpus):
    paths = PLANTS[name](corpus, np.random.default_rng(0))
    assert paths == sorted(paths)
    assert all(path.is_file() for path in paths)


def test_plants_change_different_files(corpus):
    names = [name for name in PLANTS if name != "shortcut"]
    changed = plant_faults(corpus, names)
    paths = [path for name in names for path in changed[name]]
    assert len(paths) == len(set(paths)) == len(names) + 3  # two copies and the huge headers are pairs


def test_the_seed_chooses_the_file(clean, tmp_path):
    chosen = set()
    for seed in range(8):
        root = tmp_path / str(seed)
        shutil.copytree(clean, root)
        chosen.add(planted(root, "silent", seed)[0].stem)
    assert len(chosen) > 1


def test_write_corpus_plants_faults_and_returns_all_recordings(tmp_path):
    paths = write_corpus(tmp_path, "ravdess", 2, ["anger"], 2, suffix=".flac", plants=["empty", "silent"])
    assert paths == sorted(path for path in tmp_path.rglob("*.*") if path.is_file() and path.name != SYNTHETIC_MARK)
    assert sorted(path.suffix for path in paths) == [".flac", ".flac", ".flac", ".wav"]


def test_silent(clean, corpus):
    (path,) = planted(corpus, "silent")
    samples, _ = soundfile.read(path)
    assert not samples.any()
    assert len(samples) == soundfile.info(original(clean, path)).frames


def test_empty(corpus):
    (path,) = planted(corpus, "empty")
    info = soundfile.info(path)
    assert (info.format, info.frames, info.samplerate) == ("WAV", 0, 16000)


def test_nan(corpus):
    (path,) = planted(corpus, "nan")
    samples, _ = soundfile.read(path)
    assert soundfile.info(path).subtype == "FLOAT"
    assert np.isnan(samples).sum() == 160


def test_text(corpus):
    (path,) = planted(corpus, "text")
    assert path.suffix == ".wav"
    assert path.read_text().startswith("404")
    with pytest.raises(soundfile.LibsndfileError):
        soundfile.info(path)


def test_truncated(clean, corpus):
    (path,) = planted(corpus, "truncated")
    n_samples = soundfile.info(original(clean, path)).frames
    (claimed,) = struct.unpack("<I", path.read_bytes()[40:44])
    assert claimed == 2 * n_samples
    assert path.stat().st_size - 44 == n_samples // 2 * 2


def test_short(corpus):
    (path,) = planted(corpus, "short")
    assert soundfile.info(path).frames == 160


def test_lfs_pointer(corpus):
    (path,) = planted(corpus, "lfs-pointer")
    assert path.read_text().startswith("version https://git-lfs.github.com/spec/v1\noid sha256:")
    assert 120 < path.stat().st_size < 140


def test_huge_header(corpus):
    flac, wav = sorted(planted(corpus, "huge-header"), key=lambda path: path.suffix)
    assert (flac.suffix, wav.suffix) == (".flac", ".wav")
    assert soundfile.info(flac).frames == 2**36 - 1
    assert flac.stat().st_size < 100_000
    content = wav.read_bytes()
    assert content[:4] == b"RF64"
    assert struct.unpack("<Q", content[28:36]) == (2**40,)
    assert len(content) < 100_000


def test_duplicate(corpus):
    one, other = planted(corpus, "duplicate")
    assert one != other
    assert one.read_bytes() == other.read_bytes()
    assert labels(one) == labels(other)


def test_cross_speaker_duplicate(corpus):
    one, other = planted(corpus, "cross-speaker-duplicate")
    assert one.read_bytes() == other.read_bytes()
    (speaker, emotion), (other_speaker, other_emotion) = labels(one), labels(other)
    assert speaker != other_speaker
    assert emotion == other_emotion


def test_shortcut_makes_one_emotion_longer(corpus):
    changed = planted(corpus, "shortcut")
    (emotion,) = {labels(path)[1] for path in changed}
    rest = [path for path in (corpus / "wav").iterdir() if labels(path)[1] != emotion]
    assert len(changed) == 9
    assert min(map(length, changed)) > np.median([*map(length, rest)]) + 0.3
    samples, rate = soundfile.read(changed[0])
    assert not samples[-round(0.6 * rate) :].any()


def length(path):
    return soundfile.info(path).duration


def test_stereo(corpus):
    (path,) = planted(corpus, "stereo")
    samples, _ = soundfile.read(path)
    assert samples.shape[1] == 2
    assert np.array_equal(samples[:, 0], samples[:, 1])
    assert samples.any()


def test_aiff_in_wav(clean, corpus):
    (path,) = planted(corpus, "aiff-in-wav")
    assert path.suffix == ".wav"
    assert soundfile.info(path).format == "AIFF"
    assert np.array_equal(soundfile.read(path)[0], soundfile.read(original(clean, path))[0])


def test_rate_96k(clean, corpus):
    (path,) = planted(corpus, "rate-96k")
    before = soundfile.info(original(clean, path))
    assert soundfile.info(path).samplerate == 96000
    assert soundfile.info(path).duration == pytest.approx(before.duration, abs=0.001)


def test_extra_chunks(clean, corpus):
    (path,) = planted(corpus, "extra-chunks")
    content = path.read_bytes()
    assert content.index(b"FLLR") < content.index(b"data") < content.rindex(b"LIST")
    assert content.index(b"data") - content.index(b"FLLR") > 4000
    assert np.array_equal(soundfile.read(path)[0], soundfile.read(original(clean, path))[0])


def test_unknown_plant(tmp_path):
    with pytest.raises(UnknownNameError, match=r"Unknown plant 'stero'\. Did you mean 'stereo'\?"):
        plant_faults(tmp_path, ["stero"])


def test_an_empty_corpus_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"No utterance is left under .* Write a larger corpus"):
        plant_faults(tmp_path, ["silent"])


def test_a_corpus_without_a_pair_to_copy_is_refused(tmp_path):
    write_corpus(tmp_path, "emodb", 1, ["anger"], 1)
    with pytest.raises(UsageError, match=r"No two utterances under .* can be made duplicates"):
        plant_faults(tmp_path, ["duplicate"])
