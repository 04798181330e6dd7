"""What users get wrong: one line, the nearest spelling, the right exit code, no traceback."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from outcomes import Outcome, one_line

from featser.bundle import load_model, write_model
from featser.corpora import CORPORA
from featser.synthetic import write_corpus

Run = Callable[..., Outcome]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def small(here: Path) -> Path:
    """Two speakers, two emotions."""
    write_corpus(here / "small", "emodb", n_speakers=2, emotions=["anger", "sadness"], n_per_emotion=2)
    return here / "small"


def listing(here: Path, header: str, *rows: str) -> Path:
    (here / "mine.csv").write_text("\n".join([header, *rows]) + "\n")
    return here / "mine.csv"


def recordings(small: Path) -> list[str]:
    return [path.relative_to(small.parent).as_posix() for path in sorted(small.rglob("*.wav"))]


# The eleven mistakes that a user of the nearest peer makes, one by one


def test_1_a_misspelt_key_of_the_model(run_featser: Run, here: Path, table_path: Path) -> None:
    (here / "p.toml").write_text('[model]\nname = "svm"\ngama = 2.0\n')
    outcome = run_featser("fit", table_path, "--pipeline", "p.toml")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("p: unknown parameter 'gama'. Did you mean 'gamma'? Known: C, ")


def test_2_a_label_that_the_vocabulary_lacks(run_featser: Run, here: Path, small: Path) -> None:
    rows = [f"{path},{'happines' if at else 'anger'},s{at}" for at, path in enumerate(recordings(small))]
    outcome = run_featser("extract", "--manifest", listing(here, "path,emotion,speaker", *rows))
    assert outcome.exit_code == 3
    line = one_line(outcome)
    assert "'happines'" in line
    assert "'happiness'" in line
    assert "--own-labels" in line


def test_2_a_synonym_of_an_emotion_is_understood(run_featser: Run, here: Path, small: Path) -> None:
    rows = [f"{path},happy,s{at}" for at, path in enumerate(recordings(small))]
    listing(here, "path,emotion,speaker", *rows)
    outcome = run_featser("extract", "--manifest", "mine.csv", "--out", "t.parquet", "--json")
    assert json.loads(outcome.stdout)["n_utterances"] == len(rows)


def test_3_a_misspelt_option(run_featser: Run, table_path: Path) -> None:
    outcome = run_featser("fit", table_path, "--model", "svm", "--protocoll", "auto")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("No such option: --protocoll")
    assert "--protocol)" in one_line(outcome) or "'--protocol'" in one_line(outcome)
    assert one_line(outcome).endswith(". See featser fit --help.")


def test_4_a_misspelt_section(run_featser: Run, here: Path, table_path: Path) -> None:
    (here / "p.toml").write_text('[modell]\nname = "svm"\n')
    outcome = run_featser("fit", table_path, "--pipeline", "p.toml")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("p.toml: unknown key 'modell'. Did you mean 'model'?")


def test_5_an_unknown_feature_set(run_featser: Run, small: Path) -> None:
    outcome = run_featser("extract", small, "--features", "clasic")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("Unknown feature set 'clasic'. Did you mean 'classic'?")


@pytest.mark.parametrize(("number", "column"), [(6, "emotion"), (8, "path")])
def test_6_and_8_a_missing_column(run_featser: Run, here: Path, small: Path, number: int, column: str) -> None:
    others = [name for name in ("path", "emotion", "speaker") if name != column]
    outcome = run_featser("extract", "--manifest", listing(here, ",".join(others), "a,b"))
    assert outcome.exit_code == 3
    assert f"'{column}'" in one_line(outcome)


def test_7_no_speakers(run_featser: Run, here: Path, small: Path) -> None:
    rows = [f"{path},{'anger' if at % 2 else 'sadness'}" for at, path in enumerate(recordings(small))]
    listing(here, "path,emotion", *rows)
    assert run_featser("extract", "--manifest", "mine.csv", "--out", "t.parquet").exit_code == 0
    outcome = run_featser("fit", "t.parquet", "--model", "svm")
    assert outcome.exit_code == 3
    assert one_line(outcome).startswith("The speaker of 8 of 8 utterances is not known")


def test_9_a_wrong_path_of_a_table(run_featser: Run, here: Path, table_path: Path) -> None:
    shutil.copy(table_path, here / "voices.parquet")
    outcome = run_featser("fit", "voice.parquet", "--model", "svm")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("No feature table at voice.parquet. Did you mean 'voices.parquet'?")


def test_10_an_option_as_another_tool_spells_it(run_featser: Run, table_path: Path) -> None:
    outcome = run_featser("fit", table_path, "--model", "svm", "--normalise", "['speaker']")
    assert outcome.exit_code == 2
    assert "Did you mean 'speaker'" in one_line(outcome)


def test_11_nothing_named_at_all(run_featser: Run, here: Path) -> None:
    outcome = run_featser("fit")
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith("No --model given: using lda; no model scored clearly higher ")
    outcome = run_featser("fit", "--model", "svm", "--pipeline", "svm.toml")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("Give either --model or --pipeline. Models: ")
    outcome = run_featser("fit", "--model", "svm")
    assert outcome.exit_code == 2
    assert one_line(outcome) == "No feature table in data/features/. Make one: featser extract FOLDER."


# Other ways to go wrong


def test_a_missing_folder(run_featser: Run, small: Path) -> None:
    outcome = run_featser("extract", small.with_name("smal"))
    assert outcome.exit_code == 2
    line = one_line(outcome)
    assert line.startswith("No such file or folder: ")
    assert "Did you mean" in line
    assert "small" in line


def test_an_empty_folder(run_featser: Run, here: Path) -> None:
    (here / "empty").mkdir()
    outcome = run_featser("extract", "empty")
    assert outcome.exit_code == 3
    assert "empty" in one_line(outcome)


def test_names_without_labels(run_featser: Run, small: Path, here: Path) -> None:
    (here / "plain").mkdir()
    for at, path in enumerate(recordings(small)):
        shutil.copy(path, here / "plain" / f"recording {at}.wav")
    outcome = run_featser("extract", "plain")
    assert outcome.exit_code == 3
    line = one_line(outcome)
    assert line.startswith("No corpus fits 'plain'")
    assert "--manifest FILE.csv" in line


def test_one_speaker_only(run_featser: Run, here: Path) -> None:
    write_corpus(here / "one", "emodb", n_speakers=1, emotions=["anger", "sadness"], n_per_emotion=3)
    assert run_featser("extract", "one", "--out", "t.parquet").exit_code == 0
    outcome = run_featser("fit", "t.parquet", "--model", "svm")
    assert outcome.exit_code == 3
    assert one_line(outcome).startswith("Only one speaker (synthetic-emodb/03): leave-one-speaker-out needs at")


def test_one_emotion_only(run_featser: Run, here: Path) -> None:
    write_corpus(here / "one", "emodb", n_speakers=3, emotions=["anger"], n_per_emotion=3)
    assert run_featser("extract", "one", "--out", "t.parquet").exit_code == 0
    outcome = run_featser("fit", "t.parquet", "--model", "svm")
    assert outcome.exit_code == 3
    assert one_line(outcome).startswith("All 9 utterances are 'anger'.")


def test_an_unknown_model(run_featser: Run, table_path: Path) -> None:
    outcome = run_featser("fit", table_path, "--model", "smv")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("Unknown model 'smv'. Did you mean 'svm'? Known: bilstm, cnn, ")


def test_an_unknown_corpus(run_featser: Run, small: Path) -> None:
    outcome = run_featser("extract", small, "--corpus", "emobd")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith("Unknown corpus 'emobd'. Did you mean 'emodb'?")


def test_unusable_recordings_are_all_listed_and_the_others_go_on(run_featser: Run, here: Path) -> None:
    plants = ("silent", "empty", "nan", "text", "truncated", "short", "lfs-pointer", "huge-header")
    write_corpus(here / "bad", "emodb", n_speakers=4, emotions=["anger", "sadness"], n_per_emotion=3, plants=plants)
    outcome = run_featser("extract", "bad", "--out", "t.parquet", "--json")
    assert outcome.exit_code == 4
    document = json.loads(outcome.stdout)
    reasons = " | ".join(each["reason"] for each in document["rejected"])
    for reason in (
        "all samples are zero",
        "zero samples",
        "not finite",
        "text, not audio",
        "truncated",
        "too short",
        "git-lfs pointer",
        "a length of",
    ):
        assert reason in reasons
    assert len(document["rejected"]) == 9
    assert document["n_utterances"] == 24 - 9
    assert all(each["path"] in outcome.stderr for each in document["rejected"])


def test_nothing_but_unusable_recordings(run_featser: Run, here: Path) -> None:
    (here / "bad").mkdir()
    for name in ("03a01Wa.wav", "03a01Ta.wav"):
        (here / "bad" / name).write_text("not audio")
    outcome = run_featser("extract", "bad", "--json")
    assert outcome.exit_code == 3
    assert one_line(outcome).startswith("None of 2 recordings can be used: ")
    assert json.loads(outcome.stdout)["exit_code"] == 3
    assert outcome.stderr.count("text, not audio") >= 2


def test_a_model_of_another_featser(run_featser: Run, here: Path, table_path: Path, small: Path) -> None:
    assert run_featser("fit", table_path, "--model", "logreg", "--out", "m.joblib").exit_code == 0
    model = load_model(here / "m.joblib")
    other = {"featser": "7.7.7", "feature code": "none"}
    write_model(replace(model, versions=model.versions | other), here / "m.joblib")
    outcome = run_featser("predict", "m.joblib", small)
    assert outcome.exit_code == 3
    assert one_line(outcome).startswith("m.joblib was made by featser 7.7.7, this is ")


def test_a_missing_model_and_a_missing_recording(run_featser: Run, here: Path, table_path: Path, small: Path) -> None:
    assert run_featser("fit", table_path, "--model", "logreg", "--out", "model.joblib").exit_code == 0
    outcome = run_featser("predict", "modell.joblib", small)
    assert outcome.exit_code == 2
    assert "Did you mean 'model.joblib'?" in one_line(outcome)
    outcome = run_featser("predict", "model.joblib", "smal")
    assert outcome.exit_code == 2
    assert one_line(outcome) == "No such file or folder: 'smal'. Did you mean 'small'?"


def test_several_tables_and_none_chosen(run_featser: Run, here: Path, table_path: Path) -> None:
    (here / "data" / "features").mkdir(parents=True)
    for name in ("a", "b"):
        shutil.copy(table_path, here / "data" / "features" / f"{name}.parquet")
    outcome = run_featser("fit", "--model", "svm")
    assert outcome.exit_code == 2
    assert one_line(outcome).startswith(
        "Several tables in data/features/: data/features/a.parquet, data/features/b.parq"
    )


def test_a_pattern_that_fits_no_feature(run_featser: Run, here: Path, table_path: Path) -> None:
    (here / "p.toml").write_text('[features]\ninclude = ["mfc_*"]\n[model]\nname = "svm"\n')
    outcome = run_featser("fit", table_path, "--pipeline", "p.toml")
    assert outcome.exit_code == 3
    assert one_line(outcome).startswith("Pipeline p: no feature of 'classic' fits 'mfc_*'.")


def test_a_value_out_of_its_range(run_featser: Run, here: Path, table_path: Path) -> None:
    (here / "p.toml").write_text('[model]\nname = "knn"\nn_neighbours = 0\n')
    outcome = run_featser("fit", table_path, "--pipeline", "p.toml")
    assert outcome.exit_code == 2
    assert one_line(outcome) == "p: n_neighbours = 0 is out of range. Give a whole number from 1 to 1000000."


def test_a_misspelt_way_to_tell_speakers(run_featser: Run, here: Path, table_path: Path, small: Path) -> None:
    assert run_featser("fit", table_path, "--model", "logreg", "--out", "m.joblib").exit_code == 0
    outcome = run_featser("predict", "m.joblib", small, "--speakers", "foldr")
    assert outcome.exit_code == 2
    assert one_line(outcome) == (
        "Unknown value of --speakers 'foldr'. Did you mean 'folder'? "
        f"Known: {', '.join(sorted([*CORPORA, 'folder', 'one']))}."
    )


def test_a_name_that_the_corpus_does_not_give(run_featser: Run, here: Path, table_path: Path, small: Path) -> None:
    assert run_featser("fit", table_path, "--model", "logreg", "--out", "m.joblib").exit_code == 0
    names = sorted(small.rglob("*.wav"))
    (small / "hello.wav").write_bytes(names[0].read_bytes())
    outcome = run_featser("predict", "m.joblib", small, "--speakers", "emodb", "--json")
    assert outcome.exit_code == 4
    document = json.loads(outcome.stdout)
    assert len(document["results"]) == len(names)
    assert [Path(each["path"]).name for each in document["rejected"]] == ["hello.wav"]
    assert document["rejected"][0]["reason"].startswith("unknown speaker (")
    assert "--speakers folder and one need no such file name" in outcome.stderr


def test_a_report_of_nothing(run_featser: Run, here: Path) -> None:
    outcome = run_featser("report")
    assert outcome.exit_code == 3
    assert one_line(outcome) == "No runs in reports/runs. Make one: featser fit TABLE --model svm."
