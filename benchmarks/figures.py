"""Write reports/figures.md, the tables of UAR by model, from reports/scores.csv.

python benchmarks/figures.py
"""

from pathlib import Path

import pandas as pd

REPORTS = Path("reports")
CORPORA = {"emodb": "EmoDB", "ravdess": "RAVDESS speech"}
PROTOCOLS = ("leave-one-speaker-out", "published")
WAYS = ("none", "speaker", "enrolment:5")
_TABLE = ["corpus", "features"]
VERSIONS = ("python", "numpy", "scipy", "scikit-learn", "xgboost", "numba")

INTRODUCTION = """# Figures

Unweighted average recall (UAR) on unseen speakers, pooled over all folds, with its 95 % interval over speakers. Default
parameters, unless a row says otherwise.

- `none`: one recording of an unknown speaker. `enrolment:5`: each recording is normalised by five other unlabelled
  recordings of its speaker. `speaker`: by all of them.
- "copies": the table has four speed-perturbed copies of each recording (`--copies voices`), used for training only.
- "tuned": parameters searched inside the folds (nested), with the number of trials.

The default parameters of the models and the speeds of the copies were chosen with these two corpora in view, so this
choice is not nested. Other corpora did not influence these defaults.

`make bench-accuracy` makes the runs, `python benchmarks/figures.py` this page from `scores.csv`. One row:

```
featser extract EMODB --features wide --out emodb.parquet
featser fit emodb.parquet --model lda --normalise speaker
```

All runs, with confusions, calibration and comparisons, are in [leaderboard.md](leaderboard.md) and `index.html`.
"""


def figures(scores: pd.DataFrame) -> str:
    """Return the page; ``scores`` is the scores table of all runs."""
    fitted = scores[scores["model_bytes"].notna()]  # the other runs belong to the study of leaks
    honest = fitted[~fitted["leaky"] & fitted["protocol"].isin(PROTOCOLS) & fitted["corpus"].isin(list(CORPORA))]
    honest = honest.assign(row=[_row_name(run) for run in honest.to_dict("records")])
    tables = [_table(str(corpus), str(features), runs) for (corpus, features), runs in honest.groupby(_TABLE)]
    return "\n".join([INTRODUCTION, _versions(honest), *sorted(tables, key=_wide_first)])


def _row_name(run: dict[str, object]) -> str:
    copies = ", copies" if isinstance(run["copies"], str) and run["copies"] else ""
    trials = run.get("tuning_n_trials")
    return f"{run['model']}{copies}" + (f", tuned ({trials:.0f} trials)" if pd.notna(trials) else "")


def _wide_first(table: str) -> bool:
    return "`wide`" not in table.partition("\n")[0]


def _table(corpus: str, features: str, runs: pd.DataFrame) -> str:
    first = runs.iloc[0]
    cells = {(run["row"], run["normalise"]): _cell(run) for run in runs.to_dict("records")}
    ways = [way for way in WAYS if (runs["normalise"] == way).any()]
    rows = runs[runs["normalise"] == "none"].sort_values("uar", ascending=False)["row"]
    lines = [f"| model | {' | '.join(f'`{way}`' for way in ways)} |", f"|---{'|---' * len(ways)}|"]
    lines += [f"| {row} | {' | '.join(cells.get((row, way), '') for way in ways)} |" for row in rows]
    title = (
        f"## {CORPORA[corpus]}, `{features}`\n\n{first['n_utterances']:,} utterances, {first['n_speakers']} speakers, "
        f"protocol {first['protocol']}, seed {first['seed']}, {first['n_features']:,} features.\n"
    )
    return "\n".join([title, *lines, ""])


def _cell(run: dict[str, float]) -> str:
    return f"{run['uar']:.3f} [{run['uar_low']:.3f}, {run['uar_high']:.3f}]"


def _versions(runs: pd.DataFrame) -> str:
    found = {name: ", ".join(sorted(set(runs[f"version_{name}"].astype(str)))) for name in VERSIONS}
    return f"Versions: {'; '.join(f'{name} {versions}' for name, versions in found.items())}.\n"


if __name__ == "__main__":
    (REPORTS / "figures.md").write_text(figures(pd.read_csv(REPORTS / "scores.csv")), encoding="utf-8")
