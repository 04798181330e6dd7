"""Recognition of the corpus in a folder, and the cases in which it must be named."""

from dataclasses import replace

import pytest

from featser.corpora import CORPORA, FOLDER_PER_CLASS, SYNTHETIC_MARK, Recognised, read_corpus, recognise
from featser.errors import InputError

EMODB_NAMES = [f"wav/03a0{n}W{version}.wav" for n in (1, 2, 4, 5, 7) for version in "ab"]
HINT = "Name the corpus with --corpus NAME, or list the recordings in a table with --manifest FILE.csv."


def test_a_lone_other_file_changes_nothing(place):
    assert recognise(place("03a01Wa.wav", "03a01Wb.wav", "test.wav")).reader is CORPORA["emodb"]


def test_a_fifth_of_other_files_changes_nothing(place):
    root = place(*EMODB_NAMES, "x.wav", "y.wav")
    assert recognise(root) == Recognised(
        CORPORA["emodb"], "read as emodb: 10 of 12 recordings are named like files of this corpus"
    )
    manifest = read_corpus(root)
    assert (len(manifest.utterances), len(manifest.rejected)) == (10, 2)


def test_a_third_of_other_files_decides_nothing(place):
    root = place(*EMODB_NAMES, *(f"{n}.wav" for n in range(5)))
    with pytest.raises(InputError) as error:
        recognise(root)
    assert str(error.value) == (
        f"No corpus fits '{root}': of 15 recordings (e.g. 0.wav) named like files of a corpus are 10 of emodb. {HINT}"
    )
    assert error.value.exit_code == 3


def test_half_and_half_decides_nothing(place):
    with pytest.raises(InputError, match=r"of 2 recordings .* are 1 of emodb\."):
        recognise(place("03a01Wa.wav", "what.wav"))


def test_folder_of_two_corpora_says_to_pass_one(place):
    root = place("emodb/03a01Wa.wav", "emodb/03a01Wb.wav", "ravdess/03-01-05-01-01-01-03.wav", "t/OAF_a_sad.wav")
    with pytest.raises(InputError, match=r"2 of emodb, 1 of ravdess, 1 of tess\. Pass one corpus at"):
        recognise(root)


def test_two_corpora_with_one_naming_are_not_guessed_between(place):
    root = place("wav/03a01Wa.wav")
    twins = {name: replace(CORPORA["emodb"], name=name) for name in ("one", "two")}
    with pytest.raises(InputError) as error:
        recognise(root, twins)
    assert str(error.value) == (
        f"More than one corpus fits '{root}': of 1 recording (e.g. wav/03a01Wa.wav) named like files of a corpus "
        f"are 1 of one, 1 of two. {HINT}"
    )


def test_refused_files_still_tell_the_corpus(place):
    assert recognise(place("01-01-05-01-01-01-03.wav")).reader is CORPORA["ravdess"]


def test_file_names_decide_where_the_folders_name_the_same_emotions(place):
    assert recognise(place("angry/OAF_back_angry.wav", "sad/OAF_back_sad.wav")).reader is CORPORA["tess"]


def test_folders_that_name_other_emotions_than_the_files_are_a_question(place):
    root = place("sad/03a01Wa.wav", "sad/03a01Ta.wav", "happy/03a01Fa.wav", "happy/03a02Na.wav")
    with pytest.raises(InputError) as error:
        read_corpus(root)
    assert str(error.value) == (
        f"'{root}' can be read in two ways. By their names the recordings are files of emodb, but for 2 of 4 the "
        "folder names another emotion (e.g. happy/03a02Na.wav: neutral by its name, happiness by its folder). "
        "Choose one: --corpus emodb or --corpus folder."
    )
    assert [each.emotion for each in read_corpus(root, "emodb").utterances] == [
        *("happiness", "sadness", "anger", "neutral")
    ]
    assert {each.emotion for each in read_corpus(root, "folder").utterances} == {"sadness", "happiness"}


def test_folders_named_like_emotions_are_recognised(place):
    root = place("angry/1.wav", "Happy/1.wav", "pleasant surprise/x/2.wav", "notes/readme.txt")
    assert recognise(root) == Recognised(
        FOLDER_PER_CLASS, "read as one folder per emotion: Happy, angry, pleasant surprise"
    )
    assert {each.emotion for each in read_corpus(root).utterances} == {"anger", "happiness", "surprise"}
    assert FOLDER_PER_CLASS.read(root) == read_corpus(root)


def test_one_strange_folder_stops_it_and_is_named(place):
    root = place("angry/1.wav", "hapy/1.wav", "zzz/1.wav")
    with pytest.raises(InputError) as error:
        recognise(root)
    assert "Folders that are not named like emotions: 'hapy' (nearest 'happy'), 'zzz'. " in str(error.value)
    assert "\n" not in str(error.value)


def test_folders_without_any_emotion_are_not_talked_about(place):
    with pytest.raises(InputError) as error:
        recognise(place("monday/1.wav", "tuesday/1.wav"))
    assert "Folders that" not in str(error.value)


def test_a_synthetic_corpus_cannot_pass_for_the_one_whose_names_it_has(tmp_path):
    (tmp_path / "wav").mkdir()
    (tmp_path / "wav" / "03a01Wa.wav").touch()
    assert read_corpus(tmp_path).utterances[0].speaker == "emodb/03"
    (tmp_path / SYNTHETIC_MARK).touch()
    for root in (tmp_path, tmp_path / "wav"):
        manifest = read_corpus(root)
        utterance = manifest.utterances[0]
        assert (manifest.corpus, utterance.corpus) == ("synthetic-emodb", "synthetic-emodb")
        assert (utterance.utterance, utterance.speaker) == ("synthetic-emodb/03a01Wa", "synthetic-emodb/03")
