"""Plugins: descriptors, functionals and utterance features from a Python file or an installed module.

A plugin is identified by its name and the SHA-256 of its source. Both are part of the cache key, the table and the
model of every feature set that uses the plugin. Tables and models load no code, except from installed packages.
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
from featser.features import descriptors  # noqa: F401 - registered first, so that a plugin cannot take their names
from featser.features.naming import name_fault
from featser.features.registry import DESCRIPTORS, FUNCTIONALS, Registered
from featser.features.utterance import UTTERANCE_FEATURES

GROUP = "featser.plugins"
"""Group of the entry points by which installed packages offer plugins."""

Registry = dict[str, Any]
"""Registered entries by name."""

_REGISTRIES: tuple[Registry, ...] = (DESCRIPTORS, FUNCTIONALS, UTTERANCE_FEATURES)


@dataclass(frozen=True)
class Plugin:
    """A loaded plugin.

    Attributes
    ----------
    name : str
        stem of the file, or dotted name of the module
    sha256 : str
        digest of the source; for a package, of all its modules
    location : str
        path of the file, or dotted name of the module
    provides : tuple of Registered
        entries that the plugin registered
    """

    name: str
    sha256: str
    location: str = field(compare=False)
    provides: tuple[Registered, ...] = field(default=(), compare=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the functions; another process loads them from ``location``."""
        return vars(self) | {"provides": ()}


PLUGINS: dict[str, Plugin] = {}
"""Loaded plugins by name."""


def load_plugin(location: str | Path) -> Plugin:
    """Load a plugin and register its functions. A plugin that is loaded and unchanged is not loaded again.

    Parameters
    ----------
    location : str or Path
        path of a ``.py`` file, or dotted name of an installed module

    Returns
    -------
    Plugin

    Raises
    ------
    UsageError
        the plugin does not exist, raises an error, registers nothing, or uses an invalid or taken name
    """
    text = str(location)
    return _load_file(Path(text)) if text.endswith(".py") or "/" in text else _load_module(text)


@cache
def load_installed_plugins() -> tuple[Plugin, ...]:
    """Load the plugins that installed packages offer as entry points of `GROUP`, once per process."""
    return tuple(load_plugin(location) for location in sorted({each.value for each in entry_points(group=GROUP)}))


def unload_plugin(name: str) -> None:
    """Remove the functions of a plugin from the registries.

    Parameters
    ----------
    name : str
        name of a loaded plugin
    """
    plugin = PLUGINS.pop(name)
    for registry in _REGISTRIES:
        for each in [each for each in registry.values() if each in plugin.provides]:
            del registry[each.name]


def plugin_of(entry: Registered) -> Plugin | None:
    """Return the plugin that registered an entry.

    Parameters
    ----------
    entry : Registered

    Returns
    -------
    Plugin or None
        None if no loaded plugin registered it
    """
    return next((plugin for plugin in PLUGINS.values() if entry in plugin.provides), None)


def plugins_of(entries: Iterable[Registered]) -> tuple[Plugin, ...]:
    """Return the plugins that registered any of some entries.

    Parameters
    ----------
    entries : iterable of Registered

    Returns
    -------
    tuple of Plugin
        sorted by name
    """
    found = {plugin for each in entries if not each.builtin and (plugin := plugin_of(each))}
    return tuple(sorted(found, key=lambda each: each.name))


def ensure_loaded(plugin: Plugin) -> None:
    """Load a plugin of a feature set, unless this process has loaded it in the same version.

    Parameters
    ----------
    plugin : Plugin
        plugin as it was when the feature set was read

    Raises
    ------
    UsageError
        the source has changed since then
    """
    loaded = PLUGINS.get(plugin.name)
    if loaded == plugin:
        return
    location = plugin.location
    digest = _digest(_read(Path(location)) if location.endswith(".py") else _read_module(location))
    if digest != plugin.sha256:
        raise UsageError(f"{location} has changed since the feature set was read. Read the set again.")
    if loaded:
        unload_plugin(plugin.name)
    load_plugin(location)


def check_plugins(required: Any, where: str) -> None:
    """Check that the plugins of a table or model are loaded in the same version.

    Parameters
    ----------
    required : list of dict
        ``name`` and ``sha256`` of each plugin
    where : str
        table or model, for the error message

    Raises
    ------
    UsageError
        a plugin is not loaded, or ``required`` is not such a list
    InputError
        a plugin has a different source
    """
    valid = isinstance(required, list | tuple) and all(isinstance(each, Mapping) for each in required)
    if not valid or not all(isinstance(each.get(key), str) for each in required for key in ("name", "sha256")):
        raise UsageError(f"{where}: 'plugins' must be a list of tables with 'name' and 'sha256'. Remove it.")
    for each in required:
        name, sha256 = each["name"], each["sha256"]
        if name not in PLUGINS:
            load_installed_plugins()
        if name not in PLUGINS:
            how = "Install the package that provides it" if "." in name else f"Give its file: --plugin {name}.py"
            raise UsageError(f"{where} needs the plugin '{name}' (sha256 {sha256[:12]}), which is not loaded. {how}.")
        loaded = PLUGINS[name].sha256
        if loaded != sha256:
            raise InputError(
                f"{where} was made with another version of the plugin '{name}' (sha256 {sha256[:12]}, loaded: "
                f"{loaded[:12]}), so its features may differ. Load that version, or make {where} again."
            )


def _load_file(path: Path) -> Plugin:
    source = _read(path)
    plugin = Plugin(path.stem, _digest(source), str(path.resolve()))
    loaded = PLUGINS.get(plugin.name)
    if loaded == plugin:
        return loaded
    if loaded and loaded.location != plugin.location:
        raise UsageError(f"Two plugins are named '{plugin.name}': {loaded.location} and {path}. Rename one.")
    if loaded:
        unload_plugin(loaded.name)
    return _register(plugin, str(path), f"featser_plugin_{path.stem}", source)


def _load_module(name: str) -> Plugin:
    if name in PLUGINS:
        return PLUGINS[name]
    return _register(Plugin(name, _digest(_read_module(name)), name), name, name, None)


def _digest(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        near = did_you_mean(path.name, [each.name for each in path.parent.glob("*.py")])
        raise UsageError(f"No plugin at {path} ({error.strerror}).{near} Give a Python file.") from error


def _read_module(name: str) -> bytes:
    """Source of a module, or of all modules of a package."""
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        found = None
    if found is None or not found.origin or not found.origin.endswith(".py"):
        raise UsageError(f"No plugin '{name}': no such file or module. Give a file that ends in .py, or install it.")
    origin = Path(found.origin)
    sources = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
    return b"\0".join(source.read_bytes() for source in sources)


def _register(plugin: Plugin, shown: str, module: str, source: bytes | None) -> Plugin:
    """Run a plugin and list what it registered; restore the registries if it fails."""
    before = [dict(registry) for registry in _REGISTRIES]
    try:
        if source is None:
            importlib.import_module(module)
        else:
            _run(source, module, plugin.location)
        provided = _provided(before, module)
        _check_names(provided)
        if not provided:
            raise UsageError("it registers nothing. Decorate a function, for example with @low_level_descriptor")
    except (Exception, SystemExit) as error:
        for registry, old in zip(_REGISTRIES, before, strict=True):
            registry.clear()
            registry.update(old)
        sys.modules.pop(module, None)
        raise UsageError(f"Plugin {shown} cannot be used: {_described(error, plugin.location)}") from error
    PLUGINS[plugin.name] = Plugin(plugin.name, plugin.sha256, plugin.location, provided)
    return PLUGINS[plugin.name]


def _run(source: bytes, module: str, location: str) -> None:
    """Run the bytes that were hashed, so that the digest belongs to the code."""
    linecache.checkcache(location)
    namespace = sys.modules[module] = ModuleType(module)
    namespace.__file__ = location
    exec(compile(source, location, "exec"), vars(namespace))  # noqa: S102 - the user chose to run the plugin


def _provided(before: list[Registry], module: str) -> tuple[Registered, ...]:
    """Entries that are new, or that the module registered when it was imported earlier."""
    pairs = [
        (each, old.get(name))
        for registry, old in zip(_REGISTRIES, before, strict=True)
        for name, each in registry.items()
    ]
    return tuple(each for each, earlier in pairs if each.compute.__module__ == module or each is not earlier)


def _check_names(provided: Iterable[Registered]) -> None:
    """Raise `UsageError` for names that would make column names ambiguous."""
    for each in provided:
        fault = name_fault(each)
        if fault:
            raise UsageError(f"'{each.name}' {fault}")


def _described(error: BaseException, location: str) -> str:
    """Error and line of the plugin in one sentence."""
    if isinstance(error, FeatserError):
        return f"{str(error).rstrip('.')}."
    if isinstance(error, SyntaxError) and error.filename == location:
        return f"line {error.lineno}: {error.msg}."
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == location]
    where = f"line {lines[-1]}: " if lines else ""
    return f"{where}{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}."
