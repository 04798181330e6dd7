"""Tell how scores fall with noise, and what cleaning steps do: ``reports/recordings.md``.

``python benchmarks/recordings.py --noise FOLDER`` makes the study of noise on RAVDESS and that of cleaning on EmoDB,
with `lda` on `wide`, from the corpora below ``FEATSER_CORPORA``, and writes both tables. Computed points are kept in
``reports/runs/studies/``, so that it can be interrupted.
"""

import argparse
import os
from pathlib import Path

import pandas as pd

from featser.corpora import read_corpus
from featser.extraction import extract
from featser.studies import STUDIES, Recordings, Study, make_inputs, points_of, write_study

CASES = (("noise", "ravdess"), ("cleaning", "emodb"))
HEADINGS = {"uar": "UAR", "ratio_db": "ratio in dB", "gain": "gain", "p": "p"}


def studied(name: str, corpus: str, noise: Path, runs: Path) -> Study:
    """Make a study; what was computed before is read."""
    manifest = read_corpus(Path(os.environ["FEATSER_CORPORA"]) / corpus)
    inputs = make_inputs(extract(manifest), "lda", points=points_of(runs))
    study = STUDIES[name](inputs, recordings=Recordings([manifest]), folder=noise)
    write_study(study, runs)
    return study


def cell(row: pd.Series, name: str) -> str:
    """A value with its interval, empty where there is none."""
    if pd.isna(row[name]):
        return ""
    if isinstance(row[name], str):
        return f"`{row[name]}`"
    if name == "ratio_db":
        return f"{row[name]:g}"
    sign = "+" if name == "gain" else ""
    low, high = (row.get(f"{name}_{end}") for end in ("low", "high"))
    interval = "" if pd.isna(low) else f" [{low:{sign}.3f}, {high:{sign}.3f}]"
    return f"{row[name]:{sign}.3f}{interval}"


def section(study: Study) -> list[str]:
    """One study in Markdown."""
    left_out = ("_low", "_high", "n_utterances", "n_speakers")
    columns = [name for name in study.table if not name.endswith(left_out)]
    about = study.about
    return [
        f"## {study.title}, {'+'.join(study.corpora)}",
        "",
        f"{study.question} `{about['model']}` on `{about['features']}`, {about['protocol']}, {about['n_utterances']:,} "
        f"utterances, {about['n_speakers']} speakers.",
        "",
        f"| {' | '.join(HEADINGS.get(name, name) for name in columns)} |",
        f"|{'---|' * len(columns)}",
        *(f"| {' | '.join(cell(row, name) for name in columns)} |" for _, row in study.table.iterrows()),
        "",
        *(f"{remark}\n" for remark in study.remarks),
    ]


def main() -> None:
    """Make both studies and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--noise", type=Path, required=True)
    parser.add_argument("--runs", type=Path, default=Path("reports/runs"))
    parser.add_argument("--out", type=Path, default=Path("reports/recordings.md"))
    options = parser.parse_args()
    studies = [studied(name, corpus, options.noise, options.runs) for name, corpus in CASES]
    versions = ", ".join(f"{name} {number}" for name, number in studies[0].about["versions"].items())
    lines = [
        "# Noise and cleaning",
        "",
        f"Made by `python benchmarks/recordings.py --noise FOLDER` with {versions}.",
        "",
        "The noise is 40 recordings of ESC-50. Intervals are 95 % over speakers. Gains are paired over speakers; p is",
        "that of a sign-flip test over speakers, corrected for the steps.",
        "",
        *(line for study in studies for line in section(study)),
    ]
    options.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
