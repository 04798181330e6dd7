"""``featser models``: the models, from their registry."""

import inspect
from typing import Annotated, Any

import typer

from featser.cli.terminal import console, print_json


def models(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    """List the models with their parameters."""
    from featser.models import MODELS, default_parameters

    documents: list[dict[str, Any]] = [
        {
            "name": name,
            "summary": inspect.cleandoc(build.__doc__ or "").split("\n\n")[0].replace("\n", " "),
            "parameters": default_parameters(name),
        }
        for name, build in MODELS.items()
    ]
    if as_json:
        print_json(documents)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", no_wrap=True)
    table.add_column("parameters")
    table.add_column("what it is")
    for each in documents:
        parameters = ", ".join(f"{name}={value}" for name, value in each["parameters"].items())
        table.add_row(each["name"], parameters, each["summary"])
    console().print(table)
