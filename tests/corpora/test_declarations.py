"""Declarations in TOML files: what they may contain, and the error for each mistake."""

import time
from pathlib import Path

import pytest

from featser.corpora import Rejected, Utterance, find_corpus, read_declaration
from featser.corpora.declaration import MAX_PATTERN
from featser.errors import UsageError

GOOD = """
example = "anna/a1.wav"
file_name = '(?P<emotion>[a-z])\\d'
folder = '(?P<speaker>anna|bela)'

[emotions]
a = "anger"
"""


@pytest.fixture
def declared(tmp_path: Path):
    """Write a declaration, with some text replaced, and return its path."""

    def declare(old: str = "", new: str = "", name: str = "mine.toml") -> Path:
        assert old in GOOD
        path = tmp_path / name
        path.write_text(GOOD.replace(old, new) if old else f"{new}\n{GOOD}", encoding="utf-8")
        return path

    return declare


def message(path: Path) -> str:
    with pytest.raises(UsageError) as error:
        read_declaration(path)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"{path}: ") or str(error.value).startswith(f"{path} ")
    return str(error.value).removeprefix(str(path)).removeprefix(": ").strip()


def test_smallest_declaration(declared):
    corpus = read_declaration(declared())
    assert (corpus.name, corpus.title, corpus.n_utterances, corpus.licence) == ("mine", "mine", 0, "not stated")
    utterance = corpus.parse("bela/a2.wav")
    assert isinstance(utterance, Utterance)
    assert (utterance.speaker, utterance.emotion, utterance.language) == ("mine/bela", "anger", None)
    assert corpus.parse("bela/z2.wav") == Rejected("bela/z2.wav", "'z' is not an emotion of mine")


def test_lists_become_tuples(declared):
    corpus = read_declaration(declared(new='published_folds = [["anna"], ["bela"]]\nclean = ["remove-dc"]'))
    assert (corpus.published_folds, corpus.clean) == ((("anna",), ("bela",)), ("remove-dc",))


def test_codes_lead_to_labels(declared):
    codes = '[codes.emotion]\na = "Ärger"\n[emotions]\n"Ärger" = "anger"'
    utterance = read_declaration(declared('[emotions]\na = "anger"', codes)).parse("anna/a1.wav")
    assert (utterance.native_label, utterance.emotion) == ("Ärger", "anger")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "folders = 1", "unknown key 'folders'. Did you mean 'folder'? Known: ages, audio, best_known, citation, "),
        ('example = "anna/a1.wav"', "", "has no 'example'. A corpus needs example, file_name."),
        ('example = "anna/a1.wav"', "example = 3", "'example' must be a text, not 3."),
        ("", "n_speakers = '4'", "'n_speakers' must be a whole number, not '4'."),
        ("", "n_speakers = true", "'n_speakers' must be a whole number, not True."),
        ("", 'clean = "remove-dc"', "'clean' must be a list of texts, not 'remove-dc'."),
        ("", 'published_folds = ["anna"]', "'published_folds' must be a list of lists of texts, not ['anna']."),
        ("", 'ages = {anna = "old"}', "'ages' must be a table of numbers, not {'anna': 'old'}."),
        ("", 'codes = {a = "b"}', "'codes' must be a table of tables of texts, not {'a': 'b'}."),
        (
            "",
            "name = 'Mine'",
            "'Mine' cannot be the name of a corpus. Use small letters, digits, - and _, and none of ",
        ),
        ("", "name = 'auto'", "'auto' cannot be the name of a corpus."),
        ("(?P<speaker>", "(?P<actor>", "unknown group 'actor'. Known: age, channel, emotion, intensity, language, "),
        ("(?P<speaker>", "(?:", "'file_name' has no group (?P<speaker>...). Add one."),
        ("(?P<emotion>[a-z])", "[a-z]", "'file_name' has no group (?P<emotion>...). Add one."),
        ("[a-z])", "[a-z)", "'file_name': '(?P<emotion>[a-z)\\d' is not a regular expression (unterminated character"),
        ('"anger"', '"angr"', "'angr' (of 'a') is not an emotion. Did you mean 'anger'? Known: neutral, calm, "),
        ('"anger"', '"angry"', "'angry' (of 'a') is not an emotion. Did you mean 'anger'?"),
        ("", 'codes = {mood = {a = "b"}}', "unknown group 'mood'."),
        ("", 'codes = {emotion = {a = "b"}}', "unknown label of code 'a' 'b'. Known: a."),
        (
            "anna/a1",
            "a1",
            "its patterns do not match its example 'a1.wav': not named like a file of mine, e.g. a1.wav.",
        ),
        ("anna/a1", "anna/b1", "its patterns do not match its example 'anna/b1.wav': 'b' is not an emotion of mine."),
        ("", "labels = {file = 'x', rows = 'y'}", "'labels': unknown key 'rows'. Did you mean 'row'? Known: columns, "),
        ("", "labels = {row = 'y'}", "'labels' lacks a key. It has file, row, columns, votes, example."),
        ("", "labels = {file = 'x', row = '(?P<name>y)'}", "'labels' and 'file_name' have no group in common."),
        ("", "labels = {file = 'x', row = '(a+)+'}", "'labels.row': '(a+)+' may take very long to match."),
        ("", "labels = {file = ['x']}", "'labels': 'file' cannot be ['x']."),
        ("", "best_known = {uar = 0.5}", "'best_known' lacks a key. It has uar, n_emotions, source."),
        ("", "download = {url = 'x'}", "'download' must be a list of tables of texts, not {'url': 'x'}."),
        ("", "speaker = '{speaker}{room}'", "unknown group in 'speaker' 'room'."),
        ("", "speaker = '{speaker.__class__}'", "unknown group in 'speaker' 'speaker.__class__'."),
        ("", "speaker = '{'", "'speaker' = '{': "),
        ("", "layouts = ['anna/b1.wav']", "its patterns do not match its example 'anna/b1.wav': 'b' is not an emotion"),
        ('[emotions]\na = "anger"', "", "has no 'emotions'. Give a table: label of the corpus = emotion."),
        ("example", "example =", "not a TOML file ("),
    ],
)
def test_mistake_is_one_line(declared, old, new, expected):
    assert message(declared(old, new)).startswith(expected)


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "(?:a|a)*b", "([a-z]+){2,}", "(?:a*){30}b", r"\(x(a+)+", r"[)](\w+\d?)+x", "(a+){9}"]
)
def test_pattern_that_may_take_hours_is_refused(declared, pattern):
    told = message(declared(r"\d'", rf"\d{pattern}'"))
    assert told.startswith(r"'file_name': '(?P<emotion>[a-z])\d" + pattern)
    assert told.endswith("may take very long to match. Use at most 6 of * and +, and repeat no group.")


def test_patterns_of_refused_files_are_checked_too(declared):
    assert message(declared(new="refused = {'(a+)+b' = 'no'}")).startswith("'refused': '(a+)+b' may take very long")


@pytest.mark.parametrize("pattern", [r"(-\d\d){6}", r"[+*]\)\+\*{1,3}", r"\w+_\w*(?:x|yz)?", "(?i:x)"])
def test_pattern_that_is_quick_is_accepted(declared, pattern):
    path = declared(r"\d'", rf"\d(?:{pattern})?'")
    start = time.perf_counter()
    read_declaration(path).parse("anna/a1" + "a" * 240 + "!.wav")
    assert time.perf_counter() - start < 1


def test_long_pattern_is_refused(declared):
    told = message(declared(r"\d'", rf"\d{'x' * MAX_PATTERN}'"))
    assert (
        told
        == f"'file_name' has {MAX_PATTERN + len('(?P<emotion>[a-z])') + 2} characters; at most 500 are read. "
        + ("Shorten it.")
    )


def test_folders_in_the_pattern_state_what_the_name_does_not(declared):
    corpus = read_declaration(
        declared(
            "file_name = '(?P<emotion>[a-z])\\d'\nfolder = '(?P<speaker>anna|bela)'",
            "file_name = '(?P<speaker>anna|bela)/(?:take\\d/)?(?P<emotion>[a-z])\\d'",
        )
    )
    for path in ("anna/a1.wav", "x/anna/take2/a1.wav"):
        assert corpus.parse(path).utterance == "mine/anna_a1"
    assert corpus.parse("a1.wav", "bela").speaker == "mine/bela"
    assert isinstance(corpus.parse("other/a1.wav"), Rejected)


def test_name_of_a_built_in_corpus_is_taken(declared):
    path = declared(name="emodb.toml")
    with pytest.raises(UsageError) as error:
        find_corpus(str(path))
    assert str(error.value) == f"{path}: there is a corpus named 'emodb' already. Choose another name."


@pytest.mark.parametrize("content", [b"\xff\xfe", b'name = "'])
def test_file_that_is_no_toml_is_refused(tmp_path, content):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    assert message(path).startswith("not a TOML file (")
