"""Ablation of descriptor families: UAR of one model on all of `wide`, and without one family at a time.

    python benchmarks/families.py [--model lda]

Writes ``reports/families.md``. The corpora are ``emodb`` and ``ravdess`` below ``FEATSER_CORPORA``.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from accuracy import read
from corpora import corpora_root

from featser.errors import InputError
from featser.evaluation import fixed, make_folds, predict_folds, prepare, resolve_protocol, unweighted_average_recall
from featser.features import DESCRIPTORS, UTTERANCE_FEATURES, parse_feature_name
from featser.pipeline import Specification, specification_for
from featser.table import Table
from featser.versions import library_versions

CORPORA = ("emodb", "ravdess")
NORMALISATIONS = ("none", "speaker")
REPORT = Path("reports/families.md")


def main() -> None:
    """Score each subset on both corpora with both normalisations, and write the table."""
    parser = argparse.ArgumentParser(description="UAR without one family of descriptors at a time.")
    parser.add_argument("--model", default="lda")
    model = parser.parse_args().model
    root = corpora_root()
    tables = {corpus: read(root / corpus, "wide") for corpus in CORPORA}
    classic = {corpus: read(root / corpus, "classic") for corpus in CORPORA}
    rows = [("`classic`", scores(classic, model)), ("`wide`", scores(tables, model))]
    for name, kept in subsets(tables[CORPORA[0]]):
        part = {corpus: replace(table, features=table.features[kept]) for corpus, table in tables.items()}
        rows.append((f"{name} ({len(kept)})", scores(part, model)))
    REPORT.write_text(page(rows, model), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))


def subsets(table: Table) -> Iterator[tuple[str, list[str]]]:
    """Yield the columns without each family."""
    family = {column: family_of(column) for column in table.features.columns}
    for name in sorted(set(family.values())):
        yield f"without {name}", [column for column in family if family[column] != name]


def family_of(column: str) -> str:
    """Return the family of the descriptor or utterance feature of a column."""
    name = parse_feature_name(column).descriptor
    if name not in DESCRIPTORS and name not in UTTERANCE_FEATURES:
        raise InputError(f"'{column}' has no family.")
    return (DESCRIPTORS.get(name) or UTTERANCE_FEATURES[name]).family


def scores(tables: dict[str, Table], model: str) -> list[float]:
    """Return the pooled UAR for each corpus and normalisation."""
    found = []
    for table in tables.values():
        folds = make_folds(resolve_protocol("auto", table.manifest), table.manifest, 0)
        for normalise in NORMALISATIONS:
            features = prepare(table.features, table.manifest, normalise)
            predictions = predict_folds(fixed(plain(model), 0), features, table.manifest, folds).predictions
            found.append(unweighted_average_recall(list(predictions["truth"]), list(predictions["predicted"])))
            n_features = len(table.features.columns)
            print(f"{table.corpus} {normalise} {n_features} features: {found[-1]:.3f}", file=sys.stderr)
    return found


def plain(model: str) -> Specification:
    """Return the model with its defaults, without calibration, which takes most of the time and changes few labels."""
    return replace(specification_for(model), parameters={"calibration": "none"})


def page(rows: list[tuple[str, list[float]]], model: str) -> str:
    """Return the page: scores, and their differences to all of `wide`."""
    whole = dict(rows)["`wide`"]
    versions = ", ".join(f"{name} {version}" for name, version in library_versions().items())
    head = [f"{corpus}, {normalise}" for corpus in CORPORA for normalise in NORMALISATIONS]
    lines = [
        "# UAR without one family of descriptors",
        "",
        f"Pooled UAR of `{model}` with its defaults, without calibration: leave-one-speaker-out on EmoDB, published",
        "folds on RAVDESS. The difference to all of `wide` is in brackets; differences below 0.01 are not meaningful.",
        "",
        f"Made by `python benchmarks/families.py --model {model}` with {versions}.",
        "",
        f"| features | {' | '.join(head)} |",
        f"|---|{'---|' * len(head)}",
    ]
    for name, values in rows:
        cells = [f"{value:.3f} ({value - all_of:+.3f})" for value, all_of in zip(values, whole, strict=True)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
