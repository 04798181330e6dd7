"""A folder per emotion."""

import pytest

from featser.corpora import Rejected, read_corpus, read_folder_per_class
from featser.errors import InputError


def test_folder_is_the_emotion_and_speakers_are_not_known(place):
    manifest = read_folder_per_class(place("Angry/a.wav", "sadness/b.flac", under="My voices (2)"))
    assert manifest.corpus == "My_voices_2"
    first, second = manifest.utterances
    assert (first.utterance, first.path, first.emotion, first.native_label) == (
        *("My_voices_2/a", "Angry/a.wav", "anger", "Angry"),
    )
    assert (second.emotion, second.speaker, second.language) == ("sadness", None, None)


def test_one_level_deeper_is_the_speaker(place):
    manifest = read_folder_per_class(place("anger/03/a.wav", "sadness/anna/b.wav", under="mine"))
    assert [each.speaker for each in manifest.utterances] == ["mine/03", "mine/anna"]


@pytest.mark.parametrize("other", ["sadness/b.wav", "sadness/anna/monday/b.wav"])
def test_mixed_depths_tell_no_speaker(place, other):
    manifest = read_folder_per_class(place("anger/03/a.wav", other))
    assert {each.speaker for each in manifest.utterances} == {None}


def test_repeated_stems_keep_their_folders(place):
    manifest = read_folder_per_class(place("anger/1.wav", "sadness/1.wav", "sadness/2.wav", under="mine"))
    assert [each.utterance for each in manifest.utterances] == ["mine/2", "mine/anger/1", "mine/sadness/1"]


def test_file_outside_all_folders_is_rejected(place):
    manifest = read_folder_per_class(place("anger/1.wav", "loose.wav"))
    assert manifest.rejected == (Rejected("loose.wav", "not in a folder of an emotion"),)


def test_unknown_folders_are_an_error_that_counts_and_suggests(place):
    root = place("anger/1.wav", "hapy/1.wav", "hapy/2.wav", "monday/3.wav")
    with pytest.raises(InputError) as error:
        read_folder_per_class(root)
    assert str(error.value) == (
        f"'{root}': not known as emotions: 'hapy' (2 files, nearest 'happy'), 'monday' (1 file). "
        "Correct the spelling, or keep the labels as they are with --own-labels."
    )


def test_own_labels_are_kept_as_they_are(place):
    root = place("angry/1.wav", "monday/2.wav")
    manifest = read_corpus(root, "folder", own_labels=True)
    assert [each.emotion for each in manifest.utterances] == ["angry", "monday"]


def test_single_file_has_no_class(place):
    file = place("anger/1.wav") / "anger/1.wav"
    with pytest.raises(InputError) as error:
        read_folder_per_class(file)
    assert str(error.value) == (f"'{file}' is one recording. Pass the folder that contains one folder per emotion.")
