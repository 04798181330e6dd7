"""Synthetic corpora: reproducibility, format, and errors."""

import numpy as np
import pytest
import soundfile

from featser.corpora import SYNTHETIC_MARK
from featser.errors import UnknownNameError, UsageError
from featser.synthetic import EMODB, EMOTIONS, write_corpus
from featser.synthetic.corpus import MAX_SYLLABLES, SUFFIXES
from featser.synthetic.speakers import SENTENCES, known_emotion, speaker_voice
from featser.synthetic.voice import syllables_of


def contents(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*.*")
        if path.name != SYNTHETIC_MARK
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_seed_writes_the_same_bytes(tmp_path, suffix):
    for name in ("one", "two"):
        write_corpus(tmp_path / name, "emodb", 2, ["anger", "sadness"], 2, seed=3, suffix=suffix)
    assert len(contents(tmp_path / "one")) == 8
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_larger_corpus_contains_the_smaller_one(tmp_path):
    write_corpus(tmp_path / "small", "emodb", 1, ["sadness"], 2)
    write_corpus(tmp_path / "large", "emodb", 2, ["anger", "sadness"], 3)
    assert contents(tmp_path / "small").items() < contents(tmp_path / "large").items()


def test_the_audio_does_not_depend_on_the_scheme(tmp_path):
    (emodb,) = write_corpus(tmp_path / "emodb", "emodb", 1, ["fear"], 1)
    (ravdess,) = write_corpus(tmp_path / "ravdess", "ravdess", 1, ["fear"], 1)
    assert emodb.read_bytes() == ravdess.read_bytes()


def test_the_audio_depends_on_the_seed(tmp_path):
    (one,) = write_corpus(tmp_path / "one", "emodb", 1, ["fear"], 1, seed=1)
    (two,) = write_corpus(tmp_path / "two", "emodb", 1, ["fear"], 1, seed=2)
    assert one.read_bytes() != two.read_bytes()


def test_all_utterances_differ(tmp_path):
    write_corpus(tmp_path, "ravdess", 2, ["anger", "calm"], 4)
    found = contents(tmp_path)
    assert len(set(found.values())) == len(found) == 16


def test_returns_the_recordings_sorted(tmp_path):
    paths = write_corpus(tmp_path, "ravdess", 2, ["anger", "calm"], 2)
    assert paths == sorted(tmp_path.rglob("*.wav"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_have_the_requested_format(tmp_path, suffix):
    (path,) = write_corpus(tmp_path, "emodb", 1, ["fear"], 1, sample_rate=22050, suffix=suffix)
    info = soundfile.info(path)
    assert (info.samplerate, info.channels, info.subtype) == (22050, 1, "PCM_16")
    assert info.format == suffix[1:].upper()
    assert 0.5 < info.duration < 3


def test_odd_speakers_have_the_higher_voices():
    voices = [speaker_voice(0, speaker).f0_hz for speaker in range(10)]
    assert max(voices[::2]) < min(voices[1::2])


def test_emotions_overlap_but_differ(tmp_path):
    """Anger is louder than happiness on average, but not always."""
    paths = write_corpus(tmp_path, "emodb", 6, ["anger", "happiness"], 6)
    levels = {"W": [], "F": []}
    for path in paths:
        levels[path.stem[5]].append(np.std(soundfile.read(path)[0]))
    assert np.mean(levels["W"]) > np.mean(levels["F"])
    assert np.min(levels["W"]) < np.max(levels["F"])


def test_every_sentence_can_be_synthesised():
    assert len(SENTENCES) >= len(EMODB.sentences)
    assert {len(syllables_of(sentence)) for sentence in SENTENCES} == {MAX_SYLLABLES}


def test_emotions_are_those_of_the_schemes():
    assert set(EMOTIONS) == {
        "anger", "boredom", "calm", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"
    }  # fmt: skip


def test_unknown_emotion():
    with pytest.raises(UnknownNameError, match="Unknown emotion 'joy'"):
        known_emotion("joy")


def test_refuses_other_formats(tmp_path):
    with pytest.raises(UsageError, match=r"have the suffix \.wav or \.flac, not '\.mp3'"):
        write_corpus(tmp_path, "emodb", 1, ["fear"], 1, suffix=".mp3")


def test_refuses_unsupported_sample_rates(tmp_path):
    with pytest.raises(UsageError, match="have sample rates of 8000 to 48000 Hz, not 400"):
        write_corpus(tmp_path, "emodb", 1, ["fear"], 1, sample_rate=400)


def test_refuses_negative_seeds(tmp_path):
    with pytest.raises(UsageError, match="A seed must be 0 or more, not -1"):
        write_corpus(tmp_path, "emodb", 1, ["fear"], 1, seed=-1)


def test_an_unknown_fault_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UnknownNameError, match=r"Unknown plant 'silence'\. Did you mean 'silent'\?"):
        write_corpus(tmp_path, "emodb", 1, ["fear"], 1, plants=["silence"])
    assert not list(tmp_path.iterdir())
