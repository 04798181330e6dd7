"""``featser cache``: what it holds, whether it is sound, and why a recording is computed again."""

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
    """List what the cache holds."""
    from rich.table import Table
    from rich.text import Text

    from featser.cache import default_cache
    from featser.features import builtin_feature_sets
    from featser.upkeep import holdings

    place = default_cache()
    found = holdings(place, builtin_feature_sets().values())
    if as_json:
        print_json({"cache": str(place.root), "holdings": [asdict(each) for each in found]})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("key", "feature set", "rows", "MB", "used by this featser"):
        table.add_column(column, justify="right" if column in ("rows", "MB") else "left")
    for each in found:
        used = "yes" if each.current else "no"
        table.add_row(each.key[:12], Text(each.feature_set), str(each.n_rows), f"{each.n_bytes / 1e6:.1f}", used)
    sys.stdout.write(f"{place.root}\n")
    console().print(table)


@cache.command()
def verify(as_json: AsJson = False) -> None:
    """Compare every shard with its checksum."""
    from featser.cache import default_cache
    from featser.upkeep import damaged_shards

    damaged = [str(shard) for shard in damaged_shards(default_cache())]
    if as_json:
        print_json({"damaged": damaged})
    else:
        told = f"{len(damaged)} damaged shards; their rows will be computed again" if damaged else "sound"
        sys.stdout.write("\n".join([*damaged, told]) + "\n")
    if damaged:
        from featser.errors import InputError

        raise typer.Exit(InputError.exit_code)


@cache.command()
def clear(
    stale: Annotated[bool, typer.Option("--stale", help="Only rows that this featser would not use.")] = False,
) -> None:
    """Delete rows; they are computed again when they are needed."""
    from featser.cache import default_cache
    from featser.features import builtin_feature_sets
    from featser.upkeep import clear as clear_rows

    freed = clear_rows(default_cache(), builtin_feature_sets().values() if stale else ())
    sys.stdout.write(f"{freed / 1e6:.1f} MB freed\n")


@cache.command()
def why(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    features: Annotated[str, typer.Option(help="A feature set by name, or a TOML file.")] = "wide",
    plugin: PluginPlaces = None,
) -> None:
    """Say whether a recording's row is in the cache, and if not, what differs."""
    from featser.cache import default_cache
    from featser.features import find_feature_set
    from featser.upkeep import why as explain

    load_plugins(plugin)
    sys.stdout.write("\n".join(explain(default_cache(), file, find_feature_set(features))) + "\n")
