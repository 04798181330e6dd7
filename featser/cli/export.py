"""``featser export``: a model for other runtimes."""

from pathlib import Path
from typing import Annotated

import typer

from featser.cli.outputs import check_output
from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import print_json, tell

FORMATS = ("onnx", "skops")


def export(
    model: Annotated[Path | None, typer.Argument(help="Model file, as saved by 'featser fit'.")] = None,
    file_format: Annotated[str, typer.Option("--format", help="onnx or skops.")] = "onnx",
    out: Annotated[
        Path | None, typer.Option(help="File to write; by default beside the model, with the suffix of the format.")
    ] = None,
    normalise: Annotated[
        str, typer.Option(help="Classifier that is written to ONNX: none, or the normalisation of the model.")
    ] = "none",
    plugin: PluginPlaces = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Write a model as ONNX or skops file; refuse if it would not give the same probabilities."""
    from featser.errors import UnknownNameError, UsageError

    if file_format not in FORMATS:
        raise UnknownNameError("format", file_format, FORMATS)
    if out:
        check_output(out, f".{file_format}")
    if model is None:
        raise UsageError("No model is given. Name a model file: featser export MODEL --format onnx.")
    out = out or model.with_suffix(f".{file_format}")
    check_output(out, f".{file_format}")
    load_plugins(plugin)

    from featser.export import export as write

    done = write(model, out, file_format, normalise)
    if as_json:
        document = {"model": str(model), "path": str(done.path), "format": done.format, "bytes": done.n_bytes}
        more = {"normalise": list(done.normalise), "difference": done.difference, "n_rows": done.n_rows}
        print_json(document | more)
    else:
        tell(f"Largest difference of a probability on {done.n_rows} rows: {done.difference:.1g}.")
        typer.echo(f"{done.path} ({done.n_bytes / 1e6:.1f} MB, normalisation {', '.join(done.normalise)})")
