"""The contract of every declared corpus; a new one is tested here without a new test."""

import re
from pathlib import Path, PurePosixPath

import pytest

from featser.corpora import (
    CORPORA,
    EMOTIONS,
    Corpus,
    Manifest,
    Rejected,
    Utterance,
    check_corpus,
    find_corpus,
    read_declaration,
    recognise,
)
from featser.corpora.corpus import GROUPS

PAGE = Path(__file__).parents[1] / "docs" / "own-corpus.md"
OWN = "a file of one's own"


@pytest.fixture(params=[*CORPORA, OWN])
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A built-in corpus, or the one that is declared on the page about own corpora."""
    if request.param != OWN:
        return CORPORA[request.param]
    file = tmp_path_factory.mktemp("own") / "studio.toml"
    block = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    file.write_text(block[1], encoding="utf-8")
    return read_declaration(file)


def _example(corpus: Corpus) -> Utterance:
    reading = corpus.parse(corpus.example)
    assert isinstance(reading, Utterance)
    return reading


def _read(corpus: Corpus, root: Path, *names: str) -> Manifest:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return corpus.read(root)


@pytest.mark.parametrize("name", CORPORA)
def test_is_found_by_its_name(name):
    assert find_corpus(name).name == name


def test_passes_the_checks_of_a_declaration(corpus):
    check_corpus(corpus, "here")


def test_says_what_it_is(corpus):
    fields = ("title", "citation", "licence", "home", "language", "example")
    assert [field for field in fields if not getattr(corpus, field).strip()] == []


def test_states_its_published_size(corpus):
    assert corpus.n_utterances > corpus.n_speakers > 1


def test_oddities_are_sentences(corpus):
    assert corpus.oddities
    for oddity in corpus.oddities:
        assert oddity.endswith(".")
        assert oddity[0].isupper() or oddity[0].isdigit()


def test_labels_are_words_of_the_vocabulary(corpus):
    assert set(corpus.emotions.values()) <= set(EMOTIONS)
    assert len(set(corpus.emotions.values())) == len(corpus.emotions), "merging emotions is the user's choice"


def test_patterns_have_known_groups_only(corpus):
    groups = set(re.compile(corpus.file_name).groupindex) | set(re.compile(corpus.folder).groupindex)
    assert {"speaker", "emotion"} <= groups <= set(GROUPS)
    assert set(corpus.codes) <= groups


def test_codes_of_emotions_lead_to_labels(corpus):
    assert set(corpus.codes.get("emotion", {}).values()) <= set(corpus.emotions)


def test_example_parses(corpus):
    utterance = _example(corpus)
    assert utterance.path == corpus.example
    assert utterance.utterance.startswith(f"{corpus.name}/")
    assert utterance.speaker is not None
    assert utterance.speaker.startswith(f"{corpus.name}/")
    assert utterance.emotion == corpus.emotions[utterance.native_label]
    assert utterance.text, "the sentence code is what a split by sentence needs"
    assert utterance.language == corpus.language


def test_demographics_are_about_its_own_speakers(corpus):
    assert len(corpus.sexes) == corpus.n_speakers
    assert set(corpus.sexes.values()) <= {"female", "male"}
    assert set(corpus.ages) <= set(corpus.sexes)
    assert all(15 < age < 100 for age in corpus.ages.values())
    assert _example(corpus).sex is not None


def test_published_folds_keep_speakers_apart(corpus):
    speakers = [speaker for fold in corpus.published_folds for speaker in fold]
    assert len(speakers) == len(set(speakers))
    assert bool(corpus.published_folds) == bool(corpus.published_source)
    if speakers:
        assert not set(speakers) & set(corpus.trained_only)
        everyone = {*speakers, *corpus.trained_only}
        assert everyone == set(corpus.sexes), "every speaker is tested once or trained on, and spelt as in a manifest"


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".WAV", ".mp3", ".m4a"])
def test_suffixes_are_read_alike(corpus, tmp_path, suffix):
    name = str(PurePosixPath(corpus.example).with_suffix(suffix))
    manifest = _read(corpus, tmp_path, name)
    assert [each.utterance for each in manifest.utterances] == [_example(corpus).utterance]
    assert manifest.utterances[0].path == name


def test_misnamed_file_is_rejected_with_a_reason(corpus, tmp_path):
    manifest = _read(corpus, tmp_path, corpus.example, "somewhere/My recording.wav")
    assert len(manifest.utterances) == 1
    assert manifest.rejected == (
        Rejected(
            "somewhere/My recording.wav",
            f"not named like a file of {corpus.name}, e.g. {corpus.example}",
        ),
    )


def test_reading_twice_gives_the_same_manifest(corpus, tmp_path):
    names = (corpus.example, "b/odd.wav", "a/odd.wav", f"copy/{corpus.example}")
    assert _read(corpus, tmp_path, *names) == _read(corpus, tmp_path, *names)


def test_second_copy_in_a_nested_folder_is_skipped(corpus, tmp_path):
    manifest = _read(corpus, tmp_path, corpus.example, f"audio/again/{corpus.example}")
    assert [each.path for each in manifest.utterances] == [corpus.example]
    assert manifest.skipped == (f"audio/again/{corpus.example}",)
    assert manifest.rejected == ()


def test_is_recognised(corpus, tmp_path):
    _read(corpus, tmp_path, corpus.example)
    assert recognise(tmp_path, {**CORPORA, corpus.name: corpus}).reader is corpus


def test_its_name_fits_no_other_corpus(corpus):
    assert not [other.name for other in CORPORA.values() if other.fits(corpus.example) and other is not corpus]


def test_single_file_is_read_from_its_own_folder(corpus, tmp_path):
    _read(corpus, tmp_path, corpus.example)
    file = tmp_path / corpus.example
    manifest = corpus.read(file)
    assert manifest.root == file.parent
    assert [manifest.file(each) for each in manifest.utterances] == [file]
    assert manifest.utterances[0].utterance == _example(corpus).utterance


def test_asks_for_cleaning_that_its_manifests_carry(corpus, tmp_path):
    assert _read(corpus, tmp_path, corpus.example).clean == corpus.clean
