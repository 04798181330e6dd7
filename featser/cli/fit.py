"""``featser fit``: an honest score first, then the model trained on the whole table."""

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.extract import TABLES
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import console, print_json, progress_bar, tell, trained_on
from featser.cli.tuning import journal_of, watching, write_winner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featser.evaluation import Run
    from featser.pipeline import Specification
    from featser.search import Search
    from featser.table import Table
    from featser.training import Fitted, Progress

MODELS = Path("models")
RUNS = Path("reports/runs")

MAX_SEED = 2**32 - 1
"""The largest that every library takes."""


def fit(
    tables: Annotated[
        list[Path] | None, typer.Argument(help="Feature tables; without any, the one in data/features/.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A model; 'featser models' lists them. By default the one that did best.")
    ] = None,
    pipeline: Annotated[Path | None, typer.Option(help="A pipeline file in place of --model.")] = None,
    protocol: Annotated[str, typer.Option(help="How speakers are split.")] = "auto",
    normalise: Annotated[
        str, typer.Option(help="none (one clip of a new voice), enrolment:K (K clips) or speaker (all its clips).")
    ] = "none",
    allow_leak: Annotated[
        bool, typer.Option("--allow-leak", help="Go on where folds leak; the run is stamped LEAKY.")
    ] = False,
    tune: Annotated[
        int | None,
        typer.Option(help="Tune with so many trials, anew in every fold: the score is of the search.", min=1),
    ] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds after which each search stops.", min=0)] = None,
    storage: Annotated[
        str | None, typer.Option(help="Where trials are kept: a file or a URL; by default in reports/studies/.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything random.", min=0, max=MAX_SEED)] = 0,
    plugin: PluginPlaces = None,
    out: Annotated[
        Path | None, typer.Option(help="The model; by default models/CORPUS-PIPELINE[-speaker].joblib.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="Where the run is recorded.")] = RUNS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Score a model on speakers it never heard, then train it on all of them and save it.

    Protocols: auto, leave-one-speaker-out, K-fold-by-speaker, speaker-and-text, leave-one-corpus-out, published,
    random (LEAKY).
    """
    from featser.bundle import write_model
    from featser.evaluation import write_run
    from featser.table import read_table
    from featser.training import fit as fit_model

    start = time.perf_counter()
    load_plugins(plugin)
    specification = chosen_pipeline(model, pipeline)
    table = read_table(tables or [only_table()])
    if not (model or pipeline or table.has_copies):
        tell("Copies that sound like other voices teach it more of unknown ones: featser extract PATH --copies voices.")
    rule = "stamp" if allow_leak else "refuse"
    with _searching(table, specification, (tune, timeout, storage)) as (search, progress):
        fitted = fit_model(table, specification, protocol, normalise, seed, progress, leaks=rule, search=search)
    for scored in dict.fromkeys((fitted.inductive, fitted.scored)):
        folder = write_run(scored.run, scored.predictions, runs)
    path = out or MODELS / _model_name(table, fitted.scored.run)
    n_bytes = write_model(fitted.model, path)
    for way, best in fitted.winners.items():
        write_winner(best, table, way, winner_path(path, way, fitted.scored.run.normalise))
    seconds = fitted.scored.run.seconds | {"total": round(time.perf_counter() - start, 3)}
    if as_json:
        print_json(_document(fitted, path, folder) | {"seconds": seconds, "model_bytes": n_bytes})
    else:
        _show(fitted, path, folder)


def chosen_pipeline(model: str | None, pipeline: Path | None) -> "Specification":
    """Return the pipeline that the command line asks for, by name or by file; without either, the default model."""
    from featser.errors import UsageError
    from featser.models import DEFAULT_MODEL, REASON
    from featser.models import MODELS as KNOWN
    from featser.pipeline import read_pipeline, specification_for

    if model and pipeline:
        raise UsageError(f"Give either --model or --pipeline. Models: {', '.join(sorted(KNOWN))}.")
    if pipeline:
        return read_pipeline(pipeline)
    if not model:
        tell(f"No model was named, so {DEFAULT_MODEL} is taken: {REASON}.")
    return specification_for(model or DEFAULT_MODEL)


def only_table() -> Path:
    """Return the one table of the default folder; `UsageError` where there is none, or several."""
    from featser.errors import UsageError

    there = sorted(TABLES.glob("*.parquet"))
    if len(there) == 1:
        return there[0]
    if not there:
        raise UsageError(f"No feature table in {TABLES}/. Make one: featser extract FOLDER.")
    raise UsageError(f"Several tables in {TABLES}/: {', '.join(map(str, there))}. Say which: featser fit {there[0]}.")


def _model_name(table: "Table", run: "Run") -> str:
    suffix = "" if run.normalise == "none" else f"-{run.normalise.replace(':', '-')}"
    return f"{table.corpus}-{run.pipeline}{'-tuned' if run.tuning else ''}{suffix}.joblib"


@contextmanager
def _searching(
    table: "Table", specification: "Specification", options: tuple[int | None, float | None, str | None]
) -> "Iterator[tuple[Search | None, Progress | None]]":
    """Give what ``--tune``, ``--timeout`` and ``--storage`` ask for, and a bar for the one thing that takes long."""
    n_trials, seconds, storage = options
    if n_trials is None:
        _refuse_alone(seconds, storage)
        with progress_bar("scoring") as progress:
            yield None, progress
        return
    from featser.search import Search, open_storage

    where = storage or journal_of(table, specification)
    with watching(where) as watch:
        yield Search(n_trials, seconds=seconds, storage=open_storage(where), watch=watch), None


def _refuse_alone(seconds: float | None, storage: str | None) -> None:
    from featser.errors import UsageError

    for option, value in (("--timeout", seconds), ("--storage", storage)):
        if value is not None:
            raise UsageError(f"{option} {value} is for tuning, and nothing is tuned. Add --tune N, or leave it out.")


def winner_path(model: Path, way: str, normalise: str) -> Path:
    """Return where the pipeline goes that a search on the whole table found: beside the model.

    >>> winner_path(Path("m.joblib"), "speaker", "speaker"), winner_path(Path("m.joblib"), "none", "speaker")
    (PosixPath('m.toml'), PosixPath('m-inductive.toml'))
    """
    return model.with_name(f"{model.stem}{'' if way == normalise else '-inductive'}.toml")


def _document(fitted: "Fitted", path: Path, folder: Path) -> dict[str, Any]:
    run = fitted.scored.run
    names = (
        *("run", "corpus", "model", "pipeline", "features", "protocol", "normalise", "leaky", "leaks", "seed"),
        *("n_utterances", "n_speakers", "classes", "uar", "uar_low", "uar_high", "war", "macro_f1", "recall"),
        *("log_loss", "brier", "ece", "macro_precision", "precision", "conformal", "tuning"),
    )
    return {name: getattr(run, name) for name in names} | {
        "inductive_uar": fitted.inductive.run.uar,
        "n_copies": fitted.model.training["n_copies"],
        "model_path": str(path),
        "predictions_path": str(folder / "predictions.parquet"),
        **({"winner_path": str(winner_path(path, run.normalise, run.normalise))} if fitted.winners else {}),
    }


def _show(fitted: "Fitted", path: Path, folder: Path) -> None:
    from featser.reporting import show_comparison, sureness_words
    from featser.reporting.verdicts import optimism_words

    run = fitted.scored.run
    show_comparison([each.run for each in dict.fromkeys((fitted.scored, fitted.inductive))], console())
    sys.stdout.write("".join(f"{sentence}\n" for sentence in sureness_words(run)))
    if run.leaky:
        tell(f"LEAKY: {'. '.join(run.leaks)}. The number says what leaking pretends.")
    if fitted.left_out:
        others = ", ".join(f"{emotion} ({count} utterances)" for emotion, count in fitted.left_out.items())
        tell(f"Over the emotions that every corpus has: {', '.join(run.classes)}. Left out: {others}.")
    if run.tuning:
        winner = winner_path(path, run.normalise, run.normalise)
        sys.stdout.write(f"{optimism_words(run)}\nbest pipeline of all {run.n_speakers} speakers: {winner}\n")
    sys.stdout.write(f"model, trained on {trained_on(fitted.model.training)}: {path}\nrun: {folder}\n")
