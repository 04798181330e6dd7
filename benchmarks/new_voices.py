"""Measure what a model does with new voices and with sounds that are no speech: ``reports/new_voices.md``.

    python benchmarks/new_voices.py [--corpora emodb,ravdess,emovo]

Corpora are the folders below ``FEATSER_CORPORA``, and ``noise`` beside them. For each corpus: the score by the number
of unlabelled recordings of a new voice, and what the guard of the default model rejects. For each pair of corpora: what
the model of one still answers on the other.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from corpora import corpora_root

import featser
from featser.audio import read_signal
from featser.bundle import Model
from featser.bundle.prediction import SET_LEVEL, Prediction, predict
from featser.errors import FeatserError
from featser.guard import LEVEL
from featser.models import DEFAULT_MODEL
from featser.training import Fitted

REPORT = Path("reports/new_voices.md")
N_CHANGED = 150
"""Recordings of a corpus that are reversed and speeded up."""


def main() -> None:
    """Fit the default model on each corpus, measure, and write the report."""
    parser = argparse.ArgumentParser(description="Measure the default model on new voices and on no speech.")
    parser.add_argument("--corpora", default="emodb,ravdess,emovo")
    root = corpora_root()
    names = parser.parse_args().corpora.split(",")
    tables = {name: featser.extract(featser.read_corpus(root / name), features="wide") for name in names}
    fitted = {
        (name, way): featser.fit(table, DEFAULT_MODEL, normalise=way)
        for name, table in tables.items()
        for way in ("none", "speaker")
    }
    blocks = [
        f"# New voices and sounds that are no speech\n\n"
        f"Made by `python benchmarks/new_voices.py --corpora {','.join(names)}`: {DEFAULT_MODEL} on `wide`, defaults "
        f"of `featser fit`. Answers are withheld below p = {LEVEL}; prediction sets below p = {SET_LEVEL}.\n",
        "## Score by the number of unlabelled recordings of a new voice\n",
        table(["corpus", "speakers", "none", "3", "5", "10", "30", "all"], curve_rows(fitted, names)),
        "UAR with 95 % interval over speakers; `none`: unadapted; `all`: normalised by all recordings of the voice.\n",
        "## What the guard rejects\n",
        table(["sounds", *names], guard_rows(fitted, root, names, tables)),
        "`unseen speakers`: utterances of the same corpus, by guards that did not learn from their speaker.\n",
        "## What is still answered on another corpus\n",
        table(
            ["model of", "normalisation", "tested on", "answered", "accuracy", "confidence", "with a set", "coverage"],
            cross_rows(fitted, tables, root),
        ),
        "Utterances with an emotion that the model knows. Accuracy and mean confidence of the answers; coverage of the "
        "sets that are not withdrawn.\n",
    ]
    REPORT.write_text("\n".join(blocks), encoding="utf-8")


def table(header: list[str], rows: Iterator[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def curve_rows(fitted: dict[tuple[str, str], Fitted], names: list[str]) -> Iterator[list[str]]:
    """Yield the enrolment curve of each corpus."""
    for name in names:
        run = fitted[name, "speaker"].run
        points = {"none": vars(fitted[name, "none"].run), **run.enrolment, "all": vars(run)}
        cells = [
            f"{score['uar']:.3f} [{score['uar_low']:.3f}, {score['uar_high']:.3f}]"
            if (score := points.get(at))
            else "-"
            for at in ("none", "3", "5", "10", "30", "all")
        ]
        yield [name, str(run.n_speakers), *cells]


def guard_rows(
    fitted: dict[tuple[str, str], Fitted], root: Path, names: list[str], tables: dict[str, featser.Table]
) -> Iterator[list[str]]:
    """Yield the share of rejected sounds for each kind of sound."""
    models = [fitted[name, "none"] for name in names]
    yield ["unseen speakers", *(share(each.run.guard["false_alarms"]) for each in models)]
    yield ["rain, engines, typing and other noise", *(share(rejected(each.model, [root / "noise"])) for each in models)]
    for kind in models[0].run.guard["caught"]:
        yield [kind, *(share(each.run.guard["caught"][kind]) for each in models)]
    for what, step in (("reversed speech", -1), ("speech at 8 times its speed", 8)):
        changed = []
        for name, each in zip(names, models, strict=True):
            paths = tables[name].manifest["path"].iloc[:: max(1, len(tables[name].manifest) // N_CHANGED)]
            signals = [np.ascontiguousarray(read_signal(root / name / path)[::step]) for path in paths]
            features = np.float64(each.model.describe(signals))
            changed.append(share(float((each.model.answer(features).p_values < LEVEL).mean())))
        yield [what, *changed]


def rejected(model: Model, places: list[Path]) -> float:
    """Share of recordings without an answer."""
    results = predict(model, places).results
    return float(np.mean([not each.answered for each in results]))


def cross_rows(
    fitted: dict[tuple[str, str], Fitted], tables: dict[str, featser.Table], root: Path
) -> Iterator[list[str]]:
    """Yield what each model answers on every other corpus."""
    for (source, way), each in fitted.items():
        for target, other in tables.items():
            if target == source:
                continue
            known = other.manifest[other.manifest["emotion"].isin(each.model.classes_)]
            paths = [root / target / path for path in known["path"]]
            speakers = target if way == "speaker" else None
            try:
                results = predict(each.model, paths, speakers).results
            except FeatserError as error:
                yield [source, way, target, str(error), *("-",) * 4]
                continue
            yield [source, way, target, *measured(results, list(known["emotion"]))]


def measured(results: tuple[Prediction, ...], truth: list[str]) -> list[str]:
    """Return the cells of a row of `cross_rows`."""
    answered = [(each, emotion) for each, emotion in zip(results, truth, strict=True) if each.answered]
    with_set = [(each, emotion) for each, emotion in answered if each.set]
    right = [each.emotion == emotion for each, emotion in answered]
    sure = [max(each.probabilities.values()) for each, _ in answered]
    covered = [emotion in each.set for each, emotion in with_set]
    cells = [share(len(answered) / len(results)), f"{np.mean(right):.3f}" if right else "-"]
    cells += [f"{np.mean(sure):.3f}" if sure else "-", share(len(with_set) / len(results))]
    return [*cells, f"{np.mean(covered):.3f}" if covered else "-"]


def share(value: float | None) -> str:
    """Return a share in per cent."""
    return "-" if value is None else f"{value:.1%}"


if __name__ == "__main__":
    main()
