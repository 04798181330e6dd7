"""``featser cache``: contents of the feature cache, their soundness, and why a row is computed again."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import console, print_json

cache = typer.Typer(name="cache", help="Look after the feature cache.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@cache.command()
def info(as_json: AsJson = False) -> None:
    """List the rows that the cache holds, by feature set and cleaning."""
    from rich.table import Table
    from rich.text import Text

    from featser.extraction import default_folder
    from featser.extraction.maintenance import holdings

    folder = default_folder()
    found = holdings(folder)
    if as_json:
        print_json({"cache": str(folder), "holdings": [asdict(each) for each in found]})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("key", "feature set", "cleaning", "rows", "MB", "used by this featser"):
        table.add_column(column, justify="right" if column in ("rows", "MB") else "left")
    for each in found:
        used, steps = "yes" if each.current else "no", Text(", ".join(each.clean) or "-")
        table.add_row(each.key[:12], Text(each.feature_set), steps, str(each.n_rows), f"{each.n_bytes / 1e6:.1f}", used)
    sys.stdout.write(f"{folder}\n")
    console().print(table)


@cache.command()
def verify(as_json: AsJson = False) -> None:
    """Compare every row with its checksum."""
    from featser.errors import InputError
    from featser.extraction import default_folder
    from featser.extraction.maintenance import damaged_rows

    damaged = damaged_rows(default_folder())
    if as_json:
        print_json({"damaged": damaged})
    else:
        sys.stdout.write(f"{len(damaged)} damaged rows, which are computed again\n" if damaged else "sound\n")
    if damaged:
        raise typer.Exit(InputError.exit_code)


@cache.command()
def clear(
    stale: Annotated[bool, typer.Option("--stale", help="Only rows of other code or other library versions.")] = False,
) -> None:
    """Delete rows; they are computed again when they are needed."""
    from featser.extraction import default_folder
    from featser.extraction.maintenance import clear as clear_rows

    sys.stdout.write(f"{clear_rows(default_folder(), stale=stale) / 1e6:.1f} MB freed\n")


@cache.command()
def why(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    features: Annotated[str, typer.Option(help="A feature set by name, or a TOML file.")] = "wide",
    plugin: PluginPlaces = None,
) -> None:
    """Say which rows of a recording are in the cache, and which of them are outdated."""
    from featser.extraction import default_folder
    from featser.extraction.maintenance import why as explain
    from featser.features import find_feature_set

    load_plugins(plugin)
    sys.stdout.write("\n".join(explain(default_folder(), file, find_feature_set(features).name)) + "\n")
