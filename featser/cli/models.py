"""``featser models``: the registered models."""

import inspect
import sys
from dataclasses import fields
from typing import Annotated, Any

import typer

from featser.cli.terminal import console, print_json


def models(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """List the models with their parameters and search spaces."""
    from featser.models import DEFAULT_MODEL, MODELS, default_parameters
    from featser.models.preparation import Preparation
    from featser.models.spaces import SPACES

    documents: list[dict[str, Any]] = [
        {
            "name": name,
            "summary": inspect.cleandoc(build.__doc__ or "").split("\n\n")[0].replace("\n", " "),
            "parameters": default_parameters(name),
            "search": SPACES[name],
            "default": name == DEFAULT_MODEL,
        }
        for name, build in MODELS.items()
    ]
    if as_json:
        print_json(documents)
        return
    _show(documents, [each.name for each in fields(Preparation)])


def _show(documents: list[dict[str, Any]], preparation: list[str]) -> None:
    """Print a table of models; the parameters of the preparation, which most models share, follow it."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", no_wrap=True)
    table.add_column("parameters")
    table.add_column("tuned")
    table.add_column("description")
    for each in documents:
        own = {name: value for name, value in each["parameters"].items() if name not in preparation}
        table.add_row(
            each["name"] + (" *" if each["default"] else ""),
            ", ".join(f"{name}={value}" for name, value in own.items()),
            ", ".join(each["search"]),
            each["summary"],
        )
    console().print(table)
    sys.stdout.write(
        "\n* default of featser fit and featser tune\n"
        f"Parameters of every model of functionals: {', '.join(preparation)}; defaults: featser models --json\n"
    )
