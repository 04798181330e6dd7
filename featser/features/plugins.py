"""One's own descriptors: a Python file, or a module of an installed package, whose decorated functions join ours.

A plugin is known by its name and the SHA-256 of its source; both go into the cache key, the table and the model of
every feature set that uses one of its functions. Its code runs when somebody loads it, never because a table or a
model asks for it.
"""

import hashlib
import importlib.util
import linecache
import sys
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from featser.errors import FeatserError, InputError, UsageError, did_you_mean
from featser.features import descriptors  # noqa: F401 - our names come first, so that a plugin cannot take one
from featser.features.naming import name_fault
from featser.features.registry import DESCRIPTORS, FUNCTIONALS, Registered
from featser.features.utterance import UTTERANCE_FEATURES

GROUP = "featser.plugins"
"""Entry points by which an installed package offers its modules."""

Registry = dict[str, Any]
"""A name, and a function as it is registered."""

_REGISTRIES: tuple[Registry, ...] = (DESCRIPTORS, FUNCTIONALS, UTTERANCE_FEATURES)


@dataclass(frozen=True)
class Plugin:
    """Where some of one's own functions come from.

    Attributes
    ----------
    name : str
        the file's stem, or the module's dotted name
    sha256 : str
        of the source; for a package, of all its modules
    place : str
        the file or the module, to load it again in another process
    provides : tuple of Registered
        what it registered
    """

    name: str
    sha256: str
    place: str = field(compare=False)
    provides: tuple[Registered, ...] = field(default=(), compare=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the functions behind: they are loaded from the place, wherever this goes."""
        return vars(self) | {"provides": ()}


PLUGINS: dict[str, Plugin] = {}
"""Those that are loaded, by name."""


def load_plugin(place: str | Path) -> Plugin:
    """Load a plugin; one that is loaded already, and has not changed since, stays as it is.

    Parameters
    ----------
    place : str or Path
        a file ``*.py``, or the dotted name of an installed module

    Raises
    ------
    UsageError
        no such plugin, one that cannot be run, registers nothing or takes a name that is taken
    """
    text = str(place)
    return _load_file(Path(text)) if text.endswith(".py") or "/" in text else _load_module(text)


@cache
def load_installed_plugins() -> tuple[Plugin, ...]:
    """Load the modules that installed packages offer under `GROUP`, once."""
    return tuple(load_plugin(place) for place in sorted({each.value for each in entry_points(group=GROUP)}))


def unload_plugin(name: str) -> None:
    """Take a plugin's functions out of the registries again."""
    plugin = PLUGINS.pop(name)
    for registry in _REGISTRIES:
        for each in [each for each in registry.values() if each in plugin.provides]:
            del registry[each.name]


def plugin_of(entry: Registered) -> Plugin | None:
    """Return the plugin that registered a function, if one did."""
    return next((plugin for plugin in PLUGINS.values() if entry in plugin.provides), None)


def plugins_of(entries: Iterable[Registered]) -> tuple[Plugin, ...]:
    """Return the plugins that some functions come from, by name."""
    found = {plugin for each in entries if not each.builtin and (plugin := plugin_of(each))}
    return tuple(sorted(found, key=lambda each: each.name))


def load_again(plugin: Plugin) -> None:
    """See to it that a plugin is loaded as it was when a feature set was made; in another process it may not be yet.

    Raises
    ------
    UsageError
        it has changed in the meantime
    """
    there = PLUGINS.get(plugin.name)
    if there == plugin:
        return
    digest = _digest(_read(Path(plugin.place)) if plugin.place.endswith(".py") else _read_module(plugin.place))
    if digest != plugin.sha256:
        raise UsageError(f"{plugin.place} has changed since the feature set was read. Read the set again.")
    if there:
        unload_plugin(plugin.name)
    load_plugin(plugin.place)


def check_plugins(wanted: Any, where: str) -> None:
    """Refuse where a table's or model's plugins, each with ``name`` and ``sha256``, are not the ones loaded.

    Raises
    ------
    UsageError
        one is not loaded, or what is wanted is not such a list
    InputError
        one has another source
    """
    sound = isinstance(wanted, list | tuple) and all(isinstance(each, Mapping) for each in wanted)
    if not sound or not all(isinstance(each.get(key), str) for each in wanted for key in ("name", "sha256")):
        raise UsageError(f"{where}: 'plugins' must be a list of tables with 'name' and 'sha256'. Leave it out.")
    for each in wanted:
        name, sha256 = each["name"], each["sha256"]
        if name not in PLUGINS:
            load_installed_plugins()
        if name not in PLUGINS:
            how = "Install the package that brings it" if "." in name else f"Give its file: --plugin {name}.py"
            raise UsageError(f"{where} needs the plugin '{name}' (sha256 {sha256[:12]}), which is not loaded. {how}.")
        here = PLUGINS[name].sha256
        if here != sha256:
            raise InputError(
                f"{where} was made with another plugin '{name}' (sha256 {sha256[:12]}) than the one here "
                f"({here[:12]}): its features may differ. Give the file it was made with, or make it again."
            )


def _load_file(path: Path) -> Plugin:
    source = _read(path)
    plugin = Plugin(path.stem, _digest(source), str(path.resolve()))
    there = PLUGINS.get(plugin.name)
    if there == plugin:
        return there
    if there and there.place != plugin.place:
        raise UsageError(f"Two plugins are named '{plugin.name}': {there.place} and {path}. Rename one.")
    if there:
        unload_plugin(there.name)
    return _registered(plugin, str(path), f"featser_plugin_{path.stem}", source)


def _load_module(name: str) -> Plugin:
    if name in PLUGINS:
        return PLUGINS[name]
    return _registered(Plugin(name, _digest(_read_module(name)), name), name, name, None)


def _digest(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        near = did_you_mean(path.name, [each.name for each in path.parent.glob("*.py")])
        raise UsageError(f"No plugin at {path} ({error.strerror}).{near} Give a Python file.") from error


def _read_module(name: str) -> bytes:
    """Source of a module; of a package, that of all its modules."""
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        found = None
    if found is None or not found.origin or not found.origin.endswith(".py"):
        raise UsageError(f"No plugin '{name}': no such file or module. Give a file that ends in .py, or install it.")
    origin = Path(found.origin)
    sources = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
    return b"\0".join(source.read_bytes() for source in sources)


def _registered(plugin: Plugin, place: str, module: str, source: bytes | None) -> Plugin:
    """Run a plugin and take note of what it registered; where it fails, nothing of it stays."""
    before = [dict(registry) for registry in _REGISTRIES]
    try:
        if source is None:
            importlib.import_module(module)
        else:
            _run(source, module, plugin.place)
        provided = _provided(before, module)
        _check_names(provided)
        if not provided:
            raise UsageError("it registers nothing: no function under @low_level_descriptor, for example")
    except (Exception, SystemExit) as error:
        for registry, old in zip(_REGISTRIES, before, strict=True):
            registry.clear()
            registry.update(old)
        sys.modules.pop(module, None)
        raise UsageError(f"Plugin {place} cannot be used: {_told(error, plugin.place)}") from error
    PLUGINS[plugin.name] = Plugin(plugin.name, plugin.sha256, plugin.place, provided)
    return PLUGINS[plugin.name]


def _run(source: bytes, module: str, place: str) -> None:
    """Run exactly the bytes that were read, so that the digest is that of the code."""
    linecache.checkcache(place)
    namespace = sys.modules[module] = ModuleType(module)
    namespace.__file__ = place
    exec(compile(source, place, "exec"), vars(namespace))  # noqa: S102 - a plugin is code that its user chose to run


def _provided(before: list[Registry], module: str) -> tuple[Registered, ...]:
    """Functions that are new, or that a module registered when somebody imported it earlier."""
    pairs = [
        (each, old.get(name))
        for registry, old in zip(_REGISTRIES, before, strict=True)
        for name, each in registry.items()
    ]
    return tuple(each for each, earlier in pairs if each.compute.__module__ == module or each is not earlier)


def _check_names(provided: Iterable[Registered]) -> None:
    """Refuse names that could not be told from others in a column."""
    for each in provided:
        fault = name_fault(each)
        if fault:
            raise UsageError(f"'{each.name}' {fault}")


def _told(error: BaseException, place: str) -> str:
    """Return what went wrong and in which line of the plugin, as one sentence."""
    if isinstance(error, FeatserError):
        return f"{str(error).rstrip('.')}."
    if isinstance(error, SyntaxError) and error.filename == place:
        return f"line {error.lineno}: {error.msg}."
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == place]
    where = f"line {lines[-1]}: " if lines else ""
    return f"{where}{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}."
