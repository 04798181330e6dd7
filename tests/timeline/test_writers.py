"""Timelines as files."""

import csv
import io
import json
import re
from html import unescape

import pytest

from featser.bundle.prediction import Prediction
from featser.errors import UsageError
from featser.timeline import Segment, Timeline, to_csv, to_document, to_rttm, to_vtt

ODD = "<b>joy</b> & -->\ncalm"


def made(path: str = "talk one.wav") -> Timeline:
    shares = {"anger": 0.25, ODD: 0.75}
    windows = tuple(Prediction(path, ODD, shares, at, at + 3.0, ("inductive",), (ODD, "anger")) for at in (0.5, 1.5))
    segments = (Segment(0.5, 4.5, ODD, 0.75), Segment(3599.9996, 3723.25, "anger", 0.5))
    return Timeline(path, 3800.0, 3.0, 1.0, "none", ("anger", ODD), windows, segments, ((0.5, 4.5), (3600, 3723.25)))


def cues(text: str) -> list[tuple[float, float, str]]:
    """A parser of WebVTT after the standard: blocks apart by blank lines, a line of times, lines of text."""
    head, *blocks = text.split("\n\n")
    assert head == "WEBVTT"
    found = []
    for block in blocks:
        times, *lines = block.rstrip("\n").split("\n")
        match = re.fullmatch(r"(\d\d):([0-5]\d):([0-5]\d\.\d{3}) --> (\d\d):([0-5]\d):([0-5]\d\.\d{3})", times)
        assert match
        start, end = (
            int(hours) * 3600 + int(minutes) * 60 + float(seconds)
            for hours, minutes, seconds in (match.groups()[:3], match.groups()[3:])
        )
        body = "\n".join(lines)
        assert lines
        assert "-->" not in body
        assert not re.search(r"<|&(?!amp;|lt;|gt;)", body)
        found.append((start, end, unescape(body)))
    return found


def test_webvtt_has_a_cue_for_each_segment() -> None:
    assert cues(to_vtt([made()])) == [(0.5, 4.5, "<b>joy</b> & --> calm 75%"), (3600.0, 3723.25, "anger 50%")]
    assert cues(to_vtt([made()])[:-1]) == cues(to_vtt([made()]))


def test_webvtt_is_of_one_recording() -> None:
    assert to_vtt([]).split() == ["WEBVTT"]
    with pytest.raises(UsageError, match="not of 2"):
        to_vtt([made(), made()])


def test_rttm_has_ten_fields_without_blanks() -> None:
    rows = [line.split(" ") for line in to_rttm([made(), made("")]).splitlines()]
    assert len(rows) == 4
    assert " ".join(rows[0]) == "SPEAKER talk_one.wav 1 0.500 4.000 <NA> <NA> <b>joy</b>_&_-->_calm 0.750 <NA>"
    assert {len(row) for row in rows} == {10}
    assert rows[2][1] == "<NA>"


def test_csv_has_a_row_for_each_window() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([made()]))))
    assert [(row["path"], row["start_s"], row["end_s"]) for row in rows] == [
        ("talk one.wav", "0.5", "3.5"),
        ("talk one.wav", "1.5", "4.5"),
    ]
    assert (rows[0]["emotion"], rows[0]["p_anger"], rows[0]["flags"]) == (ODD, "0.25", "inductive")
    assert to_csv([]).startswith("path,start_s,end_s,emotion,")


def test_json_has_windows_segments_and_speech() -> None:
    document = json.loads(json.dumps(to_document([made()])))
    assert [each["start_s"] for each in document["results"]] == [0.5, 1.5]
    assert document["segments"][1]["emotion"] == "anger"
    assert document["recordings"][0]["speech"] == [[0.5, 4.5], [3600, 3723.25]]
