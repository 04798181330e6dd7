"""``featser models``: the registered models."""

import sys
from dataclasses import fields
from typing import Annotated, Any

import typer

from featser.cli.terminal import console, print_json


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table for documentation.")] = False,
) -> None:
    """List the models with their parameters and search spaces."""
    from featser.models import DEFAULT_MODEL, MODELS, Preparation

    documents: list[dict[str, Any]] = [
        {
            "name": each.name,
            "summary": each.summary,
            "parameters": each.defaults,
            "search": each.search,
            "default": each.name == DEFAULT_MODEL,
        }
        for each in MODELS.values()
    ]
    preparation = [each.name for each in fields(Preparation)]
    if as_json:
        print_json(documents)
    elif as_markdown:
        sys.stdout.write(_markdown(documents, preparation))
    else:
        _show(documents, preparation)


def _markdown(documents: list[dict[str, Any]], preparation: list[str]) -> str:
    lines = ["| model | method | parameters |", "|---|---|---|"]
    for each in documents:
        own = [f"{name} = {value}" for name, value in each["parameters"].items() if name not in preparation]
        lines.append(f"| `{each['name']}` | {each['summary'].rstrip('.')} | {', '.join(own)} |")
    return "\n".join(lines) + "\n"


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
