"""The option by which commands take descriptors of one's own."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from featser.features.plugins import Plugin

PluginPlaces = Annotated[
    list[str] | None,
    typer.Option("--plugin", help="A Python file with descriptors of your own; may be repeated.", metavar="FILE.py"),
]


def load_plugins(places: Iterable[str] | None) -> "list[Plugin]":
    """Load the plugins that the command line names."""
    if not places:
        return []
    from featser.features import load_plugin

    return [load_plugin(place) for place in places]
