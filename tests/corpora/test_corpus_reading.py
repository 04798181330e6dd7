"""The recordings under a folder: which are found, in which order, and which are rejected."""

import os
import sys
from pathlib import Path

import pytest

from featser.corpora import CORPORA, Rejected, read_corpus, read_manifest, recognise
from featser.corpora.files import AUDIO_SUFFIXES, find_audio, find_audio_files
from featser.errors import InputError, UnknownNameError, UsageError

EMODB = CORPORA["emodb"]
READ = ".wav, .flac, .mp3, .ogg, .opus, .m4a and others"


def test_files_are_found_at_any_depth_and_sorted_by_id(place):
    root = place("deep/er/still/03a01Wa.wav", "16b10Tb.flac", "x/08a02Fa.WAV")
    manifest = EMODB.read(root)
    assert [each.utterance for each in manifest.utterances] == [
        "emodb/03a01Wa",
        "emodb/08a02Fa",
        "emodb/16b10Tb",
    ]
    assert [each.path for each in manifest.utterances] == [
        *["deep/er/still/03a01Wa.wav", "x/08a02Fa.WAV", "16b10Tb.flac"]
    ]


def test_order_does_not_come_from_the_file_system(place, monkeypatch):
    root = place("b/03a01Wa.wav", "a/03a01Wa.wav", "a/odd.wav", "b/odd.wav")
    forwards = EMODB.read(root)
    walk = os.walk

    def backwards(*args, **options):
        for folder, subfolders, names in walk(*args, **options):
            subfolders.reverse()
            yield folder, subfolders, names[::-1]

    monkeypatch.setattr(os, "walk", backwards)
    assert EMODB.read(root) == forwards
    assert forwards.utterances[0].path == "a/03a01Wa.wav"


def test_hidden_and_macos_files_are_passed_over(place):
    root = place("03a01Wa.wav", "._03a01Wb.wav", ".cache/03a01Wc.wav", "__MACOSX/03a01Wd.wav", "__MACOSX/._03a01We.wav")
    manifest = EMODB.read(root)
    assert [each.path for each in manifest.utterances] == ["03a01Wa.wav"]
    assert manifest.rejected == ()


def test_copy_nearest_to_the_root_is_kept(place):
    manifest = EMODB.read(place("AAA/wav/03a01Wa.wav", "wav/03a01Wa.wav"))
    assert [each.path for each in manifest.utterances] == ["wav/03a01Wa.wav"]
    assert manifest.skipped == ("AAA/wav/03a01Wa.wav",)


def test_same_name_with_other_contents_is_a_conflict(place):
    root = place("03a01Wa.wav", "copy/03a01Wa.wav")
    (root / "copy/03a01Wa.wav").write_bytes(b"something else")
    manifest = EMODB.read(root)
    assert manifest.rejected == (
        Rejected("copy/03a01Wa.wav", "same name as 03a01Wa.wav but other contents; keep one of the two"),
    )
    assert manifest.skipped == ()


def test_wav_and_flac_of_one_name_are_a_conflict(place):
    root = place("03a01Wa.flac", "03a01Wa.wav")
    (root / "03a01Wa.wav").write_bytes(b"RIFF")
    manifest = EMODB.read(root)
    assert [each.path for each in manifest.utterances] == ["03a01Wa.flac"]
    assert [each.path for each in manifest.rejected] == ["03a01Wa.wav"]


def test_recordings_of_every_format_are_found_and_other_files_are_not(place):
    names = [f"x{suffix}" for suffix in (*AUDIO_SUFFIXES, ".MP3", ".txt", ".csv", ".jpg", "")]
    found = find_audio(place(*names))
    assert sorted(found.audio) == sorted(names[:-4])


def test_a_recording_without_loss_is_preferred_to_a_copy_of_the_same_name(place):
    root = place("03a01Wa.m4a", "03a01Wa.mp3", "03a01Wa.wav")
    for number, file in enumerate(sorted(root.iterdir())):
        file.write_bytes(bytes([number]))
    manifest = EMODB.read(root)
    assert [each.path for each in manifest.utterances] == ["03a01Wa.wav"]
    assert [each.path for each in manifest.rejected] == ["03a01Wa.mp3", "03a01Wa.m4a"]


def test_files_and_folders_are_listed_in_the_given_order_and_once(place):
    root = place("b/1.wav", "b/deep/0.mp3", "a.m4a", "notes.txt")
    found = find_audio_files([root / "b", root / "a.m4a", root])
    assert found == [root / "b/1.wav", root / "b/deep/0.mp3", root / "a.m4a"]


def test_a_file_that_is_named_is_found_with_any_suffix(place):
    root = place("voice", "voice.dat")
    assert find_audio_files([root / "voice", root / "voice.dat"]) == [root / "voice", root / "voice.dat"]


def test_loop_of_links_ends_and_linked_folders_are_read(place, tmp_path):
    elsewhere = place("08a02Fa.wav", under="elsewhere")
    root = place("wav/03a01Wa.wav")
    try:
        (root / "wav/loop").symlink_to(root, target_is_directory=True)
        (root / "linked").symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("this file system has no links")
    manifest = EMODB.read(root)
    assert [each.path for each in manifest.utterances] == ["wav/03a01Wa.wav", "linked/08a02Fa.wav"]
    assert manifest.skipped == ()


def test_broken_link_is_never_an_equal_copy(place):
    root = place("03a01Wa.wav", "z/other.txt")
    try:
        (root / "z/03a01Wa.wav").symlink_to("nowhere.wav")
    except OSError:
        pytest.skip("this file system has no links")
    assert [each.path for each in EMODB.read(root).rejected] == ["z/03a01Wa.wav"]


@pytest.mark.skipif(sys.platform != "linux", reason="only here may names be any bytes")
def test_name_that_is_no_text_is_rejected_in_printable_form(place):
    root = place("anger/a.wav")
    (root / "anger" / os.fsdecode(b"\xff.wav")).touch()
    manifest = read_corpus(root, "folder")
    assert [each.path for each in manifest.utterances] == ["anger/a.wav"]
    assert manifest.rejected == (Rejected("anger/\\udcff.wav", "its name is not valid UTF-8; rename it"),)


def test_folder_that_cannot_be_opened_is_an_error(place, monkeypatch):
    root = place("wav/03a01Wa.wav")

    def scandir(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(InputError, match=r"^Cannot open the folder '.*': Permission denied\.$"):
        find_audio(root)


def test_missing_folder_suggests_the_nearest(place):
    root = place("wav/03a01Wa.wav", under="EmoDB")
    with pytest.raises(UsageError) as error:
        EMODB.read(root.with_name("emobd"))
    assert str(error.value) == (f"No such file or folder: '{root.with_name('emobd')}'. Did you mean '{root}'?")
    assert error.value.exit_code == 2


def test_missing_folder_is_corrected_where_it_goes_wrong(place):
    root = place("wav/03a01Wa.wav", under="corpora")
    with pytest.raises(UsageError) as error:
        EMODB.read(root.with_name("corpra") / "wav")
    assert f"Did you mean '{root}'?" in str(error.value)


def test_missing_folder_with_nothing_near_says_only_that(tmp_path):
    with pytest.raises(UsageError) as error:
        EMODB.read(tmp_path / "nothing")
    assert str(error.value) == f"No such file or folder: '{tmp_path / 'nothing'}'."


def test_empty_folder_says_what_belongs_there(tmp_path):
    with pytest.raises(InputError) as error:
        EMODB.read(tmp_path)
    assert str(error.value) == (f"'{tmp_path}' is empty. Pass the folder that contains the recordings ({READ}).")
    assert error.value.exit_code == 3


def test_folder_without_audio_says_what_it_contains(place):
    root = place("a.txt", "b.txt", "c.zip", "README")
    with pytest.raises(InputError) as error:
        EMODB.read(root)
    assert str(error.value) == (
        f"No recordings ({READ}) under '{root}', only 2 .txt, 1 without a suffix, 1 .zip. "
        "Convert or unpack them, or pass the folder that contains the recordings."
    )


def test_table_in_place_of_a_folder_points_to_the_manifest_option(place):
    file = place("labels.csv") / "labels.csv"
    with pytest.raises(InputError) as error:
        read_corpus(file)
    assert str(error.value) == (
        f"'{file}' is a table, not a recording. Pass recordings ({READ}) or folders of them. "
        f"A table of labels goes with --manifest '{file}'."
    )


def test_read_corpus_by_name(place):
    manifest = read_corpus(place("wav/03a01Wa.wav"), "emodb")
    assert manifest.corpus == "emodb"
    assert manifest.file(manifest.utterances[0]) == manifest.root / "wav/03a01Wa.wav"


def test_paths_may_be_text(place, tmp_path):
    root = place("wav/03a01Wa.wav")
    (tmp_path / "labels.csv").write_text("path,emotion\ncorpus/wav/03a01Wa.wav,anger\n")
    for manifest in (read_corpus(str(root)), read_corpus(str(root), EMODB), EMODB.read(str(root))):
        assert manifest == read_corpus(root)
    assert recognise(str(root)) == recognise(root)
    assert find_audio_files(str(root)) == find_audio_files([root]) == [root / "wav/03a01Wa.wav"]
    assert read_manifest(str(tmp_path / "labels.csv")) == read_manifest(tmp_path / "labels.csv")
    with pytest.raises(UsageError, match=r"Did you mean"):
        read_corpus(f"{root}s")


def test_read_corpus_does_not_know_every_name(place):
    with pytest.raises(UnknownNameError, match=r"Unknown corpus 'foldr'\. Did you mean 'folder'\? Known: aesdd, "):
        read_corpus(place("wav/03a01Wa.wav"), "foldr")


def test_named_corpus_that_fits_no_file_is_an_error_that_names_the_right_one(place):
    root = place("03-01-05-01-01-01-03.wav")
    with pytest.raises(InputError) as error:
        read_corpus(root, "emodb")
    assert str(error.value) == (
        f"emodb: no recording under '{root}' is named like a file of this corpus, e.g. wav/03a01Fa.wav; "
        "here is 03-01-05-01-01-01-03.wav. They are named like files of ravdess: --corpus ravdess."
    )


def test_named_corpus_that_fits_no_file_at_all(place):
    with pytest.raises(InputError, match=r"here is hello\.wav\. Name the corpus with --corpus NAME, or list"):
        read_corpus(place("hello.wav"), "emodb")


@pytest.mark.corpora
def test_real_emodb(corpora_root: Path):
    manifest = read_corpus(corpora_root / "emodb")
    counts: dict[str, int] = {}
    for utterance in manifest.utterances:
        counts[utterance.native_label] = counts.get(utterance.native_label, 0) + 1
    assert counts == {
        "Wut": 127,
        "Langeweile": 81,
        "Ekel": 46,
        "Angst": 69,
        "Freude": 71,
        "Trauer": 62,
        "neutral": 79,
    }
    assert {utterance.text for utterance in manifest.utterances} == set(EMODB.texts)
    assert len({utterance.speaker for utterance in manifest.utterances}) == EMODB.n_speakers
    assert all(utterance.sex and utterance.age for utterance in manifest.utterances)
    assert (manifest.rejected, manifest.skipped) == ((), ())


@pytest.mark.corpora
def test_real_ravdess(corpora_root: Path):
    manifest = read_corpus(corpora_root / "ravdess")
    assert (manifest.corpus, len(manifest.utterances)) == ("ravdess", 1440)
    speakers = [utterance.speaker for utterance in manifest.utterances]
    assert {speakers.count(speaker) for speaker in set(speakers)} == {60}
    assert len(set(speakers)) == 24
    emotions = [utterance.emotion for utterance in manifest.utterances]
    assert emotions.count("neutral") == 96
    assert emotions.count("surprise") == 192
    assert (manifest.rejected, manifest.skipped) == ((), ())


@pytest.mark.corpora
def test_real_ravdess_sample_as_distributed(corpora_root: Path):
    manifest = read_corpus(corpora_root / "ravdess-native")
    assert (manifest.corpus, len(manifest.utterances), manifest.rejected) == ("ravdess", 8, ())
