"""``featser features``: descriptors, functionals and feature sets, from the registries."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from featser.cli.terminal import console, print_json

if TYPE_CHECKING:
    from featser.features import FeatureSet


def features(
    feature_set: Annotated[str | None, typer.Option("--set", help="One feature set, by name or TOML file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List what can be computed: descriptors with family, unit and parameters, functionals, feature sets."""
    from featser.features import builtin_feature_sets, find_feature_set

    chosen = [find_feature_set(feature_set)] if feature_set else list(builtin_feature_sets().values())
    document = _document(chosen, everything=feature_set is None)
    if as_json:
        print_json(document)
        return
    _show(document)


def _document(feature_sets: "list[FeatureSet]", everything: bool) -> dict[str, Any]:
    from featser.features import DESCRIPTORS, FUNCTIONALS, UTTERANCE_FEATURES, used_descriptors
    from featser.features.functionals import find_functional

    descriptors = list(DESCRIPTORS.values()) if everything else used_descriptors(feature_sets[0])
    of_blocks = [name for block in feature_sets[0].all_blocks for name in block.functionals]
    functionals = list(FUNCTIONALS) if everything else list(dict.fromkeys(of_blocks))
    return {
        "descriptors": [
            {
                "name": each.name,
                "family": each.family,
                "unit": each.unit,
                "n_dims": each.n_dims,
                "parameters": each.parameters,
                "summary": each.summary,
                "source": each.source,
            }
            for each in descriptors
        ],
        "functionals": [{"name": name, "summary": find_functional(name)[1].summary} for name in functionals],
        "utterance": [
            {"name": name, "family": each.family, "unit": each.unit, "names": list(each.names), "summary": each.summary}
            for name, each in UTTERANCE_FEATURES.items()
            if everything or name in feature_sets[0].utterance
        ],
        "sets": [each.to_dict() | {"n_features": len(each.feature_names)} for each in feature_sets],
    }


def _show(document: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", title="descriptors", title_justify="left")
    for column in ("name", "family", "unit", "dims", "parameters"):
        table.add_column(column, justify="right" if column == "dims" else "left")
    for each in document["descriptors"]:
        table.add_row(each["name"], each["family"], each["unit"], str(each["n_dims"]), each["parameters"])
    console().print(table)
    names = [each["name"] for each in document["functionals"]]
    percentiles = [name for name in names if name[0] == "p" and name[1:].isdigit()]
    others = [name for name in names if name not in percentiles]
    shown = [*others, *(percentiles if len(percentiles) < 20 else ["p01 ... p99"])]
    sys.stdout.write(f"\nfunctionals: {', '.join(shown)}\n")
    groups = [f"{each['name']} ({len(each['names'])})" for each in document["utterance"]]
    sys.stdout.write(f"of the utterance: {', '.join(groups)}\n" if groups else "")
    for each in document["sets"]:
        sys.stdout.write(f"set {each['name']}: {each['n_features']} features. {each['title']}\n")
