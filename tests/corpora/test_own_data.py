"""One's own recordings: tables of any columns, templates of names, label maps, raters, segments, first tables."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from featser.audio import SAMPLE_RATE, read_signal
from featser.corpora import (
    CORPORA,
    Rejected,
    agreement_of,
    fleiss_kappa,
    parse_columns,
    read_corpus,
    read_label_map,
    read_manifest,
    soft_label,
    votes_of,
)
from featser.corpora.draft import draft_manifest
from featser.corpora.segments import read_segments
from featser.corpora.templates import template_pattern
from featser.errors import FeatserError, InputError, UsageError
from featser.extraction import extract


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for name in ("a.wav", "b.wav", "c.mp3"):
        (tmp_path / name).write_text(name)
    return tmp_path


def write(file: Path, *lines: str, encoding: str = "utf-8") -> Path:
    file.write_bytes("\r\n".join(lines).encode(encoding))
    return file


def message(call: object, *arguments: object, **options: object) -> str:
    with pytest.raises(FeatserError) as error:
        call(*arguments, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


# Tables


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("head", [(), ("sep=;",)])
def test_german_spreadsheets_are_read(here: Path, encoding: str, head: tuple[str, ...]) -> None:
    lines = ("Datei;Stimmung;Anrufer;Geschlecht", "a.wav;wütend;Jörg;m", "b.wav;;Ute;w", "c.mp3;froh;Ute;w")
    file = write(here / "anrufe.csv", *head, *lines, encoding=encoding)
    columns = parse_columns(["path=Datei", "emotion=stimmung", "speaker=Anrufer", "sex=Geschlecht"])
    manifest = read_manifest(file, columns=columns, labels={"wütend": "anger", "froh": "happiness"})
    assert [(each.path, each.emotion, each.native_label, each.speaker, each.sex) for each in manifest.utterances] == [
        ("a.wav", "anger", "wütend", "anrufe/Jörg", "male"),
        ("c.mp3", "happiness", "froh", "anrufe/Ute", "female"),
    ]
    assert manifest.rejected == (Rejected("b.wav", f"line {3 + len(head)} has no emotion"),)


def test_parquet_tables_are_read_like_csv(here: Path) -> None:
    pd.DataFrame(
        {"file": ["a.wav", "b.wav"], "label": ["sad", None], "who": [3.0, np.nan], "age": [31, 32]}
    ).to_parquet(here / "t.parquet")
    columns = parse_columns(["path=file", "emotion=label", "speaker=who"])
    manifest = read_manifest(here / "t.parquet", columns=columns)
    assert [(each.emotion, each.speaker, each.age) for each in manifest.utterances] == [("sadness", "t/3", 31.0)]
    assert [each.path for each in manifest.rejected] == ["b.wav"]
    assert "is not a Parquet file" in message(read_manifest, write(here / "x.parquet", "no"))


def test_a_mapped_column_replaces_the_one_of_that_name(here: Path) -> None:
    file = write(here / "t.csv", "path,emotion,speaker,caller", "a.wav,anger,agent,anna")
    assert read_manifest(file, columns=parse_columns(["speaker=caller"])).utterances[0].speaker == "t/anna"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (["speaker"], "--map 'speaker' is not of the form NAME=COLUMN. Write for example --map speaker=caller_id."),
        (["caller=who"], "--map 'caller=who': unknown column 'caller'."),
        (["speaker=a", "speaker=b"], "--map gives two columns for 'speaker': a and b. Give one."),
    ],
)
def test_mistakes_in_maps_of_columns(pairs: list[str], expected: str) -> None:
    assert message(parse_columns, pairs).startswith(expected)


def test_a_mapped_column_that_is_missing_is_named(here: Path) -> None:
    file = write(here / "t.csv", "path,emotion", "a.wav,anger")
    assert message(read_manifest, file, columns={"speaker": ["who"]}) == (
        "t.csv has no column 'who' (--map speaker=who); its columns are path, emotion."
    )


def test_recordings_without_labels_are_read_if_asked(here: Path) -> None:
    file = write(here / "t.csv", "path,speaker", "a.wav,anna", "b.wav,ben")
    assert "has no column 'emotion'" in message(read_manifest, file)
    manifest = read_manifest(file, unlabelled=True)
    assert [(each.speaker, each.emotion) for each in manifest.utterances] == [("t/anna", None), ("t/ben", None)]
    assert [each.path for each in read_manifest(here, unlabelled=True).utterances] == ["a.wav", "b.wav", "c.mp3"]


# Label maps


def test_label_maps_translate_and_leave_out(here: Path) -> None:
    toml = write(here / "map.toml", '"Wütend" = "anger"', 'frei = ""', 'joy = "excitement"')
    table = write(here / "map.csv", "label;emotion", "wütend;angry", "frei;", "joy;excitement")
    assert read_label_map(toml) == read_label_map(table) == {"wütend": "anger", "frei": "", "joy": "excitement"}
    file = write(here / "t.csv", "path,emotion", "a.wav,WÜTEND", "b.wav,frei", "c.mp3,joy")
    manifest = read_manifest(file, labels=read_label_map(toml))
    assert [(each.native_label, each.emotion) for each in manifest.utterances] == [
        ("WÜTEND", "anger"),
        ("joy", "excitement"),
    ]
    assert manifest.rejected == (Rejected("b.wav", "line 3: the label 'frei' is left out"),)


def test_label_maps_serve_folders_too(place) -> None:
    from featser.corpora import read_folder_per_class

    root = place("wut/anna/1.wav", "frei/anna/2.wav", "sad/ben/3.wav", "4.wav")
    manifest = read_folder_per_class(root, labels={"wut": "anger", "frei": ""})
    assert [(each.emotion, each.speaker) for each in manifest.utterances] == [
        ("anger", "corpus/anna"),
        ("sadness", "corpus/ben"),
    ]
    assert {each.path: each.reason for each in manifest.rejected} == {
        "4.wav": "not in a folder of an emotion",
        "frei/anna/2.wav": "the label of its folder is left out",
    }


@pytest.mark.parametrize("line", ['wut = "angr"', "wut = 3", "wut = ", "wut"])
def test_mistakes_in_label_maps_are_one_line(here: Path, line: str) -> None:
    assert message(read_label_map, write(here / "map.toml", line)).startswith(f"{here / 'map.toml'}")


# Templates


def test_templates_read_names_and_folders(place) -> None:
    root = place("anna/angry_1.wav", "anna/sad_2.FLAC", "ben/angry_x_3.wav", "ben/note.wav")
    manifest = read_manifest(root, template="{speaker}/{emotion}_{take}.wav")
    assert [(each.utterance, each.speaker, each.emotion, each.take) for each in manifest.utterances] == [
        ("corpus/angry_1", "corpus/anna", "anger", "1"),
        ("corpus/angry_x_3", "corpus/ben", "anger", "x_3"),
        ("corpus/sad_2", "corpus/anna", "sadness", "2"),
    ]
    assert manifest.rejected == (Rejected("ben/note.wav", "not named like {speaker}/{emotion}_{take}.wav"),)


def test_templates_with_stars_and_the_root_folder(place) -> None:
    root = place("2024-01-02_anna (1).wav", under="fear")
    (only,) = read_manifest(root, template="{emotion}/*_{speaker} (*)").utterances
    assert (only.speaker, only.emotion) == ("fear/anna", "fear")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{speaker", "expected '}' before end of string. Write fields as {speaker}."),
        ("{who}.wav", "unknown field 'who'."),
        ("{speaker}{emotion}", "text is missing after '{speaker}', to tell where it ends."),
        ("{speaker}_{speaker}", "the field 'speaker' occurs twice. Write * for one of them."),
        ("*.wav", "has no field."),
    ],
)
def test_mistakes_in_templates(template: str, expected: str) -> None:
    assert expected in message(template_pattern, template)


# Raters


def test_several_raters_give_a_majority_and_their_votes(here: Path) -> None:
    rows = (
        "path,rater,emotion,speaker",
        *(f"a.wav,{n},{label},anna" for n, label in enumerate(["sad", "sad", "fear"])),
    )
    ties = ("b.wav,1,anger,ben", "b.wav,2,fear,ben", "c.mp3,1,joy,ben")
    manifest = read_manifest(write(here / "t.csv", *rows, *ties))
    assert [(each.path, each.emotion, each.agreement) for each in manifest.utterances] == [
        ("a.wav", "sadness", pytest.approx(2 / 3)),
        ("c.mp3", "happiness", 1.0),
    ]
    assert soft_label(votes_of(manifest.utterances[0].votes)) == {"fear": pytest.approx(1 / 3), "sadness": 2 / 3}
    assert manifest.rejected == (Rejected("b.wav", "the raters do not agree: anger 1, fear 1"),)


def test_several_columns_of_emotions_are_those_of_several_raters(here: Path) -> None:
    file = write(here / "t.csv", "path,r1,r2,r3", "a.wav,sad,sad,neutral", "b.wav,calm,,")
    columns = parse_columns([f"emotion=r{n}" for n in (1, 2, 3)])
    first, second = read_manifest(file, columns=columns).utterances
    assert (first.emotion, json.loads(first.votes)) == ("sadness", {"neutral": 1, "sadness": 2})
    assert (second.emotion, second.agreement) == ("calm", 1.0)


def test_raters_that_contradict_each_other_about_the_speaker(here: Path) -> None:
    file = write(here / "t.csv", "path,rater,emotion,speaker", "a.wav,1,sad,anna", "a.wav,2,sad,ben")
    assert message(read_manifest, file) == (
        "t.csv: two rows about a.wav differ in more than rater and emotion (lines 2 and 3)."
    )


def test_fleiss_kappa_is_that_of_its_paper() -> None:
    """Table 1 of Fleiss (1971), as it is reprinted widely: ten subjects, 14 raters, kappa 0.210."""
    table = [
        *((0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1)),
        *((7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7)),
    ]
    votes = [{name: count for name, count in zip("abcde", row, strict=True) if count} for row in table]
    assert fleiss_kappa(votes) == pytest.approx(0.210, abs=5e-4)
    assert fleiss_kappa([{"a": 1}]) is None
    assert (agreement_of({}), agreement_of({"a": 3, "b": 1})) == (None, 0.75)


def test_votes_of_crema_d_are_read_beside_its_recordings(tmp_path: Path) -> None:
    """Two rows of the corpus's own table; those of faces (2...) and of videos (3...) are not of the voice."""
    (tmp_path / "AudioWAV").mkdir()
    for name in ("1001_IEO_ANG_MD", "1001_IEO_HAP_HI", "1001_WSI_SAD_XX"):
        (tmp_path / "AudioWAV" / f"{name}.wav").touch()
    (tmp_path / "processedResults").mkdir()
    write(
        tmp_path / "processedResults" / "tabulatedVotes.csv",
        '"","A","D","F","H","N","S","fileName","numResponses","agreement","emoVote"',
        '"200009",9,0,0,0,0,0,"1001_IEO_ANG_MD",9,1,"A"',
        '"100009",5,5,0,0,1,1,"1001_IEO_ANG_MD",12,0.416666666666667,"A:D"',
        '"100004",2,0,0,6,2,0,"1001_IEO_HAP_HI",10,0.6,"H"',
    )
    manifest = read_corpus(tmp_path)
    assert [(each.emotion, votes_of(each.votes), each.agreement) for each in manifest.utterances] == [
        ("anger", {"anger": 5, "disgust": 5, "neutral": 1, "sadness": 1}, pytest.approx(5 / 12)),
        ("happiness", {"anger": 2, "happiness": 6, "neutral": 2}, 0.6),
        ("sadness", {}, None),
    ]
    assert all(each.votes is None for each in CORPORA["crema-d"].read(tmp_path / "AudioWAV").utterances)


# Segments


@pytest.fixture
def call(tmp_path: Path) -> Path:
    """A recording of 4 s: one tone per second."""
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tones = np.concatenate([np.sin(2 * np.pi * f * t) for f in (200, 400, 800, 1600)])
    soundfile.write(tmp_path / "call.wav", 0.5 * tones, SAMPLE_RATE)
    return tmp_path


def test_rows_with_times_are_segments(call: Path) -> None:
    file = write(call / "t.csv", "path;emotion;start_s;end_s", "call.wav;anger;0;1", "call.wav;fear;1,5;0:02.25")
    manifest = read_manifest(file)
    assert [(each.utterance, each.start_s, each.end_s) for each in manifest.utterances] == [
        ("t/call@0.000-1.000", 0.0, 1.0),
        ("t/call@1.500-2.250", 1.5, 2.25),
    ]


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ("1,", "line 2: a segment needs both start_s and end_s"),
        ("2,1", "line 2: the segment ends at 1 s, before or when it begins (2 s)"),
        ("x,1", "line 2: start_s 'x' is not a number of seconds"),
        ("-1,1", "line 2: start_s '-1' is not a number of seconds"),
    ],
)
def test_times_that_cannot_be_are_rejected(call: Path, times: str, reason: str) -> None:
    file = write(call / "t.csv", "path,emotion,start_s,end_s", f"call.wav,anger,{times}")
    assert read_manifest(file).rejected == (Rejected("call.wav", reason),)


def test_label_tracks_and_rttm_are_read(call: Path) -> None:
    track = write(call / "call.txt", "0.0\t1.0\tangry", "\\\t100\t200", "2.5\t3.5\tsad")
    assert [(each.utterance, each.emotion, each.path) for each in read_manifest(track).utterances] == [
        ("call/call@0.000-1.000", "anger", "call.wav"),
        ("call/call@2.500-3.500", "sadness", "call.wav"),
    ]
    rttm = write(
        call / "calls.rttm",
        "SPKR-INFO call 1 <NA> <NA> <NA> unknown agent <NA>",
        "SPEAKER call 1 0.5 1.25 <NA> <NA> agent <NA> <NA>",
        "SPEAKER other 1 0.0 2.0 <NA> <NA> agent <NA> <NA>",
    )
    manifest = read_manifest(rttm, unlabelled=True)
    assert [(each.speaker, each.start_s, each.end_s) for each in manifest.utterances] == [("calls/agent", 0.5, 1.75)]
    assert [each.path for each in manifest.rejected] == ["other.wav"]
    table = write(call / "t.csv", "path,emotion,segments", "call.wav,neutral,calls.rttm")
    (only,) = read_manifest(table).utterances
    assert (only.speaker, only.emotion, only.end_s) == ("t/agent", "neutral", 1.75)


def test_files_of_segments_that_cannot_be_read(call: Path) -> None:
    assert message(read_segments, write(call / "x.txt", "anger")) == (
        "x.txt, line 1: 'anger' is not: start, end, label."
    )
    assert "x.rttm, line 1" in message(read_segments, write(call / "x.rttm", "SPEAKER call 1"))
    assert message(read_segments, write(call / "x.rttm", "")) == "x.rttm has no segments."
    table = write(call / "t.csv", "path,emotion,segments", "call.wav,neutral,no.rttm")
    assert read_manifest(table).rejected[0].reason.startswith("line 2: No such file or folder")


def test_features_of_a_segment_are_those_of_the_cut_recording(call: Path, tmp_path: Path) -> None:
    whole, _ = soundfile.read(call / "call.wav", dtype="float32")
    (tmp_path / "cut").mkdir()
    for start in (0, 2):
        cut = whole[start * SAMPLE_RATE : (start + 1) * SAMPLE_RATE]
        soundfile.write(tmp_path / "cut" / f"{start}.wav", cut, SAMPLE_RATE, subtype="FLOAT")
    rows = ("path,emotion,start_s,end_s", "call.wav,anger,0,1", "call.wav,fear,2,3", "call.wav,fear,3.5,5")
    parts = extract(read_manifest(write(call / "t.csv", *rows)), "classic")
    alone = extract(read_manifest(tmp_path / "cut", unlabelled=True), "classic")
    assert np.array_equal(parts.features.to_numpy(), alone.features.to_numpy(), equal_nan=True)
    assert parts.manifest["duration_s"].to_list() == [1.0, 1.0]
    assert parts.manifest["end_s"].to_list() == [1.0, 3.0]
    assert parts.manifest["sha256"].nunique() == 2
    (rejected,) = parts.rejected
    assert rejected.reason == "the segment ends at 5.000 s, the recording at 4.000 s"
    assert rejected.path.endswith("call.wav (3.5 to 5 s)")


@pytest.mark.parametrize("suffix", ["flac", "mp3", "ogg"])
def test_segments_of_other_formats_are_about_the_right_place(call: Path, suffix: str) -> None:
    samples, rate = soundfile.read(call / "call.wav")
    soundfile.write(call / f"other.{suffix}", np.stack([samples, samples], axis=1), rate)
    part = read_signal(call / f"other.{suffix}", segment=(2.2, 2.8))
    assert abs(len(part) - 0.6 * SAMPLE_RATE) <= 1
    assert np.argmax(np.abs(np.fft.rfft(part))) / 0.6 == pytest.approx(800, abs=3)


def test_a_segment_of_a_recording_that_is_too_long_to_be_read_whole(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "day.flac", np.tile([0.0, 0.5, 0.0, -0.5], 1000 * 1850 // 4), 1000)
    assert "at most 30 minutes" in message(read_signal, tmp_path / "day.flac")
    assert len(read_signal(tmp_path / "day.flac", segment=(1848, 1849))) == SAMPLE_RATE
    assert "at most 30 minutes" in message(read_signal, tmp_path / "day.flac", segment=(0, 1840))


def test_a_recording_and_its_segments_have_rows_of_their_own_in_the_cache(call: Path) -> None:
    table = write(call / "t.csv", "path,emotion,start_s,end_s", "call.wav,anger,1,2", "call.wav,anger,,")
    first, again = (extract(read_manifest(table), "classic") for _ in range(2))
    assert np.array_equal(first.features.to_numpy(), again.features.to_numpy(), equal_nan=True)
    assert first.manifest["duration_s"].to_list() == [4.0, 1.0]


# First tables


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_first_table_proposes_what_names_tell(place) -> None:
    root = place("anna/wut angry 1.wav", "ben/Sad/x.wav", "ben/Sad/note.wav", "x.wav")
    text, how = draft_manifest(root, beside=root)
    assert [tuple(row.values()) for row in rows_of(text)] == [
        ("anna/wut angry 1.wav", "anna", "anger"),
        ("ben/Sad/note.wav", "ben", "sadness"),
        ("ben/Sad/x.wav", "ben", "sadness"),
        ("x.wav", "", ""),
    ]
    assert "check them" in how


def test_a_first_table_of_a_template_or_a_known_corpus(place) -> None:
    root = place("anna_angry_1.wav", "odd.wav")
    text, how = draft_manifest(root, "{speaker}_{emotion}_{take}.wav", root.parent)
    assert text.splitlines() == [
        "path,speaker,emotion,take",
        "corpus/anna_angry_1.wav,anna,angry,1",
        "corpus/odd.wav,,,",
    ]
    assert how == "1 of 2 recordings are named like {speaker}_{emotion}_{take}.wav"
    known = place("wav/03a01Wa.wav", "wav/03a02Wa.wav", "wav/what.wav", under="emodb")
    row, _, other = rows_of(draft_manifest(known, beside=known)[0])
    assert (row["speaker"], row["emotion"], row["native_label"], row["age"]) == ("03", "anger", "Wut", "31.0")
    assert (other["path"], other["emotion"]) == ("wav/what.wav", "")


def test_a_first_table_can_be_read_back(place) -> None:
    root = place("anna/angry 1.wav", "ben/sad 2.wav", "ben/3.wav")
    (root / "t.csv").write_text(draft_manifest(root, beside=root)[0], encoding="utf-8-sig")
    manifest = read_manifest(root / "t.csv")
    assert [(each.speaker, each.emotion) for each in manifest.utterances] == [("t/anna", "anger"), ("t/ben", "sadness")]
    assert [each.reason for each in manifest.rejected] == ["line 3 has no emotion"]


def test_errors_of_first_tables(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        draft_manifest(tmp_path / "nowhere")
    with pytest.raises(InputError):
        draft_manifest(tmp_path)
