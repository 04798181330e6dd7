"""Explanations of answers, in Python and on the command line."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from outcomes import Outcome

from featser.bundle import Model, write_model
from featser.errors import InputError
from featser.explain import WORDS, Explanation, explain, explain_features, margins
from featser.extraction import Recipe, read_rows
from featser.features import find_feature_set
from featser.pipeline import specification_for
from featser.synthetic import speakers
from featser.synthetic.voice import Style, speak
from featser.table import Table
from featser.training import fit

Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def model(table: Table) -> Model:
    return fit(table, specification_for("lda"), protocol="2-fold-by-speaker", normalise="speaker").model


@pytest.fixture
def files(voices: Path, table: Table) -> list[Path]:
    """All recordings of one speaker."""
    rows = table.manifest[table.manifest["speaker"].str.endswith("/03")]
    return [voices / path for path in rows["path"]]


def test_families_sum_to_the_margin_of_the_answer(model: Model, table: Table) -> None:
    features = table.features.to_numpy()[:6]
    for names in (None, ["one"] * 6):
        answer = model.answer(features, names).decision
        expected = margins(answer.probabilities, answer.probabilities.argmax(axis=1))
        for at, each in enumerate(explain_features(model, features, names)):
            assert each.emotion == answer.labels[at]
            assert each.method == "linear"
            assert each.margin == pytest.approx(expected[at], abs=1e-6)
            assert each.base + sum(each.families.values()) == pytest.approx(expected[at], abs=1e-6)
            assert set(each.families) == {"cepstral", "energy", "chroma", "contrast"}
            assert list(map(abs, each.families.values())) == sorted(map(abs, each.families.values()), reverse=True)


def test_a_difference_is_relative_to_the_training_or_to_the_voice(model: Model, table: Table) -> None:
    features = table.features.to_numpy()[:4]
    level = features[:, model.features.index("rms__mean")].astype(float)
    usual = float(table.features["rms__mean"].mean())
    for names, against, reference in ((None, "the training mean", usual), (["x"] * 4, "this voice", level.mean())):
        for at, each in enumerate(explain_features(model, features, names)):
            loudness = next(word for word in each.words if word.word == "loudness")
            assert each.against == against
            assert loudness.difference == pytest.approx(20 * np.log10(level[at] / reference), abs=1e-3)
            sign = "+" if loudness.difference > 0 else "-"
            assert loudness.phrase == f"energy {sign}{abs(loudness.difference):.1f} dB"


def test_an_answer_after_enrolment_is_explained(model: Model, table: Table) -> None:
    features = table.features.to_numpy()
    answer = model.answer(features[:3], enrolment=features[3:8])
    expected = margins(answer.decision.probabilities, answer.decision.probabilities.argmax(axis=1))
    explained = explain_features(model, features[:3], enrolment=features[3:8])
    assert [each.emotion for each in explained] == list(answer.decision.labels)
    assert {each.against for each in explained} == {"this voice"}
    np.testing.assert_allclose([each.base + sum(each.families.values()) for each in explained], expected, atol=1e-6)


def test_a_model_without_exact_terms_is_explained_by_occlusion(table: Table) -> None:
    model = fit(table, specification_for("knn"), protocol="2-fold-by-speaker").model
    features = table.features.to_numpy()[:3]
    explained = explain_features(model, features)
    assert {each.method for each in explained} == {"occlusion"}
    assert {each.base for each in explained} == {None}
    occluded = features.copy()
    occluded[:, [at for at, name in enumerate(model.features) if name.startswith("mfcc")]] = np.nan
    answers = model.answer(features).decision.probabilities.argmax(axis=1)
    left = margins(model.answer(occluded).decision.probabilities, answers)
    for each, without in zip(explained, left, strict=True):
        assert each.families["cepstral"] == pytest.approx(each.margin - without)


def test_features_of_other_tools_are_one_family(model: Model, table: Table) -> None:
    renamed = replace(model, features=tuple(f"x{at}" for at in range(len(model.features))))
    explained = explain_features(renamed, table.features.to_numpy()[:1])[0]
    assert (list(explained.families), explained.words) == (["other"], ())


def test_the_command_explains_what_the_function_explains(
    run_featser: Run, model: Model, files: list[Path], tmp_path: Path
) -> None:
    write_model(model, tmp_path / "m.joblib")
    chosen = files[:4]
    expected = explain(tmp_path / "m.joblib", chosen, "one")
    command = ("predict", tmp_path / "m.joblib", *chosen, "--speakers", "one", "--abstain", 0)
    results = json.loads(run_featser(*command, "--explain", "--json").stdout)["results"]
    for result, each in zip(results, expected, strict=True):
        explanation = result["explanation"]
        assert result["emotion"] == explanation["emotion"] == each.emotion
        assert (explanation["method"], explanation["families"]) == ("linear", each.families)
        assert [word["phrase"] for word in explanation["words"]] == [word.phrase for word in each.words]
    shown = run_featser(*command, "--explain").stdout
    assert shown.count("(contributions to log odds, exact)") == 4
    assert all(each.words[0].phrase in shown for each in expected)
    windowed = run_featser(*command, "--explain", "--window", 3)
    assert (windowed.exit_code, "not windows. Leave --explain or --window out." in windowed.stderr) == (2, True)
    assert "explanation" not in json.loads(run_featser(*command, "--json").stdout)["results"][0]


def test_a_recording_that_cannot_be_used_is_named(model: Model, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_text("no audio")
    with pytest.raises(InputError, match=r"Cannot explain .*bad.wav: text, not audio. Leave it out."):
        explain(model, tmp_path / "bad.wav")


CUES = {
    "neutral": Style(),
    "pitch": Style(pitch_semitones=5),
    "pitch range": Style(range_factor=2.5),
    "loudness": Style(loudness_db=8),
    "tempo": Style(rate_factor=1.4),
    "breathiness": Style(breathiness_db=14),
}
"""Styles that differ from neutral in one cue."""
EMOTION = dict(zip(CUES, ("neutral", "surprise", "happiness", "anger", "fear", "sadness"), strict=True))


def planted(numbers: range, n_takes: int) -> Table:
    """A table of `wide` features of synthetic voices that speak in each style."""
    signals, rows = [], []
    for speaker in numbers:
        for cue, style in CUES.items():
            for take in range(n_takes):
                rng = np.random.default_rng([speaker, take, list(CUES).index(cue)])
                taken = speakers.random_style(style, {name: x / 2 for name, x in speakers.TAKE_SPREAD.items()}, rng)
                sentence = speakers.SENTENCES[(take + speaker) % len(speakers.SENTENCES)]
                signals.append((speak(speakers.speaker_voice(7, speaker), taken, sentence, rng), 16000))
                rows.append({"utterance": f"cues/{len(rows)}", "path": "", "corpus": "cues"})
                rows[-1] |= {"speaker": f"cues/{speaker}", "emotion": EMOTION[cue]}
    feature_set = find_feature_set("wide")
    values, _ = read_rows(signals, Recipe(feature_set))
    return Table(pd.DataFrame(rows), pd.DataFrame(values, columns=list(feature_set.feature_names)), feature_set)


@pytest.fixture(scope="module")
def trained_and_new() -> tuple[Table, Table]:
    return planted(range(8), 4), planted(range(20, 24), 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lda", "logreg", "linear-svm"])
def test_the_planted_cue_is_named_first(name: str, trained_and_new: tuple[Table, Table]) -> None:
    """On voices that the model does not know, for every answer that is right."""
    known, new = trained_and_new
    model = fit(known, specification_for(name), protocol="2-fold-by-speaker", normalise="speaker").model
    explained = explain_features(model, new.features.to_numpy(), list(new.manifest["speaker"]))
    cues = {emotion: cue for cue, emotion in EMOTION.items()}
    first: dict[str, list[str]] = {cue: [] for cue in CUES}
    for truth, each in zip(new.manifest["emotion"], explained, strict=True):
        if each.emotion == truth:
            first[cues[truth]].append(each.words[0].word)
            check_sign(each, cues[truth])
    for cue, named in first.items():
        assert cue == "neutral" or (len(named) >= 10 and set(named) == {cue}), (cue, named)


def check_sign(explanation: Explanation, cue: str) -> None:
    """Each planted cue but breathiness, which lowers the harmonics-to-noise ratio, raises its measure."""
    if cue in {word.name for word in WORDS}:
        change = next(word.difference for word in explanation.words if word.word == cue)
        assert (change < 0) if cue == "breathiness" else (change > 0)
