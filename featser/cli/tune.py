"""``featser tune``: search for the best parameters and features of a model, and write them as a pipeline file."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.fit import MAX_SEED, chosen_pipeline, only_table
from featser.cli.outputs import check_output
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import print_json, tell
from featser.cli.tuning import watching

if TYPE_CHECKING:
    from featser.search import TuningResult

PIPELINES = Path("pipelines")


def tune(
    tables: Annotated[
        list[Path] | None, typer.Argument(help="Feature tables; without any, the one in data/features/.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model name; 'featser models' lists them and marks the default.")
    ] = None,
    pipeline: Annotated[Path | None, typer.Option(help="Pipeline file, instead of --model.")] = None,
    trials: Annotated[int, typer.Option(help="Total number of finished trials, earlier ones included.", min=1)] = 50,
    timeout: Annotated[float | None, typer.Option(help="Stop after this many seconds.", min=0)] = None,
    storage: Annotated[
        str | None, typer.Option(help="File or URL of the trials; by default in reports/studies/.")
    ] = None,
    normalise: Annotated[str, typer.Option(help="none, enrolment:K or speaker.")] = "none",
    allow_leak: Annotated[
        bool, typer.Option("--allow-leak", help="Search on folds that leak; the best pipeline is stamped LEAKY.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Random seed.", min=0, max=MAX_SEED)] = 0,
    plugin: PluginPlaces = None,
    out: Annotated[
        Path | None, typer.Option(help="Pipeline file; by default pipelines/CORPUS-PIPELINE-tuned.toml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Search a model's parameters and features on folds by speaker, and write the best as a pipeline file.

    The same command continues an interrupted search. The pipeline was selected on all speakers of the table, so
    featser fit refuses to test it on them; for an unbiased score, use featser fit --tune.
    """
    from featser.search import default_journal
    from featser.search import tune as search
    from featser.table import read_table

    check_output(out or PIPELINES / "pipeline.toml", ".toml")
    load_plugins(plugin)
    specification = chosen_pipeline(model, pipeline)
    table = read_table(tables or [only_table()])
    where = storage or str(default_journal(table, specification))
    with watching(where) as watch:
        best = search(
            table,
            specification,
            n_trials=trials,
            normalise=normalise,
            seed=seed,
            seconds=timeout,
            storage=where,
            allow_leak=allow_leak,
            watch=watch,
        )
    path = out or PIPELINES / f"{table.corpus}-{specification.name}-tuned.toml"
    best.write(path)
    if as_json:
        print_json(_document(best, path, where))
        return
    what = ("--pipeline", str(pipeline)) if pipeline else ("--model", specification.model)
    rest = _options(normalise, seed, plugin, allow_leak=allow_leak)
    sys.stdout.write(_words(best, path, shlex.join([*map(str, tables or ()), *what, *rest])))
    if best.leaks:
        tell(f"LEAKY: {'. '.join(best.leaks)}. This score is inflated by leakage.")


def _options(normalise: str, seed: int, plugin: list[str] | None, *, allow_leak: bool) -> list[str]:
    """Return the options that change the search, for another command."""
    options = ["--normalise", normalise] if normalise != "none" else []
    options += ["--seed", str(seed)] if seed else []
    options += ["--allow-leak"] if allow_leak else []
    return options + [word for place in plugin or () for word in ("--plugin", place)]


def _document(best: "TuningResult", path: Path, storage: str) -> dict[str, Any]:
    return {
        "pipeline_path": str(path),
        "storage": storage,
        "inner_uar": best.uar,
        "optimistic": True,
        "protocol": best.protocol,
        "n_trials": best.n_trials,
        "n_pruned": best.n_pruned,
        "model": best.specification.model,
        "parameters": dict(best.specification.parameters),
        "exclude": list(best.specification.exclude),
        "leaky": bool(best.leaks),
        "leaks": list(best.leaks),
    }


def _words(best: "TuningResult", path: Path, asked: str) -> str:
    chosen = best.specification
    parameters = ", ".join(f"{name} = {value}" for name, value in chosen.parameters.items()) or "defaults"
    without = f"\nwithout: {', '.join(chosen.exclude)}" if chosen.exclude else ""
    return (
        f"best of {best.n_trials} trials ({best.protocol}; {best.n_pruned} stopped after the first fold)\n"
        f"{chosen.model}: {parameters}{without}\n"
        f"inner UAR {best.uar:.3f}: optimistic, since it selected this pipeline. "
        f"For an unbiased score: featser fit {asked} --tune {best.n_trials}\npipeline: {path}\n"
    )
