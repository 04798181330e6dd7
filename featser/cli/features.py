"""``featser features``: registered descriptors, functionals and feature sets, and a check of plugins."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.plugins import PluginPlaces, load_plugins
from featser.cli.terminal import compile_first, console, print_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from featser.features import FeatureSet
    from featser.features.contract import Finding
    from featser.features.plugins import Plugin
    from featser.features.registry import Registered


def features(
    feature_set: Annotated[str | None, typer.Option("--set", help="One feature set: a name or a TOML file.")] = None,
    plugin: PluginPlaces = None,
    check: Annotated[
        bool, typer.Option("--check", help="Test the descriptors of the plugins on difficult signals.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List descriptors (with family, unit, parameters and cost), functionals and feature sets.

    The cost of a descriptor is its computing time, in units of one Fourier transform per frame; that of a set is in
    milliseconds per second of speech. Both are measured by this command, on one thread.
    """
    from featser.features import feature_sets, find_feature_set, load_installed_plugins

    plugins = load_plugins(plugin) or list(load_installed_plugins())
    if check:
        _check(plugins, as_json)
        return
    chosen = [find_feature_set(feature_set)] if feature_set else list(feature_sets().values())
    compile_first(chosen)
    document = _document(chosen, everything=feature_set is None)
    if as_json:
        print_json(document)
        return
    _show(document)


def _check(plugins: "Sequence[Plugin]", as_json: bool) -> None:
    """Print the result of each test of the contract; a failed one is an error."""
    from featser.errors import UsageError
    from featser.features.contract import check

    if not plugins:
        raise UsageError("There is no plugin to check. Name one: featser features --plugin FILE.py --check.")
    findings = [finding for plugin in plugins for each in plugin.provides for finding in check(each)]
    if as_json:
        print_json({"checks": [asdict(each) for each in findings]})
    else:
        sys.stdout.writelines(_line(each) for each in findings)
    n_broken = sum(bool(each.fault) for each in findings)
    if n_broken and as_json:
        raise typer.Exit(UsageError.exit_code)
    if n_broken:
        raise UsageError(f"{n_broken} of {len(findings)} checks failed. See the lines marked 'broken'.")


def _line(finding: "Finding") -> str:
    if finding.fault:
        return f"broken  {finding.name} {finding.promise}: {finding.fault}\n"
    return f"kept    {finding.name} {finding.promise}\n"


def _document(feature_sets: "list[FeatureSet]", everything: bool) -> dict[str, Any]:
    from featser.features import DESCRIPTORS, FUNCTIONALS, UTTERANCE_FEATURES, used_descriptors
    from featser.features.functionals import find_functional
    from featser.studies.feature_cost import cost_of_sets, relative_costs

    descriptors = list(DESCRIPTORS.values()) if everything else used_descriptors(feature_sets[0])
    of_blocks = [name for selection in feature_sets[0].selections for name in selection.block.functionals]
    functionals = list(FUNCTIONALS) if everything else list(dict.fromkeys(of_blocks))
    groups = [name for name in UTTERANCE_FEATURES if everything or name in dict(feature_sets[0].utterance_selections)]
    costs = relative_costs([*descriptors, *(UTTERANCE_FEATURES[name] for name in groups)])
    of_sets = cost_of_sets(feature_sets)
    return {
        "descriptors": [
            _facts(each, "family", "unit", "n_dims", "parameters", "summary", "source")
            | {"cost": round(costs[each.name], 2)}
            for each in descriptors
        ],
        "functionals": [_facts(find_functional(name)[1], "summary") | {"name": name} for name in functionals],
        "utterance": [
            _facts(UTTERANCE_FEATURES[name], "family", "unit", "names", "summary") | {"cost": round(costs[name], 2)}
            for name in groups
        ],
        "sets": [
            each.to_dict() | {"n_features": len(each.feature_names), "cost_ms_per_s": round(of_sets[each.name], 3)}
            for each in feature_sets
        ],
    }


def _facts(entry: "Registered", *names: str) -> dict[str, Any]:
    """Return attributes of a registered entry as plain values, and its plugin; None for featser's own."""
    from featser.features.plugins import plugin_of

    plugin = None if entry.builtin else plugin_of(entry)
    return {name: getattr(entry, name) for name in ("name", *names)} | {"plugin": plugin.name if plugin else None}


def _show(document: dict[str, Any]) -> None:
    from featser.features.functionals.sequence import is_frame

    _show_descriptors(document["descriptors"])
    names = [each["name"] for each in document["functionals"]]
    percentiles = [name for name in names if name[0] == "p" and name[1:].isdigit()]
    others = [name for name in names if name not in percentiles]
    shown = [*others, *(percentiles if len(percentiles) < 20 else ["p01 ... p99"])]
    frames = [name for name in names if is_frame(name)]
    shown = [name for name in shown if name not in frames] + ([f"{frames[0]} ... {frames[-1]}"] if frames else [])
    write_lines(["", f"functionals: {', '.join(shown)}"])
    groups = [f"{each['name']} ({len(each['names'])})" for each in document["utterance"]]
    write_lines([f"of the utterance: {', '.join(groups)}"] if groups else [])
    write_lines(
        f"set {each['name']}: {each['n_features']} features, {each['cost_ms_per_s']:.1f} ms per second of speech. "
        f"{each['title']}"
        for each in document["sets"]
    )


def _show_descriptors(descriptors: "Iterable[dict[str, Any]]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", title="descriptors", title_justify="left")
    for column in ("name", "family", "unit", "dims", "parameters", "cost"):
        table.add_column(column, justify="right" if column in ("dims", "cost") else "left", overflow="fold")
    for each in descriptors:
        family = f"{each['family']} (plugin {each['plugin']})" if each["plugin"] else each["family"]
        table.add_row(
            *(Text(text) for text in (each["name"], family, each["unit"])),
            *(str(each["n_dims"]), Text(each["parameters"]), f"{each['cost']:.1f}"),
        )
    console().print(table)
    sys.stdout.write("cost: computing time on this machine, in units of one Fourier transform per frame\n")
