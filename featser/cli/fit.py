"""``featser fit``: cross-validate a pipeline, train it on the whole table and save the model."""

import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.extract import TABLES
from featser.cli.outputs import check_folder, check_output
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import console, print_json, progress_bar, tell, trained_on, write_lines
from featser.cli.tuning import watching

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from featser.evaluation import Progress, Run
    from featser.pipeline import Specification
    from featser.search import Search
    from featser.table import Table
    from featser.training import Fitted

MODELS = Path("models")
RUNS = Path("reports/runs")

MAX_SEED = 2**32 - 1
"""Largest seed that every library accepts."""


def fit(
    tables: Annotated[
        list[Path] | None, typer.Argument(help="Feature tables; without any, the one in data/features/.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model name; 'featser models' lists them and marks the default.")
    ] = None,
    pipeline: Annotated[Path | None, typer.Option(help="Pipeline file, instead of --model.")] = None,
    protocol: Annotated[str, typer.Option(help="How the table is split; see above.")] = "auto",
    normalise: Annotated[
        str, typer.Option(help="none, enrolment:K (by K recordings of the speaker) or speaker (by all of them).")
    ] = "none",
    with_: Annotated[
        list[Path] | None,
        typer.Option("--with", help="Feature table of other corpora, for training only; may be repeated."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="Label map: common-4, common-6, or a .toml or .csv file; other labels are left out."),
    ] = None,
    allow_leak: Annotated[
        bool, typer.Option("--allow-leak", help="Score folds that leak; the run is stamped LEAKY.")
    ] = False,
    tune: Annotated[int | None, typer.Option(help="Tune with N trials inside every fold (nested).", min=1)] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds after which each search stops.", min=0)] = None,
    storage: Annotated[
        str | None, typer.Option(help="File or URL of the trials; by default in reports/studies/.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed.", min=0, max=MAX_SEED)] = 0,
    plugin: PluginPlaces = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Model file; by default in models/, named by corpus, features, pipeline, protocol etc."),
    ] = None,
    runs: Annotated[Path, typer.Option(help="Folder of the recorded runs.")] = RUNS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Score a model on unseen speakers, then train it on the whole table and save it.

    Protocols: auto, leave-one-speaker-out, K-fold-by-speaker, speaker-and-text, leave-one-corpus-out, published,
    random (LEAKY: each speaker is in training and test).
    """
    from featser.bundle import write_model
    from featser.evaluation import write_run
    from featser.explain import emotion_profile
    from featser.table import read_table
    from featser.training import fit as fit_model

    start = time.perf_counter()
    check_output(out or MODELS / "model.joblib", ".joblib")
    check_folder(runs)
    load_plugins(plugin)
    specification = chosen_pipeline(model, pipeline, protocol)
    table = read_table(tables or [only_table()])
    if table.feature_set.computable and not (model or pipeline or table.has_copies):
        tell("Tip: speed-perturbed copies improve scores on unseen speakers: featser extract PATH --copies voices.")
    with _searching(table, specification, (tune, timeout, storage)) as (search, progress):
        fitted = fit_model(
            table,
            specification,
            protocol=protocol,
            normalise=normalise,
            with_tables=[read_table(each) for each in with_ or []],
            labels=labels,
            tune=search or 0,
            seed=seed,
            allow_leak=allow_leak,
            progress=progress,
        )
    words = emotion_profile(table)
    folder = [write_run(replace(each.run, words=words), each.predictions, runs) for each in fitted.results][-1]
    path = out or MODELS / default_model_name(fitted.run)
    n_bytes = write_model(fitted.model, path)
    for way, best in fitted.winners.items():
        best.write(winner_path(path, way, fitted.run.normalise))
    seconds = fitted.run.seconds | {"total": round(time.perf_counter() - start, 3)}
    if as_json:
        print_json(_document(fitted, path, folder) | {"seconds": seconds, "model_bytes": n_bytes})
    else:
        _show(fitted, path, folder)


def chosen_pipeline(model: str | None, pipeline: Path | None, protocol: str = "auto") -> "Specification":
    """Return the pipeline that the command line names.

    Parameters
    ----------
    model : str or None
        model name
    pipeline : Path or None
        pipeline file
    protocol : str
        the default model depends on it

    Returns
    -------
    Specification
        of the file or of the model; of the default model if neither is given

    Raises
    ------
    UsageError
        both are given, or one does not exist
    """
    from featser.errors import UsageError
    from featser.evaluation import CORPORA_APART
    from featser.models import CORPORA_MODEL, CORPORA_REASON, DEFAULT_MODEL, REASON
    from featser.models import MODELS as KNOWN
    from featser.pipeline import read_pipeline, specification_for

    if model and pipeline:
        raise UsageError(f"Give either --model or --pipeline. Models: {', '.join(sorted(KNOWN))}.")
    if pipeline:
        return read_pipeline(pipeline)
    default, reason = (CORPORA_MODEL, CORPORA_REASON) if protocol in CORPORA_APART else (DEFAULT_MODEL, REASON)
    if not model:
        tell(f"No --model given: using {default}; {reason}.")
    return specification_for(model or default)


def only_table() -> Path:
    """Return the path of the only table in the default folder.

    Raises
    ------
    UsageError
        it holds no table, or several
    """
    from featser.errors import UsageError

    there = sorted(TABLES.glob("*.parquet"))
    if len(there) == 1:
        return there[0]
    if not there:
        raise UsageError(f"No feature table in {TABLES}/. Make one: featser extract FOLDER.")
    raise UsageError(f"Several tables in {TABLES}/: {', '.join(map(str, there))}. Name one: featser fit {there[0]}.")


def default_model_name(run: "Run") -> str:
    """Return the file name of a run's model; runs of other pipelines, protocols or seeds have other names.

    Parameters
    ----------
    run : Run
        the scored run

    Returns
    -------
    str
        corpus, corpora of --with, label map, features, pipeline, tuning, copies, protocol, normalisation,
        seed unless 0, and LEAKY if it is
    """
    from featser.evaluation import corpus_words

    parts = [corpus_words(run.corpus, run.added, run.labels), run.features, run.pipeline]
    parts += [f"tuned-{run.tuning['n_trials']}"] if run.tuning else []
    parts += ["copies"] if run.copies else []
    parts += [run.protocol, run.normalise.replace(":", "-")]
    parts += [f"seed-{run.seed}"] if run.seed else []
    parts += ["LEAKY"] if run.leaky else []
    return f"{'-'.join(parts)}.joblib"


@contextmanager
def _searching(
    table: "Table", specification: "Specification", options: tuple[int | None, float | None, str | None]
) -> "Iterator[tuple[Search | None, Progress | None]]":
    """Give the search of ``--tune``, ``--timeout`` and ``--storage`` or None, and a progress bar for the other case."""
    n_trials, seconds, storage = options
    if n_trials is None:
        _refuse_alone(seconds, storage)
        with progress_bar("scoring") as progress:
            yield None, progress
        return
    from featser.search import Search, default_journal, open_storage

    where = storage or str(default_journal(table, specification))
    with watching(where) as watch:
        yield Search(n_trials, seconds=seconds, storage=open_storage(where), watch=watch), None


def _refuse_alone(seconds: float | None, storage: str | None) -> None:
    from featser.errors import UsageError

    for option, value in (("--timeout", seconds), ("--storage", storage)):
        if value is not None:
            raise UsageError(f"{option} {value} needs --tune. Add --tune N, or leave {option} out.")


def winner_path(model: Path, way: str, normalise: str) -> Path:
    """Return the path of the tuned pipeline, beside the model.

    Parameters
    ----------
    model : Path
        model file
    way : str
        normalisation that the pipeline was tuned under
    normalise : str
        normalisation of the command

    Returns
    -------
    Path
        a ``.toml`` file

    >>> winner_path(Path("m.joblib"), "speaker", "speaker"), winner_path(Path("m.joblib"), "none", "speaker")
    (PosixPath('m.toml'), PosixPath('m-inductive.toml'))
    """
    return model.with_name(f"{model.stem}{'' if way == normalise else '-inductive'}.toml")


def _document(fitted: "Fitted", path: Path, folder: Path) -> dict[str, Any]:
    run = fitted.run
    names = (
        *("run", "corpus", "model", "pipeline", "features", "protocol", "normalise", "leaky", "leaks", "seed"),
        *("n_utterances", "n_speakers", "classes", "uar", "uar_low", "uar_high", "war", "macro_f1", "recall"),
        *("log_loss", "brier", "ece", "macro_precision", "precision", "conformal", "tuning", "added", "labels"),
        *("by_corpus", "adapted"),
    )
    return {name: getattr(run, name) for name in names} | {
        "inductive_uar": fitted.results[0].uar,
        "n_copies": fitted.model.training["n_copies"],
        "model_path": str(path),
        "predictions_path": str(folder / "predictions.parquet"),
        **({"winner_path": str(winner_path(path, run.normalise, run.normalise))} if fitted.winners else {}),
    }


def _show(fitted: "Fitted", path: Path, folder: Path) -> None:
    from featser.reporting import show_comparison, sureness_words
    from featser.reporting.verdicts import optimism_words

    run = fitted.run
    show_comparison([each.run for each in reversed(fitted.results)], console())
    _show_corpora(run)
    write_lines(sureness_words(run))
    if run.leaky:
        tell(f"LEAKY: {'. '.join(run.leaks)}. This score is inflated by leakage.")
    for corpus, part in run.added.items():
        left = f"; left out: {_counted(part['left_out'])}" if part["left_out"] else ""
        tell(f"Trained on, never tested: {part['n_utterances']} utterances of {corpus}{left}.")
    if run.labels.get("left_out"):
        tell(f"Left out by the label map {run.labels['name']}: {_counted(run.labels['left_out'])}.")
    if fitted.left_out:
        others = _counted(fitted.left_out)
        tell(f"Left out, because one corpus only has them: {others}.")
    if run.tuning:
        winner = winner_path(path, run.normalise, run.normalise)
        write_lines([optimism_words(run), f"pipeline tuned on all {run.n_speakers} speakers: {winner}"])
    write_lines([f"model, trained on {trained_on(fitted.model.training)}: {path}", f"run: {folder}"])


def _show_corpora(run: "Run") -> None:
    """Print the score on each corpus, and their mean."""
    from rich.table import Table as Lines

    if not run.by_corpus:
        return
    titles = ("tested corpus", "UAR", "95% interval", "utterances", "speakers", "emotions")
    lines = Lines(*titles, box=None, pad_edge=False, header_style="bold")
    whole = {"uar": run.uar, "uar_low": run.uar_low, "uar_high": run.uar_high, "classes": run.classes}
    whole |= {"n_utterances": run.n_utterances, "n_speakers": run.n_speakers}
    for name, each in (*run.by_corpus.items(), ("mean", whole)):
        interval = "-" if each["uar_low"] is None else f"{each['uar_low']:.3f} to {each['uar_high']:.3f}"
        sizes = (each["n_utterances"], each["n_speakers"], len(each["classes"]))
        lines.add_row(name, f"{each['uar']:.3f}", interval, *map(str, sizes))
    console().print(lines)
    if run.adapted:
        corpora = ", ".join(f"{name} {each['uar']:.3f}" for name, each in run.adapted["by_corpus"].items())
        mean = f"{run.adapted['uar']:.3f}"
        write_lines([f"Adapted to each corpus without its labels (featser adapt): UAR {mean}; {corpora}."])


def _counted(left_out: "Mapping[str, int]") -> str:
    return ", ".join(f"{emotion} ({count} utterances)" for emotion, count in left_out.items())
