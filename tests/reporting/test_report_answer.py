import re
from dataclasses import replace

import pandas as pd
import pytest

from featser.reporting.answer import answers
from featser.reporting.commands import fit_command, making_commands, parameter_rows
from featser.reporting.groups import comparison
from featser.reporting.ladder import ladders
from featser.reporting.page import page
from featser.studies import Drawing, Study
from featser.studies.noise import CLEAN

CURVE = {"5": {"uar": 0.79, "uar_low": 0.7, "uar_high": 0.85}, "30": {"uar": 0.82, "uar_low": 0.7, "uar_high": 0.9}}


def first(runs):
    return answers(comparison(runs), runs)[0]


def rungs(runs, studies=()):
    (ladder,) = ladders(comparison(runs), runs, studies)
    return {rung.name: rung for rung in ladder.rungs}


def test_each_number_of_clips_has_the_best_run_of_its_normalisation(make_run):
    runs = [make_run(), make_run(uar=0.9, pipeline="lda"), make_run(normalise="speaker", uar=0.91)]
    answer = first(runs)
    assert [(row.known, row.uar) for row in answer.rows] == [("one clip", 0.9), ("many clips", 0.91)]
    assert answer.missing == ("enrolment:5",)


def test_a_leaky_run_is_no_answer(make_run):
    assert first([make_run(), make_run(uar=0.99, protocol="random", leaky=True)]).rows[0].uar == make_run().uar


def test_some_clips_are_answered_by_the_enrolment_curve(make_run):
    (row,) = [row for row in first([make_run(normalise="speaker", enrolment=CURVE)]).rows if row.n_clips]
    assert (row.known, row.uar, row.low) == ("5 clips", 0.79, 0.7)


def test_of_a_run_of_enrolment_and_a_curve_the_higher_is_the_answer(make_run):
    curve = make_run(normalise="speaker", enrolment=CURVE)
    for uar, clips in ((0.8, 0), (0.78, 5)):
        answer = first([curve, make_run(normalise="enrolment:5", uar=uar)])
        assert [(row.uar, row.n_clips) for row in answer.rows] == [(max(uar, 0.79), clips), (curve.uar, 0)]


def test_other_corpora_are_known_from_leave_one_corpus_out_only(make_run):
    counts = {"emodb/03": [9, 9, 9], "ravdess/01": [4, 5, 6]}
    spoken = {"emodb/03": [10, 10, 10], "ravdess/01": [10, 10, 10]}
    across = make_run(
        corpus="emodb+ravdess",
        protocol="leave-one-corpus-out",
        right_by_speaker=counts,
        spoken_by_speaker=spoken,
        uar_by_speaker={"emodb/03": 0.9, "ravdess/01": 0.5},
    )
    point = {"uar": 0.61, "uar_low": None, "uar_high": None}
    across = replace(across, adapted={"by_corpus": {"ravdess": point}})
    text = page([make_run(), across])
    assert "Adapted to all recordings of ravdess without labels: 0.610 -." in text
    assert (
        "On another corpus, expect about 0.50 for one clip: measured 0.500 on ravdess (1 speakers, 3 emotions" in text
    )
    assert rungs([make_run(), across])["another corpus (trained on ravdess)"].uar == pytest.approx(0.9)
    assert "is unknown here, because no run tests it" in page([make_run()])


def test_a_rung_without_a_run_has_the_command_that_measures_it(make_run):
    found = rungs([make_run()])
    commands = {name: rung.command for name, rung in found.items() if rung.uar is None}
    assert set(found) - set(commands) == {"one clip of a new voice", "chance"}
    assert commands["many clips of a new voice"].endswith("--normalise speaker")
    assert commands["random split (LEAKY)"].startswith(
        "featser fit emodb-classic.parquet --model svm --protocol random"
    )
    assert commands["with noise"].startswith("featser study noise data/raw/emodb --noise")


def test_a_rung_is_of_the_same_pipeline_and_parameters(make_run):
    other = make_run(normalise="speaker", uar=0.9, parameters={"C": 77.0})
    assert rungs([make_run(), other])["many clips of a new voice"].uar is None


def test_the_rung_of_noise_comes_from_a_study_of_the_same_pipeline(make_run):
    run = make_run()
    rows = [(CLEAN, "noise-20", 20.0, 0.6, 0.5, 0.7), (CLEAN, "noise-5", 5.0, 0.4, 0.3, 0.5)]
    table = pd.DataFrame(rows, columns=["training", "condition", "ratio_db", "uar", "uar_low", "uar_high"])
    names = ("parameters", "features", "n_features", "clean", "protocol", "normalise", "seed")
    about = {"model": run.pipeline} | {name: getattr(run, name) for name in names}
    study = Study("noise", "Noise", "How?", ("emodb",), table, Drawing("curve", "ratio_db"), about)
    assert rungs([run], [study])["with noise at 5 dB"].uar == 0.4
    assert "with noise" in rungs([run], [replace(study, corpora=("ravdess",))])


def test_commands_name_everything_that_was_set(make_run):
    run = make_run(copies=["speed-0.9"], clean=["trim"], tuning={"n_trials": 5}, seed=3, labels={"name": "common-4"})
    extract, fit = making_commands(run)
    assert extract == (
        "featser extract data/raw/emodb --features classic --clean trim --copies speed-0.9 "
        "--out emodb-classic-copies.parquet"
    )
    assert fit.endswith("--normalise none --labels common-4 --tune 5 --seed 3")
    assert "--pipeline pipelines/mine.toml" in fit_command(make_run(pipeline="mine"))


def test_names_of_strangers_cannot_run_commands(make_run):
    run = make_run(corpus="a; rm -rf ~", pipeline="$(x)", features="`y`")
    assert not re.search(r"(?<!')[;`$](?!')", re.sub(r"'[^']*'", "", " ".join(making_commands(run))))


def test_parameters_say_where_they_come_from(make_run):
    run = make_run(parameters={**make_run().parameters, "C": 321.0})
    assert ("C", "321.0", "set") in parameter_rows(run)
    tuned = replace(run, tuning={"n_trials": 5, "chosen": [{"parameters": {"C": 1.0}}]})
    assert ("C", "-", "chosen in each fold") in parameter_rows(tuned)
    assert {origin for _, _, origin in parameter_rows(make_run())} == {"default"}


def test_every_page_says_what_the_models_are_not_for(make_run):
    text = page([make_run()])
    assert "Out of scope: diagnosis" in text
    assert "acted speech" in text
    assert "Burkhardt" in text


def test_mistakes_are_listed_where_predictions_are_at_hand(make_run):
    predictions = pd.DataFrame(
        {
            "utterance": ["e/1", "e/2", "e/3"],
            "speaker": ["e/a"] * 3,
            "truth": ["anger", "anger", "fear"],
            "predicted": ["fear", "anger", "anger"],
            "p_anger": [0.2, 0.9, 0.95],
            "p_fear": [0.8, 0.1, 0.05],
        }
    )
    text = page([make_run()], predictions=lambda _: predictions)
    assert text.index("e/3</th>") < text.index("e/1</th>")
    assert "e/2</th>" not in text
    assert "The surest mistakes" not in page([make_run()])
