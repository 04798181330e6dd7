"""Protocols, leaks and several corpora in ``featser fit``."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from outcomes import Outcome, one_line

Run = Callable[..., Outcome]


@pytest.fixture
def changed(table_path: Path, tmp_path: Path) -> Callable[..., Path]:
    """Write a modified copy of the table."""

    def write(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
        table = pq.read_table(table_path)
        frame = change(table.to_pandas()).reset_index(drop=True)
        written = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(table.schema.metadata)
        pq.write_table(written, tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def options(tmp_path: Path) -> tuple[object, ...]:
    return ("--model", "linear-svm", "--runs", tmp_path / "runs", "--out", tmp_path / "m.joblib")


def same_recording_twice(frame: pd.DataFrame) -> pd.DataFrame:
    """Copy the first utterance of one speaker to another speaker."""
    one, other = (frame.index[frame["speaker"].str.endswith(speaker)][0] for speaker in ("/03", "/08"))
    first_feature = list(frame.columns).index("duration_s") + 1
    frame.iloc[other, first_feature:] = frame.iloc[one, first_feature:]
    return frame


def test_a_leak_is_refused_with_exit_code_3(run_featser: Run, changed: Callable[..., Path], options: tuple) -> None:
    outcome = run_featser("fit", changed("t.parquet", same_recording_twice), *options)
    assert outcome.exit_code == 3
    assert one_line(outcome).startswith("Fold 03 tests synthetic-emodb/03")
    assert "which is the same recording (identical audio; 2 tested utterances in all)" in one_line(outcome)


@pytest.mark.slow
def test_an_allowed_leak_stamps_run_and_output(
    run_featser: Run, changed: Callable[..., Path], options: tuple, tmp_path: Path
) -> None:
    leaky = changed("t.parquet", same_recording_twice)
    document = json.loads(run_featser("fit", leaky, *options, "--allow-leak", "--json").stdout)
    assert document["leaky"]
    assert document["leaks"][0].startswith("identical audio: 2 tested utterances")
    outcome = run_featser("fit", leaky, *options, "--allow-leak")
    assert "LEAKY: identical audio: 2 tested utterances" in outcome.stderr.replace("\n", " ")
    assert "LEAKY" in outcome.stdout


def corpus_of(speakers: tuple[str, ...], name: str, without: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        kept = frame[frame["speaker"].str[-2:].isin(speakers) & (frame["emotion"] != without)]
        renamed = {column: kept[column].str.replace("synthetic-emodb", name) for column in ("utterance", "speaker")}
        return kept.assign(**renamed, corpus=name)

    return change


def test_leave_one_corpus_out_names_the_emotions_that_it_omits(
    run_featser: Run, changed: Callable[..., Path], options: tuple
) -> None:
    here = changed("a.parquet", corpus_of(("03", "08", "09"), "here", "boredom"))
    there = changed("b.parquet", corpus_of(("10", "11", "12", "13", "14"), "there", "sadness"))
    arguments = ("fit", here, there, "--protocol", "leave-one-corpus-out", *options)
    outcome = run_featser(*arguments)
    assert outcome.exit_code == 0
    message = " ".join(outcome.stderr.split())
    assert "Left out, because one corpus only has them: boredom (" in message
    assert re.search(r"here +0\.\d{3} .*there +0\.\d{3} .*mean +0\.", outcome.stdout, re.DOTALL)
    document = json.loads(run_featser(*arguments, "--json").stdout)
    assert document["classes"] == ["anger", "happiness", "neutral"]
    assert document["corpus"] == "here+there"
    scores = [document["by_corpus"][corpus]["uar"] for corpus in ("here", "there")]
    assert document["uar"] == pytest.approx(sum(scores) / 2)
    assert set(pd.read_parquet(document["predictions_path"])["fold"]) == {"here", "there"}


@pytest.mark.slow
def test_speaker_and_text_is_recorded_in_the_run(run_featser: Run, table_path: Path, options: tuple) -> None:
    document = json.loads(
        run_featser(
            "fit", table_path, *options, "--protocol", "speaker-and-text", "--normalise", "speaker", "--json"
        ).stdout
    )
    assert document["protocol"] == "speaker-and-text"
    assert not document["leaky"]
    assert 0.3 < document["uar"] < 1
