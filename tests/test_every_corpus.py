"""The contract of every declared corpus; a new one is tested here without a new test."""

import re
from itertools import combinations
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

PAGE = Path(__file__).parents[1] / "docs" / "own-corpus.md"
OWN = "a file of one's own"

UNSCRIPTED = ("asvp-esd", "meld", "shemo", "urdu", "flickr-audio", "ljspeech", "speech-accent-archive")
"""Corpora without sentence codes."""

SEX_UNKNOWN = ("aesdd", "turev-db", "esc-50", "ms-snsd")
SEVERAL_LANGUAGES = ("asvp-esd", "esd", "esc-50", "ms-snsd")


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
    return _parse(corpus, corpus.example)


def _parse(corpus: Corpus, path: str) -> Utterance:
    """Reading of a path, with the rows of the corpus's own example of labels."""
    rows = corpus.rows_by_key(corpus.labels.rows_of_example()) if corpus.labels else None
    reading = corpus.parse(path, rows=rows)
    assert isinstance(reading, Utterance), reading
    return reading


def _read(corpus: Corpus, root: Path, *names: str) -> Manifest:
    texts = dict.fromkeys(names, "") | (dict(corpus.labels.example) if corpus.labels else {})
    for name, text in texts.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return corpus.read(root)


@pytest.mark.parametrize("name", CORPORA)
def test_is_found_by_its_name(name):
    assert find_corpus(name).name == name


def test_passes_the_checks_of_a_declaration(corpus):
    check_corpus(corpus, "here")


def test_says_what_it_is(corpus):
    fields = ("title", "citation", "licence", "home", "example")
    assert [field for field in fields if not getattr(corpus, field).strip()] == []
    assert bool(corpus.language) == (corpus.name not in SEVERAL_LANGUAGES)


def test_states_its_published_size(corpus):
    if corpus.emotions:
        assert corpus.n_utterances > corpus.n_speakers > 1
    assert corpus.n_utterances >= corpus.n_speakers


def test_marks_what_is_not_verified_by_names_of_its_fields(corpus):
    assert set(corpus.unverified) <= {*corpus.__dataclass_fields__, *("intensity",)}
    assert not corpus.download or "download" in corpus.unverified, "no address was tried"


def test_oddities_are_sentences(corpus):
    assert corpus.oddities
    for oddity in corpus.oddities:
        assert oddity.endswith(".")
        assert oddity[0].isupper() or oddity[0].isdigit()


def test_labels_are_words_of_the_vocabulary(corpus):
    assert set(corpus.emotions.values()) <= set(EMOTIONS)
    assert len(set(corpus.emotions.values())) == len(corpus.emotions), "merging emotions is the user's choice"


def test_codes_of_emotions_lead_to_labels(corpus):
    assert set(corpus.codes.get("emotion", {}).values()) <= set(corpus.emotions)


def test_example_parses(corpus):
    utterance = _example(corpus)
    assert utterance.path == corpus.example
    assert utterance.utterance.startswith(f"{corpus.name}/")
    if corpus.n_speakers:
        assert utterance.speaker is not None
        assert utterance.speaker.startswith(f"{corpus.name}/")
    assert utterance.emotion == corpus.emotions.get(utterance.native_label)
    assert bool(utterance.text) == (corpus.name not in UNSCRIPTED), "a split by sentence needs the sentence code"
    assert corpus.language in ("", utterance.language)


def test_layouts_are_other_paths_of_its_example(corpus):
    for path in corpus.layouts:
        other = _parse(corpus, path)
        assert other._replace(path="", utterance=other.utterance.casefold()) == _example(corpus)._replace(
            path="", utterance=_example(corpus).utterance.casefold()
        )


def test_demographics_are_about_its_own_speakers(corpus):
    if not corpus.codes.keys() & {"sex"} and not corpus.labels and corpus.name not in SEX_UNKNOWN:
        assert len(corpus.sexes) == (2 if corpus.name == "mesd" else corpus.n_speakers)
    assert set(corpus.sexes.values()) <= {"female", "male"}
    assert set(corpus.ages) <= set(corpus.sexes)
    assert all(14 < age < 100 for age in corpus.ages.values())
    assert (_example(corpus).sex in ("female", "male")) == (corpus.name not in (*SEX_UNKNOWN, "flickr-audio"))


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
    known = {**CORPORA, corpus.name: corpus}
    for number, path in enumerate((corpus.example, *corpus.layouts)):
        _read(corpus, tmp_path / str(number), path)
        assert recognise(tmp_path / str(number), known).reader is corpus


def test_no_corpus_takes_the_names_of_another():
    taken = [
        (path, one.name, other.name)
        for pair in combinations(CORPORA.values(), 2)
        for one, other in (pair, pair[::-1])
        for path in (one.example, *one.layouts)
        if other.fits(path)
    ]
    assert not taken


def test_single_file_is_read_from_its_own_folder(corpus, tmp_path):
    if corpus.labels_are_needed or corpus.name == "speech-accent-archive":
        return  # a single file has no labels beside it
    _read(corpus, tmp_path, corpus.example)
    file = tmp_path / corpus.example
    manifest = corpus.read(file)
    assert manifest.root == file.parent
    assert [manifest.file(each) for each in manifest.utterances] == [file]
    assert manifest.utterances[0].utterance == _example(corpus).utterance


def test_asks_for_cleaning_that_its_manifests_carry(corpus, tmp_path):
    assert _read(corpus, tmp_path, corpus.example).clean == corpus.clean
