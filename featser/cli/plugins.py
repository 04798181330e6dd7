"""The ``--plugin`` option of commands that compute features."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from featser.features.plugins import Plugin

PluginPlaces = Annotated[
    list[str] | None,
    typer.Option("--plugin", help="Python file that registers descriptors; may be repeated.", metavar="FILE.py"),
]


def load_plugins(places: Iterable[str] | None) -> "list[Plugin]":
    """Load plugins.

    Parameters
    ----------
    places : iterable of str or None
        paths of Python files

    Returns
    -------
    list of Plugin
        in the given order

    Raises
    ------
    UsageError
        a file does not exist, cannot be run or registers nothing
    """
    if not places:
        return []
    from featser.features import load_plugin

    return [load_plugin(place) for place in places]
