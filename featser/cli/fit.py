"""``featser fit``: an honest score first, then the model trained on the whole table."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.extract import TABLES
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import console, print_json, progress_bar, tell

if TYPE_CHECKING:
    from featser.evaluation import Run
    from featser.fit import Fitted
    from featser.pipeline import Specification
    from featser.table import FeatureTable

MODELS = Path("models")
RUNS = Path("reports/runs")


def fit(
    tables: Annotated[
        list[Path] | None, typer.Argument(help="Feature tables; without any, the one in data/features/.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model; 'featser models' lists them.")] = None,
    pipeline: Annotated[Path | None, typer.Option(help="A pipeline file in place of --model.")] = None,
    protocol: Annotated[str, typer.Option(help="How speakers are split.")] = "auto",
    normalise: Annotated[str, typer.Option(help="none (one clip of a new voice) or speaker (all its clips).")] = "none",
    seed: Annotated[int, typer.Option(help="Of everything random.", min=0)] = 0,
    plugin: PluginPlaces = None,
    out: Annotated[
        Path | None, typer.Option(help="The model; by default models/CORPUS-PIPELINE[-speaker].joblib.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="Where the run is recorded.")] = RUNS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Score a model on speakers it never heard, then train it on all of them and save it.

    Protocols: auto, leave-one-speaker-out, K-fold-by-speaker, published, random (LEAKY).
    """
    from featser.bundle import write_model
    from featser.evaluation import write_run
    from featser.fit import fit as fit_model
    from featser.table import read_table

    start = time.perf_counter()
    load_plugins(plugin)
    specification = _specification(model, pipeline)
    table = read_table(tables or [_only_table()])
    with progress_bar("scoring") as progress:
        fitted = fit_model(table, specification, protocol, normalise, seed, progress)
    for scored in dict.fromkeys((fitted.inductive, fitted.scored)):
        folder = write_run(scored.run, scored.predictions, runs)
    path = out or MODELS / _model_name(table, fitted.scored.run)
    n_bytes = write_model(fitted.model, path)
    seconds = fitted.scored.run.seconds | {"total": round(time.perf_counter() - start, 3)}
    if as_json:
        print_json(_document(fitted, path, folder) | {"seconds": seconds, "model_bytes": n_bytes})
    else:
        _show(fitted, path, folder)


def _specification(model: str | None, pipeline: Path | None) -> "Specification":
    from featser.errors import UsageError
    from featser.models import MODELS as KNOWN
    from featser.pipeline import read_pipeline, specification_for

    if (model is None) == (pipeline is None):
        raise UsageError(f"Give either --model or --pipeline. Models: {', '.join(sorted(KNOWN))}.")
    return specification_for(model) if model else read_pipeline(pipeline)  # type: ignore[arg-type]


def _only_table() -> Path:
    from featser.errors import UsageError

    there = sorted(TABLES.glob("*.parquet"))
    if len(there) == 1:
        return there[0]
    if not there:
        raise UsageError(f"No feature table in {TABLES}/. Make one: featser extract FOLDER.")
    raise UsageError(f"Several tables in {TABLES}/: {', '.join(map(str, there))}. Say which: featser fit {there[0]}.")


def _model_name(table: "FeatureTable", run: "Run") -> str:
    suffix = "" if run.normalise == "none" else f"-{run.normalise}"
    return f"{table.corpus}-{run.pipeline}{suffix}.joblib"


def _document(fitted: "Fitted", path: Path, folder: Path) -> dict[str, Any]:
    run = fitted.scored.run
    names = (
        *("run", "corpus", "model", "pipeline", "features", "protocol", "normalise", "leaky", "seed"),
        *("n_utterances", "n_speakers", "classes", "uar", "uar_low", "uar_high", "war", "macro_f1", "recall"),
        *("log_loss", "ece"),
    )
    return {name: getattr(run, name) for name in names} | {
        "inductive_uar": fitted.inductive.run.uar,
        "model_path": str(path),
        "predictions_path": str(folder / "predictions.parquet"),
    }


def _show(fitted: "Fitted", path: Path, folder: Path) -> None:
    from featser.report import show_comparison

    run = fitted.scored.run
    show_comparison([each.run for each in dict.fromkeys((fitted.scored, fitted.inductive))], console())
    if run.leaky:
        tell("LEAKY: speakers are on both sides of this split. The number says what leaking pretends.")
    sys.stdout.write(f"model, trained on all {run.n_utterances} utterances: {path}\nrun: {folder}\n")
