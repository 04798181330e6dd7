"""What all studies of the command line share: options, reading of the inputs, recording and printing of the result."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.fit import MAX_SEED, RUNS, chosen_pipeline, only_table
from featser.cli.outputs import check_folder
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import console, print_json, progress_bar

if TYPE_CHECKING:
    from featser.studies import Inputs

Tables = Annotated[list[Path] | None, typer.Argument(help="Feature tables; without any, the one in data/features/.")]
ModelName = Annotated[
    str | None, typer.Option("--model", help="Model name; 'featser models' lists them and marks the default.")
]
PipelineFile = Annotated[Path | None, typer.Option("--pipeline", help="Pipeline file, instead of --model.")]
Protocol = Annotated[str, typer.Option(help="How speakers are split into folds, as for 'featser fit'.")]
Normalise = Annotated[str, typer.Option(help="none, enrolment:K or speaker.")]
Seed = Annotated[int, typer.Option(help="Random seed.", min=0, max=MAX_SEED)]
Runs = Annotated[Path, typer.Option(help="Folder of the recorded runs and studies.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@dataclass(frozen=True)
class Chosen:
    """Options that every study of a feature table has; see `table_study`."""

    tables: list[Path] | None = None
    model: str | None = None
    pipeline: Path | None = None
    protocol: str = "auto"
    normalise: str = "none"
    seed: int = 0
    plugin: list[str] | None = None
    runs: Path = RUNS
    as_json: bool = False


def table_study(name: str) -> Callable[..., None]:
    """Return the command of a study that has no options of its own.

    Parameters
    ----------
    name : str
        key in `featser.studies.STUDIES`

    Returns
    -------
    callable
        for ``typer.Typer.command``
    """

    def command(
        tables: Tables = None,
        model: ModelName = None,
        pipeline: PipelineFile = None,
        protocol: Protocol = "auto",
        normalise: Normalise = "none",
        seed: Seed = 0,
        plugin: PluginPlaces = None,
        runs: Runs = RUNS,
        as_json: AsJson = False,
    ) -> None:
        carry_out(name, Chosen(tables, model, pipeline, protocol, normalise, seed, plugin, runs, as_json))

    return command


def carry_out(name: str, chosen: Chosen, **options: Any) -> None:
    """Carry out a study of feature tables, record it and print it.

    Parameters
    ----------
    name : str
        key in `featser.studies.STUDIES`
    chosen : Chosen
        the shared options
    **options
        options of this study
    """
    check_folder(chosen.runs)
    record(name, read_inputs(chosen), chosen.runs, chosen.as_json, **options)


def read_inputs(chosen: Chosen) -> "Inputs":
    """Read the tables and the pipeline that the options name, and check that they suit each other."""
    from featser.studies import make_inputs, points_of
    from featser.table import read_table

    load_plugins(chosen.plugin)
    return make_inputs(
        read_table(chosen.tables or [only_table()]),
        chosen_pipeline(chosen.model, chosen.pipeline),
        protocol=chosen.protocol,
        normalise=chosen.normalise,
        seed=chosen.seed,
        points=points_of(chosen.runs),
    )


def tables_for(model: str | None, tables: list[Path] | None) -> list[Path] | None:
    """Choose the tables that a model reads: frames of tracks for networks, functionals for all others.

    Parameters
    ----------
    model : str or None
        model name; None for the default
    tables : list of Path or None
        all tables of the command line

    Returns
    -------
    list of Path or None
        those of the model's kind; all of them where none is
    """
    import pyarrow.parquet as pq

    from featser.features.functionals.sequence import count_tracks
    from featser.models import DEFAULT_MODEL, find_model
    from featser.table import MANIFEST_COLUMNS

    if not tables or len(tables) == 1 or not all(each.is_file() for each in tables):
        return tables
    sequence = find_model(model or DEFAULT_MODEL).sequence
    columns = {each: [name for name in pq.read_schema(each).names if name not in MANIFEST_COLUMNS] for each in tables}
    return [each for each in tables if bool(count_tracks(columns[each])) == sequence] or tables


def record(name: str, inputs: "Inputs", runs: Path, as_json: bool, **options: Any) -> None:
    """Carry out a study of any inputs, record it and print it.

    Parameters
    ----------
    name : str
        key in `featser.studies.STUDIES`
    inputs : Inputs
    runs : Path
        folder of the recorded runs and studies
    as_json : bool
        print one JSON document instead of a table
    **options
        options of this study
    """
    from featser.studies import STUDIES, write_study

    with progress_bar(name) as progress:
        found = STUDIES[name](replace(inputs, progress=progress, command=_command_line()), **options)
    path = write_study(found, runs)
    if as_json:
        print_json(found.to_dict() | {"path": str(path)})
        return
    from featser.reporting import show_study

    show_study(found, console())
    sys.stdout.write(f"study: {path}\n")


def _command_line() -> str:
    """The command as it was given, with names instead of paths."""
    words = [each.rpartition(os.sep)[2] if os.sep in each else each for each in sys.argv[1:]]
    return " ".join(["featser", *(word for word in words if word != "--json")])
