"""``featser app``: a web page and an HTTP API for trained models."""

from pathlib import Path
from typing import Annotated

import typer

from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import compile_first, tell


def app(
    models: Annotated[list[Path], typer.Argument(help="Model files, as saved by 'featser fit'.", metavar="MODEL...")],
    host: Annotated[
        str, typer.Option(help="Address to listen on. Others than 127.0.0.1 are reachable from the network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", help="Port; 0 for any free one.", min=0, max=65535)] = 8765,
    max_mb: Annotated[float, typer.Option(help="Largest upload, in MB.", min=0.01)] = 50,
    max_seconds: Annotated[float, typer.Option(help="Longest recording, in seconds.", min=1, max=1800)] = 600,
    plugin: PluginPlaces = None,
) -> None:
    """Open a web page that predicts emotions of uploads and of the microphone; the same server is an HTTP API."""
    from featser.app import serve
    from featser.app.serving import is_local
    from featser.bundle import load_model
    from featser.features import feature_set_from

    load_plugins(plugin)
    for path in models:
        loaded = load_model(path)
        features = feature_set_from(loaded.feature_set, loaded.feature_set["name"], "This model")
        compile_first([features.restricted_to(loaded.features)])
    del loaded
    if not is_local(host):
        tell(
            f"Warning: with --host {host}, everyone who reaches this machine can use the models. There is no password "
            "and no encryption, and browsers record on https and localhost only."
        )
    serve(
        models,
        host,
        port,
        max_mb=max_mb,
        max_seconds=max_seconds,
        plugins=plugin or [],
        started=lambda address: typer.echo(f"{address}  (Ctrl-C stops the server)"),
    )
