"""Scores of a run from its predictions, by their definitions; no line here comes from featser."""

from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

LEVEL = 0.9


class Recomputed:
    """Everything that a report says of one run, from ``predictions.parquet``."""

    def __init__(self, folder: Path | pd.DataFrame, seed: int = 0):
        table = folder if isinstance(folder, pd.DataFrame) else pd.read_parquet(folder / "predictions.parquet")
        self.table = table
        self.classes = sorted(name[2:] for name in table if name.startswith("p_"))
        self.p = table[[f"p_{name}" for name in self.classes]].to_numpy()
        self.right = (table["truth"] == table["predicted"]).to_numpy()
        self.confidence = self.p.max(axis=1)
        self.speakers = sorted(table["speaker"].unique())
        self.seed = seed
        self.over_corpora = list(table["fold"]) == list(table["corpus"]) and table["corpus"].nunique() > 1

    def part(self, rows: np.ndarray | pd.Series) -> "Recomputed":
        """The same on some utterances."""
        return Recomputed(self.table[rows].reset_index(drop=True), self.seed)

    def recall(self, emotion: str, rows: pd.DataFrame | None = None) -> float:
        rows = self.table if rows is None else rows
        spoken = rows[rows["truth"] == emotion]
        return (spoken["predicted"] == emotion).sum() / len(spoken)

    def uar(self, rows: pd.DataFrame | None = None) -> float:
        if rows is None and self.over_corpora:
            return float(np.mean([self.uar(part) for _, part in self.table.groupby("corpus")]))
        return self.pooled(self.table if rows is None else rows)

    def pooled(self, rows: pd.DataFrame) -> float:
        return float(np.mean([self.recall(emotion, rows) for emotion in sorted(set(rows["truth"]))]))

    def uar_of(self, speaker: str) -> float:
        return round(self.uar(self.table[self.table["speaker"] == speaker]), 12)

    def war(self) -> float:
        return float(self.right.mean())

    def precision(self, emotion: str) -> float:
        said = self.table[self.table["predicted"] == emotion]
        return float((said["truth"] == emotion).mean()) if len(said) else 0.0

    def macro_precision(self) -> float:
        return float(np.mean([self.precision(emotion) for emotion in sorted(set(self.table["truth"]))]))

    def macro_f1(self) -> float:
        scores = []
        for emotion in sorted(set(self.table["truth"])):
            one, other = self.precision(emotion), self.recall(emotion)
            scores.append(2 * one * other / (one + other) if one + other else 0.0)
        return float(np.mean(scores))

    def count(self, truth: str, predicted: str) -> int:
        return int(((self.table["truth"] == truth) & (self.table["predicted"] == predicted)).sum())

    def n_true(self, emotion: str) -> int:
        return int((self.table["truth"] == emotion).sum())

    def p_true(self) -> np.ndarray:
        return np.array([row[f"p_{row['truth']}"] for _, row in self.table.iterrows()])

    def log_loss(self) -> float:
        return float(np.mean(-np.log(self.p_true())))

    def brier(self) -> float:
        hits = np.array([[truth == name for name in self.classes] for truth in self.table["truth"]], dtype=float)
        return float(np.mean(np.sum((self.p - hits) ** 2, axis=1)))

    def bins(self) -> list[tuple[int, float, float]]:
        """Size, mean confidence and share of correct utterances of each of 15 bins of equal width."""
        found = []
        for number in range(15):
            low, high = number / 15, (number + 1) / 15
            inside = (self.confidence >= low) & ((self.confidence < high) | (number == 14))
            if inside.any():
                found.append((int(inside.sum()), self.confidence[inside].mean(), self.right[inside].mean()))
        return found

    def ece(self) -> float:
        return sum(n * abs(sure - hit) for n, sure, hit in self.bins()) / len(self.table)

    def errors(self) -> np.ndarray:
        """Error of each utterance, highest confidence first; equal confidences share their mean."""
        wrong = pd.Series(1.0 - self.right).groupby(self.confidence).transform("mean").to_numpy()
        return wrong[np.argsort(-self.confidence, kind="stable")]

    def error_at(self, share: float) -> float:
        return float(self.errors()[: max(round(share * len(self.table)), 1)].mean())

    def aurc(self) -> float:
        errors = self.errors()
        return float(np.mean([errors[:n].mean() for n in range(1, len(errors) + 1)]))

    def sets(self) -> np.ndarray | None:
        return prediction_sets(self)

    def threshold(self, rows: np.ndarray) -> float:
        """Smallest distance of p(truth) from 1 that 90 % of the rows reach, all speakers weighing the same."""
        missing, speaker = 1 - self.p_true()[rows], self.table["speaker"][rows]
        weight = (1 / speaker.map(speaker.value_counts())).to_numpy()
        for value in np.sort(missing):
            if weight[missing <= value].sum() / weight.sum() >= LEVEL - 1e-9:
                return float(value)
        raise AssertionError("the largest distance reaches all")

    def covered(self) -> pd.Series:
        places = [self.classes.index(truth) for truth in self.table["truth"]]
        return pd.Series(self.sets()[np.arange(len(self.table)), places])

    def matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """Correct and all utterances of each speaker and emotion; over corpora, of each speaker, corpus and emotion."""
        cell = self.table["corpus"] + self.table["truth"] if self.over_corpora else self.table["truth"]
        keys = [self.table["speaker"], cell]
        spoken = pd.crosstab(*keys).to_numpy()
        right = pd.crosstab(*keys, values=self.right, aggfunc="sum").fillna(0).to_numpy(dtype=float)
        return right, spoken

    def interval(self) -> tuple[float, float]:
        low, high = np.percentile(drawn_uar(self, self.seed), (2.5, 97.5))
        return float(low), float(high)


@cache
def prediction_sets(run: Recomputed) -> np.ndarray | None:
    """Prediction set of each utterance, by a threshold from the speakers of other folds; None without them."""
    inside = np.zeros(run.p.shape, dtype=bool)
    for fold in run.table["fold"].unique():
        tested = (run.table["fold"] == fold).to_numpy()
        others = ~run.table["speaker"].isin(run.table["speaker"][tested]).to_numpy()
        if run.table["speaker"][others].nunique() < 2:
            return None
        inside[tested] = 1 - run.p[tested] <= run.threshold(others)
        inside[tested, run.p[tested].argmax(axis=1)] = True
    return inside


@cache
def drawn_uar(run: Recomputed, seed: int) -> np.ndarray:
    """UAR of 2000 draws of speakers with replacement that have every emotion."""
    right, spoken = run.matrices()
    rng = np.random.default_rng(seed)
    kept: list[np.ndarray] = []
    while len(kept) < 2000:
        draws = rng.integers(0, len(run.speakers), size=(2000, len(run.speakers)))
        kept += [draw for draw in draws if spoken[draw].sum(axis=0).all()]
    return np.array([np.mean(right[draw].sum(axis=0) / spoken[draw].sum(axis=0)) for draw in kept[:2000]])


class Against:
    """Runs against a reference run on the same utterances."""

    def __init__(self, reference: Recomputed, others: list[Recomputed]):
        self.gaps = [run.uar() - reference.uar() for run in others]
        self.intervals = [np.percentile(drawn_uar(run, 0) - drawn_uar(reference, 0), (2.5, 97.5)) for run in others]
        pairs = [[(run.uar_of(each), reference.uar_of(each)) for each in reference.speakers] for run in others]
        self.n_lower = [sum(one < other for one, other in each) for each in pairs]
        self.n_higher = [sum(one > other for one, other in each) for each in pairs]
        self.p = step_down([terms(run) - terms(reference) for run in others])
        self.smallest_p = 0.5 ** (len(reference.speakers) - 1)
        self.clear = [self.smallest_p <= 0.05 and each <= 0.05 for each in self.p]
        self.level = [self.smallest_p <= 0.05 < each for each in self.p]


def terms(run: Recomputed) -> np.ndarray:
    """What each speaker adds to the pooled UAR."""
    right, spoken = run.matrices()
    return (right / spoken.sum(axis=0)).mean(axis=1)


def step_down(gaps: list[np.ndarray]) -> list[float]:
    """Corrected p of each row of gaps: sign flips, smallest p, step-down (Westfall and Young, algorithm 2.8)."""
    patterns = np.array(list(product((1.0, -1.0), repeat=len(gaps[0]))))
    alone = []
    for gap in gaps:
        sums = np.round(np.abs(patterns @ gap), 12)
        alone.append(np.array([np.mean(sums >= each) for each in sums]))
    observed = [each[0] for each in alone]  # the first pattern flips no sign
    order = sorted(range(len(gaps)), key=lambda at: observed[at])
    found, highest = [0.0] * len(gaps), 0.0
    for number, at in enumerate(order):
        smallest = np.min([alone[other] for other in order[number:]], axis=0)
        highest = max(highest, float(np.mean(smallest <= observed[at] + 1e-12)))
        found[at] = highest
    return found
