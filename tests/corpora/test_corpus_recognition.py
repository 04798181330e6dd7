"""Which corpus a folder holds, and when nobody should guess."""

from dataclasses import replace

import pytest

from featser.corpora import CORPORA, FOLDER_PER_CLASS, SYNTHETIC_MARK, read_corpus, recognise
from featser.errors import InputError

EMODB_NAMES = [f"wav/03a0{n}W{version}.wav" for n in (1, 2, 4, 5, 7) for version in "ab"]
HINT = "Name the corpus with --corpus NAME, or list the recordings in a table with --manifest FILE.csv."


def test_a_lone_other_file_changes_nothing(place):
    assert recognise(place("03a01Wa.wav", "03a01Wb.wav", "test.wav")) is CORPORA["emodb"]


def test_a_fifth_of_other_files_changes_nothing(place):
    root = place(*EMODB_NAMES, "x.wav", "y.wav")
    assert recognise(root) is CORPORA["emodb"]
    manifest = read_corpus(root)
    assert (len(manifest.utterances), len(manifest.rejected)) == (10, 2)


def test_a_third_of_other_files_decides_nothing(place):
    root = place(*EMODB_NAMES, *(f"{n}.wav" for n in range(5)))
    with pytest.raises(InputError) as error:
        recognise(root)
    assert str(error.value) == (
        f"No corpus fits '{root}': of its 15 recordings (e.g. 0.wav) so many are named like a corpus's own: "
        f"10 like emodb's, none like those of crema-d, ravdess, savee, tess. {HINT}"
    )
    assert error.value.exit_code == 3


def test_half_and_half_decides_nothing(place):
    with pytest.raises(InputError, match=r"of its 2 recordings .*: 1 like emodb's, none like"):
        recognise(place("03a01Wa.wav", "what.wav"))


def test_folder_of_two_corpora_says_to_pass_one(place):
    root = place("emodb/03a01Wa.wav", "emodb/03a01Wb.wav", "ravdess/03-01-05-01-01-01-03.wav", "t/OAF_a_sad.wav")
    with pytest.raises(InputError, match=r"2 like emodb's, 1 like ravdess's, 1 like tess's, .* Pass one corpus at"):
        recognise(root)


def test_two_corpora_with_one_naming_are_not_guessed_between(place):
    root = place("wav/03a01Wa.wav")
    twins = {name: replace(CORPORA["emodb"], name=name) for name in ("one", "two")}
    with pytest.raises(InputError) as error:
        recognise(root, twins)
    assert str(error.value) == (
        f"More than one corpus fits '{root}': of its 1 recording (e.g. wav/03a01Wa.wav) so many are named "
        f"like a corpus's own: 1 like one's, 1 like two's. {HINT}"
    )


def test_refused_files_still_tell_the_corpus(place):
    assert recognise(place("01-01-05-01-01-01-03.wav")) is CORPORA["ravdess"]


def test_named_corpus_beats_folders_named_like_emotions(place):
    assert recognise(place("angry/OAF_back_angry.wav", "sad/OAF_back_sad.wav")) is CORPORA["tess"]


def test_folders_named_like_emotions_are_recognised(place):
    root = place("angry/1.wav", "Happy/1.wav", "pleasant surprise/x/2.wav", "notes/readme.txt")
    assert recognise(root) is FOLDER_PER_CLASS
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
