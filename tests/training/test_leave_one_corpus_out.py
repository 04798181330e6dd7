"""Leave-one-corpus-out over corpora with different emotions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from featser.evaluation import Result, compare_with
from featser.evaluation.metrics import uar_interval
from featser.table import Table, select_rows
from featser.training import cross_validate

LACKS = {"one": ("boredom",), "two": ("neutral", "boredom"), "three": ("sadness",)}
"""Emotions that each of three corpora lacks; boredom is in one corpus only."""


def three_corpora(table: Table) -> Table:
    """Two speakers of a corpus as a corpus of its own, three times."""
    speakers = sorted(table.manifest["speaker"].unique())
    places = table.manifest["speaker"].map({name: sorted(LACKS)[at // 2] for at, name in enumerate(speakers)})
    manifest = table.manifest.assign(corpus=places)
    for column in ("utterance", "speaker"):
        manifest[column] = places + "/" + manifest[column].str.split("/", n=1).str[1]
    kept = [emotion not in LACKS[place] for emotion, place in zip(manifest["emotion"], places, strict=True)]
    return select_rows(replace(table, manifest=manifest), np.array(kept))


@pytest.fixture(scope="module")
def result(table: Table) -> Result:
    return cross_validate(three_corpora(table), "lda", protocol="leave-one-corpus-out", normalise="speaker")


def test_each_corpus_is_tested_on_its_own_emotions(result: Result) -> None:
    common = {"anger", "happiness", "neutral", "sadness"}
    assert set(result.left_out) == {"boredom"}
    for corpus, part in result.predictions.groupby("corpus"):
        assert set(part["fold"]) == {corpus}
        expected = common - set(LACKS[str(corpus)])
        assert set(part["truth"]) == expected
        assert set(result.run.by_corpus[str(corpus)]["classes"]) == expected
        probabilities = part[[f"p_{emotion}" for emotion in sorted(common)]]
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
        assert {name[2:] for name in probabilities if (probabilities[name] > 0).any()} == expected


def test_the_score_is_the_mean_over_corpora(result: Result) -> None:
    recalls = result.predictions.assign(right=lambda rows: rows["truth"] == rows["predicted"])
    by_corpus = recalls.groupby(["corpus", "truth"])["right"].mean().groupby("corpus").mean()
    assert result.run.uar == pytest.approx(by_corpus.mean())
    assert {name: each["uar"] for name, each in result.run.by_corpus.items()} == pytest.approx(dict(by_corpus))
    assert result.run.macro_recall == pytest.approx(np.mean(list(result.run.recall.values())))


def test_the_interval_is_of_the_mean_over_corpora() -> None:
    """Against the plain definition: every draw of speakers scored by corpus."""
    rng = np.random.default_rng(2)
    rows = [(f"{c}/{s}", c, truth) for c in "ab" for s in range(4) for truth in ("anger", "fear")[: 1 + (c == "b")] * 5]
    table = pd.DataFrame(rows, columns=["speaker", "corpus", "truth"])
    table["predicted"] = rng.choice(["anger", "fear"], len(table))
    table = table.assign(utterance=[str(at) for at in range(len(table))], p_anger=0.5, p_fear=0.5)
    names = sorted(table["speaker"].unique())
    drawn = []
    draws = iter(np.random.default_rng(0).integers(0, len(names), size=(2000, len(names))))
    for draw in draws:
        rows = [table[table["speaker"] == names[at]] for at in draw]
        both = pd.concat(rows)
        if both["corpus"].nunique() == 2:
            right = (both["truth"] == both["predicted"]).groupby([both["corpus"], both["truth"]]).mean()
            drawn.append(right.groupby("corpus").mean().mean())
        if len(drawn) == 100:
            break
    found = uar_interval(table, 0, over_corpora=True)
    assert found == pytest.approx(np.percentile(drawn, (2.5, 97.5)), abs=0.05)


def test_differences_of_two_runs_are_of_the_mean_over_corpora(table: Table, result: Result) -> None:
    other = cross_validate(three_corpora(table), "lda", protocol="leave-one-corpus-out").run
    (difference,) = compare_with(result.run, [other]) or ()
    assert difference.uar == pytest.approx(other.uar - result.run.uar)
    assert difference.low is not None
    assert difference.low <= difference.uar <= difference.high
