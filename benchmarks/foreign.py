"""Compare feature sets of openSMILE with `wide`: ``reports/foreign.md``.

    python benchmarks/foreign.py [--corpora emodb,ravdess]

Corpora are folders below ``FEATSER_CORPORA``. eGeMAPS and ComParE 2016 are extracted by ``featser.extract``. ComParE is
also computed by the package ``opensmile`` itself, written as CSV to ``data/features/`` unless it is there, and
imported. All sets are scored by the default model on the same folds, without and with normalisation by speaker.
"""

import argparse
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from corpora import corpora_root

import featser
from featser.audio import read_signal
from featser.evaluation import Run
from featser.evaluation.compare import Difference, compare_with
from featser.features import OPENSMILE_LICENCE, OPENSMILE_SETS, compute_features, on_one_thread
from featser.foreign import import_features
from featser.models import DEFAULT_MODEL
from featser.versions import library_versions

REPORT = Path("reports/foreign.md")
TABLES = Path("data/features")
SETS = ("wide", *OPENSMILE_SETS)
NORMALISATIONS = ("none", "speaker")
N_TIMED = 60
"""Recordings of a corpus whose features are timed."""


def main() -> None:
    """Score every set on every corpus and write the report."""
    parser = argparse.ArgumentParser(description="Compare feature sets of openSMILE with wide.")
    parser.add_argument("--corpora", default="emodb,ravdess")
    names = parser.parse_args().corpora.split(",")
    blocks = []
    for name in names:
        folder = corpora_root() / name
        tables = {each: featser.extract(folder, features=each, jobs=1) for each in SETS}
        tables["compare, imported"] = imported(folder)
        costs = {each: milliseconds(folder, tables[each]) for each in SETS}
        runs = {(each, way): scored(table, way) for each, table in tables.items() for way in NORMALISATIONS}
        blocks.append(section(name, tables, costs, runs))
    REPORT.write_text(head(names) + "\n".join(blocks), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))


def imported(folder: Path) -> featser.Table:
    """Return ComParE 2016 as the package ``opensmile`` computes it from the files."""
    path = TABLES / f"{folder.name}-opensmile-compare.csv"
    if not path.exists():
        import opensmile

        smile = opensmile.Smile(opensmile.FeatureSet.ComParE_2016, opensmile.FeatureLevel.Functionals)
        manifest = featser.read_corpus(folder)
        found = smile.process_files([str(manifest.file(each)) for each in manifest.utterances])
        path.parent.mkdir(parents=True, exist_ok=True)
        found.to_csv(path)
    return import_features(path, folder, name="compare-imported", tool="openSMILE", version=version("opensmile")).table


def milliseconds(folder: Path, table: featser.Table) -> float:
    """Return the CPU time in milliseconds for the features of one recording of the corpus, without decoding."""
    paths = table.manifest["path"].iloc[:: max(1, len(table) // N_TIMED)]
    signals = [read_signal(folder / path) for path in paths]
    compute_features(signals[0], table.feature_set)  # loads compiled code or the library
    with on_one_thread():
        start = time.process_time()
        for signal in signals:
            compute_features(signal, table.feature_set)
        return (time.process_time() - start) / len(signals) * 1000


def scored(table: featser.Table, normalise: str) -> Run:
    """Return the score of the default model."""
    run = featser.cross_validate(table, DEFAULT_MODEL, normalise=normalise, jobs=1).run
    print(f"{run.corpus} {run.features} {normalise}: UAR {run.uar:.3f}", flush=True)
    return run


def head(names: list[str]) -> str:
    """Return title, conditions and versions."""
    versions = ", ".join(f"{name} {each}" for name, each in library_versions().items())
    return (
        "# Features of openSMILE\n\n"
        f"Made by `python benchmarks/foreign.py --corpora {','.join(names)}` with opensmile {version('opensmile')}, "
        f"{versions}.\n\n"
        f"UAR of `{DEFAULT_MODEL}` with its defaults on the folds of `--protocol auto`, with 95 % intervals over "
        "speakers. The difference is that to `wide` under the same folds and normalisation; p by a sign-flip test over "
        "speakers, corrected for the comparisons with `wide` (`featser.evaluation.compare.compare_with`). `speaker`: "
        "normalised by all unlabelled recordings of the speaker. ms: CPU time for the features of one recording on one "
        "core, without decoding. `compare, imported`: computed from the files by the package opensmile, written as CSV "
        "and read by `featser import`.\n\n"
        f"{OPENSMILE_LICENCE}\n\n"
    )


def section(
    name: str, tables: dict[str, featser.Table], costs: dict[str, float], runs: dict[tuple[str, str], Run]
) -> str:
    """Return the table of one corpus."""
    first = runs["wide", "none"]
    about = f"{first.n_utterances} utterances, {first.n_speakers} speakers, {len(first.classes)} emotions"
    lines = [
        f"## {name}\n",
        f"{about}, {first.protocol}.\n",
        "| features | columns | ms | normalisation | UAR | difference to `wide` | p | speakers lower / higher |",
        "|---|---|---|---|---|---|---|---|",
        *rows(tables, costs, runs),
    ]
    return "\n".join(lines) + "\n"


def rows(tables: dict[str, featser.Table], costs: dict[str, float], runs: dict[tuple[str, str], Run]) -> Iterator[str]:
    """Yield one line per normalisation and feature set."""
    for way in NORMALISATIONS:
        others = [each for each in tables if each != "wide"]
        found = compare_with(runs["wide", way], [runs[each, way] for each in others]) or ()
        differences: dict[str, Difference] = dict(zip(others, found, strict=True))
        for each, table in tables.items():
            run = runs[each, way]
            cost = f"{costs[each]:.1f}" if each in costs else ""
            cells = [
                f"`{each}`",
                f"{table.features.shape[1]:,}",
                cost,
                way,
                f"{run.uar:.3f} [{run.uar_low:.3f}, {run.uar_high:.3f}]",
            ]
            yield f"| {' | '.join([*cells, *compared(differences.get(each))])} |"


def compared(difference: Difference | None) -> list[str]:
    """Return the cells of a difference."""
    if difference is None:
        return ["", "", ""]
    interval = f" [{difference.low:+.3f}, {difference.high:+.3f}]" if difference.low is not None else ""
    p = f"{difference.p:.3f}" if difference.p >= 0.0005 else "< 0.001"
    return [f"{difference.uar:+.3f}{interval}", p, f"{difference.n_lower} / {difference.n_higher}"]


if __name__ == "__main__":
    main()
