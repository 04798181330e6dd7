"""A table of labels: what it may look like, and what each mistake in it is answered with."""

from pathlib import Path

import pytest

from featser.corpora import Rejected, read_manifest
from featser.errors import InputError, UsageError


@pytest.fixture
def table(tmp_path: Path):
    """Write a table beside recordings a.wav, b.wav and sub/a.wav."""
    for name in ("a.wav", "b.wav", "sub/a.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    def write(*lines: str, name: str = "labels.csv", encoding: str = "utf-8") -> Path:
        file = tmp_path / name
        file.write_bytes("\n".join(lines).encode(encoding))
        return file

    return write


def message(file: Path, **options: bool) -> str:
    with pytest.raises(InputError) as error:
        read_manifest(file, **options)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 3
    return str(error.value)


def test_smallest_table(table):
    file = table("path,emotion", "a.wav,angry", "b.wav,Happiness")
    manifest = read_manifest(file)
    assert (manifest.corpus, manifest.root) == ("labels", file.parent)
    first, second = manifest.utterances
    assert (first.utterance, first.path, first.speaker) == ("labels/a", "a.wav", None)
    assert (first.emotion, first.native_label, second.emotion) == ("anger", "angry", "happiness")
    assert manifest.file(first) == file.parent / "a.wav"


def test_all_columns(table):
    header = "path,emotion,speaker,sex,age,language,text,intensity,take,channel,corpus,utterance,native_label"
    header += ",derived_from,mood"
    manifest = read_manifest(table(header, "a.wav,fear,03,F,34,de,t1,high,2,song,mine,first,Angst,clean,grim"))
    (only,) = manifest.utterances
    assert manifest.corpus == only.corpus == "mine"
    assert (only.utterance, only.speaker, only.sex, only.age) == ("mine/first", "mine/03", "female", 34.0)
    assert (only.language, only.text, only.intensity, only.take) == ("de", "t1", "high", "2")
    assert (only.channel, only.native_label, only.derived_from) == ("song", "Angst", "mine/clean")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_and_byte_order_mark(table, separator, encoding):
    lines = [separator.join(cells) for cells in (("Path", " emotion ", "speaker"), ("a.wav", "sad", "Jörg"))]
    manifest = read_manifest(table(*lines, encoding=encoding))
    assert [each.speaker for each in manifest.utterances] == ["labels/Jörg"]


def test_windows_line_ends_quotes_and_blank_lines(table):
    file = table('path,emotion\r\n\r\n"a.wav",anger\r\n,\r\nb.wav,fear\r\n')
    assert [each.emotion for each in read_manifest(file).utterances] == ["anger", "fear"]


def test_speakers_stay_text_and_empty_ones_are_not_known(table):
    manifest = read_manifest(table("path,emotion,speaker", "a.wav,anger,03", "b.wav,anger,"))
    assert [each.speaker for each in manifest.utterances] == ["labels/03", None]


def test_speakers_that_name_their_corpus_already_are_left_alone(table):
    manifest = read_manifest(table("path,emotion,speaker,corpus", "a.wav,anger,emodb/03,emodb"))
    assert manifest.utterances[0].speaker == "emodb/03"


def test_sex_that_is_neither_is_kept(table):
    manifest = read_manifest(table("path,emotion,sex", "a.wav,anger,m", "b.wav,anger,diverse"))
    assert [each.sex for each in manifest.utterances] == ["male", "diverse"]


def test_repeated_stems_keep_their_folders(table):
    manifest = read_manifest(table("path,emotion", "a.wav,anger", "sub/a.wav,fear", "b.wav,fear"))
    assert [each.utterance for each in manifest.utterances] == ["labels/a", "labels/b", "labels/sub/a"]


def test_absolute_paths_and_backslashes(table, tmp_path):
    manifest = read_manifest(table("path,emotion", f"{tmp_path / 'b.wav'},anger", "sub\\a.wav,fear"))
    assert [each.path for each in manifest.utterances] == ["sub/a.wav", "b.wav"]


def test_links_are_recordings_and_folders_are_not(table, tmp_path):
    (tmp_path / "linked.wav").symlink_to(tmp_path / "a.wav")
    (tmp_path / "broken.wav").symlink_to(tmp_path / "nowhere.wav")
    (tmp_path / "folder.wav").mkdir()
    names = ("linked", "broken", "folder")
    manifest = read_manifest(table("path,emotion", *(f"{name}.wav,angry" for name in names)))
    assert [each.path for each in manifest.utterances] == ["linked.wav"]
    assert [each.path for each in manifest.rejected] == ["broken.wav", "folder.wav"]


def test_recordings_are_found_in_a_folder_that_cannot_be_listed(table, monkeypatch):
    def refused(_folder: str) -> None:
        raise PermissionError

    monkeypatch.setattr("featser.corpora.files.os.scandir", refused)
    manifest = read_manifest(table("path,emotion", "a.wav,angry", "sub/a.wav,angry"))
    assert [each.path for each in manifest.utterances] == ["a.wav", "sub/a.wav"]


def test_name_of_the_table_becomes_a_plain_name(table):
    assert read_manifest(table("path,emotion", "a.wav,anger", name="my labels (v2).csv")).corpus == "my_labels_v2"


def test_table_of_several_corpora_is_named_like_the_file(table):
    manifest = read_manifest(table("path,emotion,corpus", "a.wav,anger,one", "b.wav,anger,two"))
    assert manifest.corpus == "labels"
    assert [each.utterance for each in manifest.utterances] == ["one/a", "two/b"]


def test_missing_recordings_are_all_listed_with_the_nearest_spelling(table):
    manifest = read_manifest(
        table(
            "path,emotion",
            "a.wav,anger",
            "A.WAV,anger",
            "sub/aa.wav,anger",
            "nowhere/x.wav,anger",
            "sub,fear",
        )
    )
    assert len(manifest.utterances) in (1, 2)
    assert set(manifest.rejected) >= {
        Rejected("sub/aa.wav", "no such file (line 4); did you mean sub/a.wav?"),
        Rejected("nowhere/x.wav", "no such file (line 5)"),
    }
    assert "sub" in {each.path for each in manifest.rejected}


def test_thousands_of_missing_recordings_are_all_listed(table):
    manifest = read_manifest(table("path,emotion", *(f"clip{n}.wav,anger" for n in range(3000))))
    assert len(manifest.rejected) == 3000


def test_rows_without_path_or_emotion_are_rejected_with_their_line(table):
    manifest = read_manifest(table("path,emotion", "a.wav,", ",anger", "b.wav,anger"))
    assert manifest.rejected == (
        Rejected("a.wav", "line 2 has no emotion"),
        Rejected("line 3", "line 3 has no path"),
    )
    assert len(manifest.utterances) == 1


def test_rows_of_another_width_are_rejected_with_their_line(table):
    manifest = read_manifest(table("path,emotion,speaker", "b.wav,anger,1", "a.wav,anger", "a.wav,anger,1,2"))
    reason = "line {} has {} cells, the header has 3; put quotes around cells that hold a separator"
    assert manifest.rejected == (
        Rejected("a.wav", reason.format(3, 2)),
        Rejected("a.wav", reason.format(4, 4)),
    )


def test_equal_rows_count_once_and_are_accounted_for(table):
    manifest = read_manifest(table("path,emotion", "a.wav,anger", "./a.wav,anger"))
    assert (len(manifest.utterances), manifest.skipped) == (1, ("a.wav",))


def test_rows_that_contradict_each_other_are_an_error(table):
    file = table("path,emotion", "a.wav,anger", "b.wav,fear", "a.wav,sad")
    assert message(file) == (
        "labels.csv: two rows about a.wav differ in 'emotion': 'anger' in line 2 and 'sad' in line 4. Keep one."
    )


def test_rows_that_contradict_each_other_about_the_speaker(table):
    file = table("path,emotion,speaker", "a.wav,anger,1", "a.wav,anger,2")
    assert "differ in 'speaker': '1' in line 2 and '2' in line 3" in message(file)


def test_two_files_under_one_id_are_not_both_kept(table, tmp_path):
    (tmp_path / "b.wav").write_bytes(b"other")
    manifest = read_manifest(table("path,emotion,utterance", "a.wav,anger,x", "b.wav,fear,x"))
    assert manifest.rejected == (Rejected("b.wav", "same name as a.wav but other contents; keep one of the two"),)


def test_unknown_labels_are_an_error_that_counts_and_suggests(table):
    file = table("path,emotion", "a.wav,hapy", "b.wav,hapy", "sub/a.wav,qqq")
    assert message(file) == (
        "labels.csv: not known as emotions: 'hapy' (2 rows, nearest 'happy'), 'qqq' (1 row). "
        "Correct the spelling, or keep the labels as they are with --own-labels."
    )


def test_own_labels_are_kept_as_they_are(table):
    manifest = read_manifest(table("path,emotion", "a.wav,hapy", "b.wav,Angry"), own_labels=True)
    assert [each.emotion for each in manifest.utterances] == ["hapy", "Angry"]


def test_misspelt_column_is_named_and_corrected(table):
    assert message(table("path,emotions,speaker", "a.wav,anger,1")) == (
        "labels.csv has no column 'emotion'; its columns are path, emotions, speaker. "
        "To do: rename 'emotions' to 'emotion', or --map emotion=emotions."
    )


def test_names_that_other_tools_use_are_suggested(table):
    assert message(table("filename,label", "a.wav,anger")) == (
        "labels.csv has no columns 'path' and 'emotion'; its columns are filename, label. "
        "To do: rename 'filename' to 'path', rename 'label' to 'emotion', or --map path=filename --map emotion=label."
    )


def test_table_without_a_header_is_told_so(table):
    assert message(table("a.wav,anger", "b.wav,fear")) == (
        "labels.csv has no columns 'path' and 'emotion'; its columns are a.wav, anger. "
        "A table of labels starts with path,emotion,speaker."
    )


@pytest.mark.parametrize(("given", "meant"), [("speakr", "speaker"), ("gender", "sex"), ("ages", "age")])
def test_misspelt_optional_column_is_an_error_too(table, given, meant):
    assert message(table(f"path,emotion,{given}", "a.wav,anger,1")) == (
        f"labels.csv: is the column '{given}' meant to be '{meant}'? Rename it to '{meant}', "
        "or to something quite different."
    )


def test_column_with_a_similar_name_beside_the_right_one_is_left_out(table):
    manifest = read_manifest(table("path,file,emotion,label", "a.wav,x,anger,y"))
    assert manifest.utterances[0].emotion == "anger"


def test_doubled_column_is_an_error(table):
    assert message(table("path,emotion,Emotion", "a.wav,anger,fear")) == (
        "labels.csv has the column 'emotion' more than once. Keep one."
    )


@pytest.mark.parametrize("age", ["thirty", "34,5", "nan", "-3", "inf", "400"])
def test_age_that_is_no_number_is_an_error(table, age):
    assert message(table("path;emotion;age", f"a.wav;anger;{age}")) == (
        f"labels.csv, line 2: age '{age}' is not a number of years. Correct or empty it."
    )


def test_other_encodings_are_an_error_that_says_what_to_do(table):
    file = table("path,emotion", "a.wav,anger", "b.wav,Ärger", encoding="latin-1")
    assert message(file) == (
        "labels.csv is not UTF-8 (line 3). Save it again as UTF-8; spreadsheets call this format 'CSV UTF-8'."
    )


def test_cell_without_end_is_an_error(table):
    assert message(table("path,emotion", '"' + "x" * 200_000)) == (
        "labels.csv, line 2: field larger than field limit (131072). Write a plain CSV file."
    )


def test_empty_table(table):
    assert message(table("")) == ("labels.csv is empty. Its first line names the columns: path,emotion,speaker.")


def test_table_without_rows(table):
    assert message(table("path,emotion")) == ("labels.csv has a header but no rows. Write one row per recording.")


def test_missing_table_suggests_the_nearest(table):
    file = table("path,emotion", "a.wav,anger")
    with pytest.raises(UsageError) as error:
        read_manifest(file.with_name("label.csv"))
    assert str(error.value) == f"No such file or folder: '{file.with_name('label.csv')}'. Did you mean '{file}'?"


def test_folder_in_place_of_a_table(tmp_path):
    assert message(tmp_path).startswith(f"Cannot read '{tmp_path}': ")
