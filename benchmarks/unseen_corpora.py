"""Measure models of several corpora on corpora that they were not trained on: ``reports/corpora.md``.

    python benchmarks/unseen_corpora.py emodb.parquet ravdess.parquet emovo.parquet aesdd.parquet nemo.parquet

Tables of ``featser extract --features wide``. The first table is of the shipped default and of plain discriminant
analysis. The second has what was tried, on six emotions normalised by speaker. The third chooses the settings of
adaptation on all corpora but the tested one.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.stats import norm, rankdata
from threadpoolctl import threadpool_limits

from featser.evaluation import Run, make_folds, prepare, unweighted_average_recall, usable_rows
from featser.models import CORPORA_MODEL, DEFAULT_MODEL, CorporaDiscriminant
from featser.models.corpora import OWN, ROUNDS, SURE, corpora_of
from featser.models.linear import EvenDiscriminant
from featser.pipeline import specification_for
from featser.table import Table, read_table, select_rows
from featser.training import cross_validate, relabelled

REPORT = Path("reports/corpora.md")
PROTOCOL = "leave-one-corpus-out"
SETTINGS = tuple(product(("common-6", "common-4"), (CORPORA_MODEL, DEFAULT_MODEL), ("none", "speaker")))
GRID = {"SURE": (0.6, 0.8, 0.9, 1.0), "OWN": (0.5, 0.7, 0.9), "ROUNDS": (2, 4, 8)}
"""Settings of adaptation that are tried."""

Matrix = NDArray[np.float64]
Scores = dict[str, dict[str, float]]


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="+", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    corpora = sorted(read_table(given.tables).manifest["corpus"].unique())
    with ProcessPoolExecutor(given.jobs) as pool:
        folds = [pool.submit(attempts, given.tables, name) for name in corpora]
        scores = [pool.submit(scored, given.tables, *setting) for setting in SETTINGS]
        runs = [(*setting, each.result()) for setting, each in zip(SETTINGS, scores, strict=True)]
        found = {name: each.result() for name, each in zip(corpora, folds, strict=True)}
    tried, grid = ({method: {} for method in found[corpora[0]][part]} for part in (0, 1))
    for name, parts in found.items():
        for whole, part in zip((tried, grid), parts, strict=True):
            for method, value in part.items():
                whole[method][name] = value
    REPORT.write_text("\n".join(blocks(given.tables, corpora, runs, tried, nested(grid))), encoding="utf-8")


def blocks(given: list[Path], corpora: list[str], runs: list, tried: Scores, chosen: Scores) -> Iterator[str]:
    """Yield the parts of the report."""
    yield (
        f"# Corpora that were not heard\n\nMade by `python benchmarks/unseen_corpora.py "
        f"{' '.join(path.name for path in given)}`, with tables of `wide`. Each corpus is tested by a model of the "
        "others, among the emotions that it shares with any of them. UAR, with the 95% interval of the mean over "
        "speakers. `none`: one recording of an unknown voice; `speaker`: all recordings of a voice, without labels; "
        "`adapted`: all recordings of the corpus, without labels.\n"
    )
    header = ["emotions", "model", "known of the tested corpus", "mean", "interval", *corpora]
    rows = []
    for labels, model, way, run in runs:
        rows.append([labels[-1], model, way, *cells(vars(run), corpora)])
        if run.adapted:
            rows.append([labels[-1], model, "adapted", *cells(run.adapted, corpora)])
    yield table(header, rows)
    yield "## What was tried\n\nSix emotions, normalised by speaker except where noted.\n"
    yield table(["method", "mean", *corpora], sorted(lines(tried, corpora), key=lambda line: -float(line[1])))
    yield (
        "## Settings of adaptation\n\nShare of recordings learnt from, weight of these against the training corpora, "
        "and rounds, chosen by the mean over the other four corpora, then tested on the fifth; the settings that are "
        "shipped; the worst and the best of those tried.\n"
    )
    yield table(["settings", "mean", *corpora], list(lines(chosen, corpora)))


def scored(given: list[Path], labels: str, model: str, way: str) -> Run:
    """Score a model by leaving out each corpus."""
    plain = replace(specification_for(model), parameters={"calibration": "none"})  # it changes no label
    run = cross_validate(read_table(given), plain, protocol=PROTOCOL, normalise=way, labels=labels, jobs=1).run
    print(labels, model, way, round(run.uar, 4), run.adapted.get("uar"), flush=True)
    return run


def cells(scores: dict, corpora: list[str]) -> list[str]:
    """Mean, interval and scores of the corpora."""
    interval = f"{scores['uar_low']:.3f} to {scores['uar_high']:.3f}" if scores["uar_low"] is not None else "-"
    return [f"{scores['uar']:.3f}", interval, *(f"{scores['by_corpus'][name]['uar']:.3f}" for name in corpora)]


def lines(scores: Scores, corpora: list[str]) -> Iterator[list[str]]:
    """Yield the row of each method: mean, and the score of each corpus."""
    for name, by_corpus in scores.items():
        values = [by_corpus[corpus] for corpus in corpora]
        yield [name, f"{np.mean(values):.3f}", *(f"{value:.3f}" for value in values)]


def table(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    return "".join(f"| {' | '.join(line)} |\n" for line in (header, ["---"] * len(header), *rows))


def attempts(given: list[Path], tested: str) -> tuple[dict[str, float], dict[str, float]]:
    """Score all methods, and all settings of adaptation, on one corpus."""
    whole = relabelled(read_table(given), "common-6")[0]
    whole = select_rows(whole, usable_rows(PROTOCOL, whole.manifest))
    fold = next(each for each in make_folds(PROTOCOL, whole.manifest, 0) if each.name == tested)
    y, groups = (whole.manifest[name].to_numpy(dtype=np.str_)[fold.train] for name in ("emotion", "speaker"))
    truth = list(whole.manifest["emotion"].iloc[fold.test])
    features = np.clip(np.nan_to_num(prepare(whole.features, whole.manifest, "speaker")), -3, 3)
    X, T = features[fold.train], features[fold.test]
    with threadpool_limits(1):
        tried = {name: unweighted_average_recall(truth, list(said)) for name, said in methods(X, y, groups, T)}
        fitted = CorporaDiscriminant().fit(X, y, groups)
        grid = {}
        for setting in product(*GRID.values()):
            with patch.multiple("featser.models.corpora", **dict(zip(GRID, setting, strict=True))):
                said = fitted.adapted(T).predict(T)
            grid[f"share {setting[0]}, weight {setting[1]}, {setting[2]} rounds"] = unweighted_average_recall(
                truth, said
            )
        ranks = by_rank(whole)
        said = CorporaDiscriminant().fit(ranks[fold.train], y, groups).predict(ranks[fold.test])
        tried["lda-corpora, ranks of each voice"] = unweighted_average_recall(truth, said)
    print(tested, tried, flush=True)
    return tried, grid


def methods(
    X: Matrix, y: NDArray[np.str_], groups: NDArray[np.str_], T: Matrix
) -> Iterator[tuple[str, NDArray[np.str_]]]:
    """Yield the predictions of each method for the rows T."""
    corpora = corpora_of(groups)
    yield "lda, shrinkage 0.5", EvenDiscriminant(0.5).fit(X, y).predict(T)
    yield "lda, shrinkage 0.7", EvenDiscriminant(0.7).fit(X, y).predict(T)
    fitted = CorporaDiscriminant().fit(X, y, groups)
    classes = fitted.classes_
    yield "lda-corpora (equal weight of corpora, agreement of features, 400 components)", fitted.predict(T)
    with patch("featser.models.corpora.agreement", lambda rows, *_: np.ones(rows.shape[1])):
        equal = CorporaDiscriminant().fit(X, y, groups)
    yield "lda-corpora without agreement of features", equal.predict(T)
    yield "lda-corpora without equal weight of corpora", CorporaDiscriminant().fit(X, y, one_corpus(groups)).predict(T)
    rows, tested = fitted.project(X), fitted.project(T)
    for what, names in (("corpora", corpora), ("speakers", groups)):
        extra = offsets(rows, y, names)
        for factor in (1, 4):
            changed = refitted(fitted, fitted.means_, fitted.scatter_ + factor * extra)
            yield f"lda-corpora, differences of {what} within an emotion added {factor} x", changed.predict(T)
    own = [CorporaDiscriminant().fit(rows[corpora == name], y[corpora == name]) for name in np.unique(corpora)]
    vote = sum(scaled(each, tested, classes) for each in own)
    yield "vote of a model of each corpus", classes[np.argmax(vote, axis=1)]
    pooled = EvenDiscriminant(0.4).fit(rows, y)
    both = vote / np.std(vote) + scaled(pooled, tested, classes)
    yield "vote of a model of each corpus and of all", classes[np.argmax(both, axis=1)]
    aligned = np.empty_like(rows)
    for name in np.unique(corpora):
        aligned[corpora == name] = recoloured(rows[corpora == name], tested)
    yield (
        "CORAL: covariance of each corpus made that of the tested one",
        EvenDiscriminant(0.4).fit(aligned, y).predict(tested),
    )
    yield "adapted (anchored self-training)", fitted.adapted(T).predict(T)


def one_corpus(groups: NDArray[np.str_]) -> NDArray[np.str_]:
    """Speakers whose names contain no corpus."""
    return np.char.replace(groups, "/", ":")


def offsets(rows: Matrix, y: NDArray[np.str_], names: NDArray[np.str_]) -> Matrix:
    """Covariance of the means of groups around the mean of their emotion."""
    means = pd.DataFrame(rows).groupby([y, names]).mean()
    apart = (means - means.groupby(level=0).transform("mean")).to_numpy()
    return np.asarray(apart.T @ apart / len(apart))


def refitted(fitted: CorporaDiscriminant, means: Matrix, scatter: Matrix) -> CorporaDiscriminant:
    """The classifier of other means and scatter."""
    other = CorporaDiscriminant(fitted.shrinkage, fitted.n_components)
    other.__dict__.update(fitted.__dict__)
    return other.solved(means, scatter)


def scaled(model: EvenDiscriminant, rows: Matrix, classes: NDArray[np.str_]) -> Matrix:
    """Centred scores of unit deviation; 0 for a class that the model does not know."""
    scores = model.decision_function(rows)
    scores = scores - scores.mean(axis=1, keepdims=True)
    whole = np.zeros((len(rows), len(classes)))
    whole[:, np.searchsorted(classes, model.classes_)] = scores / scores.std()
    return whole


def recoloured(rows: Matrix, tested: Matrix) -> Matrix:
    """Rows with the covariance of the tested ones (Sun, Feng and Saenko, AAAI 2016)."""
    return rows @ power(rows, -0.5) @ power(tested, 0.5)


def power(rows: Matrix, exponent: float) -> Matrix:
    """Power of the covariance, with a tenth of the mean variance added."""
    covariance = np.cov(rows.T)
    covariance[np.diag_indices_from(covariance)] += 0.1 * np.trace(covariance) / len(covariance)
    values, vectors = eigh(covariance)
    return np.asarray(vectors * values**exponent @ vectors.T)


def by_rank(whole: Table) -> Matrix:
    """Features as ranks within each voice, mapped to a normal distribution."""
    values, speakers = whole.features.to_numpy(dtype=np.float64), whole.manifest["speaker"].to_numpy()
    ranks = np.zeros(values.shape)
    for speaker in np.unique(speakers):
        rows = values[speakers == speaker]
        filled = np.where(np.isnan(rows), np.nan_to_num(np.nanmedian(rows, axis=0)), rows)
        placed = norm.ppf((rankdata(filled, axis=0) - 0.5) / len(filled))
        ranks[speakers == speaker] = np.where(np.isnan(rows), 0.0, np.clip(placed, -3, 3))
    return ranks


def nested(grid: Scores) -> Scores:
    """Settings chosen without the tested corpus, those that are shipped, and the worst and best ones."""
    scores = pd.DataFrame(grid).T
    chosen = {each: scores.drop(columns=each).mean(axis=1).idxmax() for each in scores.columns}
    means = scores.mean(axis=1)
    shipped = f"share {SURE}, weight {OWN}, {ROUNDS} rounds"
    return {
        "chosen without the tested corpus": {each: float(scores.loc[chosen[each], each]) for each in scores.columns},
        f"shipped: {shipped}": grid[shipped],
        f"best: {means.idxmax()}": grid[means.idxmax()],
        f"worst: {means.idxmin()}": grid[means.idxmin()],
    }


if __name__ == "__main__":
    main()
