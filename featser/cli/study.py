"""``featser study``: experiments around one pipeline."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.fit import RUNS, chosen_pipeline, only_table
from featser.cli.outputs import check_folder
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.recording_studies import RECORDING_STUDIES, recording_study
from featser.cli.studying import (
    AsJson,
    Chosen,
    ModelName,
    Normalise,
    PipelineFile,
    Protocol,
    Runs,
    Seed,
    Tables,
    carry_out,
    read_inputs,
    record,
    table_study,
    tables_for,
)
from featser.cli.terminal import console, print_json, progress_bar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featser.evaluation.premium import Validated

study = typer.Typer(name="study", help="Run an experiment around one pipeline.", no_args_is_help=True)

TABLE_STUDIES = {
    "ablation": "Leave out each family of descriptors, and use each alone: UAR gained, milliseconds paid.",
    "fairness": "Score by sex, age, language, sentence and intensity, and find the weakest segments.",
}
"""Study without options of its own -> help."""

for _name, _help in TABLE_STUDIES.items():
    study.command(_name, help=_help)(table_study(_name))

for _name, _help in RECORDING_STUDIES.items():
    study.command(_name, help=_help)(recording_study(_name))


@study.command()
def shortcuts(
    tables: Tables = None,
    recordings: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of the recordings, to measure bandwidth, sample rate and padding; may be repeated."),
    ] = None,
    model: ModelName = None,
    pipeline: PipelineFile = None,
    protocol: Protocol = "auto",
    normalise: Normalise = "none",
    seed: Seed = 0,
    plugin: PluginPlaces = None,
    runs: Runs = RUNS,
    as_json: AsJson = False,
) -> None:
    """Score small models on duration, loudness, silence and bandwidth alone, by the same protocol."""
    from featser.audit import recording_properties

    chosen = Chosen(tables, model, pipeline, protocol, normalise, seed, plugin, runs, as_json)
    carry_out("shortcuts", chosen, measured=recording_properties(recordings) if recordings else None)


@study.command()
def speakers(
    tables: Tables = None,
    models: Annotated[
        list[str] | None,
        typer.Option("--model", help="Model name; repeated, for a curve of each. Networks use a table of log-mel."),
    ] = None,
    draws: Annotated[int, typer.Option(help="Random choices of speakers at each point.", min=1)] = 5,
    protocol: Protocol = "auto",
    normalise: Normalise = "none",
    seed: Seed = 0,
    plugin: PluginPlaces = None,
    runs: Runs = RUNS,
    as_json: AsJson = False,
) -> None:
    """Score with fewer training speakers: a learning curve for each model."""
    check_folder(runs)
    shared = Chosen(None, None, None, protocol, normalise, seed, plugin, runs, as_json)
    named: list[str | None] = [*(models or [])] or [None]
    inputs, *others = [read_inputs(replace(shared, model=each, tables=tables_for(each, tables))) for each in named]
    record("speakers", inputs, runs, as_json, others=others, draws=draws)


@study.command("cross-corpus")
def cross_corpus(
    tables: Tables = None,
    model: ModelName = None,
    pipeline: PipelineFile = None,
    labels: Annotated[
        str | None, typer.Option(help="Label map: common-4, common-6, or a file; as for 'featser fit'.")
    ] = None,
    seed: Seed = 0,
    plugin: PluginPlaces = None,
    runs: Runs = RUNS,
    as_json: AsJson = False,
) -> None:
    """Train on each corpus and on all others, test on each; without and with normalisation by speaker."""
    from featser.studies import make_inputs, points_of
    from featser.table import labelled, read_table
    from featser.training import relabelled

    check_folder(runs)
    load_plugins(plugin)
    protocol = "leave-one-corpus-out"
    table = labelled(read_table(tables or [only_table()]))
    table = relabelled(table, labels)[0] if labels else table
    specification = chosen_pipeline(model, pipeline, protocol)
    record(
        "cross-corpus",
        make_inputs(table, specification, protocol=protocol, seed=seed, points=points_of(runs)),
        runs,
        as_json,
    )


@study.command()
def leaks(
    tables: Tables = None,
    model: ModelName = None,
    pipeline: PipelineFile = None,
    normalise: Normalise = "none",
    seed: Seed = 0,
    plugin: PluginPlaces = None,
    runs: Runs = RUNS,
    as_json: AsJson = False,
) -> None:
    """Score a pipeline honestly and with the usual leaks, and show how much each leak adds.

    Leaks: random split; scaling, selecting or augmenting before the split; tuning on the test folds.
    Augmenting needs a table with copies: featser extract PATH --copies voices.
    """
    from featser.evaluation.premium import leak_premium, record_premium
    from featser.table import read_table

    check_folder(runs)
    load_plugins(plugin)
    specification = chosen_pipeline(model, pipeline)
    table = read_table(tables or [only_table()])
    with progress_bar("scoring") as progress:
        validated = leak_premium(table, specification, normalise, seed, progress)
    record_premium(validated, runs)
    if as_json:
        print_json(_document(validated, runs))
        return
    from featser.reporting import show_premium

    show_premium([run for run, _ in validated.values()], console())
    sys.stdout.write(f"runs: {runs}\n")


def _document(validated: "Mapping[str, Validated]", folder: Path) -> dict[str, Any]:
    from featser.reporting.pairs import leak_name, premiums

    honest = validated["honest"][0]
    found = [pair for same in premiums([run for run, _ in validated.values()]) for pair in same]
    about = ("corpus", "model", "pipeline", "features", "protocol", "normalise", "seed", "n_utterances", "n_speakers")
    scores = ("uar", "uar_low", "uar_high")
    return {name: getattr(honest, name) for name in (*about, *scores)} | {
        "leaks": [
            {name: getattr(pair.leaky, name) for name in ("run", "n_utterances", *scores)}
            | {
                "leak": leak_name(pair.leaky),
                "leaky": True,
                "honest_run": pair.honest.run,
                "honest_uar": pair.honest.uar,
                "premium": pair.value,
            }
            for pair in found
        ],
        "runs_path": str(folder),
    }
